"""Profile intervals: the values of a coefficient at which the line is not too much worse.

An end is the value b at which the least deviance with the coefficient held at b has risen by a quantile:

    (D(b) - D) / dispersion = chi squared (1), or F (1, n - p) where the dispersion is estimated

so it follows the likelihood where this is not a parabola, which a Wald interval takes it for. The end is found on
the signed root of the rise, which is nearly straight in b: about five refits an end, each with the coefficient
held in the offset.
"""

from typing import TYPE_CHECKING

import numpy as np

from pliant.errors import InputError
from pliant.inference.covariance import inverse_information
from pliant.inference.estimates import coefficients
from pliant.optimisers.irls import fit_line
from pliant.types import Array, IntArray

if TYPE_CHECKING:
    from pliant.data.arrays import Arrays
    from pliant.model import Fitted

EXACT = 1e-9  # of the cut-off: where a root is close enough
DOUBLINGS = 13  # of the Wald half-width; an end beyond is infinite
FLAT = 1e-4  # of the cut-off: a deviance that rises by less while the distance doubles has come to its ceiling
MOST_REFITS = 100  # an end


def profile_interval(model: "Fitted", level: float) -> tuple[Array, Array]:
    """Give the lower and upper ends (p,) of the profile likelihood interval of each coefficient.

    Parameters
    ----------
    model : Fitted
        A line fitted exactly, with one linear predictor a row.
    level : float
        Between 0 and 1.

    Returns
    -------
    lower, upper : ndarray, shape (p,)
        NaN where aliased, or where a refit does not settle; infinite where the deviance never rises by so much on
        that side. For a gaussian line with the identity link they are the Wald interval.

    Raises
    ------
    InputError
        If the model is no exact line of one linear predictor, or has no residual degrees of freedom to estimate
        a dispersion from.

    References
    ----------
    Venables and Ripley (2002), Modern Applied Statistics with S, section 8.4. R's `confint` has the quantile of
    chi squared for every family; F takes account of an estimated dispersion, as t does in a Wald interval.
    """
    inverse, estimate = inverse_information(model), coefficients(model)
    if estimate.shape[1] > 1:
        raise InputError("profile intervals are for one linear predictor a row; for classes ask for method='wald'")
    if not np.isfinite(model.dispersion):
        raise InputError("there are no residual degrees of freedom, so no dispersion and no profile interval")
    half = _cutoff(model, level) * np.sqrt(model.dispersion * np.diagonal(inverse))
    beta = estimate[:, 0]
    if model.likelihood.scales_with_response:  # the deviance is a parabola
        return beta - half, beta + half
    arrays, kept = model.data(), ~np.isnan(beta)
    lower, upper = np.full((2, len(beta)), np.nan)
    for j in np.flatnonzero(kept):
        others = kept & (np.arange(len(beta)) != j)
        profile = _Profile(model, arrays, int(j), np.flatnonzero(others), _cutoff(model, level))
        lower[j], upper[j] = profile.end(-float(half[j])), profile.end(float(half[j]))
    return lower, upper


class _Profile:
    """The least deviance of a line with one coefficient held."""

    def __init__(self, model: "Fitted", arrays: "Arrays", j: int, others: IntArray, cutoff: float) -> None:
        self.model, self.arrays, self.cutoff = model, arrays, cutoff
        self.estimate, self.rest = float(coefficients(model)[j, 0]), np.ascontiguousarray(arrays.X[:, others])
        # the others start where the line with a coefficient held has them to first order: the fitted eta, and along
        # the column less its weighted regression on the others; the least deviance over them is the same
        self.eta = model.linear_predictor(arrays.X, arrays.offset)
        root = np.sqrt(arrays.totals * model.likelihood.information(self.eta)[:, 0])
        column = arrays.X[:, j]
        share = np.linalg.lstsq(root[:, None] * self.rest, root * column, rcond=None)[0]
        self.along = column - self.rest @ share if self.rest.shape[1] else column

    def rise(self, b: float) -> float:
        """Give the root of the rise of the deviance at b, less the cut-off; inf where no line is left."""
        deviance = self._deviance(self.eta[:, 0] + (b - self.estimate) * self.along)
        if not np.isfinite(deviance):
            return deviance
        return float(np.sqrt(max(deviance - self.model.deviance, 0.0) / self.model.dispersion) - self.cutoff)

    def _deviance(self, offset: Array) -> float:
        """Give the least deviance over the others; inf where there is no mean, NaN where the refit does not settle."""
        likelihood, a = self.model.likelihood, self.arrays
        with np.errstate(over="ignore", invalid="ignore"):
            if self.rest.shape[1]:
                line = fit_line(likelihood, self.rest, a.y, a.totals, offset)
                return line.deviance if line.converged else np.nan
            eta = offset[:, None]
            mu = likelihood.mean(eta)
            return float(a.totals @ likelihood.deviance(a.y, mu)) if likelihood.valid(eta, mu) else np.inf

    def end(self, half: float) -> float:
        """Give the end on the side of `half`, the signed half-width of the Wald interval."""
        inside, below = self.estimate, -self.cutoff
        for doubling in range(DOUBLINGS):
            outside = self.estimate + 2.0**doubling * half
            above = self.rise(outside)
            if np.isnan(above):
                return above
            if above >= 0.0:
                return self._root(inside, below, outside, above)
            if doubling and above - below < FLAT * self.cutoff:
                break
            inside, below = outside, above
        return float(np.copysign(np.inf, half))

    def _root(self, inside: float, below: float, outside: float, above: float) -> float:
        """Find the crossing between two places by false position, halving the weight of a side that stays."""
        last = 0
        for _ in range(MOST_REFITS):
            finite = np.isfinite(above)
            b = (inside * above - outside * below) / (above - below) if finite else 0.5 * (inside + outside)
            rise = self.rise(b)
            if np.isnan(rise):
                return rise
            near = abs(outside - inside) <= 1e-13 * max(abs(inside), abs(outside))
            if near or abs(rise) <= EXACT * self.cutoff:
                break
            side = -1 if rise < 0.0 else 1
            if side < 0:
                inside, below, above = b, rise, 0.5 * above if last == side else above
            else:
                outside, above, below = b, rise, 0.5 * below if last == side else below
            last = side
        return b


def _cutoff(model: "Fitted", level: float) -> float:
    """Give the root of the quantile of chi squared, or of F where the dispersion is estimated."""
    from scipy.special import ndtri, stdtrit

    at = 0.5 + level / 2.0
    known = model.likelihood.family.dispersion_known
    return float(ndtri(at) if known else stdtrit(model.df_residual, at))
