"""What a look gives: findings, in words, as a frame and in a notebook."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pliant.data.table import make_frame
from pliant.harmless import escape, on_one_line

NOTHING = "nothing to mind was found"


@dataclass(frozen=True)
class Finding:
    """One thing to mind."""

    kind: str  # such as "identifier", "copy of the response", "constant"
    columns: tuple[str, ...]  # of the table
    words: str  # the figure and the remedy, in one line

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True)
class Findings:
    """What `look` gives: prints a line a finding, shows as HTML in a notebook, gives a frame."""

    found: tuple[Finding, ...]
    frame_kind: str = "polars"

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)

    def __str__(self) -> str:
        return "\n".join(on_one_line(str(each)) for each in self.found) or NOTHING

    __repr__ = __str__

    def _repr_html_(self) -> str:
        items = "".join(f"<li>{escape(str(each))}</li>" for each in self.found)
        return f"<ul class='pliant-findings'>{items}</ul>" if items else f"<p>{NOTHING}</p>"

    @property
    def notes(self) -> tuple[str, ...]:
        """The findings in words, one line each, as a summary notes them."""
        return tuple(each.words for each in self.found)

    def to_frame(self) -> Any:
        """The findings as a frame of the kind that was given: kind, columns, words."""
        return make_frame(
            {
                "kind": [each.kind for each in self.found],
                "columns": [", ".join(each.columns) for each in self.found],
                "words": list(self.notes),
            },
            self.frame_kind,
        )
