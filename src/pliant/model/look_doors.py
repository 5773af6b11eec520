"""What can be read and looked at: the summary and the pictures."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
