# Runs the worked example "a line, then a curve" in base R and writes every number to seed.json.
# Rscript make_story.R   (Debian: r-base-core, r-cran-jsonlite, r-cran-nnet; made with R 4.2.2)
library(jsonlite)
set.seed(2021)

forward <- function(design, weights) as.vector(design %*% weights)      # identity activation
squares <- function(design, y, weights) sum((y - forward(design, weights))^2)
slope <- function(design, y, weights) as.vector(-2 * crossprod(design, y - forward(design, weights)))

descend <- function(x, y, start, epochs, rate) {
  design <- cbind(1, x)
  path <- matrix(start, 1)
  losses <- c()
  for (epoch in 1:epochs) {
    now <- path[epoch, ]
    losses <- c(losses, squares(design, y, now))
    path <- rbind(path, now - rate * slope(design, y, now), deparse.level = 0)
  }
  list(weights = path, losses = losses)
}

line_x <- seq(-10, 10, length.out = 100)
line_y <- rnorm(100, mean = 2 * line_x + 3, sd = 2)
initial_loss <- squares(cbind(1, line_x), line_y, c(1, 1))
initial_gradient <- slope(cbind(1, line_x), line_y, c(1, 1))

sx <- as.vector(scale(line_x)); sy <- as.vector(scale(line_y))
line <- descend(sx, sy, c(1, 1), 500, 1e-4)

curve_x <- seq(-5, 5, length.out = 100)
curve_truth <- 4 * sin(curve_x)
curve_obs <- curve_truth + rnorm(100, sd = 1)
keep <- sample(100, 20)
curve <- descend(curve_x[keep], curve_obs[keep], c(1, 1), 200, 1e-4)

# One hidden layer in nnet: value, fitted values, gradient by differences and Hessian at fixed weights, no fitting.
library(nnet)
at_weights <- function(x, y, size, wts, ...) {
  fit <- nnet(x, y, size = size, Wts = wts, maxit = 0, Hess = TRUE, trace = FALSE, ...)
  list(weights = wts, value = fit$value, fitted = as.vector(fit$fitted.values), hessian = fit$Hessian, size = size)
}
small <- keep[1:12]
w_curve <- round(runif(3 * 4 + 1, -1, 1), 3)
hidden_linear <- at_weights(matrix(curve_x[small]), curve_obs[small], 4, w_curve, linout = TRUE)
hidden_linear_decay <- at_weights(matrix(curve_x[small]), curve_obs[small], 4, w_curve, linout = TRUE, decay = 0.1)
hidden_entropy <- at_weights(matrix(curve_x[small]), as.numeric(curve_obs[small] > 0), 4, w_curve, entropy = TRUE)

write_json(list(
  r_version = R.version.string, seed = 2021,
  line = list(x = line_x, y = line_y, initial_weights = c(1, 1), initial_loss = initial_loss,
              initial_gradient = initial_gradient, scaled_x = sx, scaled_y = sy,
              learning_rate = 1e-4, epochs = 500, losses = line$losses, weights = line$weights,
              least_squares = unname(coef(lm(line_y ~ line_x))), least_squares_scaled = unname(coef(lm(sy ~ sx)))),
  curve = list(x = curve_x, truth = curve_truth, observed = curve_obs, sampled_rows = keep,
               learning_rate = 1e-4, epochs = 200, losses = curve$losses, weights = curve$weights),
  nnet = list(rows = small, weight_order = "for each hidden unit: bias, weight; then output: bias, weights",
              linear_output = hidden_linear, linear_output_decay_0.1 = hidden_linear_decay, logistic_entropy = hidden_entropy)
), "seed.json", digits = NA, auto_unbox = TRUE, pretty = FALSE)
cat("initial loss", initial_loss, "final loss", tail(line$losses, 1), "weights", line$weights[501, ], "\n")
cat("curve losses", curve$losses[c(1, 200)], "\n")
