# Residuals, influence and intervals by R, of lines that are in glm.json; the first eight rows of each.
# Rscript make_influence.R   (Debian: r-base-core, r-cran-jsonlite; made with R 4.2.2). Reads the CSV files here.
library(jsonlite)
ctl <- glm.control(epsilon = 1e-14, maxit = 200)
out <- list()
first <- function(x) head(unname(x), 8)
record <- function(name, data, formula, family, family_name, link, weights = NULL) {
  d <- read.csv(paste0(data, ".csv"), stringsAsFactors = TRUE)
  d$.weights <- if (is.null(weights)) rep(1, nrow(d)) else d[[weights]]
  environment(formula) <- environment()
  fit <- glm(formula, family = family, data = d, control = ctl, weights = .weights)
  for (again in 1:3)  # R keeps the weights from before its last step: so that these too are those of the solution
    fit <- glm(formula, family = family, data = d, control = ctl, weights = .weights, start = coef(fit))
  out[[name]] <<- list(
    data = paste0(data, ".csv"), formula = paste(deparse(formula, width.cutoff = 500), collapse = ""),
    family = family_name, link = link, weights = weights, hat = first(hatvalues(fit)),
    standardised_deviance = first(rstandard(fit)), standardised_pearson = first(rstandard(fit, type = "pearson")),
    studentised = first(rstudent(fit)), cooks_distance = first(cooks.distance(fit)),
    se_fit = first(predict(fit, type = "response", se.fit = TRUE)$se.fit))
  if (family_name == "gaussian" && link == "identity") {
    line <- lm(formula, data = d, weights = .weights)
    out[[name]]$dffits <<- first(dffits(line))
    out[[name]]$dfbeta <<- head(unname(dfbeta(line)), 8)
    out[[name]]$dfbetas <<- head(unname(dfbetas(line)), 8)
  }
}
record("cars", "cars", dist ~ speed, gaussian(), "gaussian", "identity")
record("women_weights", "women", weight ~ height, gaussian(), "gaussian", "identity", "n")
record("mtcars_gaussian", "mtcars", mpg ~ wt + cyl + wt:cyl, gaussian(), "gaussian", "identity")
record("birthwt_logit", "birthwt", low ~ age + lwt + race + smoke + ht, binomial(), "binomial", "logit")
record("birthwt_cloglog", "birthwt", low ~ lwt + smoke, binomial("cloglog"), "binomial", "cloglog")
record("warpbreaks", "warpbreaks", breaks ~ wool * tension, poisson(), "poisson", "log")
record("clotting_inverse", "clotting", lot1 ~ log(u), Gamma(), "gamma", "inverse")
record("clotting_invgauss", "clotting", lot1 ~ log(u), inverse.gaussian("log"), "inverse_gaussian", "log")
new <- data.frame(speed = c(2, 15, 40))
cars_line <- lm(dist ~ speed, read.csv("cars.csv"))
for (kind in c("confidence", "prediction")) for (level in c(0.95, 0.8))
  out[[paste0("cars_", kind, "_", level)]] <- list(speed = new$speed, interval = unname(predict(cars_line, new, interval = kind, level = level)))
write_json(out, "influence.json", digits = NA, auto_unbox = TRUE, pretty = TRUE, null = "null")
