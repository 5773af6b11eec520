"""What can be asked row by row: fitted means, residuals, the gradient."""

from typing import Any

from pliant.data.table import make_frame
from pliant.types import Array


class RowDoors:
    """Doors of `Fitted` to `inference.residuals` and its neighbours."""

    def augment(self: Any, table: object = None) -> Any:
        """The training rows, or `table`, with `.fitted` and `.resid`, and for a line `.hat`."""
        from pliant.inference.glance import augment

        columns, read = augment(self, table)
        return make_frame(columns, read.kind, read.index)

    def residuals(self: Any, kind: str = "deviance") -> Array:
        """Residuals of the training rows: "deviance", "pearson", "working" or "response"."""
        from pliant.inference.residuals import residuals

        return residuals(self, kind)

    def fitted_values(self: Any) -> Array:
        """Means (n, C) of the training rows, in the units of the response."""
        from pliant.inference.residuals import training_means

        return training_means(self)

    def check_gradient(self: Any, **options: Any) -> Any:
        """Gradient by hand, by differences and by automatic differentiation, side by side."""
        from pliant.inference.gradient import check_gradient_of

        return check_gradient_of(self, **options)
