"""Effects as frames: of one column, of two together, and how strongly every two of them interact."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.data.columns import Column, nearest, shown
from pliant.data.frame_io import plain_values
from pliant.errors import ArgumentError, InputError
from pliant.inference.axis import Axis, axis_of
from pliant.inference.coefficients import check_level, wald_interval
from pliant.inference.delta import Places, check_type, effect_names, places
from pliant.inference.effects import EVALUATIONS, Curve, Surface, curve, surface
from pliant.inference.intervals import mean_bounds
from pliant.inference.means import Basis, Means, basis_or_none
from pliant.inference.slopes import asked_columns
from pliant.optimisers.checks import check_choice, check_flag, listed_names
from pliant.types import Array

if TYPE_CHECKING:
    from pliant.model import Fitted

METHODS = ("ale", "pdp")
CELLS = (6, 20)  # least and most intervals of a number in a surface
COARSE, QUICK = (6, 8), 30_000  # the same, and answers asked for, where every two columns are compared

Framed = tuple[dict[str, Any], str]  # columns, and the kind of frame to make of them


@dataclass(frozen=True)
class Asked:
    """What is asked of effects, and the model that answers."""

    basis: Basis
    at: Places
    method: str
    type: str
    level: float
    centred: bool

    @property
    def names(self) -> tuple[str, ...]:
        """Name the outcomes."""
        return effect_names(self.basis.model, self.type)

    def curve(self, name: str) -> Curve:
        """Give the effect of one column."""
        return curve(self.basis, self.at, axis_of(self.basis.model, self.at, name), self.method, self.type)

    def surface(self, first: str, second: str, cells: tuple[int, int] = CELLS, most: int = EVALUATIONS) -> Surface:
        """Give the effect of two columns together, on at most so many cells an axis and by so many answers."""
        bins = int(np.clip(np.sqrt(np.sum(self.at.counts[self.at.used]) / 2.0), *cells))
        one, two = (axis_of(self.basis.model, self.at, name, bins, 0) for name in (first, second))
        return surface(self.basis, self.at, (one, two), self.method, self.type, most)

    def bounds(self, effect: Means, level: Means) -> tuple[Array, Array, Array, Array]:
        """Give effect, standard error, and interval (G, C); with the mean over the rows added where it is asked for."""
        whole = effect if self.centred else effect + level
        errors = whole.errors()
        if self.centred or self.type == "link":
            low, high = wald_interval(whole.estimate, errors, self.level, self.basis.df)
        else:
            low, high = mean_bounds(self.basis.model, whole.estimate, errors, self.type, self.level, self.basis.df)
        return whole.estimate, errors, low, high


def asked_of(
    model: "Fitted",
    table: object,
    method: str = "ale",
    type: str = "response",
    level: float = 0.95,
    centred: bool = True,
) -> Asked:
    """Give what is asked of effects, once it is seen that it can be.

    Raises
    ------
    ArgumentError
        If an argument is not one of its choices.
    InputError
        If the formula reads no column, or no table is at hand.
    """
    check_choice("method of effects", method, METHODS)
    check_type(type)
    check_level(level)
    check_flag("centred", centred)
    asked_columns(model, None)
    return Asked(basis_or_none(model), places(model, table), method, type, level, centred)


def effects(asked: Asked, first: str, second: str | None) -> Framed:
    """Give the frame of one column's effect, or of two columns' together."""
    model = asked.basis.model
    for name in (first, second) if second is not None else (first,):
        check_column(model, name)
    if second is None:
        return curve_columns(asked, asked.curve(first)), asked.at.table.kind
    if first == second:
        raise ArgumentError(f"two different columns have an effect together, not {shown(first)} twice")
    return surface_columns(asked, asked.surface(first, second)), asked.at.table.kind


def check_column(model: "Fitted", name: object) -> None:
    """See that the formula reads a column, or name the nearest that it does."""
    reads = model.design.reads
    if not isinstance(name, str):
        raise ArgumentError(f"{name!r} is no column's name; give one as text, such as {shown(reads[0])}")
    if name not in reads:
        raise ArgumentError(f"the formula does not read {shown(name)}{nearest(name, reads)}")


def curve_columns(asked: Asked, found: Curve) -> dict[str, Any]:
    """Give the columns of one effect, outcome after outcome."""
    rows = _count(asked.at, found.axis)
    estimate, errors, low, high = asked.bounds(found.effect, found.level)
    blocks = [
        {
            found.axis.name: found.axis.at(np.arange(len(found.axis.points))),
            "response": [name] * len(rows),
            "effect": estimate[:, c],
            "std_error": errors[:, c],
            "lower": low[:, c],
            "upper": high[:, c],
            "n_rows": rows,
        }
        for c, name in enumerate(asked.names)
    ]
    return stacked(asked, blocks)


def surface_columns(asked: Asked, found: Surface) -> dict[str, Any]:
    """Give the columns of the effect of two, outcome after outcome."""
    one, two = found.axes
    G1, G2 = len(one.points), len(two.points)
    estimate, errors, low, high = asked.bounds(found.effect, found.level)
    own, strength = found.interaction.errors(), found.strength()[0]
    near = one.nearest * G2 + two.nearest
    known = (one.nearest >= 0) & (two.nearest >= 0)
    rows = np.bincount(near[known], asked.at.counts[known], G1 * G2).astype(np.int64)
    blocks = [
        {
            one.name: one.at(np.repeat(np.arange(G1), G2)),
            two.name: two.at(np.tile(np.arange(G2), G1)),
            "response": [name] * (G1 * G2),
            "effect": estimate[:, c],
            "std_error": errors[:, c],
            "lower": low[:, c],
            "upper": high[:, c],
            "interaction": found.interaction.estimate[:, c],
            "interaction_error": own[:, c],
            "strength": np.full(G1 * G2, strength[c]),
            "n_rows": rows,
        }
        for c, name in enumerate(asked.names)
    ]
    return stacked(asked, blocks)


def interactions(asked: Asked, columns: Sequence[str] | None) -> Framed:
    """Give how strongly every two columns interact, the strongest first.

    Raises
    ------
    InputError
        If there are not two columns.
    """
    model = asked.basis.model
    names = listed_names("columns", model.design.reads if columns is None else columns)
    for name in names:
        check_column(model, name)
    if len(set(names)) < 2 or len(set(names)) < len(names):
        raise InputError(f"an interaction is of two columns or more, each once; {model.formula} has no two to compare")
    rows = []
    for first, second in combinations(names, 2):
        found = asked.surface(first, second, COARSE, QUICK)
        strength, size = found.strength()
        error = found.noise()
        for c, name in enumerate(asked.names):
            rows.append((first, second, name, strength[c], size[c], error[c]))
    rows.sort(key=lambda row: -row[4])
    heads = ("first", "second", "response", "strength", "size", "std_error")
    found_columns: dict[str, Any] = {head: np.array([row[j] for row in rows]) for j, head in enumerate(heads)}
    if not _several(asked):
        del found_columns["response"]
    return found_columns, asked.at.table.kind


def stacked(asked: Asked, blocks: list[dict[str, Any]]) -> dict[str, Any]:
    """Put blocks below each other; the column `response` is for several outcomes only."""
    columns: dict[str, Any] = {}
    for name, values in blocks[0].items():
        if name == "response" and not _several(asked):
            continue
        if isinstance(values, np.ndarray):
            columns[name] = np.concatenate([block[name] for block in blocks])
        elif isinstance(values, list):
            columns[name] = [value for block in blocks for value in block[name]]
        else:
            columns[name] = _values([block[name] for block in blocks])
    return columns


def _values(columns: list[Column]) -> Any:
    """Give the values of like columns, one after the other, as a frame holds them."""
    each = [plain_values(column) for column in columns]
    return [value for values in each for value in values] if isinstance(each[0], list) else np.concatenate(each)


def _several(asked: Asked) -> bool:
    """Say whether the outcomes have to be told apart."""
    return len(asked.names) > 1 or asked.basis.model.likelihood.has_classes


def _count(at: Places, axis: Axis) -> Array:
    """Give the number of rows (G,) that lie nearest to each point."""
    known = axis.nearest >= 0
    return np.bincount(axis.nearest[known], at.counts[known], len(axis.points)).astype(np.int64)
