"""What can be asked of the reasons of a prediction: what each column does to the mean, and how much it matters."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pliant.data.table import make_frame

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class ReasonDoors:
    """Doors of `Fitted` to `inference.effects`, `inference.importance` and their pictures."""

    def effects(
        self: Any,
        first: str,
        second: str | None = None,
        table: object = None,
        *,
        method: str = "ale",
        type: str = "response",
        level: float = 0.95,
        centred: bool = True,
    ) -> Any:
        """What one column does to the mean, as a curve with its band; or two columns together, as a surface.

        ALE(x) = sum over steps up to x of  mean over the rows of that step of  f(its upper end) - f(its lower end)
        PD(x) = mean over all rows of f(x), the other columns as they are

        Parameters
        ----------
        first, second : str
            Columns of the table that the formula reads: numbers or factors.
        table : frame, dict or path, optional
            The rows to average over; the training table if nothing is given.
        method : {"ale", "pdp"}
            Accumulated local effects ask the model about small steps from rows that are there; partial dependence
            sets the column to each value in all rows, which asks about rows that cannot be where columns go together.
        type : {"response", "link"}
            The effect on the mean (of classes on every probability), or on eta.
        level : float
            Of the bands: of a line by the delta method, of a model with members by the grouped jackknife, t with
            K - 1 degrees of freedom. A single network has none: its std_error, lower and upper are missing.
        centred : bool
            Whether the mean over the rows is 0. False gives partial dependence as it is, a mean prediction, and adds
            the mean prediction to accumulated local effects; the band is that of the sum.

        Returns
        -------
        frame
            Of one column: the column itself, `response` (of classes, or several responses), `effect`, `std_error`,
            `lower`, `upper`, and `n_rows`, how many rows lie nearest to that value. Of two: both columns, `effect`
            (joint), its `std_error`, `lower` and `upper`, `interaction` (without what each does alone) with
            `interaction_error`, `strength` (Friedman's H: the root of the interaction's share of the joint effect),
            and `n_rows`.

        Raises
        ------
        ArgumentError
            If the formula does not read a column; names the nearest.
        InputError
            If the model came from a file and no table is given.

        References
        ----------
        Apley and Zhu (2020), JRSS B 82. Friedman (2001), Annals of Statistics 29. Friedman and Popescu (2008).
        """
        from pliant.inference.effect_frames import asked_of, effects

        return make_frame(*effects(asked_of(self, table, method, type, level, centred), first, second))

    def interactions(
        self: Any,
        columns: Sequence[str] | None = None,
        table: object = None,
        *,
        method: str = "ale",
        type: str = "response",
    ) -> Any:
        """How strongly every two columns act together beyond what each does alone, the strongest first.

        Returns
        -------
        frame
            `first`, `second`, `response` (of classes), `strength` (Friedman's H, from 0 to 1: the root of the
            interaction's share of the joint effect of the two), `size` (the interaction's standard deviation over
            the rows, in the response's units or on the link's scale) and `std_error` (the root mean square of the
            interaction's standard errors: a size below two of them may be none).
        """
        from pliant.inference.effect_frames import asked_of, interactions

        return make_frame(*interactions(asked_of(self, table, method, type), columns))

    def importance(
        self: Any,
        table: object = None,
        *,
        groups: Mapping[str, Sequence[str]] | None = None,
        repeats: int = 10,
        seed: int | None = None,
        level: float = 0.95,
    ) -> Any:
        """How much worse the predictions are when a column takes, in every row, the value of another row.

        mean over rows of  d(y_i, mu with the column of row j) - d(y_i, mu_i),  j another row, d the unit deviance

        Each row is predicted by the member that did not see it. A line and a single network saw the rows they were
        trained on; give them a `table` of others. Where two columns say the same, either can stand in for the other,
        and both look less important than they are: put them into one group.

        Parameters
        ----------
        table : frame, dict or path, optional
            Other rows with the response; the training rows if nothing is given.
        groups : dict of str to sequence of str, optional
            Columns whose values are exchanged together: `{"size": ["length", "width"]}`.
        repeats : int
            How many other rows lend their value to each.
        seed : int, optional
            By default that of the fit; the same seed gives the same numbers.
        level : float
            Of the intervals: t over the folds' means with the members' likeness in it (Nadeau and Bengio), K - 1
            degrees of freedom; t over rows where there are no folds.

        Returns
        -------
        frame
            The most important first: `column`, `importance` (the rise of the mean deviance; for a gaussian response of
            the mean squared error), `std_error`, `lower`, `upper`, `share` (of the deviance that the mean alone
            leaves: for a gaussian response the loss in R squared) and `measured_on`: "out of fold", "training rows"
            or "given table".

        References
        ----------
        Breiman (2001), Machine Learning 45. Fisher, Rudin and Dominici (2019), JMLR 20.
        """
        from pliant.inference.importance import importance

        return make_frame(*importance(self, table, groups, repeats, seed, level))

    def plot_effects(
        self: Any,
        first: str | Sequence[str] | None = None,
        second: str | None = None,
        table: object = None,
        **options: Any,
    ) -> "Figure":
        """Draw the effect of every column (or of some) in panels of one scale, or that of two together as a surface."""
        from pliant.plots import plot_effects

        return plot_effects(self, first, second, table, **options)

    def plot_importance(self: Any, table: object = None, **options: Any) -> "Figure":
        """Draw what is lost without each column, with intervals, the most important on top."""
        from pliant.plots import plot_importance

        return plot_importance(self, table, **options)
