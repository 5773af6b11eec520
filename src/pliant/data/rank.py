"""Which columns of a design matrix say nothing new."""

import numpy as np

from pliant.types import Array, BoolArray

TOLERANCE = 1e-7  # R's, in glm.fit


def aliased_columns(X: Array, weights: Array | None = None, tolerance: float = TOLERANCE) -> BoolArray:
    """Mark the columns that earlier columns determine.

    A column is aliased if less than `tolerance` of its length is left after projection on the kept columns
    before it. The order is kept and the *later* column goes, as in R. Units do not matter.

    Parameters
    ----------
    X : ndarray, shape (n, p)
    weights : ndarray, shape (n,), optional
        Rows of weight 0 do not count.
    tolerance : float

    Returns
    -------
    ndarray of bool, shape (p,)

    References
    ----------
    Chambers and Hastie (1992), Statistical Models in S, appendix; LINPACK's dqrdc2 as changed for R.
    """
    used = X if weights is None or np.all(weights > 0.0) else X[weights > 0.0]
    largest = np.max(np.abs(used), axis=0, initial=0.0)
    aliased = largest == 0.0
    unit: Array = used / np.where(aliased, 1.0, largest)
    length = np.sqrt(np.sum(unit * unit, axis=0))
    unit /= np.where(aliased, 1.0, length)
    triangle = np.asarray(np.linalg.qr(unit, mode="r"))  # has the columns' lengths and angles, in at most p rows
    while True:
        kept = np.flatnonzero(~aliased)
        remaining: Array = np.asarray(triangle[:, kept])
        left = np.abs(np.diagonal(np.linalg.qr(remaining, mode="r")))
        new = np.flatnonzero(left < tolerance)
        if len(new) == 0:
            aliased[kept[len(left) :]] = True  # more columns than rows
            return np.asarray(aliased)
        aliased[kept[new[0]]] = True
