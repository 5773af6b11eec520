# Design matrices as R makes them: names, columns, and the rows of new data by what was learnt.
# Rscript make_design.R   (Debian: r-base-core, r-cran-jsonlite, r-cran-mgcv; made with R 4.2.2)
# Writes design.json. A model of `same` is one formula for both; of `other`, pliant's and R's, and names are not recorded.
library(jsonlite); library(splines); suppressMessages(library(mgcv))
set.seed(7)
n <- 24
d <- data.frame(
  y = round(rnorm(n), 3), x = round(rnorm(n, 3, 2), 2), z = round(runif(n, 0.5, 9), 2), w = rpois(n, 3),
  g = sample(c("a", "b", "c"), n, TRUE), h = sample(c("no", "yes"), n, TRUE), k = sample(c("p", "q", "r", "s"), n, TRUE),
  flag = sample(c(TRUE, FALSE), n, TRUE))
new <- data.frame(x = c(-9, 1.5, 3.25, 20), z = c(0.1, 2, 5, 30), w = d$w[c(1, 5, 9, 13)], g = c("c", "a", "b", "a"),
  h = c("yes", "no", "no", "yes"), k = c("s", "p", "r", "q"), flag = c(TRUE, FALSE, FALSE, TRUE))
same <- c(
  "x", "1", "0 + x", "g", "0 + g", "g - 1", "flag", "0 + flag", "g + h", "0 + g + h", "0 + x + g", "g:x", "0 + g:x", "x:g", "x + g:x",
  "g*x", "g*h", "h*g", "g:h", "0 + g:h", "g + g:h", "h + g:h", "g:h + g", "g + h + g:h:k", "g*h*k", "g*h*k - g:h:k", "g*h*x", "g:h:x",
  "x:z", "x*z", "x:z:g", "g/h", "g/x", "g/h/x", "h %in% g", "g + h %in% g", "(g + h)/x", "(g + h + x)^2", "(g + h + x)^2 - g:h",
  "(g + h + k + x)^3", "g*flag", "x*flag - x", "g*h - g", "g*h - h", "0 + g*h", "0 + x + g*h", "0 + x*g", "k:g + x", "x:g + h", "x:g + z:g",
  "x + x:g + g:h", "g + x:h", "g + g:x + g:x:h", "0 + x + x:g", "I(x^2)", "I(x^2 - z/2)", "log(z) + log2(z) + log10(z) + sqrt(z) + exp(x/10)",
  "log1p(z) + abs(x) + sin(x) + cos(x) + tanh(x)", "log(z, base = 3)", "I(-x^2)", "I(2^(x/3)^2)", "I((x + z) * w)",
  "poly(x, 1)", "poly(x, 3)", "poly(x, degree = 5)", "poly(x, 3, raw = TRUE)", "poly(log(z), 2)", "poly(x, 2):g", "poly(x, 2) * g", "g:poly(x, 2):h",
  "bs(x)", "bs(x, df = 5)", "bs(x, df = 6, degree = 2)", "bs(x, knots = c(1, 2.5, 4))", "bs(x, df = 5, intercept = TRUE)",
  "bs(x, degree = 1, knots = c(2, 3))", "bs(w, df = 5)", "bs(log(z), df = 4)", "ns(x)", "ns(x, df = 3)", "ns(x, df = 6)", "ns(x, knots = c(1, 4))",
  "ns(x, df = 4, intercept = TRUE)", "ns(w, df = 3)", "ns(x, 2) * g", "bs(z, 4):h", "scale(x)", "scale(x, scale = FALSE)",
  "scale(x, center = FALSE)", "scale(z):g", "factor(w)", "factor(w) * x", "0 + factor(w):h", "cut(x, 4)", "cut(z, breaks = c(0, 2, 5, 100))",
  "cut(x, c(-50, 1, 2, 3.5, 50), right = FALSE)", "cut(w, breaks = 3)")
other <- list(
  c("C(g, ref = 'b')", "relevel(factor(g), 'b')"),
  c("C(k, contrast = 'sum')", "C(factor(k), contr.sum)"),
  c("C(k, contrast = 'sum') * x + C(k, contrast = 'sum'):g", "C(factor(k), contr.sum) * x + C(factor(k), contr.sum):g"),
  c("C(k, contrast = 'helmert')", "C(factor(k), contr.helmert)"),
  c("C(k, contrast = 'poly')", "C(factor(k), contr.poly)"),
  c("factor(k, levels = c('s', 'r', 'q', 'p'))", "factor(k, levels = c('s', 'r', 'q', 'p'))"),
  c("centre(x)", "scale(x, scale = FALSE)"))
matrices <- function(ours, r, named) {
  f <- as.formula(paste("y ~", r))
  mf <- model.frame(f, d); tt <- terms(mf)
  X <- model.matrix(tt, mf)
  # a number of intervals is counted again in new data, so that R has no answer there
  N <- if (grepl("cut\\([xw], (4|breaks = 3)", r)) NULL else {
    fresh <- model.frame(delete.response(tt), new, xlev = .getXlevels(tt, mf), na.action = na.pass)
    suppressWarnings(unname(model.matrix(delete.response(tt), fresh, contrasts.arg = attr(X, "contrasts"))))
  }
  list(formula = paste("y ~", ours), names = if (named) I(colnames(X)) else NULL, term_of = I(attr(X, "assign") - 1), X = unname(X), new = N)
}
models <- suppressWarnings(c(lapply(same, function(s) matrices(s, s, TRUE)),
  lapply(other, function(o) matrices(o[1], o[2], FALSE))))
cr <- lapply(c(3, 5, 8), function(k) {
  s <- smoothCon(s(x, bs = "cr", k = k), data = d)[[1]]
  list(df = k, knots = as.numeric(s$xp), X = unname(s$X), new = unname(PredictMat(s, new)))
})
labels <- list(
  list(x = c(1, 2, 3), breaks = 3, labels = levels(cut(c(1, 2, 3), 3))),
  list(x = c(0, 10), breaks = c(0, 1.23456, 1.23457, 10), labels = levels(cut(c(0, 10), c(0, 1.23456, 1.23457, 10)))),
  list(x = c(0, 1), breaks = c(-1e6, 123456, 2e7), labels = levels(cut(0:1, c(-1e6, 123456, 2e7)))),
  list(x = c(0, 1), breaks = c(0, 0.1 + 0.2, 1/3, 1), labels = levels(cut(0:1, c(0, 0.1 + 0.2, 1/3, 1)))),
  list(x = c(0, 1), breaks = c(-1e-10, 1e-5, 100000, 1e15), labels = levels(cut(0:1, c(-1e-10, 1e-5, 100000, 1e15)))),
  list(x = c(17, 21, 30, 44, 59), breaks = 5, labels = levels(cut(c(17, 21, 30, 44, 59), 5))),
  list(x = c(1000, 2000, 5000), breaks = 4, labels = levels(cut(c(1000, 2000, 5000), 4))))
write_json(list(table = d, new = new, models = models, cr = cr, labels = labels), "design.json", digits = I(17), auto_unbox = TRUE, null = "null")
cat(length(models), "models\n")
