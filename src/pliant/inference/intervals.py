"""Intervals of a prediction: of the mean (confidence), and of the response of a new row (prediction).

The interval of a mean is made on the scale of the link, where it is symmetric. That of a new row takes the
predictive distribution: the response about its mean, with the mean and the dispersion as uncertain as the
training rows leave them (a model with members: see member_intervals.py; a single network, and on request: with
eta as uncertain as laplace.py has it),

    F(y) = E F(y; inverse(eta + sqrt(s) error z), s dispersion),   z ~ N(0, 1),   s ~ df / chi2_df

with s = 1 where the family knows its dispersion. Both expectations are Gauss-Hermite sums, so nothing is drawn.
For a gaussian response with the identity this is Student's t, and is computed as that. Where the response has
longer tails, its squares know the dispersion less well: the variance of their mean is (2 + kurtosis) / n, so df is
the residual one over 1 + kurtosis / 2, with kurtosis = dispersion (V'^2 / V + V'') of the variance function V
(6 dispersion for gamma). A new row has weight 1: it scatters as a single row does, a binomial one is one trial.

References
----------
Box (1953), Non-normality and tests on variances, Biometrika 40. McCullagh (1987), Tensor Methods in Statistics.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.data.table import Table
from pliant.errors import ArgumentError, InputError
from pliant.functions.records import Family
from pliant.inference.coefficients import wald_interval
from pliant.inference.delta import Places, bounded_columns, line_covariance, mean_effect, places
from pliant.inference.laplace import check_laplace, degrees_of_freedom, eta_covariances
from pliant.inference.mean_bands import check_no_covariance, curve_mean_columns
from pliant.inference.member_intervals import METHODS, choose_method, member_interval, member_sets
from pliant.optimisers.checks import check_choice, check_share
from pliant.types import Array

if TYPE_CHECKING:
    from pliant.model import Fitted

# of each Gauss-Hermite sum, up to a size of what it is over: of how far a mean moves, in deviations of the response,
# and of how far its variance does, in sqrt(2 / df); see the test that compares them with Student's t
MEAN_NODES = ((0.05, 3), (0.3, 7), (1.0, 15), (6.0, 41), (np.inf, 101))
SCALE_NODES = ((0.05, 3), (0.25, 7), (np.inf, 15))
CHUNK = 4_000  # rows at a time
SHARPNESS = 1e-12  # how near to its probability a bound is taken


def mean_interval_columns(
    model: "Fitted", table: object, type: str, level: float, **cov: Any
) -> tuple[dict[str, Any], Table]:
    """Give prediction, lower and upper bound of the mean of each row, for classes of each probability; the table."""
    method = cov.pop("method", None)
    if not model.is_line:
        check_no_covariance(**cov)
        return curve_mean_columns(model, table, type, level, method)
    if method is not None:
        raise ArgumentError(f"method={method!r} is for a curve; a line takes cov_type=")
    found = line_covariance(model, "intervals of the mean", **cov)
    C = found.matrix
    at = places(model, table)
    effect = mean_effect(model, at.X, at.offset, type)
    if type == "link" or model.likelihood.has_classes:
        low, high = mean_bounds(model, effect.estimate, effect.errors(C), type, level, found.df)
    else:
        eta = mean_effect(model, at.X, at.offset, "link")
        low, high = _bounds_by_eta(
            model, eta.estimate, eta.errors(C), effect.estimate, effect.errors(C), level, found.df
        )
    return bounded_columns(model, at, type, low, high), at.table


def mean_bounds(model: "Fitted", mu: Array, error: Array, type: str, level: float, df: float) -> tuple[Array, Array]:
    """Give the interval of means (m, C) whose own standard errors are known, by way of the link.

    link(mu) -+ quantile error / |d mu / d eta|, and back; for classes by the log-odds of each.
    """
    if type == "link":
        return wald_interval(mu, error, level, df)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if model.likelihood.has_classes:
            rest = np.maximum(1.0 - mu, 1e-300)
            odds = np.log(mu) - np.log(rest)
            low, high = wald_interval(odds, error / (mu * rest), level, df)
            return 1.0 / (1.0 + np.exp(-low)), 1.0 / (1.0 + np.exp(-high))
        link = model.likelihood.link
        eta = link.link(mu)
        return _bounds_by_eta(model, eta, error / np.abs(link.slope(eta, mu)), mu, error, level, df)


def _bounds_by_eta(
    model: "Fitted", eta: Array, eta_error: Array, mu: Array, error: Array, level: float, df: float
) -> tuple[Array, Array]:
    """Give inverse(eta -+ quantile error); by the delta method where an end lies beyond what the link admits."""
    link = model.likelihood.link
    low, high = wald_interval(eta, eta_error, level, df)
    with np.errstate(all="ignore"):
        ends = np.stack([model.likelihood.mean(low), model.likelihood.mean(high)])
        bottom, top = np.min(ends, axis=0), np.max(ends, axis=0)
        straight, straight_high = wald_interval(mu, error, level, df)
        holds = link.admits(low) & link.admits(high) & (bottom <= mu) & (mu <= top)
    inside = model.likelihood.family.interval
    bottom, top = np.where(holds, bottom, straight), np.where(holds, top, straight_high)
    return np.clip(bottom, *inside), np.clip(top, *inside)


def prediction_interval(
    model: "Fitted", table: Table, type: str, level: float, method: str | None = None
) -> dict[str, Any]:
    """Give prediction, lower and upper bound of the response of each row of a table; of classes the set."""
    if type != "response":
        raise ArgumentError(
            "a prediction interval is one of the response; leave out type=, or ask for that of eta with "
            "predict_mean_interval(table, type='link')"
        )
    if method is not None:
        check_choice("method of intervals", method, METHODS)
        if model.is_line:
            raise ArgumentError(f"method={method!r} is for a curve; leave it out for a line")
    at = places(model, table)
    bounds = new_row_interval(model, at, level, method)
    return model.prediction_columns(at.X, at.offset, at.used, type) | bounds


def new_row_interval(model: "Fitted", at: Places, level: float, method: str | None = None) -> dict[str, Any]:
    """Give the lower and upper bound (m,) of the response of a new row; missing where a row is not complete.

    With members, classes and 0 or 1 have a set in place of bounds: its levels, and how many.

    Raises
    ------
    InputError
        If the response is classes and there are no members, or the family is without a distribution; of a network
        also if it was trained without evidence, or came from a file and the method needs its rows.
    """
    level = check_share("interval", level)
    sets = model.likelihood.has_classes or model.likelihood.family.coding == "binary"
    if sets and (model.members is not None or (not model.is_line and model.held_out_scores is not None)):
        if method not in (None, "cv+" if model.members is not None else "split"):
            raise InputError(
                f"method={method!r} gives bounds, and classes (0 and 1 too) have no order that bounds could follow; "
                "leave it out for their prediction sets"
            )
        return member_sets(model, at, level)
    if model.likelihood.has_classes:
        raise InputError(
            "classes have no prediction interval, since they have no order; ask for the confidence intervals of "
            "their probabilities with predict_mean_interval, or fit a curve with members for prediction sets"
        )
    if not model.is_line:
        chosen = choose_method(model, method)
        if chosen != "laplace":
            return member_interval(model, at, level, chosen)
        _check_one_response(model)
        check_laplace(model, ", or with members=10 and take method='cv+'")
    cumulative = model.likelihood.family.cumulative
    if cumulative is None:
        raise InputError(
            f"the {model.family} family fixes a mean and a variance but no distribution, so a new row has no "
            "interval; ask for that of its mean with predict_mean_interval"
        )
    rows = np.flatnonzero(at.used)
    eta, error, df = _uncertain_eta(model, at.X[rows], at.offset[rows])
    if model.likelihood.scales_with_response:
        low, high = wald_interval(eta, np.sqrt(model.dispersion + error**2), level, df)
    else:
        parts = [slice(i, i + CHUNK) for i in range(0, len(rows), CHUNK)]
        tails = (0.5 - level / 2.0, 0.5 + level / 2.0)
        ends = [[_quantile(*_mixture(model, eta[p], error[p]), tail) for p in parts] for tail in tails]
        low, high = (np.concatenate([np.zeros((0, 1)), *found_there]) for found_there in ends)
    lower, upper = np.full((2, len(at.used)), np.nan)
    lower[rows], upper[rows] = low[:, 0], high[:, 0]
    return {"lower": lower, "upper": upper}


def _uncertain_eta(model: "Fitted", X: Array, offset: Array) -> tuple[Array, Array, float]:
    """Give eta (m, q), its standard errors, and their degrees of freedom."""
    if model.is_line:
        found = line_covariance(model, "prediction intervals")
        effect = mean_effect(model, X, offset, "link")
        return effect.estimate, effect.errors(found.matrix), found.df
    C = eta_covariances(model, X, offset)
    error = np.sqrt(np.maximum(np.einsum("mqq->mq", C), 0.0))
    return model.linear_predictor(X, offset), error, degrees_of_freedom(model)


def _check_one_response(model: "Fitted") -> None:
    """Refuse several responses."""
    if model.network.outputs > 1:
        raise InputError("a model of several responses has no prediction intervals; fit one response")


Cumulative = Callable[[Array], tuple[Array, Array]]


def _mixture(model: "Fitted", eta: Array, error: Array) -> tuple[Cumulative, Array, Array, tuple[float, float]]:
    """Give the predictive distribution of some rows: F(y-) and F(y) of y (m, 1), centre, spread and range."""
    from scipy.special import gammaincinv, ndtr

    family = model.likelihood.family
    cumulative = family.cumulative
    assert cumulative is not None
    centre = model.likelihood.mean(eta)
    own: Array = np.maximum(np.sqrt(model.dispersion * family.variance(centre)), 1e-300)
    moves = np.abs(model.likelihood.link.slope(eta, centre)) * error
    farthest = float(np.max(moves / own)) if np.all(np.isfinite(moves / own)) else 1.0
    z, share = _nodes(MEAN_NODES, farthest)
    scales, scale_shares = np.ones((1, 1)), np.ones(1)  # (m, nodes) and (nodes,)
    if not family.dispersion_known:
        half = 0.5 * max(model.df_residual, 1) / (1.0 + 0.5 * model.dispersion * _tails(family, centre))
        at, scale_shares = _nodes(SCALE_NODES, float(np.min(half, initial=1e6)) ** -0.5)
        scales = np.asarray(half / gammaincinv(half, ndtr(-at)))
    nodes: list[tuple[Array, Any, Array]] = []  # of mean, dispersion and share
    for k, s_share in enumerate(scale_shares):
        s = scales[:, k : k + 1]
        moved = eta + np.sqrt(s) * error * z
        mu = model.likelihood.mean(moved)
        low, high = family.interval
        inside = model.likelihood.link.admits(moved) & (mu >= low) & (mu <= high)
        nodes.append((np.where(inside, mu, centre), s * model.dispersion, s_share * share))

    def distribution(y: Array) -> tuple[Array, Array]:
        y = np.maximum(y, family.interval[0] + 1e-300)  # at 0 itself some divide by it
        below, upto, one = np.zeros_like(y), np.zeros_like(y), np.ones_like(y)
        for mu, dispersion, shares in nodes:
            first, second = cumulative(np.broadcast_to(y, mu.shape), mu, one, dispersion)
            below, upto = below + (first @ shares)[:, None], upto + (second @ shares)[:, None]
        return below, upto

    return distribution, centre, np.hypot(own, moves), family.interval


def _tails(family: Family, mu: Array) -> Array:
    """Give V'^2 / V + V'' (m, 1), the excess kurtosis of a response of dispersion 1, by differences: two digits do."""
    step = 1e-3 * np.maximum(np.abs(mu), 1e-100)
    low, middle, high = (family.variance(mu + k * step) for k in (-1.0, 0.0, 1.0))
    slope, bend = (high - low) / (2.0 * step), (high - 2.0 * middle + low) / step**2
    return np.asarray(np.maximum(slope**2 / middle + bend, 0.0))


