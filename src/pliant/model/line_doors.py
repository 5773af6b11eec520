"""What can be asked of a line: coefficients, their errors, information criteria."""

from typing import Any

import numpy as np

from pliant.data.table import make_frame
from pliant.types import Array


class LineDoors:
    """Doors of `Fitted` to `inference.coefficients` and `inference.glance`."""

    @property
    def coefficients(self: Any) -> dict[str, Any]:
        """Coefficients by name, in the user's units; by level first for classes. NaN where aliased."""
        from pliant.inference.coefficients import by_name, coefficients

        return by_name(self, coefficients(self))

    @property
    def standard_errors(self: Any) -> dict[str, Any]:
        """Standard errors by name, like `coefficients`."""
        from pliant.inference.coefficients import by_name, standard_errors

        return by_name(self, standard_errors(self))

    def cov_params(self: Any, cov_type: str = "nonrobust", groups: Any = None) -> Array:
        """Covariance (p q, p q) of the coefficients, level after level for classes.

        Parameters
        ----------
        cov_type : {"nonrobust", "HC0", "HC1", "HC2", "HC3", "cluster"}
            As the family has it; robust to any variance of the rows; robust to any dependence within groups.
        groups : str or array, optional
            For "cluster": a column of the training table, or one label a row.
        """
        from pliant.inference.covariance import covariance_of

        return covariance_of(self, cov_type, groups).matrix

    def conf_int(
        self: Any, level: float = 0.95, method: str = "wald", cov_type: str = "nonrobust", groups: Any = None
    ) -> Any:
        """Confidence interval of each coefficient, as a frame: "wald", or "profile" of the likelihood."""
        from pliant.inference.coefficients import conf_int

        return make_frame(conf_int(self, level, method, cov_type, groups), self.frame_kind)

    def tidy(
        self: Any, level: float = 0.95, names: str = "pliant", cov_type: str = "nonrobust", groups: Any = None
    ) -> Any:
        """One row a coefficient: estimate, standard error, statistic, p-value, confidence interval."""
        from pliant.inference.coefficients import tidy

        return make_frame(tidy(self, level, names, cov_type, groups), self.frame_kind)

    def wald_test(self: Any, hypotheses: Any, cov_type: str = "nonrobust", groups: Any = None) -> Any:
        """Wald test of linear hypotheses together: "a = b, c = 0", a dict, or an array; prints as a sentence."""
        from pliant.inference.hypotheses import wald_test

        return wald_test(self, hypotheses, cov_type, groups)

    def contrast(
        self: Any,
        what: Any,
        pairs: str | None = None,
        level: float = 0.95,
        adjust: str | None = None,
        cov_type: str = "nonrobust",
        groups: Any = None,
    ) -> Any:
        """Linear combinations, "b - c" or {"b": 1, "c": -1}, with error and interval; or ("g", "pairwise") levels.

        Parameters
        ----------
        adjust : {"none", "bonferroni", "holm"}, optional
            Of p-values and intervals for the number of contrasts; "holm" for pairs, else "none".
        """
        from pliant.inference.hypotheses import contrast

        return make_frame(contrast(self, what, pairs, level, adjust, cov_type, groups), self.frame_kind)

    def drop1(self: Any) -> Any:
        """Analysis of deviance, each term given the others (type II); prints as a table, `.frame` has its numbers."""
        from pliant.inference.anova import drop1

        return drop1(self)

    def glance(self: Any) -> Any:
        """One row on the whole model: rows, deviance, AIC, dispersion, and how it was fitted."""
        from pliant.inference.glance import glance

        return make_frame({k: [v] for k, v in glance(self).items()}, self.frame_kind)

    @property
    def aic(self: Any) -> float:
        """-2 log-likelihood + 2 parameters (an estimated scale counts as one); NaN for a network."""
        from pliant.inference.glance import information_criterion

        return information_criterion(self, 2.0)

    @property
    def bic(self: Any) -> float:
        """-2 log-likelihood + log(n) parameters, n the rows with weight (frequencies counted); NaN for a network."""
        from pliant.inference.glance import information_criterion

        return information_criterion(self, float(np.log(self.facts.n_rows)))
