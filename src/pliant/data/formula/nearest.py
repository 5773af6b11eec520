"""What the user may have meant: the nearest of the names there are."""

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

from pliant.data.formula.characters import describe, skeleton

_MOST = 5_000  # names that are looked through: difflib is quadratic in the length of a name
_LONGEST = 200


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Give the known name that is closest to a name, or None if none is close."""
    names = [other for other in islice(known, _MOST) if abs(len(other) - len(name)) <= 20]
    seen = skeleton(name)
    for other in names:
        if skeleton(other) == seen:
            return other
    if len(name) > _LONGEST:
        return None
    close = get_close_matches(name, [other for other in names if len(other) <= _LONGEST], n=1)
    return close[0] if close else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Give the end of a message: `"; did you mean 'wt'?"`, or the names there are."""
    names = list(islice(known, _MOST))
    close = nearest(name, names)
    if close is not None:
        return f"; did you mean {quote(close)}?{_disguise(name, close)}"
    if not names:
        return ""
    shown = ", ".join(quote(other) for other in names[:8])
    return f"; there are {shown}" + (", ..." if len(names) > 8 else "")


def quote(name: str) -> str:
    """Give a name between quotes, as messages show it: escaped where it cannot be seen, shortened where long."""
    return repr(name if len(name) <= 60 else name[:57] + "...")


def _disguise(name: str, close: str) -> str:
    """Name the first character that differs where it is one of another script, so that it can be found."""
    for ours, theirs in zip(name, close, strict=False):
        if ours != theirs:
            return f" ({describe(ours)} is not {describe(theirs)})" if not (ours + theirs).isascii() else ""
    return ""
