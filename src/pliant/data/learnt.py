"""What stateful parts of a formula learn, as a file tells it: of which fields, and what they have to agree with.

Each state is held to the settings of its call, and what follows from the knots of a spline to these.
"""

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from pliant.data.bases import learn_ns
from pliant.data.calendar import LEVELS
from pliant.data.formula import FUNCTIONS, Call, Name, Node, children, settings
from pliant.data.splines import natural_curvatures
from pliant.schema import FLAG, POSITIVE, TEXT, Field, Record, Unfit, listed, number, record, shown, whole

_PRINTED = re.compile(r"-?\d+(\.\d+)?(e[-+]\d+)?|[-+]?\d+-\d\d-\d\d")  # a number, or a date
CLOSE = 1e-6  # of what the numbers of a spline follow from its knots

LEVELS_LEARNT = record(
    "what a factor learnt", {"levels": Field(listed(TEXT, 1, different=True), "in order; the first is the reference")}
)
STATES: dict[str, Record] = {  # by the function that learnt it; a column that is a factor is like `factor`
    "poly": record(
        "what poly learnt",
        {
            "degree": Field(whole(1, 100), "columns"),
            "raw": Field(FLAG, "whether they are powers, and nothing else was learnt"),
            "centre": Field(number(), "mean of the values", needed=False),
            "scale": Field(POSITIVE, "largest distance from it", needed=False),
            "alpha": Field(listed(number()), "of the recurrence, one a degree", needed=False),
            "norm2": Field(listed(POSITIVE), "squared lengths, one a degree and one before", needed=False),
        },
    ),
    "bs": record(
        "what bs learnt",
        {
            "knots": Field(listed(number()), "in order, those at the ends degree + 1 times"),
            "degree": Field(whole(1, 100), "of the pieces"),
            "intercept": Field(FLAG, "whether the first column is kept"),
        },
    ),
    "ns": record(
        "what ns learnt",
        {
            "knots": Field(listed(number()), "in order, those at the ends four times"),
            "intercept": Field(FLAG, "whether the first column is kept"),
            "combine": Field(listed(listed(number())), "from B-splines to natural ones"),
        },
    ),
    "cr": record(
        "what cr learnt",
        {
            "knots": Field(listed(number(), 2), "in order"),
            "curvatures": Field(listed(listed(number())), "second derivatives at the knots, from heights there"),
        },
    ),
    "scale": record(
        "what scale learnt",
        {"centre": Field(number(), "mean"), "scale": Field(POSITIVE, "standard deviation")},
    ),
    "factor": LEVELS_LEARNT,
    "cut": record(
        "what cut learnt",
        {
            "breaks": Field(listed(number(), 2), "in order"),
            "labels": Field(listed(TEXT, 1, different=True), "of the intervals"),
            "right": Field(FLAG, "whether an interval holds its right end"),
            "include_lowest": Field(FLAG, "whether the outermost end is held too"),
            "levels": Field(listed(TEXT, 1, different=True), "the labels that occurred"),
        },
    ),
}
_RULES = STATES | dict.fromkeys(("C", "month", "weekday"), LEVELS_LEARNT) | {"center": STATES["scale"]}


def check_states(factors: Sequence[Node], states: Mapping[str, Any]) -> None:
    """Hold the states to what may have learnt them: each there, of its kind, and none beside them.

    Parameters
    ----------
    factors : sequence of Node
        Factors of terms, offsets, and parts of the response.
    states : mapping of str to object
        By the text of the node.

    Raises
    ------
    Unfit
        If one is missing, is not known, or is not what its node can have learnt.
    """
    nodes = _all_nodes(factors)
    calls = {str(node): node for node in nodes if isinstance(node, Call) and _learns(node)}
    names = {str(node) for node in nodes if isinstance(node, Name)}
    for key in states:
        if key not in calls and key not in names:
            raise Unfit(f"design.states has {shown(key)}, which the formula does not learn")
    for key in set(states) - set(calls):
        LEVELS_LEARNT.test(states[key], f"design.states[{shown(key)}]")
    for key, call in calls.items():
        if key not in states:
            raise Unfit(f"design.states lacks {shown(key)}, which the formula learns")
        name, state, place = FUNCTIONS[call.function].name, states[key], f"design.states[{shown(key)}]"
        _RULES[name].test(state, place)
    for key, call in calls.items():
        name, state, place = FUNCTIONS[call.function].name, states[key], f"states[{shown(key)}]"
        check = _CHECKS.get(name)
        if check is not None:
            check(state, settings(call), place)
        if name in ("factor", "C"):
            _check_argument(call, states, place)
        if name in LEVELS and not _in_order(state["levels"], LEVELS[name]):
            raise Unfit(f"{place}.levels are not those of a {name}, in their order")


