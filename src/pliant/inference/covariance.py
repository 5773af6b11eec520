"""How uncertain the coefficients of a line are together: as the family has it, or robust to its being wrong.

Every covariance is a sandwich C M C of the inverse information C and of the score rows of the training. Where
the family is right M is the information itself, and dispersion times C is left; the others estimate M from the
rows, so that they hold under any variance (HC) or any dependence within groups (cluster).

References
----------
White (1980), Econometrica 48. MacKinnon and White (1985), Journal of Econometrics 29.
Liang and Zeger (1986), Biometrika 73. Zeileis (2006), Journal of Statistical Software 16(9).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.data.given import given_groups
from pliant.errors import ArgumentError, InputError
from pliant.inference.estimates import coefficients
from pliant.types import Array, IntArray

if TYPE_CHECKING:
    from pliant.data.arrays import Arrays
    from pliant.model import Fitted

COV_TYPES = ("nonrobust", "HC0", "HC1", "HC2", "HC3", "cluster")
CHUNK_CELLS = 4_000_000  # numbers in one block of score rows: 32 MB


@dataclass(frozen=True)
class Covariance:
    """The covariance of the coefficients, and what belongs to it."""

    matrix: Array  # (p q, p q), outcome after outcome; NaN where a coefficient is aliased
    cov_type: str
    df: float  # of t, and the lower one of F; inf where the tests are z and chi squared
    groups: int = 0  # of a cluster covariance

    def errors(self, q: int) -> Array:
        """Give the standard errors (p, q)."""
        with np.errstate(invalid="ignore"):
            return np.sqrt(np.diagonal(self.matrix)).reshape(q, -1).T

    @property
    def words(self) -> str:
        """Say in one sentence what the standard errors rest on; nothing where they are the family's own."""
        if self.cov_type == "nonrobust":
            return ""
        if self.cov_type == "cluster":
            return f"standard errors allow for any dependence within the {self.groups:,} groups (cluster)"
        return f"standard errors hold whatever the variance of each row ({self.cov_type})"


