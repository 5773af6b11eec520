"""How the design matrix changes with one column of the table: the rules of differentiation on the formula.

A column may stand in several terms, inside transforms, splines and products; the walk below goes through all of
them, so that the slope of a curve is exact, also beside a knot or near the end of a logarithm, where differences
of the design matrix lose half their digits. What names groups (a factor, a cut) is flat: its slope is zero.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from pliant.data.calendar import PARTS
from pliant.data.design import Design
from pliant.data.evaluate import Numeric, States, evaluate, number
from pliant.data.formula import FUNCTIONS, Binary, Call, Name, Node, Unary, settings, variables
from pliant.data.matrix import build_columns, evaluate_factors
from pliant.data.missing import fill
from pliant.data.splines import bspline_slope
from pliant.data.table import Table
from pliant.types import Array


def design_slope(design: Design, table: Table, name: str) -> tuple[Array, Array]:
    """Give d X / d x (m, p) and d offset / d x (m,) for the column x of that name, in its units.

    The product rule: a term a:b gives a' b + a b', and each factor is differentiated by the chain rule.
    A row with a missing value may have any number: see which rows of `Design.matrix` are complete.
    """
    terms, states = design.terms, design.states
    filled, _ = fill(table, design.fills)
    values = evaluate_factors(terms, filled, states)
    slopes = np.zeros((table.n_rows, len(design.names)))
    offset = np.zeros(table.n_rows)
    with np.errstate(all="ignore"):  # the slope of sqrt(x) at 0 is infinite, and shown as such
        for node, value in values.items():
            if isinstance(value, Numeric) and name in variables(node):
                changed = {**values, node: replace(value, values=node_slope(node, name, filled, states))}
                X = build_columns(terms, filled, states, design.full, changed).X
                touched = [t >= 0 and t < len(terms.terms) and node in terms.terms[t].factors for t in design.term_of]
                slopes[:, touched] += X[:, touched[: X.shape[1]]]
        for node in terms.offsets:
            offset += node_slope(node, name, filled, states)[:, 0]
    return slopes, offset


def node_slope(node: Node, name: str, table: Table, states: States) -> Array:
    """Give the derivative (m, c) of a node that is numbers, by the column of that name."""
    if isinstance(node, Name):
        return np.full((table.n_rows, 1), 1.0 * (node.name == name))
    if isinstance(node, Unary):
        inner = node_slope(node.operand, name, table, states)
        return -inner if node.operator == "-" else inner
    if isinstance(node, Binary):
        left, right = (number(side, table, states) for side in (node.left, node.right))
        by_left, by_right = (node_slope(side, name, table, states)[:, 0] for side in (node.left, node.right))
        return _OPERATORS[node.operator](left, right, by_left, by_right)[:, None]
    if isinstance(node, Call) and name in variables(node):
        values = number(node.arguments[0], table, states)
        inner = node_slope(node.arguments[0], name, table, states)
        function = FUNCTIONS[node.function].name
        if function in PARTS:  # of the calendar: they step
            return np.zeros((table.n_rows, 1))
        if function in BASES:
            return BASES[function](values, states[str(node)]) * inner
        base = settings(node).get("base", np.e)
        outer = ELEMENTWISE[function](values) / (np.log(base) if function == "log" else 1.0)
        return np.asarray(outer[:, None] * inner)
    value = evaluate(node, table, states)
    return np.zeros((table.n_rows, value.values.shape[1] if isinstance(value, Numeric) else 1))


def _power(left: Array, right: Array, by_left: Array, by_right: Array) -> Array:
    """r l^(r - 1) l' + l^r log(l) r', the second part only where the exponent moves."""
    first = right * left ** (right - 1.0) * by_left
    first = np.where((right == 0.0) | (by_left == 0.0), 0.0, first)
    return np.asarray(first + np.where(by_right == 0.0, 0.0, left**right * np.log(left) * by_right))


def _poly(x: Array, state: dict[str, Any]) -> Array:
    """p_{k+1}' = p_k + (t - alpha_{k+1}) p_k' - norm2_k / norm2_{k-1} p_{k-1}'; of powers k x^(k-1)."""
    degree = state["degree"]
    if state["raw"]:
        return np.column_stack([(k + 1) * x**k for k in range(degree)])
    t = (x - state["centre"]) / state["scale"]
    alpha, norm2 = state["alpha"], state["norm2"]
    before, now = np.zeros_like(t), np.ones_like(t)
    slope_before, slope = np.zeros_like(t), np.zeros_like(t)
    columns = np.empty((len(x), degree))
    for k in range(degree):
        ratio = norm2[k] / norm2[k - 1] if k else 0.0
        before, now, slope_before, slope = (
            now,
            (t - alpha[k]) * now - ratio * before,
            slope,
            now + (t - alpha[k]) * slope - ratio * slope_before,
        )
        columns[:, k] = slope / (norm2[k + 1] ** 0.5 * state["scale"])
    return columns


