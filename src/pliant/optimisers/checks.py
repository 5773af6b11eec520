"""Checks at the door for numbers, counts and names, with messages that say what to do.

The optimisers and the training loop share them; they know nothing of either.
"""

import math
import os
from collections.abc import Callable, Iterable
from functools import wraps
from inspect import Parameter, signature
from numbers import Integral, Real
from typing import ParamSpec, TypeVar

from pliant.errors import ArgumentError, an, near, said

P = ParamSpec("P")
R = TypeVar("R")
MOST = 1e100  # of a number that is an argument: beyond, products of it overflow


def as_float(value: object) -> float:
    """Give a number as a float, infinite where it is too large for one; NaN for what is no number, True among it."""
    if not isinstance(value, Real) or isinstance(value, bool):
        return math.nan
    if isinstance(value, int) and value.bit_length() > 1000:
        return 1e308 if value > 0 else -1e308
    return float(value)


def check_number(
    name: str,
    value: object,
    *,
    at_least: float = -math.inf,
    above: float = -math.inf,
    below: float = math.inf,
) -> float:
    """Give the value as a float, or raise ArgumentError: not a number, not finite, outside its range."""
    number = as_float(value)
    if abs(number) < MOST and at_least <= number < below and number > above:
        return number
    limits = [
        f"{word} {limit:g}"
        for word, limit in (("at least", at_least), ("above", above), ("below", below))
        if math.isfinite(limit)
    ]
    if isinstance(value, Real) and below == math.inf and MOST <= abs(number) < math.inf:
        limits.append(f"below {MOST:g}")
    wanted = " ".join(["a finite number", " and ".join(limits)]).strip()
    raise ArgumentError(f"{name} is {said(value)}; it has to be {wanted}")


def check_count(name: str, value: object, *, at_least: int = 0, most: int | None = None) -> int:
    """Give the value as an int, or raise ArgumentError: not a whole number, too small or too large."""
    if isinstance(value, Integral) and not isinstance(value, bool):
        count = int(value)
        if count >= at_least and (most is None or count <= most):
            return count
    upto = f"{at_least} or more" if most is None else f"from {at_least} to {most:,}"
    raise ArgumentError(f"{name} is {said(value)}; it has to be a whole number, {upto}")


def check_flag(name: str, value: object) -> float:
    """Give True or 1 as 1.0 and False or 0 as 0.0, or raise ArgumentError."""
    if isinstance(value, Real) and value in (0, 1):
        return float(value)
    raise ArgumentError(f"{name} is {said(value)}; it has to be True or False")


def check_path(name: str, value: object) -> None:
    """See that an argument is a path, or raise ArgumentError."""
    if not isinstance(value, str | os.PathLike) or not isinstance(os.fspath(value), str):
        raise ArgumentError(f"{name} is {an(value)}; give the path of a file as text, or a pathlib.Path")
    if "\0" in os.fspath(value):
        raise ArgumentError(f"{name} is {said(value)}, which has a NUL character; no file is called so: delete it")


def check_share(name: str, value: object) -> float:
    """Give a level of confidence as a float, or raise ArgumentError: not a number between 0 and 1."""
    if isinstance(value, Real) and not isinstance(value, bool) and 0.0 < float(value) < 1.0:
        return float(value)
    raise ArgumentError(f"{name}={said(value)} must lie between 0 and 1, for example 0.95")


def listed_names(name: str, value: object) -> list[str]:
    """Give the names of one column or of several, or raise ArgumentError: none, or no text."""
    names = [value] if isinstance(value, str) else list(value) if isinstance(value, Iterable) else []
    if not names or not all(isinstance(each, str) for each in names):
        raise ArgumentError(f"{name} is {said(value)}; give the name of a column, or a list of such names")
    return names


def with_known_names(function: Callable[P, R]) -> Callable[P, R]:
    """Give a function that answers a call which does not fit it with an ArgumentError, naming the nearest argument."""
    known = signature(function)
    names = [name for name, each in known.parameters.items() if each.kind == Parameter.KEYWORD_ONLY]

    @wraps(function)
    def checked(*given: P.args, **named: P.kwargs) -> R:
        for name in named:
            if name not in known.parameters:
                check_choice(f"argument of {function.__name__}", name, names)
        try:
            known.bind(*given, **named)
        except TypeError as problem:
            raise ArgumentError(f"{function.__name__}: {problem}; see help(pliant.{function.__name__})") from None
        return function(*given, **named)

    return checked


def check_word(name: str, value: object) -> None:
    """See that an argument is text, or raise ArgumentError."""
    if not isinstance(value, str):
        raise ArgumentError(f"{name} is {said(value)}; it has to be a name, in quotes")


def check_choice(what: str, value: object, choices: Iterable[str]) -> str:
    """Give a name that is among the choices, or raise ArgumentError naming the nearest and all of them."""
    listed = list(choices)
    if isinstance(value, str) and value in listed:
        return value
    choose = f"choose from {', '.join(listed) or 'none'}"
    raise ArgumentError(f"there is no {what} {said(value)};{near(value, listed)} {choose}")
