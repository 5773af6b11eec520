"""Wald tests of linear hypotheses, and contrasts: what the coefficients say together.

W = (L b - r)' (L V L')^-1 (L b - r) is chi squared on the m rows of L; where the dispersion is estimated, W / m is F.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.errors import ArgumentError, InputError
from pliant.harmless import on_one_line
from pliant.inference.coefficients import two_sided, wald_interval
from pliant.inference.combinations import Combination, read_combinations
from pliant.inference.covariance import Covariance, covariance_of
from pliant.inference.estimates import coefficients, outcome_names
from pliant.inference.summary.numbers import p_words, short
from pliant.inference.tails import upper_tail
from pliant.types import Array

if TYPE_CHECKING:
    from pliant.model import Fitted

ADJUSTMENTS = ("none", "bonferroni", "holm")
SINGULAR = 1e-10  # of the largest: hypotheses that repeat one another


@dataclass(frozen=True)
class WaldTest:
    """The outcome of a Wald test: prints as a sentence."""

    hypotheses: tuple[str, ...]
    test: str  # "F" or "Chisq"
    statistic: float
    df: int
    resid_df: float  # inf for chi squared
    p_value: float
    cov_type: str

    def __str__(self) -> str:
        said = on_one_line(" and ".join(self.hypotheses))
        on = f"{self.df}, {self.resid_df:g}" if self.test == "F" else f"{self.df}"
        letter = "F" if self.test == "F" else "chi squared"
        verdict = "speak against" if self.p_value < 0.05 else "do not speak against"
        robust = "" if self.cov_type == "nonrobust" else f", {self.cov_type} covariance"
        return (
            f"The data {verdict} {said}: Wald test, {letter}({on}) = {short(self.statistic, 4)}, "
            f"{p_words(self.p_value)}{robust}."
        )

    __repr__ = __str__


def coefficient_names(model: "Fitted") -> dict[str, int]:
    """Give every way to call a coefficient and its place in `cov_params`: pliant's name, then R's.

    For classes `level[name]`, as in the columns of `predict`.
    """
    names: dict[str, int] = {}
    p = len(model.design.names)
    outcomes = outcome_names(model)
    for called in (model.design.names, model.design.r_names()):
        for j, outcome in enumerate(outcomes):
            for i, name in enumerate(called):
                names.setdefault(f"{outcome}[{name}]" if len(outcomes) > 1 else name, j * p + i)
    return names


def wald_test(model: "Fitted", hypotheses: Any, cov_type: str = "nonrobust", groups: Any = None) -> WaldTest:
    """Test linear hypotheses on the coefficients of a line together.

    Parameters
    ----------
    model : Fitted
        A line fitted exactly.
    hypotheses : str, list of str, dict, or array (m, k)
        "a = b, c = 0"; what has no `=` is zero. Of an array each row times the coefficients is zero.
    cov_type, groups
        Which covariance, as `covariance_of` has it.

    Raises
    ------
    FormulaError, ArgumentError
        If a hypothesis cannot be read, names an aliased coefficient, or repeats another one.
    """
    found = covariance_of(model, cov_type, groups)
    rows = read_combinations(hypotheses, coefficient_names(model), len(found.matrix))
    estimate, variance = _estimates(model, rows, found)
    scale = np.sqrt(np.diagonal(variance))
    if not np.all(scale > 0.0):
        raise InputError("the variance of a hypothesis is zero, so there is nothing to test it against")
    correlation = variance / np.outer(scale, scale)
    if np.linalg.eigvalsh(correlation)[0] < SINGULAR:
        raise ArgumentError("some of the hypotheses follow from the others, or contradict them; leave them out")
    z = estimate / scale
    statistic, m = float(z @ np.linalg.solve(correlation, z)), len(rows)
    words = tuple(row.text if "=" in row.text else f"{row.text} = 0" for row in rows)
    if np.isinf(found.df):
        return WaldTest(words, "Chisq", statistic, m, np.inf, upper_tail(statistic, m, np.inf), cov_type)
    return WaldTest(words, "F", statistic / m, m, found.df, upper_tail(statistic / m, m, found.df), cov_type)


def contrast(
    model: "Fitted",
    what: Any,
    pairs: str | None = None,
    level: float = 0.95,
    adjust: str | None = None,
    cov_type: str = "nonrobust",
    groups: Any = None,
) -> dict[str, Any]:
    """Estimate linear combinations of the coefficients, or the differences between the levels of a factor.

    Parameters
    ----------
    model : Fitted
        A line fitted exactly.
    what : str, list of str, dict, or array (m, k); or the name of a factor
        "b - c", {"b": 1, "c": -1}; with `pairs` a column that names groups.
    pairs : {"pairwise"}, optional
        Each level less each one before it, on the scale of the link, at the same values of all other columns;
        where the factor has interactions, averaged over the training rows.
    level : float
    adjust : {"none", "bonferroni", "holm"}, optional
        Of the p-values for the number of contrasts: by default "holm" for pairs, else "none". Intervals are
        Bonferroni's with either adjustment, since Holm's procedure has none.
    cov_type, groups
        Which covariance, as `covariance_of` has it.

    Returns
    -------
    dict of columns
        `contrast`, `estimate`, `std_error`, `statistic`, `p_value`, `conf_low`, `conf_high`; with `response`
        before them where pairs are asked for of several outcomes.
    """
    from pliant.inference.pairs import level_pairs

    if pairs not in (None, "pairwise"):
        raise ArgumentError(f"{pairs!r} is not a kind of contrast between levels; ask for 'pairwise'")
    adjust = adjust or ("holm" if pairs else "none")
    if adjust not in ADJUSTMENTS:
        raise ArgumentError(f"adjust={adjust!r} is not known; choose 'none', 'bonferroni' or 'holm'")
    found = covariance_of(model, cov_type, groups)
    if pairs:
        rows = level_pairs(model, what)
    else:
        rows = read_combinations(what, coefficient_names(model), len(found.matrix))
    estimate, variance = _estimates(model, rows, found)
    error = np.sqrt(np.diagonal(variance))
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = estimate / error
    each = level if adjust == "none" else 1.0 - (1.0 - level) / len(rows)
    low, high = wald_interval(estimate, error, each, found.df)
    columns: dict[str, Any] = {
        "contrast": [row.text for row in rows],
        "estimate": estimate,
        "std_error": error,
        "statistic": statistic,
        "p_value": _adjusted(two_sided(statistic, found.df), adjust),
        "conf_low": low,
        "conf_high": high,
    }
    outcomes = outcome_names(model)
    if pairs and len(outcomes) > 1:
        columns = {"response": list(np.repeat(outcomes, len(rows) // len(outcomes)))} | columns
    return columns


def _estimates(model: "Fitted", rows: list[Combination], found: Covariance) -> tuple[Array, Array]:
    """Give the estimates (m,) of combinations and their covariance (m, m)."""
    beta, matrix = coefficients(model).T.ravel(), found.matrix
    known = ~np.isnan(beta)
    L = np.stack([row.weights for row in rows])
    for row, weights in zip(rows, L, strict=True):
        gone = np.flatnonzero((weights != 0.0) & ~known)
        if len(gone):
            name = model.design.names[gone[0] % len(model.design.names)]
            raise ArgumentError(f"{row.text!r} needs the coefficient of {name}, which is aliased: it was not estimated")
    L, constants = L[:, known], np.array([row.constant for row in rows])
    return L @ beta[known] + constants, L @ matrix[np.ix_(known, known)] @ L.T


def _adjusted(p: Array, adjust: str) -> Array:
    """Adjust p-values (m,) for their number.

    References
    ----------
    Holm (1979), Scandinavian Journal of Statistics 6.
    """
    m = len(p)
    if adjust == "none" or m == 0:
        return p
    if adjust == "bonferroni":
        return np.minimum(1.0, m * p)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate((m - np.arange(m)) * p[order])
    out = np.empty(m)
    out[order] = np.minimum(1.0, stepped)
    return out
