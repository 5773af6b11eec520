# Further families and links, fitted by R to convergence: quasi families, tweedie, a held theta, weights and offsets.
# Rscript make_families.R, after make_glm.R, whose CSV files it reads (Debian: r-base-core, r-cran-jsonlite, r-cran-mass,
# r-cran-statmod). Writes families.json. The fits use epsilon = 1e-14, so they are converged past R's default.
library(jsonlite); library(MASS); library(statmod)
ctl <- glm.control(epsilon = 1e-14, maxit = 500)
out <- list()
# `name` is what pliant calls the family; `order` declares the order of levels that are not in alphabetical order
record <- function(key, data, formula, family, name, link, weights = NULL, start = NULL, order = list()) {
  d <- read.csv(paste0(data, ".csv"), stringsAsFactors = TRUE)
  for (k in names(order)) d[[k]] <- factor(d[[k]], order[[k]])
  d$.weights <- if (is.null(weights)) rep(1, nrow(d)) else d[[weights]]
  environment(formula) <- environment()
  fit <- suppressWarnings(glm(formula, family = family, data = d, control = ctl, weights = .weights, start = start))
  stopifnot(fit$converged)
  s <- if (startsWith(name, "negative")) summary(fit, dispersion = 1) else summary(fit)  # as glm.nb
  likelihood <- if (is.na(fit$aic)) NULL else as.numeric(logLik(fit))
  out[[key]] <<- list(
    data = paste0(data, ".csv"), formula = paste(deparse(formula, width.cutoff = 500), collapse = ""),
    family = name, link = link, weights = weights,
    coefficients = as.list(coef(fit)), standard_errors = as.list(s$coefficients[, 2]),
    deviance = fit$deviance, null_deviance = fit$null.deviance,
    aic = if (is.na(fit$aic)) NULL else fit$aic, log_likelihood = likelihood,
    dispersion = s$dispersion, df_residual = fit$df.residual,
    fitted_first = head(unname(fitted(fit)), 5), deviance_residuals_first = head(unname(residuals(fit)), 5),
    pearson_residuals_first = head(unname(residuals(fit, "pearson")), 5), leverage_first = head(unname(hatvalues(fit)), 5))
}
lmh <- list(tension = c("L", "M", "H"))
record("warpbreaks_quasipoisson", "warpbreaks", breaks ~ wool + tension, quasipoisson(), "quasipoisson", "log", order = lmh)
record("mtcars_quasibinomial", "mtcars", am ~ wt, quasibinomial(), "quasibinomial", "logit")
record("mtcars_cauchit", "mtcars", am ~ wt, binomial("cauchit"), "binomial", "cauchit")
record("clotting_invgauss_squared", "clotting", lot1 ~ log(u), inverse.gaussian(), "inverse_gaussian", "inverse_squared")
record("warpbreaks_sqrt", "warpbreaks", breaks ~ wool + tension, poisson("sqrt"), "poisson", "sqrt", order = lmh)
record("warpbreaks_identity", "warpbreaks", breaks ~ wool + tension, poisson("identity"), "poisson", "identity", order = lmh)
record("women_gamma_identity", "women", weight ~ height, Gamma("identity"), "gamma", "identity")
record("women_gamma_weights", "women", weight ~ height + offset(height / 100), Gamma("log"), "gamma", "log", weights = "n")
record("clotting_invgauss_inverse", "clotting", lot1 ~ log(u), inverse.gaussian("inverse"), "inverse_gaussian", "inverse")
record("quine_theta_2", "quine", Days ~ Sex + Age, negative.binomial(2), "negative_binomial(theta=2)", "log")
record("quine_theta_2_sqrt", "quine", Days ~ Sex + Age, negative.binomial(2, "sqrt"), "negative_binomial(theta=2)", "sqrt")
record("quine_tweedie", "quine", Days ~ Sex + Age, tweedie(var.power = 1.5, link.power = 0), "tweedie(power=1.5)", "log")
nb <- glm.nb(breaks ~ wool * tension, data = transform(read.csv("warpbreaks.csv"), tension = factor(tension, c("L", "M", "H"))),
             control = ctl, link = "sqrt")
out[["warpbreaks_negative_binomial"]] <- list(
  data = "warpbreaks.csv", formula = "breaks ~ wool * tension", family = "negative_binomial", link = "sqrt",
  coefficients = as.list(coef(nb)), standard_errors = as.list(summary(nb)$coefficients[, 2]), theta = nb$theta,
  theta_se = nb$SE.theta, deviance = nb$deviance, aic = nb$aic, log_likelihood = as.numeric(logLik(nb)))
write_json(out, "families.json", digits = NA, auto_unbox = TRUE, pretty = TRUE, null = "null")
cat(length(out), "models\n")
