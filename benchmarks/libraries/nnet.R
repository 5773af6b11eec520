# R's nnet: seconds of the shortest training whose loss is at the mark, one line a seed; NA where it does not get there.
# Rscript nnet.R TABLE.csv UNITS DECAY MARK SEEDS MOST
library(nnet)
given <- commandArgs(trailingOnly = TRUE)
table <- read.csv(given[1])
units <- as.integer(given[2]); decay <- as.numeric(given[3]); mark <- as.numeric(given[4])
seeds <- as.integer(given[5]); most <- as.integer(given[6])
x <- as.matrix(table[, names(table) != "y", drop = FALSE])
y <- table$y

train <- function(seed, steps) {
  set.seed(seed)
  nnet(x, y, size = units, decay = decay, linout = TRUE, maxit = steps, trace = FALSE, MaxNWts = 100000,
       abstol = 0, reltol = 0)
}
loss <- function(seed, steps) train(seed, steps)$value / (2 * length(y))

for (seed in seq_len(seeds)) {
  high <- 1
  while (high < most && loss(seed, high) > mark) high <- 2 * high
  if (loss(seed, high) > mark) { cat("NA\n"); next }
  low <- high %/% 2
  while (high - low > max(1, low %/% 50)) {
    middle <- (low + high) %/% 2
    if (loss(seed, middle) > mark) low <- middle else high <- middle
  }
  repeats <- 3 + ceiling(0.3 / max(system.time(train(seed, high))[["elapsed"]], 0.005))
  cat(system.time(for (i in seq_len(repeats)) train(seed, high))[["elapsed"]] / repeats, "\n")
}
