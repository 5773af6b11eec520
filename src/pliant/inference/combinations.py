"""Read linear combinations of coefficients: "b - c", "2*b + c/2 = 1", "a = b, c = 0", a dict, or a matrix.

    hypotheses := hypothesis (',' hypothesis)*        hypothesis := sum ('=' sum)*
    sum        := ['+'|'-'] product (('+'|'-') product)*
    product    := factor (('*'|'/') factor)*          factor := number | name | '(' sum ')' | ('+'|'-') factor

Nothing is evaluated: a sum is carried as one row of numbers and a constant. Where a name may stand, the longest
coefficient that the text goes on with is taken, so `species[T.Chinstrap]` and `bs(x, df = 5)[1]` are written as they
are printed; any name may also stand between backticks, and R's names do too.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NoReturn

import numpy as np

from pliant.data.columns import nearest
from pliant.errors import ArgumentError, FormulaError
from pliant.types import Array

NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
DEEPEST = 50  # brackets within brackets


@dataclass(frozen=True)
class Combination:
    """One linear combination of the coefficients: weights @ coefficients + constant."""

    text: str
    weights: Array  # (k,)
    constant: float

    def __sub__(self, other: "Combination") -> "Combination":
        return Combination(f"{self.text} = {other.text}", self.weights - other.weights, self.constant - other.constant)


def read_combinations(given: Any, names: Mapping[str, int], k: int) -> list[Combination]:
    """Read combinations, or hypotheses that each say that one is zero.

    Parameters
    ----------
    given : str, dict of str to number, list of these, or array (m, k) or (k,)
    names : mapping of str to int
        Every way to call a coefficient, and which it is.
    k : int
        How many coefficients there are.

    Returns
    -------
    list of Combination
        `a = b` is a - b; `a = b = c` is a - b and b - c.

    Raises
    ------
    FormulaError
        If the text cannot be read; says where.
    ArgumentError
        If it names no coefficient, a number is not finite, or an array has another shape.
    """
    if isinstance(given, str):
        with np.errstate(all="ignore"):  # what is not finite is said below
            found = _Reader(given, names, k).hypotheses()
    elif isinstance(given, Mapping):
        found = [_of_mapping(given, names, k)]
    elif isinstance(given, list | tuple) and given and all(isinstance(one, str | Mapping) for one in given):
        found = [each for one in given for each in read_combinations(one, names, k)]
    else:
        found = _of_matrix(given, names, k)
    for each in found:
        if not np.any(each.weights):
            raise ArgumentError(f"{each.text!r} has no coefficient left in it; name at least one")
        if not (np.all(np.isfinite(each.weights)) and np.isfinite(each.constant)):
            raise ArgumentError(f"{each.text!r} has numbers that are not finite")
    return found


def _of_mapping(given: Mapping[str, Any], names: Mapping[str, int], k: int) -> Combination:
    """Read {name: weight}."""
    weights = np.zeros(k)
    for name, weight in given.items():
        if name not in names:
            raise ArgumentError(f"there is no coefficient {name!r}{nearest(str(name), names)}")
        if isinstance(weight, bool) or not isinstance(weight, int | float | np.number):
            raise ArgumentError(f"the weight of {name!r} must be a number, not {weight!r}")
        weights[names[name]] += float(weight)
    return Combination(_printed(weights, list(given), names), weights, 0.0)


def _of_matrix(given: Any, names: Mapping[str, int], k: int) -> list[Combination]:
    """Read an array, a row a combination."""
    try:
        matrix = np.atleast_2d(np.asarray(given, dtype=np.float64))
    except (TypeError, ValueError):
        raise ArgumentError(
            "give hypotheses as text, as a dict of weights by name, or as an array of numbers"
        ) from None
    if matrix.ndim != 2 or matrix.shape[1] != k or len(matrix) == 0:
        raise ArgumentError(
            f"the array has shape {np.shape(given)}, but there are {k} coefficients: one column for each"
        )
    first: dict[int, str] = {}
    for name, index in names.items():
        first.setdefault(index, name)
    return [
        Combination(_printed(row, [first[i] for i in np.flatnonzero(row).tolist()], names), row, 0.0) for row in matrix
    ]


def _printed(weights: Array, said: list[str], names: Mapping[str, int]) -> str:
    """Write a combination out: "a - 0.5 b"."""
    parts: list[str] = []
    for name in said:
        weight = weights[names[name]]
        size = "" if abs(weight) == 1.0 else f"{abs(weight):g} "
        sign = ("- " if weight < 0 else "+ ") if parts else ("-" if weight < 0 else "")
        parts.append(f"{sign}{size}{name}")
    return " ".join(parts) or "0"


class _Reader:
    """One text on its way to combinations; `at` is the next character."""

    def __init__(self, text: str, names: Mapping[str, int], k: int) -> None:
        self.text, self.names, self.k, self.at, self.depth = text, names, k, 0, 0
        self.longest = sorted(names, key=len, reverse=True)

    def hypotheses(self) -> list[Combination]:
        """Read the whole text."""
        found = []
        while True:
            sides = [self.side()]
            while self.taken("="):
                self.taken("=")  # `==` is as good
                sides.append(self.side())
            found += [a - b for a, b in pairwise(sides)] if len(sides) > 1 else sides
            if not self.taken(","):
                break
        if self.at < len(self.text):
            self.fail("expected one of + - * / = , or the end here")
        return found

    def side(self) -> Combination:
        """Read one side of a hypothesis, with its own words for printing."""
        self.space()
        start = self.at
        weights, constant = self.sum()
        return Combination(" ".join(self.text[start : self.at].split()), weights, constant)

    def sum(self) -> tuple[Array, float]:
        """Read products, added and subtracted."""
        weights, constant = self.product()
        while sign := self.taken("+") or self.taken("-"):
            more, number = self.product()
            factor = 1.0 if sign == "+" else -1.0
            weights, constant = weights + factor * more, constant + factor * number
        return weights, constant

    def product(self) -> tuple[Array, float]:
        """Read factors, of which at most one holds coefficients."""
        weights, constant = self.factor()
        while sign := self.taken("*") or self.taken("/"):
            self.space()
            place = self.at
            more, number = self.factor()
            if np.any(more) and (sign == "/" or np.any(weights)):
                self.fail("a hypothesis is linear: coefficients cannot be multiplied or divided by one another", place)
            if sign == "/" and number == 0.0:
                self.fail("division by zero", place)
            if sign == "/":
                weights, constant = weights / number, constant / number
            else:
                weights, constant = weights * number + more * constant, constant * number
        return weights, constant

    def factor(self) -> tuple[Array, float]:
        """Read a number, a name, a bracket, or a sign before one of these."""
        if sign := self.taken("+") or self.taken("-"):
            weights, constant = self.deeper(self.factor)
            return (weights, constant) if sign == "+" else (-weights, -constant)
        self.space()
        name = self.name()
        if name is not None:
            weights = np.zeros(self.k)
            weights[self.names[name]] = 1.0
            return weights, 0.0
        if self.taken("("):
            inside = self.deeper(self.sum)
            if not self.taken(")"):
                self.fail("a bracket is not closed; expected ) here")
            return inside
        number = NUMBER.match(self.text, self.at)
        if number is None:
            self.unknown()
        self.at = number.end()
        return np.zeros(self.k), float(number.group())

    def name(self) -> str | None:
        """Take a coefficient's name, if the text goes on with one."""
        if self.text.startswith("`", self.at):
            end = self.text.find("`", self.at + 1)
            if end < 0:
                self.fail("a backtick is not closed")
            name = self.text[self.at + 1 : end]
            if name not in self.names:
                self.fail(f"there is no coefficient {name!r}{nearest(name, self.names)}")
            self.at = end + 1
            return name
        for name in self.longest:
            if self.text.startswith(name, self.at) and self.stands_alone(name):
                self.at += len(name)
                return name
        return None

    def stands_alone(self, name: str) -> bool:
        """Say whether a name is not just the beginning of a longer word, nor a number."""
        after = self.text[self.at + len(name) : self.at + len(name) + 1]
        in_word = (name[-1:].isalnum() or name[-1:] in "_.") and (after.isalnum() or after in ("_", ".", "[", ":"))
        return not (in_word and after) and NUMBER.fullmatch(name) is None

    def unknown(self) -> NoReturn:
        """Say that there should be a name or a number, and which name comes nearest."""
        word = re.match(r"[^\s+\-*/=,()`]+", self.text[self.at :])
        if word is None:
            self.fail("expected the name of a coefficient or a number here")
        self.fail(f"there is no coefficient {word.group()!r}{nearest(word.group(), self.names)}")

    def deeper(self, read: Any) -> tuple[Array, float]:
        """Read what stands within a bracket or behind a sign, not without end."""
        self.depth += 1
        if self.depth > DEEPEST:
            self.fail(f"more than {DEEPEST} brackets or signs within one another")
        inside: tuple[Array, float] = read()
        self.depth -= 1
        return inside

    def taken(self, character: str) -> str:
        """Take one character if it comes next; give it, or nothing."""
        self.space()
        if not self.text.startswith(character, self.at):
            return ""
        self.at += 1
        return character

    def space(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def fail(self, message: str, place: int | None = None) -> NoReturn:
        raise FormulaError(message, self.text, self.at if place is None else place)