def _check_argument(call: Call, states: Mapping[str, Any], place: str) -> None:
    """Hold the levels of `factor(g)` to those of g, or where g learnt none, to numbers and dates."""
    argument, levels = call.arguments[0], states[str(call)]["levels"]
    inner = states.get(str(argument), {})
    if "levels" in inner:
        same = set(inner["levels"]) == set(levels) and ("levels" in settings(call) or inner["levels"] == levels)
        _demand(same, place, f"has other levels than {argument}")
    elif isinstance(argument, Name):
        _demand(
            all(map(_PRINTED.fullmatch, levels)), place, f"has levels that are no numbers, where {argument} learnt none"
        )


def _all_nodes(factors: Sequence[Node]) -> list[Node]:
    """Give every node of these, themselves among them."""
    found: list[Node] = []
    waiting = [*factors]
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting.extend(children(node))
    return found


def _learns(call: Call) -> bool:
    return call.function in FUNCTIONS and FUNCTIONS[call.function].stateful


def _demand(holds: bool, place: str, what: str) -> None:
    if not holds:
        raise Unfit(f"{place} {what}")


def _in_order(some: Sequence[str], of: Sequence[str]) -> bool:
    """Say whether some levels are among all, in the same order."""
    place = {level: index for index, level in enumerate(of)}
    return all(level in place for level in some) and [place[e] for e in some] == sorted(place[e] for e in some)


def _check_poly(state: Mapping[str, Any], asked: Mapping[str, Any], place: str) -> None:
    """Hold a polynomial's state to its degree."""
    raw, degree = bool(asked.get("raw", False)), int(asked.get("degree", 1))
    learnt = [name for name in ("centre", "scale", "alpha", "norm2") if name in state]
    _demand(state["raw"] == raw and state["degree"] == degree, place, "has another degree than the formula")
    _demand(len(learnt) == (0 if raw else 4), place, "needs centre, scale, alpha and norm2, or none of them if raw")
    if not raw:
        fits = len(state["alpha"]) == degree and len(state["norm2"]) == degree + 1
        _demand(fits, place, f"needs {degree} alpha and {degree + 1} norm2")


def _check_knots(knots: list[float], degree: int, columns: int, asked: Mapping[str, Any], place: str) -> None:
    """Hold the knots of a spline to what was asked: their order, and how many columns they give."""
    ends = degree + 1
    rising = all(a <= b for a, b in itertools.pairwise(knots))
    _demand(rising and len(knots) >= 2 * ends and knots[0] < knots[-1], place, "has knots that do not rise")
    outer = knots[:ends] + knots[len(knots) - ends :]
    inner = list(knots[ends : len(knots) - ends])
    held = set(outer) == {knots[0], knots[-1]} and all(knots[0] < knot < knots[-1] for knot in inner)
    _demand(held and knots[ends - 1] == knots[0], place, f"needs each end {ends} times among its knots")
    _demand(inner == sorted(asked.get("knots", inner)), place, "has other knots than the formula")
    _demand(columns == asked.get("df", columns), place, f"gives {columns} columns, where df is {asked.get('df')}")


def _check_bs(state: Mapping[str, Any], asked: Mapping[str, Any], place: str) -> None:
    """Hold the state of a B-spline to its settings."""
    degree, intercept = state["degree"], state["intercept"]
    same = degree == int(asked.get("degree", 3)) and intercept == bool(asked.get("intercept", False))
    _demand(same, place, "has another degree or intercept than the formula")
    _check_knots(state["knots"], degree, len(state["knots"]) - degree - 1 - (not intercept), asked, place)


