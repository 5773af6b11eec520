"""What can be asked of a model on rows it did not see."""

from collections.abc import Sequence
from typing import Any

from pliant.data.table import make_frame


class TrustDoors:
    """Doors of `Fitted` to `study`, and to `inference.coverage` and `inference.support`."""

    def compare(self: Any) -> Any:
        """The verdict: which of line and curve the data support, out of fold, with the table behind it."""
        from pliant.study import comparison_of

        return comparison_of(self)

    def coverage(
        self: Any,
        table: object = None,
        level: float | Sequence[float] = 0.95,
        by: str | None = None,
        method: str | None = None,
    ) -> Any:
        """How many responses lie inside their prediction intervals: of the training rows out of fold, or of a table.

        Out of fold a row of fold k is judged by what did not see fold k: the centre is that of member k, and the
        interval comes from the scores of the other folds, at the share of the curve that these alone choose. Near
        `level` over all rows nearly by construction; `by` shows whether it is so everywhere.

        Parameters
        ----------
        table : frame, dict or path, optional
            Rows whose responses are known; by default the training rows, out of fold, for a model with members.
        level : float or sequence of float
        by : str, optional
            "prediction" (thirds of the predictions), "support", "fold", or a column of few values.
        method : str, optional
            Of the intervals of a table; see `predict`.

        Returns
        -------
        frame
            `level`, `rows`, `coverage` (the share inside), `conf_low` and `conf_high` (its 95 % interval by Clopper
            and Pearson), `mean_width`; with `by` first the part.

        Raises
        ------
        InputError
            If the model has no prediction intervals, no members where no table is given, or came from a file and is
            asked for another level than 0.5, 0.8, 0.9, 0.95 and 0.99.

        References
        ----------
        Barber, Candes, Ramdas and Tibshirani (2021), Predictive inference with the jackknife+.
        """
        from pliant.inference.coverage import coverage

        return make_frame(coverage(self, table, level, by, method=method), self.frame_kind)

    def support(self: Any, table: object) -> Any:
        """Whether each row of a table lies inside, at the edge of or outside the training rows, and why.

        Outside: beyond the range of a column of the design matrix, in a wide hole within it, or of greater leverage
        than any training row has in the eyes of the others. Edge: beyond the central 95 % of a column or of the
        leverages, or two values together that no training row has.

        Parameters
        ----------
        table : frame, dict of arrays, path, or array (m, p)

        Returns
        -------
        frame
            `support` ("inside", "edge" or "outside") and `reason`, one row a row of `table`; missing where a value
            is missing.

        Raises
        ------
        InputError
            If the model came from a file of before, which does not keep where the training rows lay.

        References
        ----------
        Montgomery, Peck and Vining (2012), Introduction to Linear Regression Analysis, section 3.8.
        """
        from pliant.inference.support import support

        columns, read = support(self, table)
        return make_frame(columns, read.kind, read.index)
