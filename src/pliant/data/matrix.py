"""The columns of the design matrix: terms, coded by contrasts where their margins call for it.

A factor in a term is coded by contrasts if the rest of the term is already spanned by an earlier term, and by a
column a level if not. That is R's rule, but for two points. R looks for an earlier term that *contains* the rest,
also when its numbers differ (`a:x + a:b` with a number x), and then loses columns; here the numbers must agree.
And without an intercept R gives the first factor a column a level also where the rest is there already
(`0 + x + x:a`), of which one is then aliased; here none is. Both are recorded in `tests/data/test_design_r.py`.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pliant.data.columns import shown
from pliant.data.contrasts import contrast_labels, contrast_matrix
from pliant.data.evaluate import Numeric, States, Value, evaluate
from pliant.data.formula import Node, Term, Terms
from pliant.data.table import Table
from pliant.errors import TableError
from pliant.types import Array, IntArray

MOST_COLUMNS = 5_000
ROWS = 8_192  # that are put together at a time


@dataclass(frozen=True)
class Coded:
    """The columns that one factor puts into one term."""

    values: Array  # (n, c); NaN rows where missing
    labels: tuple[str, ...]  # one a column: "x", "g[T.b]"
    r_labels: tuple[str, ...]  # "x", "gb"


@dataclass(frozen=True)
class Columns:
    """A design matrix with the names of its columns."""

    X: Array  # (n, p)
    names: tuple[str, ...]
    r_names: tuple[str, ...]
    term_of: tuple[int, ...]  # index of the term of each column, -1 for the intercept
    bends: tuple[bool, ...]  # whether hidden units may read it


def full_codings(terms: Terms, is_group: dict[Node, bool]) -> list[frozenset[Node]]:
    """Give, for each term, the factors that get a column a level."""
    spanned: list[tuple[frozenset[Node], frozenset[Node]]] = []  # numbers, groups of the terms so far
    if terms.intercept:
        spanned.append((frozenset(), frozenset()))
    full = []
    for term in terms.terms:
        groups = frozenset(f for f in term.factors if is_group[f])
        numbers = frozenset(term.factors) - groups
        alone = frozenset(
            g for g in groups if not any(of == numbers and groups - {g} <= others for of, others in spanned)
        )
        full.append(alone)
        spanned.append((numbers, groups))
    return full


def build_columns(
    terms: Terms,
    table: Table,
    states: States,
    full: Sequence[frozenset[Node]],
    values: dict[Node, Value],
    *,
    names_only: bool = False,
) -> Columns:
    """Put the coded factors of every term together, the first factor of an interaction varying fastest.

    With `names_only` the matrix has no rows: what the columns are called does not depend on these.

    Raises
    ------
    TableError
        If a term has more than 5,000 columns, as an identifier among the factors makes it, or the matrix would
        not fit into memory.
    """
    n = table.n_rows
    widths = term_widths(terms, full, values)
    _check_memory(n, terms, widths)
    if names_only:
        n, values = 0, {node: _without_rows(value) for node, value in values.items()}
    blocks = [np.ones((n, 1))] if terms.intercept else []
    names, r_names = (["Intercept"], ["(Intercept)"]) if terms.intercept else ([], [])
    taken = set(names)
    term_of, bends = ([-1], [False]) if terms.intercept else ([], [])
    for t, term in enumerate(terms.terms):
        product = None
        for node in term.factors:
            coded = _coded(node, values[node], node in full[t])
            product = coded if product is None else _times(product, coded)
        product = Coded(np.ones((n, 1)), ("",), ("",)) if product is None else product
        blocks.append(product.values)
        names += [f"`{label}`" if label in taken else label for label in product.labels]
        r_names += product.r_labels
        term_of += [t] * len(product.labels)
        bends += [term.bends] * len(product.labels)
    return Columns(_beside(blocks, n), tuple(names), tuple(r_names), tuple(term_of), tuple(bends))


def _without_rows(value: Value) -> Value:
    """Give a factor of no rows."""
    return (
        replace(value, values=value.values[:0]) if isinstance(value, Numeric) else replace(value, codes=value.codes[:0])
    )


def _beside(blocks: Sequence[Array], n: int) -> Array:
    """Put blocks of columns side by side, some rows at a time: these stay in the cache, and a column is long."""
    X = np.empty((n, sum(block.shape[1] for block in blocks)))
    step = max(ROWS, n // 1000)
    for first in range(0, n, step):
        rows, at = slice(first, first + step), 0
        for block in blocks:
            X[rows, at : at + block.shape[1]] = block[rows]
            at += block.shape[1]
    return X


def evaluate_factors(terms: Terms, table: Table, states: States) -> dict[Node, Value]:
    """Evaluate every factor of every term once."""
    return {node: evaluate(node, table, states) for node in dict.fromkeys(f for t in terms.terms for f in t.factors)}


def _coded(node: Node, value: Value, full: bool) -> Coded:
    """Give the columns of one factor: numbers as they are, groups by contrasts or by a column a level."""
    name = str(node)
    if isinstance(value, Numeric):
        return Coded(
            value.values,
            tuple(name + label for label in value.labels),
            tuple(name + label for label in value.r_labels),
        )
    how = (value.levels, "full" if full else value.contrast, value.reference)
    labels, r_labels = contrast_labels(*how)
    return Coded(
        _coded_rows(value.codes, contrast_matrix(*how).matrix) if len(value.codes) else np.zeros((0, len(labels))),
        tuple(f"{name}[{label}]" for label in labels),
        tuple(name + label for label in r_labels),
    )


def _coded_rows(codes: IntArray, rows: Array) -> Array:
    """Give the row (n, c) of each level; NaN where it is missing."""
    missing = codes < 0
    if np.any(codes == len(rows)):
        rows = np.vstack([rows, np.mean(rows, axis=0)])  # the average of the levels
    values: Array = rows[np.where(missing, 0, codes)]
    values[missing] = np.nan
    return values


def _times(left: Coded, right: Coded) -> Coded:
    """Multiply every column on the left with every one on the right, the left varying fastest."""
    n = len(left.values)
    values = (right.values[:, :, None] * left.values[:, None, :]).reshape(n, len(left.labels) * len(right.labels))
    return Coded(
        values,
        tuple(f"{a}:{b}" for b in right.labels for a in left.labels),
        tuple(f"{a}:{b}" for b in right.r_labels for a in left.r_labels),
    )


def term_widths(terms: Terms, full: Sequence[frozenset[Node]], values: dict[Node, Value]) -> list[int]:
    """Give the number of columns of each term, before any is made; a TableError where there are too many."""
    return [_width(term, full[t], values) for t, term in enumerate(terms.terms)]


def _width(term: Term, full: frozenset[Node], values: dict[Node, Value]) -> int:
    """Give the number of columns of a term, or refuse it before memory goes."""
    width, widest, most = 1, "", 0
    for node in term.factors:
        value = values[node]
        own = value.values.shape[1] if isinstance(value, Numeric) else len(value.levels) - (node not in full)
        width *= own
        if own > most:
            widest, most = str(node), own
    if width > MOST_COLUMNS:
        raise TableError(
            f"the term {term} has {width:,} columns, more than {MOST_COLUMNS:,}; {shown(widest)} alone has {most:,}: "
            "if it names single rows leave it out, else join rare levels"
        )
    return width


def _check_memory(n_rows: int, terms: Terms, widths: Sequence[int]) -> None:
    """Refuse a matrix that would not fit twice into the machine: once by term, once put together."""
    n_bytes = 8 * n_rows * sum(widths)
    if 2 * n_bytes > _memory():
        widest = max(range(len(widths)), key=lambda t: widths[t])
        raise TableError(
            f"the design matrix would have {n_rows:,} rows and {sum(widths):,} columns, {n_bytes / 2**30:,.0f} GiB: "
            f"more than memory holds; the term {terms.terms[widest]} alone has {widths[widest]:,} columns: join rare "
            "levels, leave it out, or fit some of the rows"
        )


def _memory() -> int:
    """Give the bytes of memory of this machine; 16 GiB where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # not there on Windows
        return 16 * 2**30
