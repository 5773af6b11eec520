# Robust covariances by R's sandwich. Rscript make_robust.R (Debian: r-base-core, r-cran-sandwich, r-cran-jsonlite; R 4.2.2)
# Reads birthwt.csv, warpbreaks.csv, insurance.csv; writes robust.json. The fits run past R's default convergence.
library(sandwich); library(jsonlite)
ctl <- glm.control(epsilon = 1e-15, maxit = 200)
text <- function(name) read.csv(name, stringsAsFactors = TRUE)
bw <- text("birthwt.csv"); wb <- text("warpbreaks.csv"); ins <- text("insurance.csv")
models <- list(
  birthwt_logit = list(glm(low ~ age + lwt + race + smoke, binomial, bw, control = ctl), bw$age),
  warpbreaks_log = list(glm(breaks ~ wool + tension, poisson, wb, control = ctl), wb$tension),
  insurance_offset = list(glm(Claims ~ Group + offset(log(Holders)), poisson, ins, control = ctl), ins$District),
  birthwt_gaussian = list(glm(lwt ~ age + smoke, gaussian, bw, weights = ptl + 1, control = ctl), bw$race))
out <- lapply(models, function(m) c(
  sapply(c("HC0", "HC1", "HC2", "HC3"), function(type) as.vector(vcovHC(m[[1]], type = type)), simplify = FALSE),
  list(cluster = as.vector(vcovCL(m[[1]], cluster = m[[2]], type = "HC1")))))
write(toJSON(out, digits = I(17), pretty = TRUE), "robust.json")