def covariance_of(model: "Fitted", cov_type: str = "nonrobust", groups: Any = None) -> Covariance:
    """Give the covariance of the coefficients of a line.

    nonrobust  dispersion C
    HC0        C (sum_i f_i s_i s_i') C, with s_i = w_i (-d loss_i / d beta) the score row, f_i the frequency
    HC1        HC0 times n / (n - p)
    HC2, HC3   HC0 with the residual of row i times (I - H_i)^(-1/2), (I - H_i)^(-1); H_i its leverage
    cluster    C (sum_g s_g s_g') C G / (G - 1) (n - 1) / (n - p), with s_g the sum of the score rows of group g

    Parameters
    ----------
    model : Fitted
        A line fitted exactly.
    cov_type : {"nonrobust", "HC0", "HC1", "HC2", "HC3", "cluster"}
    groups : str or array, optional
        For "cluster": a column of the training table, or one label a row of it.

    Returns
    -------
    Covariance
        Its degrees of freedom are those of the residuals where the dispersion is estimated (groups less one for
        "cluster"), and infinite where the family fixes it.

    Raises
    ------
    ArgumentError
        If the covariance is not known, or groups and cov_type do not belong together.
    InputError
        If the model is a network, a line without standard errors, or a robust one is asked of a model from a file.
    """
    inverse = inverse_information(model)
    if cov_type not in COV_TYPES:
        raise ArgumentError(f"cov_type={cov_type!r} is not known; choose one of {', '.join(COV_TYPES)}")
    if (cov_type == "cluster") != (groups is not None):
        raise ArgumentError("cov_type='cluster' and groups= belong together: groups is a column, or one label a row")
    exact = model.likelihood.family.dispersion_known
    df = np.inf if exact else float(model.df_residual)
    if cov_type == "nonrobust":
        return Covariance(model.dispersion * inverse, cov_type, df)
    arrays, q = model.data(), model.network.outputs
    at = np.flatnonzero(~np.isnan(np.diagonal(inverse)))
    kept = at[: len(at) // q]
    n, rank = float(np.sum(arrays.counts[arrays.weights > 0.0])), len(kept)
    if cov_type != "HC0" and n <= rank:
        raise InputError(f"{cov_type} needs more rows than coefficients: there are {n:g} rows and {rank} coefficients")
    C = inverse[np.ix_(at, at)]
    if cov_type == "cluster":
        codes = _codes(model, groups)
        count = len(np.unique(codes[arrays.weights > 0.0]))
        if count < 2:
            raise ArgumentError("groups= puts all rows into one group; a cluster covariance needs at least two")
        meat = _meat(model, arrays, kept, C, cov_type, codes)
        meat *= count / (count - 1.0) * (n - 1.0) / (n - rank)
        df = np.inf if exact else count - 1.0
    else:
        count = 0
        meat = _meat(model, arrays, kept, C, cov_type, None) * (n / (n - rank) if cov_type == "HC1" else 1.0)
    matrix = np.full_like(inverse, np.nan)
    matrix[np.ix_(at, at)] = C @ meat @ C
    return Covariance(0.5 * (matrix + matrix.T), cov_type, df, count)


def inverse_information(model: "Fitted") -> Array:
    """Give the inverse information (p q, p q) at the coefficients, or say why there is none."""
    coefficients(model)
    inverse: Array | None = model.facts.inverse_information
    if inverse is None:
        how = (
            f"with regularisation={model.settings.regularisation:g}"
            if model.settings.optimiser == "irls"
            else f"by {model.settings.optimiser}"
        )
        raise InputError(f"a line fitted {how} has no standard errors; fit it with hidden=() and nothing else")
    return inverse


def score_rows(model: "Fitted", arrays: "Arrays") -> Array:
    """Give the score row (n, p q) of each row: minus the slope of its weighted loss by each coefficient."""
    eta = model.linear_predictor(arrays.X, arrays.offset)
    pull = -arrays.weights[:, None] * model.likelihood.delta(arrays.y, eta)
    return _by_coefficient(pull, arrays.X)


def _meat(model: "Fitted", arrays: "Arrays", kept: IntArray, C: Array, cov_type: str, codes: IntArray | None) -> Array:
    """Give the sum of squares of the score rows, (r q, r q) for the r columns that are kept, in chunks."""
    size = len(C)
    sums = np.zeros((int(np.max(codes)) + 1, size)) if codes is not None else np.zeros((size, size))
    rows = max(CHUNK_CELLS // max(size, 1), 1)
    for first in range(0, len(arrays.y), rows):
        part = arrays.take(np.arange(first, min(first + rows, len(arrays.y))))
        X = part.X[:, kept]
        scores = _by_coefficient(_pull(model, part, X, C, cov_type), X)
        if codes is None:
            sums += scores.T @ (part.counts[:, None] * scores)
        else:
            np.add.at(sums, codes[first : first + rows], part.counts[:, None] * scores)
    return sums if codes is None else sums.T @ sums


def _pull(model: "Fitted", part: "Arrays", X: Array, C: Array, cov_type: str) -> Array:
    """Give minus the slope of each row's weighted loss by eta (n, q), its residual mended by its leverage.

    With F'F the information of a row on eta, and F'r the pull of its residual r, the leverage is H = w F B F',
    where B (q, q) is the covariance of eta: one number for one eta, a matrix for classes.
    """
    eta = model.linear_predictor(part.X, part.offset)
    if cov_type not in ("HC2", "HC3"):
        return np.asarray(-part.weights[:, None] * model.likelihood.delta(part.y, eta))
    q = eta.shape[1]
    F, r = model.likelihood.step_rows(part.y, eta, model.likelihood.mean(eta))
    blocks = C.reshape(q, X.shape[1], q, X.shape[1])
    B = np.einsum("ni,aibj,nj->nab", X, blocks, X, optimize=True)
    H = part.weights[:, None, None] * np.einsum("nra,nab,nsb->nrs", F, B, F, optimize=True)
    values, vectors = np.linalg.eigh(0.5 * (H + np.swapaxes(H, 1, 2)))
    left = np.maximum(1.0 - values, 0.0)
    power = -0.5 if cov_type == "HC2" else -1.0
    inside = np.einsum("nrs,nr->ns", vectors, r)
    with np.errstate(divide="ignore"):
        mended = np.where(left > 1e-12, left**power, 0.0) * inside  # of full leverage: its residual is 0
    return np.asarray(part.weights[:, None] * np.einsum("nrs,ns,nra->na", vectors, mended, F))


def _by_coefficient(pull: Array, X: Array) -> Array:
    """Give (n, q p) from a pull (n, q) on eta and the design matrix (n, p)."""
    return np.asarray((pull[:, :, None] * X[:, None, :]).reshape(len(X), -1))


def _codes(model: "Fitted", groups: Any) -> IntArray:
    """Give the group (n,) of each training row, counted from 0."""
    chosen = given_groups(groups, model.training_table(), model.data().rows)
    return np.asarray(np.unique(chosen, return_inverse=True)[1]).ravel()
