# Analyses of deviance. Rscript make_anova.R (Debian: r-base-core, r-cran-jsonlite; R 4.2.2)
# Reads birthwt.csv, warpbreaks.csv, mtcars.csv, insurance.csv; writes anova.json: sequential, of two nested models, and drop1.
library(jsonlite)
ctl <- glm.control(epsilon = 1e-14, maxit = 200)
text <- function(name) read.csv(name, stringsAsFactors = TRUE)
bw <- text("birthwt.csv"); wb <- text("warpbreaks.csv"); mt <- text("mtcars.csv"); ins <- text("insurance.csv")
models <- list(
  birthwt_logit = list(glm(low ~ age + lwt + race + smoke, binomial, bw, control = ctl), ~ age + lwt, "Chisq"),
  warpbreaks_log = list(glm(breaks ~ wool * tension, poisson, wb, control = ctl), ~ wool, "Chisq"),
  mtcars_gaussian = list(glm(mpg ~ wt + cyl + wt:cyl, gaussian, mt, control = ctl), ~ wt, "F"),
  birthwt_weights = list(glm(lwt ~ age + race * smoke, gaussian, bw, weights = ptl + 1, control = ctl), ~ age + race, "F"),
  insurance_offset = list(glm(Claims ~ Group + District + offset(log(Holders)), poisson, ins, control = ctl), ~ Group + offset(log(Holders)), "Chisq"))
# null for what is not there
plain <- function(a) lapply(as.list(as.data.frame(a)), function(v) unname(v))
out <- lapply(models, function(m) {
  small <- update(m[[1]], m[[2]])
  list(rows = rownames(as.data.frame(anova(m[[1]], test = m[[3]]))), sequential = plain(anova(m[[1]], test = m[[3]])),
       pair = plain(anova(small, m[[1]], test = m[[3]])),
       drop1_rows = rownames(as.data.frame(drop1(m[[1]]))), drop1 = plain(drop1(m[[1]])), bic = BIC(m[[1]]), aic = AIC(m[[1]]))
})
write(toJSON(out, digits = I(15), pretty = TRUE, na = "null", auto_unbox = FALSE), "anova.json")
