"""Firth's penalised likelihood: a line that is finite where columns separate the rows, and less biased elsewhere.

The log-likelihood gains half the log-determinant of the information (Jeffreys' prior), which falls without end
wherever the likelihood would rise without end. With a canonical link the score of a row becomes

    w_i (y_i - mu_i) + h_i V'(mu_i) / 2

with h_i its leverage, since the information of a row is w_i V(mu_i) and d mu / d eta is V(mu). For the logit V' / 2
is 1/2 - mu, for the logarithm of counts it is 1/2. Other pairs are refused: without a canonical link the penalty no
longer takes the bias away, and a dispersion that is estimated would have to enter it.

References
----------
Firth (1993), Bias reduction of maximum likelihood estimates. Biometrika 80, 27-38.
Heinze and Schemper (2002), A solution to the problem of separation in logistic regression. Stat. Med. 21, 2409-2419.
Kosmidis and Firth (2021), Jeffreys-prior penalty, finiteness and shrinkage in binomial-response generalized linear
models. Biometrika 108, 71-82.
"""

import numpy as np

from pliant.errors import ArgumentError
from pliant.functions.likelihood import Likelihood
from pliant.optimisers.irls import LineFit
from pliant.types import Array, BoolArray

PAIRS = (("binomial", "logit"), ("poisson", "log"))
MAX_STEPS = 1_000  # the steps shrink by a constant share, about p / n, not squared
MAX_HALVINGS = 30
LONGEST = 5.0  # a step changes no eta by more
SETTLED = 1e-9


def takes_firth(likelihood: Likelihood) -> bool:
    """Say whether Firth's penalty is known for a family with its link."""
    return (likelihood.family.name, likelihood.link.name) in PAIRS


def check_firth(likelihood: Likelihood) -> None:
    """Refuse a family with a link for which Firth's penalty is not known.

    Raises
    ------
    ArgumentError
        Names the pairs that take it.
    """
    if not takes_firth(likelihood):
        pairs = " and ".join(f"{family} with the {link} link" for family, link in PAIRS)
        raise ArgumentError(
            f"regularisation='firth' is for {pairs}, where it takes away the bias of first order, not for "
            f"{likelihood.family.name} with {likelihood.link.name}; give a number such as regularisation=0.01"
        )


def fit_firth(likelihood: Likelihood, X: Array, y: Array, weights: Array, offset: Array, aliased: BoolArray) -> LineFit:
    """Maximise Firth's penalised likelihood by Fisher scoring.

    sum_i w_i l_i + log det(X'WX) / 2;   X'(w (y - mu) + h V'(mu) / 2) = 0

    Parameters
    ----------
    likelihood : Likelihood
        One of `PAIRS`.
    X : ndarray, shape (n, p)
    y : ndarray, shape (n, 1)
    weights, offset : ndarray, shape (n,)
    aliased : ndarray of bool, shape (p,)
        Columns to leave out.

    Returns
    -------
    LineFit
        With the inverse information at the estimate, as Heinze and Schemper have it.
    """
    used, kept = weights > 0.0, np.flatnonzero(~aliased)
    every_offset = offset
    rows, y, weights, offset = X[np.ix_(used, kept)], y[used], weights[used], offset[used]
    length = np.sqrt(np.einsum("ij,ij->j", rows, rows))
    fit = _Scoring(likelihood, rows / length, y, weights, offset[:, None])
    steps = fit.run()
    p = X.shape[1]
    coefficients, last_step = np.full((2, p, 1), np.nan)
    coefficients[kept, 0] = fit.beta / length
    last_step[kept, 0] = np.abs(fit.move) / np.maximum(np.abs(fit.beta), 1e-300)
    covariance = np.full((p, p), np.nan)
    inverse = np.linalg.inv(fit.R) / length[:, None]
    covariance[np.ix_(kept, kept)] = inverse @ inverse.T
    eta = X[:, kept] @ coefficients[kept] + every_offset[:, None]
    pearson = float(weights @ likelihood.pearson(y, fit.mu))
    condition = float(np.linalg.cond(fit.R)) if len(kept) else 1.0
    settled = fit.size < SETTLED
    return LineFit(
        coefficients,
        covariance,
        fit.deviance,
        len(kept),
        aliased,
        steps,
        last_step,
        settled,
        eta,
        pearson,
        condition,
    )


def _variance_slope(likelihood: Likelihood, mu: Array) -> Array:
    """Give V'(mu) of a pair of `PAIRS`."""
    return 1.0 - 2.0 * mu if likelihood.family.name == "binomial" else np.ones_like(mu)


class _Scoring:
    """One fit under way: coefficients, mean, triangle and leverages belong together at all times."""

    def __init__(self, likelihood: Likelihood, X: Array, y: Array, weights: Array, offset: Array) -> None:
        self.likelihood, self.X, self.y, self.weights, self.offset = likelihood, X, y, weights, offset
        self.size = np.inf if X.shape[1] else 0.0  # largest change of eta in the last step
        self.move = np.zeros(X.shape[1])
        flat = likelihood.constant(likelihood.family.start(y, weights[:, None]), weights)
        self._stand_at(np.asarray(np.linalg.lstsq(X, (flat - offset)[:, 0], rcond=None)[0], dtype=float))

    def run(self) -> int:
        """Take steps until they no longer shrink; give their number."""
        steps, smallest, stale = 0, np.inf, 0
        while steps < MAX_STEPS and stale < 3 and self.size > 0.0:
            if not self._step():
                break
            steps += 1
            if self.size < SETTLED:
                stale = stale + 1 if self.size >= smallest else 0
                smallest = min(smallest, self.size)
        return steps

    def _stand_at(self, beta: Array) -> None:
        """Go to some coefficients: mean, triangle of the weighted rows, leverage and value there."""
        self.beta = beta
        eta = (self.X @ beta)[:, None] + self.offset
        self.mu = self.likelihood.mean(eta)
        F, self.residual = self.likelihood.step_rows(self.y, eta, self.mu)
        self.root = np.sqrt(self.weights) * F[:, 0, 0]
        self.Q, self.R = np.linalg.qr(self.root[:, None] * self.X)
        self.leverage = np.einsum("ij,ij->i", self.Q, self.Q)
        self.deviance = float(self.weights @ self.likelihood.deviance(self.y, self.mu))
        with np.errstate(divide="ignore"):
            value = np.sum(np.log(np.abs(np.diagonal(self.R)))) - 0.5 * self.deviance
        self.value = float(value) if np.isfinite(value) else -np.inf

    def _step(self) -> bool:
        """Move by one scoring step, halved until the penalised likelihood does not fall; say whether it could."""
        with np.errstate(divide="ignore", invalid="ignore"):
            pull = np.sqrt(self.weights) * self.residual[:, 0]
            pull = pull + 0.5 * self.leverage * _variance_slope(self.likelihood, self.mu[:, 0]) / self.root
            known = np.isfinite(self.value)
            move = np.linalg.solve(self.R, self.Q.T @ pull) if known else np.full_like(self.beta, np.nan)
        if not np.all(np.isfinite(move)):
            self.size = np.inf
            return False
        size = float(np.max(np.abs(self.X @ move)))
        share = min(1.0, LONGEST / max(size, 1e-300))
        beta, value = self.beta, self.value
        for _ in range(MAX_HALVINGS):
            self._stand_at(beta + share * move)
            if self.value >= value - 1e-10 * (abs(value) + 0.1):
                self.size, self.move = size, move
                return True
            share *= 0.5
        self._stand_at(beta)
        self.size = np.inf
        return False
