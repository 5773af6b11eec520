"""What can be asked row by row: fitted means, intervals, residuals, influence, slopes, the gradient."""

from collections.abc import Sequence
from typing import Any

from pliant.data.table import make_frame
from pliant.types import Array


class RowDoors:
    """Doors of `Fitted` to `inference.residuals` and its neighbours."""

    def augment(self: Any, table: object = None) -> Any:
        """The training rows, or `table`, with `.fitted` and `.resid`.

        For a line also `.se_fit`, and for its training rows `.hat`, `.std_resid` and `.cooksd`.
        """
        from pliant.inference.glance import augment

        columns, read = augment(self, table)
        return make_frame(columns, read.kind, read.index)

    def residuals(self: Any, kind: str = "deviance", seed: int = 0) -> Array:
        """Residuals of the training rows.

        `kind` is "deviance", "pearson", "working", "response" or "quantile" (drawn with `seed` where the response
        is counted); of a line also "standardised_deviance", "standardised_pearson" or "studentised".
        """
        from pliant.inference.residuals import residuals

        return residuals(self, kind, seed=seed)

    def leverage(self: Any) -> Array:
        """Leverage (n,) of the training rows of a line: the diagonal of the hat matrix."""
        from pliant.inference.residuals import leverage

        return leverage(self)

    def cooks_distance(self: Any) -> Array:
        """Cook's distance (n,) of the training rows of a line."""
        from pliant.inference.influence import cooks_distance

        return cooks_distance(self)

    def dffits(self: Any) -> Array:
        """How far eta moves when its own row is left out (n,), in standard errors."""
        from pliant.inference.influence import dffits

        return dffits(self)

    def dfbetas(self: Any) -> Array:
        """How far each coefficient moves when a row is left out (n, p), in standard errors."""
        from pliant.inference.influence import dfbetas

        return dfbetas(self)

    def influence(self: Any) -> Any:
        """One row a training row: hat, std_resid, rstudent, cooks_distance, dffits, dfbeta of each coefficient."""
        from pliant.inference.influence import influence

        return make_frame(influence(self), self.frame_kind)

    def simulate(self: Any, n: int = 1, seed: int = 0) -> Any:
        """New responses at the training rows, as columns sim_1 ... sim_n beside the rows of the training table."""
        from pliant.inference.simulate import simulate

        return make_frame(simulate(self, n, seed), self.frame_kind, self.training_table().index)

    def predict_mean_interval(
        self: Any,
        table: object,
        level: float = 0.95,
        type: str = "response",
        *,
        cov_type: str = "nonrobust",
        groups: Any = None,
    ) -> Any:
        """Confidence interval of the mean of each row: prediction, lower, upper; of classes for each probability.

        `type="link"` gives that of eta. Made on the scale of the link, so that it stays where means can be.
        """
        from pliant.inference.intervals import mean_interval_columns

        columns, read = mean_interval_columns(self, table, type, level, cov_type=cov_type, groups=groups)
        return make_frame(columns, read.kind, read.index)

    def slopes(
        self: Any,
        table: object = None,
        variables: str | Sequence[str] | None = None,
        type: str = "response",
        level: float = 0.95,
        *,
        cov_type: str = "nonrobust",
        groups: Any = None,
    ) -> Any:
        """How the mean of each row changes with each column: d mu / d x, or a level less the first level.

        With standard errors by the delta method. One row for each row of `table` (by default that of training)
        and each column of `variables` (by default all that the formula reads).
        """
        from pliant.inference.slopes import slopes

        found = slopes(self, table, variables, type, level, cov_type=cov_type, groups=groups)
        return make_frame(*found)

    def avg_slopes(
        self: Any,
        table: object = None,
        variables: str | Sequence[str] | None = None,
        by: str | Sequence[str] | None = None,
        type: str = "response",
        level: float = 0.95,
        *,
        cov_type: str = "nonrobust",
        groups: Any = None,
    ) -> Any:
        """The slopes, averaged over the rows of `table`, or over each group of rows that the columns `by` name."""
        from pliant.inference.slopes import average_slopes

        found = average_slopes(self, table, variables, by, type, level, cov_type=cov_type, groups=groups)
        return make_frame(*found)

    def predictions(
        self: Any,
        by: str | Sequence[str] | None = None,
        table: object = None,
        type: str = "response",
        level: float = 0.95,
        *,
        cov_type: str = "nonrobust",
        groups: Any = None,
    ) -> Any:
        """Average of the predicted means over the rows of `table`, or over each group that the columns `by` name."""
        from pliant.inference.slopes import predictions

        return make_frame(*predictions(self, table, by, type, level, cov_type=cov_type, groups=groups))

    def fitted_values(self: Any) -> Array:
        """Means (n, C) of the training rows, in the units of the response."""
        from pliant.inference.residuals import training_means

        return training_means(self)

    def check_gradient(self: Any, **options: Any) -> Any:
        """Gradient by hand, by differences and by automatic differentiation, side by side."""
        from pliant.inference.gradient import check_gradient_of

        return check_gradient_of(self, **options)
