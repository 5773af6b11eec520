"""Transforms that learn: polynomials, splines, cut points, centre and scale.

Each is a pair. `learn_x(values, settings)` takes the training values (n,), finite, and gives a state that JSON
can hold (floats, lists, texts); `apply_x(values, state)` takes any values (m,), NaN for missing, and gives the
columns (m, c), NaN in the rows that are missing. Columns are always made by `apply_x`, from the state alone and
by arithmetic row by row, so that a new row gets the bits that it would have had among the training rows.
`apply_poly`, `apply_scale` and `apply_cut` take no row by its place, so that an export can follow them with a symbol.
Which column of which table the values are is not known here: errors are completed by the caller.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from pliant.data.splines import bspline, bspline_slope, free_of, natural_curvatures
from pliant.errors import TableError
from pliant.types import Array, IntArray

State = dict[str, Any]
Settings = Mapping[str, Any]
_MOST_DEPENDENT = 1e-6  # how far columns of an orthogonal polynomial may be from orthogonal


# polynomials


def learn_poly(values: Array, settings: Settings) -> State:
    """Learn the orthogonal polynomials of `values`, as R's `poly(x, degree)`.

    p_0 = 1, p_1 = t - alpha_1, p_{k+1} = (t - alpha_{k+1}) p_k - norm2_k / norm2_{k-1} p_{k-1}

    with t = (x - centre) / scale; alpha_{k+1} = sum t p_k^2 / norm2_k and norm2_k = sum p_k^2 over the training
    rows. R learns the same numbers in the units of x from a QR decomposition of powers; in units of the range
    they cannot overflow. With `raw=True` there is nothing to learn but the degree.

    Raises
    ------
    TableError
        If there are too few different values for the degree.
    """
    degree, raw = int(settings.get("degree", 1)), bool(settings.get("raw", False))
    if raw:
        return {"degree": degree, "raw": True}
    different = len(np.unique(values))
    if degree >= different:
        raise TableError(f"degree {degree} needs {degree + 1} different values, and there are {different}")
    centre = _mean(values)
    scale = float(np.max(np.abs(values - centre)))
    t = (values - centre) / scale
    alpha: list[float] = []
    norm2 = [float(len(t))]
    before, now = np.zeros_like(t), np.ones_like(t)
    for k in range(degree):
        alpha.append(float(np.sum(t * now * now)) / norm2[k])
        before, now = now, _next_polynomial(t, before, now, alpha, norm2, k)
        norm2.append(float(np.sum(now * now)))
    state: State = {
        "degree": degree,
        "raw": False,
        "centre": centre,
        "scale": scale,
        "alpha": alpha,
        "norm2": norm2,
    }
    columns = apply_poly(values, state)
    dependence = np.max(np.abs(columns.T @ columns - np.eye(degree)))
    if not dependence < _MOST_DEPENDENT:
        raise TableError(f"degree {degree} is too high to be computed from these values; choose a lower one")
    return state


def apply_poly(values: Array, state: State) -> Array:
    """Give the polynomials (m, degree): orthonormal over the training rows, or the powers."""
    degree = state["degree"]
    columns: list[Array] = []
    if state["raw"]:
        power = np.ones_like(values)
        for _ in range(degree):
            power = power * values
            columns.append(power)
    else:
        t = (values - state["centre"]) / state["scale"]
        before, now = np.zeros_like(t), np.ones_like(t)
        for k in range(degree):
            before, now = now, _next_polynomial(t, before, now, state["alpha"], state["norm2"], k)
            columns.append(now / state["norm2"][k + 1] ** 0.5)
    return np.stack(columns, axis=1)


def _next_polynomial(
    t: Array, before: Array, now: Array, alpha: Sequence[float], norm2: Sequence[float], k: int
) -> Array:
    """Give p_{k+1} (m,) from p_{k-1} and p_k."""
    following = (t - alpha[k]) * now
    return following - norm2[k] / norm2[k - 1] * before if k else following


# splines


def learn_bs(values: Array, settings: Settings) -> State:
    """Learn the knots of a B-spline, as R's `splines::bs(x, df, knots, degree = 3, intercept = FALSE)`.

    With `df`, df - degree interior knots (one less with an intercept) stand at quantiles (type 7) of the values.
    The boundary knots are their range.

    Raises
    ------
    TableError
        If all values are equal, `df` is too small, or a knot lies outside of the range.
    """
    degree, intercept = int(settings.get("degree", 3)), bool(settings.get("intercept", False))
    inner = _interior_knots(values, settings, least=degree + intercept, quantiles_of=values)
    low, high = _range(values)
    knots = [low] * (degree + 1) + inner + [high] * (degree + 1)
    return {"knots": knots, "degree": degree, "intercept": intercept}


def apply_bs(values: Array, state: State) -> Array:
    """Give the B-splines (m, df); beyond the boundary knots the outermost polynomial pieces go on, as in R."""
    columns = _by_present_rows(values, lambda x: bspline(x, np.array(state["knots"]), state["degree"]))
    return columns if state["intercept"] else columns[:, 1:]


def learn_ns(values: Array, settings: Settings) -> State:
    """Learn a natural cubic spline, as R's `splines::ns(x, df, knots, intercept = FALSE)`.

    The cubic B-splines B (without the first, if there is no intercept) are combined into B Z, where Z spans the
    combinations whose second derivative is zero at both boundary knots; see `free_of`. `df` and knots as in
    `learn_bs`; df - 1 interior knots (one less with an intercept).
    """
    intercept = bool(settings.get("intercept", False))
    inner = _interior_knots(values, settings, least=1 + intercept, quantiles_of=values)
    low, high = _range(values)
    knots = [low] * 4 + inner + [high] * 4
    curvature = bspline_slope(np.array([low, high]), np.array(knots), 3, order=2)[:, 0 if intercept else 1 :]
    return {"knots": knots, "intercept": intercept, "combine": free_of(curvature).tolist()}


def apply_ns(values: Array, state: State) -> Array:
    """Give the natural splines (m, df); straight lines beyond the boundary knots."""
    knots, first = np.array(state["knots"]), 0 if state["intercept"] else 1

    def columns_of(x: Array) -> Array:
        inside = np.clip(x, knots[0], knots[-1])
        basis = bspline(inside, knots, 3)
        for edge, beyond in ((knots[:1], x < knots[0]), (knots[-1:], x > knots[-1])):
            basis[beyond] += (x - inside)[beyond, None] * bspline_slope(edge, knots, 3, order=1)
        return _combined(basis[:, first:], np.array(state["combine"]))

    return _by_present_rows(values, columns_of)


def learn_cr(values: Array, settings: Settings) -> State:
    """Learn a natural cubic regression spline: one column a knot, `df` knots in all.

    Column j is the natural cubic spline that is 1 at knot j and 0 at the others, so that its coefficient is the
    height of the curve there. The columns add up to 1: beside an intercept one of them is redundant. The outer
    knots are the range of the values, the others quantiles (type 7) of the different values, as in patsy's `cr`
    without constraints. `knots` gives the interior ones.

    References
    ----------
    Wood (2017), Generalized Additive Models, section 5.3.1.
    """
    if "df" not in settings and "knots" not in settings:
        raise TableError("df or knots is missing: write, for example, cr(x, df = 5)")
    inner = _interior_knots(values, settings, least=2, quantiles_of=np.unique(values))
    low, high = _range(values)
    knots = [low, *inner, high]
    if len(set(knots)) < len(knots):
        raise TableError("two knots are equal: there are too few different values; choose a smaller df")
    return {"knots": knots, "curvatures": natural_curvatures(np.array(knots)).tolist()}


def apply_cr(values: Array, state: State) -> Array:
    """Give the splines (m, df); straight lines beyond the outer knots."""
    knots, curvatures = np.array(state["knots"]), np.array(state["curvatures"])

    def columns_of(x: Array) -> Array:
        j = np.clip(np.searchsorted(knots, x, side="right") - 1, 0, len(knots) - 2)
        h = knots[j + 1] - knots[j]
        right, left = knots[j + 1] - x, x - knots[j]
        cubic_left = np.where(x > knots[-1], 0.0, right**3 / (6.0 * h)) - h * right / 6.0
        cubic_right = np.where(x < knots[0], 0.0, left**3 / (6.0 * h)) - h * left / 6.0
        columns = cubic_left[:, None] * curvatures[j] + cubic_right[:, None] * curvatures[j + 1]
        rows = np.arange(len(x))
        columns[rows, j] += right / h
        columns[rows, j + 1] += left / h
        return np.asarray(columns)

    return _by_present_rows(values, columns_of)


def _interior_knots(values: Array, settings: Settings, least: int, quantiles_of: Array) -> list[float]:
    """Give the interior knots in order: those given, or as many quantiles as `df` leaves beyond `least`."""
    low, high = _range(values)
    df = settings.get("df")
    if df is not None and df < least:
        raise TableError(f"df must be at least {least}, not {df}")
    if "knots" in settings:
        inner = sorted(float(knot) for knot in settings["knots"])
        if df is not None and df != least + len(inner):
            raise TableError(f"{len(inner)} knots give {least + len(inner)} columns, not df = {df}; leave df out")
        if not (low < inner[0] and inner[-1] < high):
            raise TableError(f"interior knots must lie between {low:g} and {high:g}, the range of the training rows")
        return inner
    shares = np.linspace(0.0, 1.0, (df or least) - least + 2)[1:-1]
    return _away_from(low, high, np.quantile(quantiles_of, shares).tolist())


def _away_from(low: float, high: float, inner: list[float]) -> list[float]:
    """Move quantiles that fell on the boundary (many equal values) inside by an eighth of the gap, as R does."""
    if inner and (inner[0] <= low or inner[-1] >= high):
        between = [knot for knot in inner if low < knot < high]
        if not between:
            raise TableError("too many values are equal for quantiles to be knots; choose a smaller df, or give knots")
        inner = [low + (between[0] - low) / 8 if knot <= low else knot for knot in inner]
        inner = [high - (high - between[-1]) / 8 if knot >= high else knot for knot in inner]
    return inner


def _combined(basis: Array, combine: Array) -> Array:
    """Give basis @ combine, summed in the same order whatever the number of rows (BLAS does not)."""
    columns = np.zeros((len(basis), combine.shape[1]))
    for k, weights in enumerate(combine):
        columns += basis[:, k, None] * weights
    return columns


# cut points


def learn_cut(values: Array, settings: Settings) -> State:
    """Learn cut points and the names of the intervals between them, as R's `cut(x, breaks, ...)`.

    A number of `breaks` gives as many intervals of equal width, the outermost ends moved out by a thousandth of
    the range. Labels are "(1,2]", or "[1,2)" with `right=False`; with `include_lowest` the outermost is closed.
    """
    breaks = settings["breaks"]
    if isinstance(breaks, int):
        if breaks < 2:
            raise TableError("breaks must be at least 2 intervals")
        low, high = float(np.min(values)), float(np.max(values))
        beyond = (high - low if high > low else abs(low) or 1.0) / 1000.0
        ends = [low - beyond, high + beyond]
        points = np.linspace(low, high, breaks + 1) if high > low else np.linspace(ends[0], ends[1], breaks + 1)
        cuts = [ends[0], *points[1:-1].tolist(), ends[1]]
    else:
        cuts = sorted(float(point) for point in breaks)
    if len(cuts) < 2 or len(set(cuts)) < len(cuts):
        raise TableError("breaks must be two or more different cut points, or a number of intervals")
    right, lowest = bool(settings.get("right", True)), bool(settings.get("include_lowest", False))
    labels = [str(label) for label in settings.get("labels", ())] or interval_labels(cuts, right, lowest)
    if len(labels) != len(cuts) - 1 or len(set(labels)) < len(labels):
        raise TableError(f"labels must be {len(cuts) - 1} different texts, one an interval")
    return {"breaks": cuts, "labels": labels, "right": right, "include_lowest": lowest}


def apply_cut(values: Array, state: State) -> IntArray:
    """Give the index (m,) of the interval of each value; -1 where it is missing or in none."""
    breaks = np.array(state["breaks"])
    last = len(breaks) - 1
    codes = np.searchsorted(breaks, values, side="left" if state["right"] else "right") - 1
    if state["include_lowest"]:
        edge, place = (breaks[0], 0) if state["right"] else (breaks[last], last - 1)
        codes = np.where(values == edge, place, codes)
    return np.where(np.isnan(values) | (codes >= last), -1, codes).astype(np.int64)


def interval_labels(breaks: Sequence[float], right: bool, include_lowest: bool) -> list[str]:
    """Name intervals as R does: with three significant digits, or more if neighbours would look the same."""
    texts: list[str] = []
    for digits in range(3, 18):
        texts = [f"{point + 0.0:.{digits}g}" for point in breaks]
        if len(set(texts)) == len(texts):
            break
    opening, closing = ("(", "]") if right else ("[", ")")
    labels = [f"{opening}{low},{high}{closing}" for low, high in pairwise(texts)]
    if include_lowest and right:
        labels[0] = "[" + labels[0][1:]
    elif include_lowest:
        labels[-1] = labels[-1][:-1] + "]"
    return labels


# centre and scale


def learn_scale(values: Array, settings: Settings) -> State:
    """Learn mean and standard deviation (n - 1), as R's `scale(x, center = TRUE, scale = TRUE)`.

    Without centring the scale is the root mean square, sqrt(sum x^2 / (n - 1)).
    """
    centre = _mean(values) if settings.get("center", True) else 0.0
    scale = 1.0
    if settings.get("scale", True):
        apart = values - centre
        size = float(np.max(np.abs(apart)))
        if len(values) < 2 or size == 0.0 or (centre != 0.0 and np.min(values) == np.max(values)):
            raise TableError("all values are equal, so there is no standard deviation; leave the term out")
        scale = size * float(np.sum((apart / size) ** 2) / (len(values) - 1)) ** 0.5
    return {"centre": centre, "scale": scale}


def learn_center(values: Array, settings: Settings) -> State:
    """Learn the mean."""
    return {"centre": _mean(values), "scale": 1.0}


def apply_scale(values: Array, state: State) -> Array:
    """Give (x - centre) / scale, (m, 1)."""
    scaled: Array = (values - state["centre"]) / state["scale"]
    return scaled[:, None]


# what they share


def _mean(values: Array) -> float:
    """Give the mean; exactly the value if all are equal."""
    return float(values[0] + np.mean(values - values[0]))


def _range(values: Array) -> tuple[float, float]:
    """Give the boundary knots."""
    low, high = float(np.min(values)), float(np.max(values))
    if low == high:
        raise TableError("all values are equal, and a curve needs different ones; leave the term out")
    return low, high


def _by_present_rows(values: Array, columns_of: Any) -> Array:
    """Give the columns of the values that are there, and NaN in the other rows."""
    present = ~np.isnan(values)
    found = columns_of(values[present])
    columns = np.full((len(values), found.shape[1]), np.nan)
    columns[present] = found
    return columns
