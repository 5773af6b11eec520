"""Measure a fit on its training rows: deviances, likelihood, dispersion, degrees of freedom.

The conventions are those of R's `glm` and `summary.glm`.
"""

import hashlib

import numpy as np

from pliant.data.arrays import Arrays
from pliant.functions.likelihood import Likelihood
from pliant.optimisers.irls import LineFit, fit_line
from pliant.record import Facts
from pliant.types import Array

ROWS = 8_192  # in a block
SAME = 1e-12  # of two deviances that are one but for rounding


def measure(
    likelihood: Likelihood,
    arrays: Arrays,
    mu: Array,
    rank: int,
    intercept: bool,
    line: LineFit | None = None,
    dispersion: float | None = None,
) -> Facts:
    """Give the facts of a fit.

    Parameters
    ----------
    likelihood : Likelihood
    arrays : Arrays
        The training rows.
    mu : ndarray, shape (n, C)
        Fitted means.
    rank : int
        Estimated parameters of one linear predictor: columns less aliased ones; for a network, all weights.
    intercept : bool
        Whether the null model has one.
    line : LineFit, optional
        Where there are standard errors to keep: an exact line without a penalty.
    dispersion : float, optional
        Where it is known from other rows than those.

    Returns
    -------
    Facts
        Dispersion: 1 where the family fixes it, else Pearson's statistic over the residual degrees of freedom.
    """
    y, weights, totals = arrays.y, arrays.weights, arrays.totals
    family = likelihood.family
    n, outcomes = round(float(np.sum(arrays.counts[weights > 0.0]))), likelihood.outputs(y)
    df_residual = (n - rank) * outcomes
    deviance = float(totals @ likelihood.deviance(y, mu)) if line is None else line.deviance
    if dispersion is not None:
        pass
    elif family.dispersion_known:
        dispersion = 1.0
    elif df_residual > 0:
        pearson = float(totals @ likelihood.pearson(y, mu)) if line is None else line.pearson
        dispersion = pearson / df_residual
    else:
        dispersion = float("nan")
    return Facts(
        n_rows=n,
        deviance=deviance,
        null_deviance=null_deviance(likelihood, arrays, intercept),
        log_likelihood=family.log_likelihood(y, mu, weights, dispersion, arrays.counts),
        dispersion=dispersion,
        df_residual=df_residual,
        df_null=(n - intercept) * outcomes,
        inverse_information=None if line is None else line.covariance,
    )


def null_deviance(likelihood: Likelihood, arrays: Arrays, intercept: bool) -> float:
    """Give the deviance of the model that knows only its intercept and the offset.

    The intercept is fitted again where there is an offset; without an intercept the mean is that of the offset.
    """
    y, weights, offset = arrays.y, arrays.totals, arrays.offset
    outcomes = likelihood.outputs(y)
    if not intercept:
        eta = np.tile(offset[:, None], (1, outcomes))
    elif np.any(offset != 0.0):
        return fit_line(likelihood, np.ones((len(y), 1)), y, weights, offset).deviance
    else:
        eta = np.tile(likelihood.constant(y, weights), (len(y), 1))
    blocks = (slice(first, first + ROWS) for first in range(0, len(y), ROWS))  # that stay in the cache
    return float(sum(weights[at] @ likelihood.deviance(y[at], likelihood.mean(eta[at])) for at in blocks))


def useless(facts: Facts, y: Array, what: str) -> tuple[str, ...]:
    """Say in a sentence that a fit predicts nothing that its mean alone does not; nothing where it does.

    Parameters
    ----------
    facts : Facts
    y : ndarray, shape (n, q)
        The response.
    what : str
        How it is called.
    """
    if not np.any(np.ptp(y, axis=0)):
        return (f"{what} is the same in every row: there is nothing to learn",)
    if facts.deviance > facts.null_deviance * (1.0 - SAME):
        worse = "worse than" if facts.deviance > facts.null_deviance * (1.0 + SAME) else "no better than"
        return (
            f"the fit is useless: its predictions are {worse} no model at all (deviance {facts.deviance:.6g}, without "
            f"any column {facts.null_deviance:.6g}); look at the columns, or at how it was trained",
        )
    return ()


def fingerprint(*parts: Arrays | None) -> str:
    """Give the SHA-256 of the rows of a training, so that other rows are not taken for them."""
    digest = hashlib.sha256()
    for arrays in parts:
        if arrays is not None:
            for values in (arrays.X, arrays.y, arrays.weights, arrays.offset):
                digest.update(repr(values.shape).encode())
                digest.update(np.ascontiguousarray(values).tobytes())
            if arrays.frequencies is not None:
                digest.update(b"frequencies" + np.ascontiguousarray(arrays.frequencies).tobytes())
    return digest.hexdigest()
