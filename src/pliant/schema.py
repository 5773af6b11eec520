"""A small language for what a file may hold: rules for JSON values, for records of them, and for arrays.

A rule says in words what belongs at a place, and tests what is there. Whoever writes a file and whoever reads it hold
it to the same rules, and `docs/model-file.md` is written from them. What a field is for is not known here.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pliant.types import Array

MOST_VALUES = 2**20  # of one JSON text, so that a few bytes a value cannot become gigabytes of objects
MOST_CHARACTERS = 2**20  # of one text in it
DEEPEST = 8  # lists and objects in one another, where a field may hold any JSON
LARGEST = 2**63 - 1  # whole number
_HALVES = re.compile("[\ud800-\udfff]")


class Unfit(ValueError):
    """What is there is not what belongs there; one sentence with place, finding and rule."""


@dataclass(frozen=True)
class Rule:
    """What belongs at a place."""

    says: str  # "a whole number from 1 on"
    test: Callable[[Any, str], None] = field(repr=False)  # of the value and its place; raises Unfit


@dataclass(frozen=True)
class Field:
    """One field of a record."""

    rule: Rule
    meaning: str
    needed: bool = True


@dataclass(frozen=True)
class Record(Rule):
    """An object whose fields are known: none may be missing that is needed, and none may be there beside them."""

    fields: Mapping[str, Field] = field(default_factory=dict)


def parse_json(text: str, place: str, constants: bool = False) -> Any:
    """Give the value of a JSON text; no name twice in an object, no NaN, and no more values than `MOST_VALUES`.

    With `constants` NaN and infinity are taken, as Python writes them: the rules name their place.

    Raises
    ------
    Unfit
        If it is none.
    """
    if 1 + text.count(",") + text.count("[") + text.count("{") > MOST_VALUES:
        raise Unfit(f"{place} has more than {MOST_VALUES:,} values")
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=float if constants else _no_number)
    except RecursionError:
        raise Unfit(f"{place} has lists within lists without end") from None
    except ValueError as problem:
        raise Unfit(f"{place} is not JSON: {problem}") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Give an object whose names differ."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Unfit(f"the name {shown(_twice(name for name, _ in pairs))} is there twice in one object")
    return found


def _twice(values: Iterable[Any]) -> Any:
    """Give the most frequent value."""
    return Counter(values).most_common(1)[0][0]


def _no_number(text: str) -> Any:
    raise Unfit(f"{text} is no JSON; what is not a number is null")


# rules for JSON values


def value(says: str, fits: Callable[[Any], bool]) -> Rule:
    """Give the rule that a value fits."""

    def test(found: Any, place: str) -> None:
        if not fits(found):
            raise Unfit(f"{place} is {shown(found)}, where {says} belongs")

    return Rule(says, test)


def _is_text(found: Any, most: int) -> bool:
    """Say whether it is text that can be printed anywhere: a half of a pair of surrogates cannot."""
    return isinstance(found, str) and len(found) <= most and (found.isascii() or not _HALVES.search(found))


def _is_whole(found: Any) -> bool:
    return type(found) is int


def _is_number(found: Any) -> bool:
    return type(found) in (int, float) and abs(found) <= 1.8e308 and math.isfinite(found)


TEXT = value("text", lambda found: _is_text(found, MOST_CHARACTERS))
FLAG = value("true or false", lambda found: type(found) is bool)
DIGEST = value(
    "64 hexadecimal digits", lambda found: isinstance(found, str) and re.fullmatch("[0-9a-f]{64}", found) is not None
)


def short_text(most: int) -> Rule:
    """Text of at most so many characters."""
    return value(f"text of at most {most:,} characters", lambda found: _is_text(found, most))


def choice(*names: str) -> Rule:
    """One of these texts."""
    return value(" or ".join(f'"{name}"' for name in names), lambda found: isinstance(found, str) and found in names)


def whole(low: int = 0, high: int = LARGEST) -> Rule:
    """A whole number in a range, its ends included; no float, and not true or false."""
    ends = f"from {low} on" if high == LARGEST else f"from {low} to {high:,}"
    return value(f"a whole number {ends}", lambda found: _is_whole(found) and low <= found <= high)


def number(low: float = -math.inf, high: float = math.inf) -> Rule:
    """A finite number in a range, its ends included."""
    ends = f" from {low:g} to {high:g}" if high < math.inf else f" from {low:g} on" if low > -math.inf else ""
    return value(f"a number{ends}", lambda found: _is_number(found) and low <= found <= high)


POSITIVE = value("a number above 0", lambda found: _is_number(found) and found > 0.0)


def maybe(rule: Rule) -> Rule:
    """What the rule says, or null."""

    def test(found: Any, place: str) -> None:
        if found is not None:
            rule.test(found, place)

    return Rule(f"{rule.says}, or null", test)


def either(first: Rule, second: Rule) -> Rule:
    """What one of two rules says."""

    def test(found: Any, place: str) -> None:
        try:
            first.test(found, place)
        except Unfit:
            second.test(found, place)

    return Rule(f"{first.says}, or {second.says}", test)


def listed(rule: Rule, least: int = 0, most: int = MOST_VALUES, different: bool = False) -> Rule:
    """A list, of each of whose elements the rule says what it is."""
    many = "" if least == 0 else f" of at least {least}"
    says = f"a list{many}, each {rule.says}{', no two equal' if different else ''}"

    def test(found: Any, place: str) -> None:
        if not isinstance(found, list) or not least <= len(found) <= most:
            raise Unfit(f"{place} is {shown(found)}, where {says} belongs")
        for index, each in enumerate(found):
            rule.test(each, f"{place}[{index}]")
        if different and len(set(found)) < len(found):
            raise Unfit(f"{place} has {shown(_twice(found))} twice")

    return Rule(says, test)


def row(*rules: Rule) -> Rule:
    """A list of as many elements as there are rules."""
    says = f"a list of {len(rules)}: {', '.join(rule.says for rule in rules)}"

    def test(found: Any, place: str) -> None:
        if not isinstance(found, list) or len(found) != len(rules):
            raise Unfit(f"{place} is {shown(found)}, where {says} belongs")
        for index, (rule, each) in enumerate(zip(rules, found, strict=True)):
            rule.test(each, f"{place}[{index}]")

    return Rule(says, test)


def mapping(rule: Rule, names: Rule = TEXT) -> Rule:
    """An object of any names, of each of whose values the rule says what it is."""
    says = f"an object, each value {rule.says}"

    def test(found: Any, place: str) -> None:
        if not isinstance(found, dict):
            raise Unfit(f"{place} is {shown(found)}, where {says} belongs")
        for name, each in found.items():
            names.test(name, f"a name in {place}")
            rule.test(each, f"{place}[{shown(name)}]")

    return Rule(says, test)


def record(says: str, fields: Mapping[str, Field]) -> Record:
    """Give the rule of an object with these fields and no others."""

    def test(found: Any, place: str) -> None:
        if not isinstance(found, dict):
            raise Unfit(f"{place or 'the metadata'} is {shown(found)}, where {says} belongs")
        inside = f"{place}." if place else ""
        for name in fields:
            if fields[name].needed and name not in found:
                raise Unfit(f"{inside}{name} is missing")
        for name, each in found.items():
            if name not in fields:
                raise Unfit(f"{inside}{shown(name)[1:-1]} is not known")
            fields[name].rule.test(each, f"{inside}{name}")

    return Record(says, test, fields)


def _any_json(found: Any, place: str, depth: int = DEEPEST) -> None:
    """See that a value is finite and shallow, and its texts can be printed."""
    if isinstance(found, dict | list):
        if depth == 0:
            raise Unfit(f"{place} has lists within lists, more than {DEEPEST} deep")
        items = found.items() if isinstance(found, dict) else enumerate(found)
        for name, each in items:
            if isinstance(name, str):
                TEXT.test(name, f"a name in {place}")
            _any_json(each, f"{place}[{shown(name)}]", depth - 1)
    elif isinstance(found, str):
        TEXT.test(found, place)
    elif found is not None and type(found) is not bool and not (_is_number(found) and abs(found) < 1e300):
        raise Unfit(f"{place} is {shown(found)}, where a number below 1e300 belongs")


ANYTHING = Rule("any JSON", _any_json)


def shown(found: Any) -> str:
    """Print a value, short."""
    if isinstance(found, dict):
        return "an object"
    if isinstance(found, list):
        return f"a list of {len(found):,}"
    if isinstance(found, str):
        return json.dumps(found if len(found) <= 60 else found[:60] + "...")
    if isinstance(found, bool) or found is None:
        return json.dumps(found)
    text = repr(found)
    return text if len(text) <= 40 else text[:40] + "..."


# rules for arrays


@dataclass(frozen=True)
class Kind:
    """What the numbers of an array are."""

    says: str
    fits: Callable[[Array], bool] = field(repr=False)


@dataclass(frozen=True)
class Values:
    """One array: its sizes by name, what its numbers are, and what it is for."""

    shape: tuple[str | int, ...]  # a name stands for the same size everywhere in one file
    kind: Kind
    meaning: str
    needed: bool = True


def _are_whole(found: Array) -> bool:
    return bool(np.all(found == np.floor(found)) and np.all(np.abs(found) < 2.0**53))


FINITE = Kind("finite", lambda found: bool(np.isfinite(found).all()))
OR_MISSING = Kind("finite, or NaN", lambda found: not np.isinf(found).any())
NUMBERS = Kind("any numbers, infinite and NaN too", lambda found: True)
NOT_NEGATIVE = Kind("finite, from 0 on", lambda found: bool(np.all(np.isfinite(found) & (found >= 0.0))))
ABOVE_ZERO = Kind("finite, above 0", lambda found: bool(np.all(np.isfinite(found) & (found > 0.0))))
COUNTS = Kind("whole numbers from 0 on", lambda found: bool(np.all(found >= 0.0)) and _are_whole(found))
SHARES = Kind("from 0 to 1", lambda found: bool(np.all((found >= 0.0) & (found <= 1.0))))
MARKS = Kind("0 or 1", lambda found: bool(np.all((found == 0.0) | (found == 1.0))))


def check_arrays(arrays: Mapping[str, Array], table: Mapping[str, Values], sizes: Mapping[str, int]) -> dict[str, int]:
    """Hold the arrays of a file to their table; give the sizes by name, those with them that the arrays told.

    Parameters
    ----------
    arrays : mapping of str to ndarray
    table : mapping of str to Values
        Every array that may be there.
    sizes : mapping of str to int
        What is known beforehand.

    Raises
    ------
    Unfit
        If an array is missing, not known, of another shape, or of other numbers than belong there.
    """
    known = dict(sizes)
    for name in table:
        if table[name].needed and name not in arrays:
            raise Unfit(f"the array {name} is missing")
    for name in arrays:
        if name not in table:
            raise Unfit(f"the array {shown(name)} is not known")
    for name, wanted in table.items():
        if name not in arrays:
            continue
        found = arrays[name]
        if found.ndim == len(wanted.shape):
            for size, there in zip(wanted.shape, found.shape, strict=True):
                known.setdefault(str(size), there if isinstance(size, str) else size)
        shape = tuple(known.get(str(size)) for size in wanted.shape)
        if found.shape != shape:
            said = ", ".join(
                f"{size}" if each is None else f"{each}" for size, each in zip(wanted.shape, shape, strict=True)
            )
            raise Unfit(f"the array {name} has the shape {found.shape}, where ({said}) belongs")
        if not wanted.kind.fits(found):
            raise Unfit(f"the array {name} has other numbers than belong there: {wanted.kind.says}")
    return known