def _bs(x: Array, state: dict[str, Any]) -> Array:
    """The slopes of the B-splines; the outermost pieces go on beyond the boundary."""
    slopes = bspline_slope(np.nan_to_num(x), np.array(state["knots"]), state["degree"], order=1)
    return slopes if state["intercept"] else slopes[:, 1:]


def _ns(x: Array, state: dict[str, Any]) -> Array:
    """The slopes of the natural splines, constant beyond the boundary knots."""
    knots = np.array(state["knots"])
    slopes = bspline_slope(np.clip(np.nan_to_num(x), knots[0], knots[-1]), knots, 3, order=1)
    return np.asarray(slopes[:, 0 if state["intercept"] else 1 :] @ np.array(state["combine"]))


def _cr(x: Array, state: dict[str, Any]) -> Array:
    """The slopes of the natural splines by their heights at the knots, constant beyond the outer ones."""
    knots, curvatures = np.array(state["knots"]), np.array(state["curvatures"])
    j = np.clip(np.searchsorted(knots, x, side="right") - 1, 0, len(knots) - 2)
    h = knots[j + 1] - knots[j]
    right, left = knots[j + 1] - x, x - knots[j]
    by_left = h / 6.0 - np.where(x > knots[-1], 0.0, right**2 / (2.0 * h))
    by_right = np.where(x < knots[0], 0.0, left**2 / (2.0 * h)) - h / 6.0
    slopes = by_left[:, None] * curvatures[j] + by_right[:, None] * curvatures[j + 1]
    rows = np.arange(len(x))
    slopes[rows, j] -= 1.0 / h
    slopes[rows, j + 1] += 1.0 / h
    return np.asarray(slopes)


def _scale(x: Array, state: dict[str, Any]) -> Array:
    """1 / scale."""
    return np.full((len(x), 1), 1.0 / state["scale"])


_OPERATORS: dict[str, Callable[[Array, Array, Array, Array], Array]] = {  # of left, right and their slopes
    "+": lambda left, right, by_left, by_right: by_left + by_right,
    "-": lambda left, right, by_left, by_right: by_left - by_right,
    "*": lambda left, right, by_left, by_right: by_left * right + left * by_right,
    "/": lambda left, right, by_left, by_right: (by_left - left / right * by_right) / right,
    "^": _power,
}
ELEMENTWISE: dict[str, Callable[[Array], Array]] = {
    "I": np.ones_like,
    "log": lambda x: 1.0 / x,
    "log1p": lambda x: 1.0 / (1.0 + x),
    "log2": lambda x: 1.0 / (x * np.log(2.0)),
    "log10": lambda x: 1.0 / (x * np.log(10.0)),
    "exp": np.exp,
    "sqrt": lambda x: 0.5 / np.sqrt(x),
    "abs": np.sign,
    "sin": np.cos,
    "cos": lambda x: -np.sin(x),
    "tanh": lambda x: 1.0 / np.cosh(x) ** 2,
}
BASES: dict[str, Callable[[Array, dict[str, Any]], Array]] = {
    "poly": _poly,
    "bs": _bs,
    "ns": _ns,
    "cr": _cr,
    "scale": _scale,
    "center": _scale,
}