def _nodes(counts: tuple[tuple[float, int], ...], size: float) -> tuple[Array, Array]:
    """Give the points of a Gauss-Hermite sum of as many as a size asks for, and their shares, which add up to 1."""
    from scipy.special import roots_hermitenorm

    points, weights = roots_hermitenorm(next(count for limit, count in counts if size <= limit))
    return np.asarray(points), np.asarray(weights / np.sum(weights))


def _quantile(
    distribution: Cumulative, centre: Array, spread: Array, support: tuple[float, float], tail: float
) -> Array:
    """Give the least y (m, 1) with F(y) >= tail: a whole number where the response is counted."""
    below, upto = distribution(np.maximum(np.round(centre), 1.0))  # not at 0, where a tweedie response may lie too
    counted = bool(np.any(upto > below))
    low, high = np.maximum(centre - spread, support[0]), np.minimum(centre + spread, support[1])
    if counted:
        low, high = np.floor(low), np.ceil(high)
    f_low, f_high = distribution(low)[1] - tail, distribution(high)[1] - tail
    for _ in range(60):
        short, far = (f_low >= 0.0) & (low > support[0]), (f_high < 0.0) & (high < support[1])
        if not np.any(short | far):
            break
        width = high - low
        low = np.where(short, np.maximum(low - width, support[0]), low)
        high = np.where(far, np.minimum(high + width, support[1]), high)
        f_low, f_high = distribution(low)[1] - tail, distribution(high)[1] - tail
    last, found = np.zeros_like(low), low
    settled = f_low >= 0.0  # at the end of the range
    for _ in range(100):
        if counted:
            y = np.floor(0.5 * (low + high))
        else:  # regula falsi, the end that stays halved (Illinois)
            y = high - f_high * (high - low) / np.where(f_high > f_low, f_high - f_low, 1.0)
            y = np.clip(y, low, high)
        f = distribution(y)[1] - tail
        up = f >= 0.0
        found = np.where(settled, found, np.where(up, y, high) if counted else y)
        high, low = np.where(up, y, high), np.where(up, low, y)
        f_high = np.where(up, f, np.where(last < 0.0, 0.5 * f_high, f_high))
        f_low = np.where(up, np.where(last > 0.0, 0.5 * f_low, f_low), f)
        last = np.where(up, 1.0, -1.0)
        settled = settled | (high - low <= 1.0 if counted else (np.abs(f) < SHARPNESS) | (high <= low))
        if np.all(settled):
            break
    return found
