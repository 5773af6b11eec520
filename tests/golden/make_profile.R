# Profile likelihood intervals. Rscript make_profile.R (Debian: r-base-core, r-cran-mass, r-cran-jsonlite; R 4.2.2)
# Reads birthwt.csv, warpbreaks.csv, cars.csv; writes profile.json: for each coefficient the interval of MASS's confint, which
# interpolates a spline, and the same ends found by uniroot on refits, with the quantile of F where the dispersion is estimated.
library(MASS); library(jsonlite)
ctl <- glm.control(epsilon = 1e-15, maxit = 200)
text <- function(name) read.csv(name, stringsAsFactors = TRUE)
bw <- text("birthwt.csv"); wb <- text("warpbreaks.csv"); cars <- text("cars.csv")
models <- list(
  birthwt_logit = glm(low ~ age + lwt + smoke + ht, binomial, bw, control = ctl),
  birthwt_cloglog = glm(low ~ lwt + smoke, binomial("cloglog"), bw, control = ctl),
  warpbreaks_log = glm(breaks ~ wool * tension, poisson, wb, control = ctl),
  cars_gaussian_log = glm(dist ~ speed, gaussian("log"), cars, control = ctl, start = c(2, 0.1)))
ends <- function(m, level) {
  X <- model.matrix(m); known <- m$family$family %in% c("binomial", "poisson"); phi <- summary(m)$dispersion
  cut <- if (known) sqrt(qchisq(level, 1)) else sqrt(qf(level, 1, m$df.residual))
  t(sapply(seq_along(coef(m)), function(j) sapply(c(-1, 1), function(side) {
    rise <- function(b) {
      f <- glm.fit(X[, -j, drop = FALSE], m$y, m$prior.weights, offset = b * X[, j], family = m$family, control = ctl)
      sqrt(max(f$deviance - m$deviance, 0) / phi) - cut
    }
    se <- sqrt(vcov(m)[j, j]); uniroot(rise, coef(m)[j] + side * c(0.9, 2.3) * se, tol = 1e-12)$root
  })))
}
out <- lapply(models, function(m) list(confint = unname(suppressMessages(confint(m))), ends = ends(m, 0.95), narrow = ends(m, 0.8)))
write(toJSON(out, digits = I(16), pretty = TRUE), "profile.json")
