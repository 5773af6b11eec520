"""Read one fitted model: coefficients and their errors, residuals, summaries, gradient checks."""
