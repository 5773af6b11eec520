"""What NumPy does to arrays, as operations: one line for each function that a symbol may meet.

Where runtimes have no operation, or none in float64, it is made of others with all its digits: log1p, expm1, arctan.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from pliant.errors import InputError
from pliant.export.graph import NUMBER, TRUTH, WHOLE, Graph, Rule, Symbol, as_symbol


def _numbers(kind: str) -> Rule:
    """Give the rule of an operation from numbers to numbers."""
    return lambda graph, *parts: graph.add(kind, *map(graph.number, parts))


def _compare(kind: str) -> Rule:
    """Give the rule of an operation from numbers to truths."""
    return lambda graph, *parts: graph.add(kind, *map(graph.number, parts), of=TRUTH)


def _truths(kind: str) -> Rule:
    """Give the rule of an operation on truths."""
    return lambda graph, *parts: graph.add(kind, *(graph.cast(as_symbol(part), TRUTH) for part in parts), of=TRUTH)


def _by_constant(kind: str, value: float) -> Callable[[Rule], Rule]:
    """Give a rule whose result is combined with one number more."""
    return lambda rule: lambda graph, part: graph.add(kind, rule(graph, part), graph.number(value))


def _matmul(graph: Graph, left: Any, right: Any) -> Symbol:
    left = as_symbol(left)
    weights = np.asarray(right, dtype=np.float64)
    return graph.add("MatMul", graph.number(left), graph.constant(weights), width=weights.shape[1])


def _log1p(graph: Graph, x: Any) -> Any:
    """log(u) x / (u - 1) with u = 1 + x: what u lost by rounding is lost in both, and cancels."""
    u = 1.0 + x
    same = u == 1.0
    return np.where(same, x, np.log(u) * (x / np.where(same, 1.0, u - 1.0)))


def _expm1(graph: Graph, x: Any) -> Any:
    """tanh(x / 2) (exp x + 1), which takes no difference."""
    return np.tanh(0.5 * x) * (np.exp(x) + 1.0)


def _arctan(graph: Graph, x: Any) -> Any:
    """The angle in float32, and what it leaves: runtimes have no arctan in float64.

    arctan x = a + arctan d, d = (x cos a - sin a) / (cos a + x sin a), which is below 1e-7, so that d alone is enough.
    """
    a = graph.add("Atan", graph.number(x))
    return a + (x * np.cos(a) - np.sin(a)) / (np.cos(a) + x * np.sin(a))


def _where(graph: Graph, condition: Any, one: Any, other: Any) -> Symbol:
    of = WHOLE if any(isinstance(part, Symbol) and part.of == WHOLE for part in (one, other)) else NUMBER
    parts = [
        graph.cast(part, of)
        if isinstance(part, Symbol)
        else graph.constant(np.asarray(part, dtype=np.int64 if of == WHOLE else np.float64))
        for part in (one, other)
    ]
    return graph.add("Where", graph.cast(as_symbol(condition), TRUTH), *parts, of=of)


def _searchsorted(graph: Graph, edges: Any, values: Any, side: str = "left") -> Symbol:
    """How many edges lie below each value, those equal to it too with side "right"; of a missing one none."""
    row = np.asarray(edges, dtype=np.float64)[None, :]
    below = np.greater_equal(values, row) if side == "right" else np.greater(values, row)
    return graph.cast(_over(graph, "ReduceSum", graph.cast(as_symbol(below), NUMBER)), WHOLE)


def _over(graph: Graph, kind: str, values: Any) -> Symbol:
    """Give one number a row of all its columns."""
    return graph.add(kind, graph.number(values), width=1)


def _reduction(kind: str) -> Rule:
    def rule(graph: Graph, values: Any, axis: Any = None, keepdims: bool = False) -> Symbol:
        if axis not in (1, -1):
            raise InputError("a sum over rows has no place in an exported file, which takes each row by itself")
        return _over(graph, kind, values)

    return rule


def _concatenate(graph: Graph, parts: Any, axis: int = 0) -> Symbol:
    if axis not in (1, -1):
        raise InputError("rows cannot be put below one another in an exported file")
    return graph.beside([as_symbol(part) for part in parts])


def _clip(graph: Graph, values: Any, low: Any = None, high: Any = None) -> Any:
    values = values if low is None else np.maximum(values, low)
    return values if high is None else np.minimum(values, high)


def _integer_sum(kind: str) -> Rule:
    """Give the rule of + or -, which keeps whole numbers whole beside whole numbers."""

    def rule(graph: Graph, left: Any, right: Any) -> Symbol:
        whole = [
            part.of == WHOLE if isinstance(part, Symbol) else isinstance(part, int | np.integer)
            for part in (left, right)
        ]
        if not all(whole):
            return graph.add(kind, graph.number(left), graph.number(right))
        parts = [part if isinstance(part, Symbol) else graph.constant(np.int64(part)) for part in (left, right)]
        return graph.add(kind, *parts, of=WHOLE)

    return rule


UFUNCS: dict[Any, Rule] = {
    np.add: _integer_sum("Add"),
    np.subtract: _integer_sum("Sub"),
    np.multiply: _numbers("Mul"),
    np.divide: _numbers("Div"),
    np.power: _numbers("Pow"),
    np.negative: _numbers("Neg"),
    np.positive: lambda graph, x: x,
    np.absolute: _numbers("Abs"),
    np.square: lambda graph, x: x * x,
    np.reciprocal: lambda graph, x: 1.0 / x,
    np.sqrt: _numbers("Sqrt"),
    np.exp: _numbers("Exp"),
    np.log: _numbers("Log"),
    np.log2: _by_constant("Mul", 1.0 / np.log(2.0))(_numbers("Log")),
    np.log10: _by_constant("Div", np.log(10.0))(_numbers("Log")),
    np.sin: _numbers("Sin"),
    np.cos: _numbers("Cos"),
    np.tanh: _numbers("Tanh"),
    np.floor: _numbers("Floor"),
    np.minimum: _numbers("Min"),
    np.maximum: _numbers("Max"),
    np.log1p: _log1p,
    np.expm1: _expm1,
    np.arctan: _arctan,
    np.matmul: _matmul,
    np.isnan: _compare("IsNaN"),
    np.isinf: _compare("IsInf"),
    np.less: _compare("Less"),
    np.less_equal: _compare("LessOrEqual"),
    np.greater: _compare("Greater"),
    np.greater_equal: _compare("GreaterOrEqual"),
    np.equal: _compare("Equal"),
    np.not_equal: lambda graph, left, right: ~np.equal(left, right),
    np.bitwise_and: _truths("And"),
    np.logical_and: _truths("And"),
    np.bitwise_or: _truths("Or"),
    np.logical_or: _truths("Or"),
    np.invert: _truths("Not"),
    np.logical_not: _truths("Not"),
}

FUNCTIONS: dict[Any, Rule] = {
    np.where: _where,
    np.clip: _clip,
    np.searchsorted: _searchsorted,
    np.concatenate: _concatenate,
    np.hstack: lambda graph, parts: _concatenate(graph, parts, 1),
    np.column_stack: lambda graph, parts: _concatenate(graph, parts, 1),
    np.stack: _concatenate,
    np.sum: _reduction("ReduceSum"),
    np.max: _reduction("ReduceMax"),
    np.zeros_like: lambda graph, x: graph.cast(np.isnan(x), NUMBER) * 0.0,
    np.ones_like: lambda graph, x: graph.cast(np.isnan(x), NUMBER) * 0.0 + 1.0,
}
