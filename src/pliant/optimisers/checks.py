"""Checks at the door for numbers, counts and names, with messages that say what to do.

The optimisers and the training loop share them; they know nothing of either.
"""

import math
from collections.abc import Iterable
from difflib import get_close_matches
from numbers import Integral, Real

from pliant.errors import ArgumentError


def check_number(
    name: str,
    value: object,
    *,
    at_least: float = -math.inf,
    above: float = -math.inf,
    below: float = math.inf,
) -> float:
    """Give the value as a float, or raise ArgumentError: not a number, not finite, outside its range."""
    if isinstance(value, Real) and not isinstance(value, bool):
        number = float(value)
        if math.isfinite(number) and at_least <= number < below and number > above:
            return number
    limits = [
        f"{word} {limit:g}"
        for word, limit in (("at least", at_least), ("above", above), ("below", below))
        if math.isfinite(limit)
    ]
    wanted = " ".join(["a finite number", " and ".join(limits)]).strip()
    raise ArgumentError(f"{name} is {value!r}; it has to be {wanted}")


def check_count(name: str, value: object, *, at_least: int = 0) -> int:
    """Give the value as an int, or raise ArgumentError: not a whole number, or too small."""
    if isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= at_least:
        return int(value)
    raise ArgumentError(f"{name} is {value!r}; it has to be a whole number, {at_least} or more")


def check_flag(name: str, value: object) -> float:
    """Give True or 1 as 1.0 and False or 0 as 0.0, or raise ArgumentError."""
    if isinstance(value, Real) and value in (0, 1):
        return float(value)
    raise ArgumentError(f"{name} is {value!r}; it has to be True or False")


def check_word(name: str, value: object) -> None:
    """See that an argument is text, or raise ArgumentError."""
    if not isinstance(value, str):
        raise ArgumentError(f"{name} is {value!r}; it has to be a name, in quotes")


def check_choice(what: str, value: object, choices: Iterable[str]) -> str:
    """Give a name that is among the choices, or raise ArgumentError naming the nearest and all of them."""
    listed = list(choices)
    if isinstance(value, str):
        if value in listed:
            return value
        near = get_close_matches(value.lower(), listed, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ";"
    else:
        hint = ";"
    raise ArgumentError(f"there is no {what} {value!r}{hint} choose from {', '.join(listed) or 'none'}")
