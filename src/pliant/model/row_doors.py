"""What can be asked row by row: fitted means, intervals, residuals, influence, slopes, the gradient."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from pliant.data.table import make_frame
from pliant.model.members import Spread
from pliant.types import Array


class RowDoors:
    """Doors of `Fitted` to `inference.residuals` and its neighbours."""

    @cached_property
    def spread(self: Any) -> Spread:
        """How far responses scatter at x by each member: fitted when first asked for, and then kept in the file."""
        from pliant.inference.member_intervals import spread_of

        return spread_of(self)

    @cached_property
    def held_out_scores(self: Any) -> Array | None:
        """Conformity scores of the rows held out by a single network, on which its split intervals rest; or none."""
        from pliant.inference.member_intervals import held_out_scores

        return held_out_scores(self)

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
        """What the fit of a line would be without each row, to one step (exactly, if gaussian with the identity).

        Returns
        -------
        frame
            One row a training row: `row` (of the table, from 0), `hat`, `std_resid`, `rstudent`, `cooks_distance`,
            `dffits` and `dfbeta[name]`, the change of each coefficient.

        References
        ----------
        Belsley, Kuh and Welsch (1980), Regression Diagnostics. Pregibon (1981), Annals of Statistics 9.
        """
        from pliant.inference.influence import influence

        return make_frame(influence(self), self.frame_kind)

    def simulate(self: Any, n: int = 1, seed: int = 0) -> Any:
        """New responses at the training rows, y ~ family(mu, dispersion), as the model was estimated.

        Parameters
        ----------
        n : int
            How many.
        seed : int
            The same seed gives the same responses.

        Returns
        -------
        frame
            Columns `sim_1` ... `sim_n`, one row a row of the training table; missing where it was not trained on.
            On the scale of the left side of the formula; classes as their levels, trials as the share of successes.

        Raises
        ------
        InputError
            If the family has no distribution, rows have frequencies, or the dispersion is not known.
        """
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
        method: str | None = None,
    ) -> Any:
        """Confidence interval of the mean of each row of a table.

        inverse link(eta -+ quantile error), so that it stays where means can be. For a line error^2 is x' C x, and the
        delta method stands in where an end lies beyond what the link admits. Classes have an interval for each
        probability, made by its log-odds.

        Parameters
        ----------
        table : frame, dict of arrays, path, or array (m, p)
        level : float
        type : {"response", "link"}
            Of the mean, or of eta.
        cov_type, groups
            Which covariance that of a line rests on; see `cov_params`.
        method : {"jackknife", "laplace"}, optional
            Of a curve. "jackknife": from the differences of its members, the usual one where it has members.
            "laplace": from the curvature of the penalised loss, and the spread of the members if there are any.

        Returns
        -------
        frame
            `prediction`, `lower`, `upper`, one row a row of `table`; missing where a value is missing.

        Raises
        ------
        InputError
            If a line has no standard errors, or a network has neither members nor evidence, or came from a file and
            the method needs its training rows.
        """
        from pliant.inference.intervals import mean_interval_columns

        columns, read = mean_interval_columns(self, table, type, level, cov_type=cov_type, groups=groups, method=method)
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
        """How the mean of each row changes with each column, with its standard error.

        d mu / d x through every term that reads x (and the layers of a network), exactly; of a factor, the mean at
        each level less the mean at the first. For a line the variance is g' C g, with g the derivative by the
        coefficients; for a model with members that of the grouped jackknife, t with K - 1 degrees of freedom. A
        single network has no errors: they are missing.

        Parameters
        ----------
        table : frame, dict or path, optional
            By default the training table.
        variables : str or sequence of str, optional
            The columns; by default all that the formula reads.
        type : {"response", "link"}
            The slope of the mean, or of eta.
        level : float
            Of the intervals.
        cov_type, groups
            Which covariance the errors of a line rest on; see `cov_params`.

        Returns
        -------
        frame
            `row` (of the table, from 0), `term`, `contrast`, `response` (of classes), `estimate`, `std_error`,
            `statistic`, `p_value`, `conf_low`, `conf_high`; column after column, and within one row after row.

        Raises
        ------
        InputError
            If the model is a line without standard errors, or a column enters through `cut`.
        ArgumentError
            If a covariance is chosen for a network.
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
        """The slopes, averaged over the rows of `table`, or over each group of rows that the columns `by` name.

        The error is that of the average. Arguments and columns are those of `slopes`, with the columns of `by` in
        place of `row`. Rows count once each, or as often as their frequency says; their weights do not matter.
        """
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
        """Average of the predicted means over the rows of `table`, or over each group that the columns `by` name.

        Returns
        -------
        frame
            The columns of `by`, `response` (of classes), `estimate`, `std_error`, `conf_low`,
            `conf_high` (made on the scale of the link), `n_rows`. Arguments are those of `slopes`.
        """
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
