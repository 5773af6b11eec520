"""What can be asked of a curve on rows it did not see."""

from typing import Any


class TrustDoors:
    """Doors of `Fitted` to `study`."""

    def compare(self: Any) -> Any:
        """The verdict: which of line and curve the data support, out of fold, with the table behind it."""
        from pliant.study import comparison_of

        return comparison_of(self)
