"""The transformer: the design matrix that pliant would use, for whatever comes after it."""

import re
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from pliant.data.columns import Column, NumberColumn
from pliant.data.design import learn_design
from pliant.data.formula import Name, parse
from pliant.data.table import Table
from pliant.errors import ArgumentError
from pliant.optimisers.checks import check_flag
from pliant.sklearn.base import right_side
from pliant.sklearn.rows import free_name, levels_of, read_X, renamed
from pliant.types import Array


class PliantPreprocessor(TransformerMixin, BaseEstimator):
    """Give the design matrix of a table: levels coded, holes filled and marked, columns scaled.

    Parameters
    ----------
    formula : str, optional
        The right side of a formula, such as "~ age * sex + bs(year)". None: all columns.
    missing : {"impute", "error"}
        What is missing is filled by the median or the commonest level, and marked by an indicator column where the
        training rows had holes; levels that these did not have are then taken as missing, with a warning. Or both are
        refused.
    standardise : bool
        Whether every column has the mean 0 and the standard deviation 1 over the training rows.

    Attributes
    ----------
    design_ : pliant.data.design.Design
        All that was learnt.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Where X was a frame.

    Examples
    --------
    >>> import pandas as pd
    >>> from pliant.sklearn import PliantPreprocessor
    >>> frame = pd.DataFrame({"size": [1.0, 3.0, None], "kind": ["a", "b", "b"]})
    >>> fitted = PliantPreprocessor(standardise=False).fit(frame)
    >>> fitted.get_feature_names_out().tolist()
    ['size', 'kind[T.b]', 'size[missing]']
    >>> fitted.transform(frame).tolist()
    [[1.0, 0.0, 0.0], [3.0, 1.0, 0.0], [2.0, 1.0, 1.0]]
    """

    def __init__(self, formula: str | None = None, *, missing: str = "impute", standardise: bool = True) -> None:
        self.formula = formula
        self.missing = missing
        self.standardise = standardise

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = isinstance(self.missing, str) and self.missing == "impute"
        return tags

    def fit(self, X: Any, y: Any = None) -> "PliantPreprocessor":
        """Learn levels, medians, knots, centres and scales; y is not looked at."""
        if self.missing not in ("impute", "error"):
            raise ArgumentError(f"missing={self.missing!r}: choose 'impute' or 'error'")
        table = read_X(self, X, fresh=True)
        if not hasattr(self, "feature_names_in_"):  # as scikit-learn calls the columns of an array
            table = renamed(table, tuple(f"x{j}" for j in range(len(table.names))))
        self._names, self._levels = table.names, levels_of(table)
        name = free_name(None, table.names, "y")
        columns: dict[str, Column] = dict(table.columns) | {name: NumberColumn(name, np.zeros(table.n_rows))}
        whole = Table(columns, table.n_rows, table.source, table.kind, table.notes, table.index, table.block)
        formula = parse(f"{Name(name)} ~ {right_side(self.formula)}")
        self.design_, _ = learn_design(
            formula,
            whole,
            missing=self.missing,
            standardise=bool(check_flag("standardise", self.standardise)),
            scale_response=False,
        )
        return self

    def transform(self, X: Any) -> Array:
        """Give the design matrix (m, columns) of a table, without the intercept."""
        check_is_fitted(self, "design_")
        rows = self.design_.matrix(read_X(self, X))
        return np.asarray(self.design_.inputs(rows.X))

    def get_feature_names_out(self, input_features: Any = None) -> Any:
        """Name the columns of the design matrix: "size", "kind[T.b]", "size[missing]".

        Parameters
        ----------
        input_features : sequence of str, optional
            Names of the columns of an array; of a frame they are known, and have to be these.
        """
        check_is_fitted(self, "design_")
        names = self.design_.names[self.design_.has_intercept :]
        if input_features is not None:
            given = [str(each) for each in input_features]
            if len(given) != self.n_features_in_:
                raise ValueError(
                    f"input_features should have length equal to number of features ({self.n_features_in_}), "
                    f"got {len(given)}"
                )
            if hasattr(self, "feature_names_in_"):
                if given != list(self.feature_names_in_):
                    raise ValueError("input_features is not equal to feature_names_in_")
            else:
                names = tuple(re.sub(r"\bx(\d+)\b", lambda found: given[int(found[1])], name) for name in names)
        return np.asarray(names, dtype=object)
