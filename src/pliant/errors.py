"""Every exception that pliant raises on purpose.

    PliantError
    |-- InputError (also ValueError)      what was given cannot be used
    |   |-- TableError                    a table, a file, a row, a column
    |   |   `-- LevelError                a level that the model has not seen
    |   |-- FormulaError                  a formula; knows the place in it
    |   |-- ResponseError                 a response outside its family
    |   |-- ArgumentError                 an argument of a function or an option
    |   `-- ModelFileError                a model file
    |-- ConvergenceError                  a fit that did not settle; carries its state
    |   `-- SeparationError               a line without a finite fit; knows the columns that run off
    |-- Interrupted                       stopped by the user; the best state was kept
    `-- MissingExtraError (also ImportError)  an optional package is not installed

and the one warning, PliantWarning (also UserWarning): an answer that stands, with something to know about it.

A message has what was wrong, where (file, row, column, character), and what to do. It is one line,
except for `FormulaError`, which adds the formula and a caret below it.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class PliantError(Exception):
    """The root: catch it to catch everything that pliant raises on purpose."""


class PliantWarning(UserWarning):
    """An answer was given, and something about it has to be known: an interval without an end, for example."""


class InputError(PliantError, ValueError):
    """What was given cannot be used."""


class TableError(InputError):
    """A table cannot be read, or a column or a row of it cannot be used."""


class LevelError(TableError):
    """A level turned up in prediction that the training rows do not have."""


class FormulaError(InputError):
    """A formula cannot be understood.

    Parameters
    ----------
    message : str
        One line: what is wrong and what to do.
    formula : str, optional
        The text of the formula.
    position : int, optional
        Index of the first offending character in `formula`, from 0.
    """

    def __init__(self, message: str, formula: str | None = None, position: int | None = None) -> None:
        self.message = message
        self.formula = formula
        self.position = position
        super().__init__(message)

    def __str__(self) -> str:
        if self.formula is None or self.position is None:
            return self.message
        window, caret = _window(self.formula, self.position)
        return f"{self.message}\n  {window}\n  {' ' * caret}^"


class ResponseError(InputError):
    """The response lies outside what its family admits."""


class ArgumentError(InputError):
    """An argument has a value that cannot be used."""


class ModelFileError(InputError):
    """A model file is damaged, foreign, or newer than this version."""


class ConvergenceError(PliantError):
    """A fit did not settle. The message carries the state it had reached."""


class SeparationError(ConvergenceError):
    """A line has no finite fit: columns separate the rows of one outcome from the others.

    Attributes
    ----------
    kind : str
        "complete" or "quasi-complete".
    columns : tuple of str
        The coefficients that run off; those of classes as `level: column`.
    direction : dict of float
        How they change along a direction in which the likelihood rises without end; the largest is 1.
    """

    def __init__(
        self, message: str, kind: str = "", columns: tuple[str, ...] = (), direction: dict[str, float] | None = None
    ) -> None:
        self.kind = kind
        self.columns = columns
        self.direction = direction or {}
        super().__init__(message)


class Interrupted(PliantError):
    """The user stopped a run; what had been reached was kept."""


class MissingExtraError(PliantError, ImportError):
    """An optional package is needed and is not installed."""


def said(value: object, most: int = 60) -> str:
    """Give a value as a message shows it: in one line, cut where it is long."""
    if isinstance(value, int) and value.bit_length() > 200:  # Python writes no number of thousands of digits
        return f"a whole number of about {int(value.bit_length() * 0.30103):,} digits"
    text = " ".join("".join(c if c.isprintable() else " " for c in repr(value)).split())
    return text if len(text) <= most else f"{text[:most]}..."


def an(value: object) -> str:
    """Give the kind of a value with its article: a float, an int."""
    name = type(value).__name__
    return f"an {name}" if name[0].lower() in "aeiou" or name.startswith("nd") else f"a {name}"


def near(word: object, choices: Iterable[str]) -> str:
    """Give ' did you mean ...?' if one of the choices is nearly the word."""
    found = get_close_matches(word.lower(), list(choices), n=1) if isinstance(word, str) else []
    return f" did you mean {found[0]!r}?" if found else ""


def _window(text: str, position: int, width: int = 100) -> tuple[str, int]:
    """Give the part of a long text around a position, and the position in it."""
    shown = "".join(c if c.isprintable() else "?" for c in text)
    if len(shown) <= width:
        return shown, position
    start = max(0, min(position - width // 2, len(shown) - width))
    left, right = ("..." if start else ""), ("..." if start + width < len(shown) else "")
    return f"{left}{shown[start : start + width]}{right}", position - start + len(left)