def _check_ns(state: Mapping[str, Any], asked: Mapping[str, Any], place: str) -> None:
    """Hold the state of a natural spline to its settings, and the combination to the knots that it follows from."""
    knots, intercept = state["knots"], state["intercept"]
    _demand(intercept == bool(asked.get("intercept", False)), place, "has another intercept than the formula")
    rows = len(knots) - 4 - (not intercept)
    _check_knots(knots, 3, rows - 2, asked, place)
    shape = [len(line) for line in state["combine"]]
    _demand(shape == [rows - 2] * rows, place, f"needs a combine of {rows} lines and {rows - 2} columns")
    whole_knots = {"knots": tuple(knots[4:-4])} if len(knots) > 8 else {}
    with np.errstate(all="ignore"):
        again = learn_ns(np.array([knots[0], knots[-1]]), whole_knots | {"intercept": intercept})["combine"]
    _demand(_same(state["combine"], again), place, "has another combine than follows from its knots")


def _check_cr(state: Mapping[str, Any], asked: Mapping[str, Any], place: str) -> None:
    """Hold the state of a regression spline to its settings, and the curvatures to the knots that they follow from."""
    knots, count = state["knots"], len(state["knots"])
    _demand(all(a < b for a, b in itertools.pairwise(knots)), place, "has knots that do not rise")
    _demand(count == asked.get("df", count), place, f"has {count} knots, where df is {asked.get('df')}")
    _demand(knots[1:-1] == sorted(asked.get("knots", knots[1:-1])), place, "has other knots than the formula")
    square = len(state["curvatures"]) == count and all(len(line) == count for line in state["curvatures"])
    _demand(square, place, f"needs curvatures of {count} lines and {count} columns")
    with np.errstate(all="ignore"):
        again = natural_curvatures(np.array(knots)).tolist()
    _demand(_same(state["curvatures"], again), place, "has other curvatures than follow from its knots")


def _same(told: Sequence[Sequence[float]], again: Sequence[Sequence[float]]) -> bool:
    """Say whether two matrices of the same shape are the same, but for rounding."""
    a, b = np.array(told, dtype=np.float64), np.array(again, dtype=np.float64)
    return bool(np.all(np.abs(a - b) <= CLOSE * np.max(np.abs(b), initial=0.0)))


def _check_scale(state: Mapping[str, Any], asked: Mapping[str, Any], place: str) -> None:
    """Hold centre and scale to whether they were asked for."""
    fits = (asked.get("center", True) or state["centre"] == 0.0) and (asked.get("scale", True) or state["scale"] == 1.0)
    _demand(bool(fits), place, "has a centre or scale that the formula does not ask for")


def _check_center(state: Mapping[str, Any], asked: Mapping[str, Any], place: str) -> None:
    """Hold a centred column to its units."""
    _demand(state["scale"] == 1.0, place, "has a scale that the formula does not ask for")


def _check_factor(state: Mapping[str, Any], asked: Mapping[str, Any], place: str) -> None:
    """Hold levels to those that the formula lists."""
    given = asked.get("levels")
    if given and isinstance(given[0], str):
        _demand(_in_order(state["levels"], given), place, "has levels that the formula does not list")


def _check_cut(state: Mapping[str, Any], asked: Mapping[str, Any], place: str) -> None:
    """Hold cut points and labels to one another."""
    breaks, count = state["breaks"], len(state["breaks"]) - 1
    _demand(all(a < b for a, b in itertools.pairwise(breaks)), place, "has breaks that do not rise")
    given = asked["breaks"]
    wanted = count == given if isinstance(given, int) else breaks == sorted(given)
    _demand(wanted and len(state["labels"]) == count, place, "has other breaks or labels than the formula")
    same = state["right"] == asked.get("right", True) and state["include_lowest"] == asked.get("include_lowest", False)
    _demand(same, place, "has another right or include_lowest than the formula")
    _demand(_in_order(state["levels"], state["labels"]), place, "has levels that are no labels")


_CHECKS: dict[str, Callable[[Mapping[str, Any], Mapping[str, Any], str], None]] = {
    "poly": _check_poly,
    "bs": _check_bs,
    "ns": _check_ns,
    "cr": _check_cr,
    "scale": _check_scale,
    "center": _check_center,
    "factor": _check_factor,
    "C": _check_factor,
    "cut": _check_cut,
}
