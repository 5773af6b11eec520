# The penguins' line by R's lm, and the multinomial line of housing.csv taken from where nnet stops to its floor.
# Rscript make_line.R   (Debian: r-base-core, r-cran-nnet; made with R 4.2.2)
# Writes line.json, with 17 significant digits. Only R's own functions: the softmax and its information are written out here.
number <- function(x) paste0("[", paste(sprintf("%.17g", x), collapse = ", "), "]")
text <- function(x) paste0("[", paste0('"', x, '"', collapse = ", "), "]")

penguins <- read.csv("../../src/pliant/datasets/penguins.csv", stringsAsFactors = TRUE)
line <- summary(lm(body_mass_g ~ flipper_length_mm + species, penguins))$coefficients

housing <- read.csv("housing.csv", stringsAsFactors = TRUE)
stopped <- suppressWarnings(nnet::multinom(Sat ~ Infl + Type + Cont, housing, trace = FALSE, maxit = 2000, reltol = 1e-15, abstol = 1e-12, Hess = TRUE))
X <- model.matrix(Sat ~ Infl + Type + Cont, housing)
Y <- outer(as.integer(housing$Sat), 2:3, "==") * 1
beta <- as.vector(t(coef(stopped)))                       # level after level, as ours
for (step in 1:6) {
  E <- exp(X %*% matrix(beta, ncol(X)))
  P <- E / (1 + rowSums(E))
  score <- as.vector(crossprod(X, Y - P))
  information <- rbind(
    cbind(crossprod(X, X * (P[, 1] * (1 - P[, 1]))), crossprod(X, X * (-P[, 1] * P[, 2]))),
    cbind(crossprod(X, X * (-P[, 1] * P[, 2])), crossprod(X, X * (P[, 2] * (1 - P[, 2])))))
  move <- solve(information, score)
  beta <- beta + move
  cat("step", step, "moves by", max(abs(move)), "\n")
}
errors <- sqrt(diag(solve(information)))

writeLines(c(
  "{",
  paste0('"r_version": "', R.version.string, '",'),
  '"penguins": {',
  paste0('"names": ', text(rownames(line)), ","),
  paste0('"coefficients": ', number(line[, 1]), ","),
  paste0('"standard_errors": ', number(line[, 2])),
  "},",
  '"housing_multinomial": {',
  paste0('"levels": ', text(rownames(coef(stopped))), ","),
  paste0('"names": ', text(colnames(coef(stopped))), ","),
  paste0('"coefficients": ', number(beta), ","),
  paste0('"standard_errors": ', number(errors), ","),
  paste0('"nnet_coefficients": ', number(as.vector(t(coef(stopped)))), ","),
  paste0('"nnet_standard_errors": ', number(as.vector(t(summary(stopped)$standard.errors)))),
  "}",
  "}"), "line.json")
