"""What can be read and looked at: the summary and the pictures."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os

    from matplotlib.figure import Figure


class LookDoors:
    """Doors of `Fitted` to `inference.summary` and `plots`."""

    def summary(self: Any, names: str = "pliant", cov_type: str = "nonrobust", groups: Any = None) -> Any:
        """A page in words: prints as text, shows as HTML in a notebook, `.latex()` gives LaTeX.

        Parameters
        ----------
        names : {"pliant", "r"}
            How coefficients are called.
        cov_type, groups
            Which covariance the standard errors of a line rest on, as in `cov_params`.
        """
        from pliant.inference.summary import summarise

        return summarise(self, names, cov_type, groups)

    def look(self: Any) -> Any:
        """What in the table spoils a fit, in words with a remedy: identifiers, copies, constants, rows too few."""
        from pliant.inference.look import look_of

        return look_of(self)

    def check(self: Any, n: int = 249, seed: int = 0) -> Any:
        """Say what speaks against the model, in words with p-values, by n tables simulated from it."""
        from pliant.inference.check import check

        return check(self, n, seed)

    def report(self: Any, path: "str | os.PathLike[str]", table: object = None) -> None:
        """Write a page of HTML that opens without a network: verdict, pictures, checks, and how to have it again.

        Parameters
        ----------
        path : path
            Ending in .html; written whole or not at all.
        table : frame, dict or path, optional
            For a model from a file, which holds no data: its training table, or one of new rows to judge it by.

        Raises
        ------
        ArgumentError
            If the page cannot be written there.
        """
        from pliant.report import write_report

        write_report(self, path, table)

    def _repr_html_(self: Any) -> str:
        return str(self.summary()._repr_html_())

    def plot(self: Any, table: object = None, **options: Any) -> "Figure":
        """Draw the fitted mean against the data; the figure's numbers are its `.data`."""
        from pliant.plots import plot_fit

        return plot_fit(self, table, **options)

    def plot_training(self: Any, **options: Any) -> "Figure":
        """Draw loss and validation loss by epoch."""
        from pliant.plots import plot_training

        return plot_training(self, **options)

    def plot_check(self: Any, n: int = 249, seed: int = 0) -> "Figure":
        """Draw what `check` looked at, its words above."""
        from pliant.plots import plot_check

        return plot_check(self, n, seed)

    def plot_diagnostics(self: Any, **options: Any) -> "Figure":
        """Draw R's four plots of a line: residuals, their quantiles, their scale, and their leverage."""
        from pliant.plots import plot_diagnostics

        return plot_diagnostics(self, **options)
