"""The delta method: whatever depends on the coefficients of a line, row by row, with its standard error.

An `Effect` is an estimate a row, such as a mean or its slope, with the gradient by the coefficients in parts, so
that an average over a million rows (see means.py) needs no gradient of a million rows. Its variance is g' C g.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.data.table import Table, named_columns, read_table
from pliant.errors import ArgumentError, InputError
from pliant.inference.covariance import Covariance, covariance_of
from pliant.inference.estimates import coefficients, outcome_names
from pliant.types import Array, BoolArray

if TYPE_CHECKING:
    from pliant.model import Fitted

TYPES = ("response", "link")
STEP = 1e-30  # of the complex step: nothing is subtracted, so it may be as small as that


@dataclass(frozen=True)
class Effect:
    """An estimate a row, with its gradient: d estimate_ic / d beta_kj = sum over parts of A_icj Z_ik."""

    estimate: Array  # (m, C)
    parts: tuple[tuple[Array, Array], ...]  # A (m, C, q), Z (m, p)

    def __sub__(self, other: "Effect") -> "Effect":
        """Give the difference of two effects on the same rows."""
        minus = tuple((-A, Z) for A, Z in other.parts)
        return Effect(self.estimate - other.estimate, self.parts + minus)

    def errors(self, C: Array) -> Array:
        """Give the standard errors (m, C), from the covariance (p q, p q) of the coefficients."""
        m, outcomes = self.estimate.shape
        errors = np.empty((m, outcomes))
        for c in range(outcomes):
            gradient = sum((A[:, c, :, None] * Z[:, None, :] for A, Z in self.parts), np.zeros(())).reshape(m, len(C))
            errors[:, c] = np.sqrt(np.einsum("ij,ij->i", gradient @ C, gradient))
        return errors


@dataclass(frozen=True)
class Places:
    """The rows at which a model is asked."""

    table: Table
    X: Array  # (m, p), 0 in rows that are not complete
    offset: Array  # (m,)
    used: BoolArray  # (m,), complete; of the training table those that were trained on
    counts: Array  # (m,), how many equal rows each stands for: 1, but for training rows with frequencies


def places(model: "Fitted", table: object) -> Places:
    """Give the rows of a table, or of the training table with the offset that came as an argument."""
    given = named_columns(table) if isinstance(table, np.ndarray) else table
    read = model.training_table() if given is None else read_table(given)
    rows = model.design.matrix(read)
    used, offset, counts = rows.complete, rows.offset, np.ones(read.n_rows)
    if table is None:
        known = model.data()
        used = np.zeros(read.n_rows, dtype=bool)
        used[known.rows] = known.weights > 0.0
        offset[known.rows], counts[known.rows] = known.offset, known.counts
    return Places(read, np.where(used[:, None], rows.X, 0.0), np.where(used, offset, 0.0), used, counts)


def line_covariance(model: "Fitted", what: str, cov_type: str = "nonrobust", groups: Any = None) -> Covariance:
    """Give the covariance (p q, p q) of the coefficients, with zeros for aliased ones.

    Raises
    ------
    InputError
        If the model is a network, or a line without standard errors; `what` says what was asked for.
    """
    if not model.is_line:
        raise InputError(
            f"{what} of a network have no standard errors yet, since its hidden weights have none; "
            "ask the line, fitted with hidden=(), or take the means alone from predict"
        )
    found = covariance_of(model, cov_type, groups)
    aliased = np.isnan(coefficients(model).T.ravel())
    return replace(found, matrix=np.where(aliased[:, None] | aliased, 0.0, found.matrix))


def known_coefficients(model: "Fitted") -> Array:
    """Give the coefficients (p, q), zero where aliased."""
    beta = coefficients(model)
    return np.where(np.isnan(beta), 0.0, beta)


def mean_effect(model: "Fitted", X: Array, offset: Array, type: str) -> Effect:
    """Give the mean of each row, or eta with `type="link"`: d mu / d beta = d mu / d eta (x) x."""
    eta = X @ known_coefficients(model) + offset[:, None]
    if check_type(type) == "link":
        return Effect(eta, ((_as_it_is(eta), X),))
    mu = model.likelihood.mean(eta)
    return Effect(mu, ((_slope(model, eta, mu), X),))


def slope_effect(model: "Fitted", X: Array, offset: Array, by_x: Array, offset_by_x: Array, type: str) -> Effect:
    """Give d mu / d x of each row, from d X / d x and d offset / d x.

    With t = d eta / d x it is (d mu / d eta) t. Its gradient has two parts: the slope of the link moves with eta,
    (d^2 mu / d eta^2 t) (x) x, made by a complex step, and t moves with beta, (d mu / d eta) (x) d x.
    """
    beta = known_coefficients(model)
    eta, t = X @ beta + offset[:, None], by_x @ beta + offset_by_x[:, None]
    if check_type(type) == "link":
        return Effect(t, ((_as_it_is(eta), by_x),))
    slope = _slope(model, eta, model.likelihood.mean(eta))
    moved = eta + 1j * STEP * t
    bend = np.imag(_slope(model, moved, model.likelihood.link.inverse(moved))) / STEP
    return Effect(np.einsum("icj,ij->ic", slope, t), ((bend, X), (slope, by_x)))


def effect_names(model: "Fitted", type: str) -> tuple[str, ...]:
    """Name the columns of an effect: the levels of classes (without the first on the scale of the link)."""
    if model.likelihood.has_classes and type == "response":
        return tuple(model.design.response.levels)
    return outcome_names(model)


def bounded_columns(model: "Fitted", at: Places, type: str, low: Array, high: Array) -> dict[str, Any]:
    """Give the columns of `predict` with the bounds (m, C) of each mean beside them; missing where a row is."""
    columns: dict[str, Any] = dict(model.prediction_columns(at.X, at.offset, at.used, type))
    names = effect_names(model, type)
    for stem, values in (("lower", low), ("upper", high)):
        for c, name in enumerate(names):
            columns[f"{stem}[{name}]" if len(names) > 1 else stem] = np.where(at.used, values[:, c], np.nan)
    return columns


def check_type(type: str) -> str:
    """Give the type, or say which there are."""
    if type not in TYPES:
        raise ArgumentError(f"type={type!r} is not known; choose 'response' or 'link'")
    return type


def _slope(model: "Fitted", eta: Array, mu: Array) -> Array:
    """Give d mu / d eta, (m, C, q)."""
    slope = model.likelihood.link.slope(eta, mu)
    return slope if model.likelihood.has_classes else slope[:, :, None]


def _as_it_is(eta: Array) -> Array:
    """Give d eta / d eta, (m, q, q)."""
    return np.broadcast_to(np.eye(eta.shape[1]), (*eta.shape, eta.shape[1]))
