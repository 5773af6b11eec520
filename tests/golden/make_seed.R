# nnet's value, fitted values and Hessian at fixed weights, no fitting: twelve rows of a noisy sine, four hidden units.
# Rscript make_seed.R   (Debian: r-base-core, r-cran-jsonlite, r-cran-nnet; made with R 4.2.2)
# Writes nnet.json. The draws that are not used keep the generator where it was when the numbers were made.
library(jsonlite)
library(nnet)
set.seed(2021)

line_x <- seq(-10, 10, length.out = 100)
line_y <- rnorm(100, mean = 2 * line_x + 3, sd = 2)                     # not used here

curve_x <- seq(-5, 5, length.out = 100)
curve_truth <- 4 * sin(curve_x)
curve_obs <- curve_truth + rnorm(100, sd = 1)
keep <- sample(100, 20)

at_weights <- function(x, y, size, wts, ...) {
  fit <- nnet(x, y, size = size, Wts = wts, maxit = 0, Hess = TRUE, trace = FALSE, ...)
  list(weights = wts, value = fit$value, fitted = as.vector(fit$fitted.values), hessian = fit$Hessian, size = size)
}
small <- keep[1:12]
w_curve <- round(runif(3 * 4 + 1, -1, 1), 3)
x <- curve_x[small]
y <- curve_obs[small]

write_json(list(
  r_version = R.version.string, seed = 2021, x = x, y = y, rows = small,
  weight_order = "for each hidden unit: bias, weight; then output: bias, weights",
  linear_output = at_weights(matrix(x), y, 4, w_curve, linout = TRUE),
  linear_output_decay_0.1 = at_weights(matrix(x), y, 4, w_curve, linout = TRUE, decay = 0.1),
  logistic_entropy = at_weights(matrix(x), as.numeric(y > 0), 4, w_curve, entropy = TRUE)
), "nnet.json", digits = NA, auto_unbox = TRUE, pretty = TRUE)
