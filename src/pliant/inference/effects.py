"""What one column, or two together, do to the mean: accumulated local effects and partial dependence.

Partial dependence sets the column to a value in every row, the others as they are, and averages. Where columns go
together it asks the model about rows that do not exist. The accumulated local effect asks only about small steps: of
the rows near x, how much does the mean change over a step of x; these changes are added up from the least value on.

    PD(x) = mean over all rows of f(x, rest)
    ALE(x) = sum over steps up to x of  mean over the rows of that interval of  f(upper end, rest) - f(lower end, rest)

Both are centred: their mean over the rows is 0. For a model that adds up its columns they are the same curve. Two
columns: the double differences over cells are added up, and what each column does alone is taken off; what is left is
their interaction, and its share of the joint effect is Friedman's H.

Every one is linear in the answers of the model, so its standard error is that of these (means.py).

References
----------
Friedman (2001), Greedy function approximation, Annals of Statistics 29. Apley and Zhu (2020), JRSS B 82.
Friedman and Popescu (2008), Predictive learning via rule ensembles, Annals of Applied Statistics 2, section 8.1.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from pliant.descent import seed_stream
from pliant.inference.axis import Axis, by_likeness, together
from pliant.inference.delta import Places
from pliant.inference.means import Basis, Means, difference, joined
from pliant.inference.moved import moved
from pliant.types import Array, BoolArray, IntArray

EVALUATIONS = 400_000  # answers that one effect asks for at most; where all rows would be more, some are drawn
BLOCK = 100_000  # answers at once
DRAWN = 5  # stream of the seed: for the rows that are drawn

Corner = Mapping[str, tuple[Axis, IntArray]]  # the columns that are set, each to points of its axis


@dataclass(frozen=True)
class Curve:
    """The effect of one column."""

    axis: Axis
    effect: Means  # (G, C), centred
    level: Means  # (1, C), the mean over the rows, which centring takes off: of partial dependence its own


@dataclass(frozen=True)
class Surface:
    """The effect of two columns together, on the points of both: G = G1 G2, the second varying fastest."""

    axes: tuple[Axis, Axis]
    effect: Means  # (G, C), joint, centred
    interaction: Means  # (G, C), without what each does alone
    level: Means  # (1, C)
    shares: Array  # (G,), of the rows, at each point

    def strength(self) -> tuple[Array, Array]:
        """Give H (C,), from 0 to 1, and the standard deviation (C,) of the interaction over the rows."""
        alone = np.sum(self.shares[:, None] * self.interaction.estimate**2, axis=0)
        whole = np.sum(self.shares[:, None] * self.effect.estimate**2, axis=0)
        return np.sqrt(np.clip(alone / np.maximum(whole, 1e-300), 0.0, 1.0)), np.sqrt(alone)

    def noise(self) -> Array:
        """Give the root mean square (C,) over the rows of the interaction's standard error."""
        return np.asarray(np.sqrt(np.sum(self.shares[:, None] * self.interaction.errors() ** 2, axis=0)))


def curve(basis: Basis, at: Places, axis: Axis, method: str, type: str, most: int = EVALUATIONS) -> Curve:
    """Give the effect of the column of an axis, on the scale of the response or of the link.

    Parameters
    ----------
    basis : Basis
    at : Places
    axis : Axis
    method : {"ale", "pdp"}
    type : {"response", "link"}
    most : int
        Answers to ask for.
    """
    G, known = len(axis.points), np.flatnonzero(axis.near[:, 0] >= 0)
    if method == "pdp":
        rows = _some_rows(basis, np.flatnonzero(at.used & (at.counts > 0.0)), float(G), most)
        row, point = np.tile(rows, G), np.repeat(np.arange(G), len(rows))
        effect = _ask(basis, at, row, point, G, ({axis.name: (axis, point)},), type)
    elif G == 1:
        effect = _mean_answer(basis, at, known, type, most).mapped(lambda a: 0.0 * a)
    else:
        axis = _by_likeness(basis, at, axis)
        rows = _some_rows(basis, known, 2.0 * float(np.mean(np.sum(axis.inside[known] >= 0, axis=1))), most)
        row, slot = np.nonzero(axis.inside[rows] >= 0)
        row = rows[row]
        step = axis.inside[row, slot]
        corners = ({axis.name: (axis, step + 1)}, {axis.name: (axis, step)})
        effect = _ask(basis, at, row, step, G - 1, corners, type).mapped(_added_up)
    shares = axis.shares(at.counts)
    middle = effect.mapped(lambda a: np.einsum("g,lgc->lc", shares, a)[:, None])
    level = middle if method == "pdp" else _mean_answer(basis, at, known, type, most)
    effect = effect + middle.mapped(lambda a: -a)
    axis, back = axis.in_order()
    return Curve(axis, effect.mapped(lambda a: a[:, back]), level)


def surface(
    basis: Basis, at: Places, axes: tuple[Axis, Axis], method: str, type: str, most: int = EVALUATIONS
) -> Surface:
    """Give the effect of the columns of two axes together, and their interaction; as `curve`."""
    if method == "ale":
        first, second = (_by_likeness(basis, at, axis) for axis in axes)
    else:
        first, second = axes
    G1, G2 = len(first.points), len(second.points)
    alone = [curve(basis, at, axis, method, type, most) for axis in (first, second)]
    where = [np.argsort(axis.points, kind="stable") for axis in (first, second)]  # a curve's points are in order
    one, two = (each.effect.mapped(_at_points(np.argsort(w))) for each, w in zip(alone, where, strict=True))
    apart = one.mapped(lambda a: np.repeat(a, G2, axis=1)) + two.mapped(lambda a: np.tile(a, (1, G1, 1)))
    corners = together(first.near, second.near, at.counts, (G1, G2))
    shares = (corners / np.sum(corners)).ravel()

    def centred(a: Array) -> Array:
        return np.asarray(a - np.einsum("g,lgc->lc", shares, a)[:, None])

    if method == "pdp":
        rows = _some_rows(basis, np.flatnonzero(at.used & (at.counts > 0.0)), float(G1 * G2), most)
        point = np.repeat(np.arange(G1 * G2), len(rows))
        corner = {first.name: (first, point // G2), second.name: (second, point % G2)}
        whole = _ask(basis, at, np.tile(rows, G1 * G2), point, G1 * G2, (corner,), type)
        level = whole.mapped(lambda a: np.einsum("g,lgc->lc", shares, a)[:, None])
        joint = whole.mapped(centred)
        interaction = (joint + apart.mapped(lambda a: -a)).mapped(centred)
    else:
        interaction = _double_differences(basis, at, first, second, type, most).mapped(centred)
        joint, level = (apart + interaction).mapped(centred), alone[0].level
    order = (where[0][:, None] * G2 + where[1]).ravel()
    put = _at_points(order)
    return Surface(
        (first.in_order()[0], second.in_order()[0]), joint.mapped(put), interaction.mapped(put), level, shares[order]
    )


def _double_differences(basis: Basis, at: Places, first: Axis, second: Axis, type: str, most: int) -> Means:
    """Give the accumulated double differences (G1 G2, C), without the main effect of either axis."""
    G1, G2 = len(first.points), len(second.points)
    if G1 == 1 or G2 == 1:
        nothing = _ask(basis, at, np.flatnonzero(at.used)[:1], np.zeros(1, dtype=np.int64), 1, ({},), type)
        return nothing.mapped(lambda a: np.zeros((len(a), G1 * G2, a.shape[2])))
    rows, i, j = (np.concatenate(each) for each in zip(*_cells(first, second), strict=True))
    some = _some_rows(basis, np.unique(rows), 4.0 * len(rows) / len(np.unique(rows)), most)
    kept = np.isin(rows, some)
    rows, i, j = rows[kept], i[kept], j[kept]
    ends = [(i + 1, j + 1), (i, j + 1), (i + 1, j), (i, j)]
    corners = tuple({first.name: (first, a), second.name: (second, b)} for a, b in ends)
    cells = _ask(basis, at, rows, i * (G2 - 1) + j, (G1 - 1) * (G2 - 1), corners, type)
    source = _nearest_cell(np.isfinite(cells.estimate[:, 0]).reshape(G1 - 1, G2 - 1))
    on_first = together(first.inside, second.near, at.counts, (G1 - 1, G2))
    on_second = together(second.inside, first.near, at.counts, (G2 - 1, G1))

    def without_mains(a: Array) -> Array:
        outcomes = a.shape[2]
        whole = np.zeros((len(a), G1, G2, outcomes))
        steps = a[:, source].reshape(len(a), G1 - 1, G2 - 1, outcomes)
        whole[:, 1:, 1:] = np.cumsum(np.cumsum(steps, axis=1), axis=2)
        one = _main_effect(whole, on_first)
        two = _main_effect(np.swapaxes(whole, 1, 2), on_second)
        return (whole - one[:, :, None] - two[:, None]).reshape(len(a), G1 * G2, outcomes)

    return cells.mapped(without_mains)


def _mean_answer(basis: Basis, at: Places, rows: IntArray, type: str, most: int) -> Means:
    """Give the mean (1, C) of what the model says of rows as they are."""
    rows = _some_rows(basis, rows, 1.0, most)
    return _ask(basis, at, rows, 0 * rows, 1, ({},), type)


def _main_effect(whole: Array, rows: Array) -> Array:
    """Give the accumulated local effect (L, G1, C) of the first axis of a surface (L, G1, G2, C)."""
    share = rows / np.maximum(np.sum(rows, axis=1, keepdims=True), 1e-300)
    return _added_up(np.einsum("jm,ljmc->ljc", share, np.diff(whole, axis=1)))


def _cells(first: Axis, second: Axis) -> Iterator[tuple[IntArray, IntArray, IntArray]]:
    """Give the rows that tell a double difference, with the interval of each axis; part by part."""
    for one in first.inside.T:
        for other in second.inside.T:
            rows = np.flatnonzero((one >= 0) & (other >= 0))
            yield rows, one[rows], other[rows]


def _nearest_cell(known: BoolArray) -> IntArray:
    """Give for each cell itself if it is known, else the nearest that is (the first of several)."""
    J1, J2 = known.shape
    source = np.arange(J1 * J2)
    there = np.flatnonzero(known.ravel())
    for cell in np.flatnonzero(~known.ravel()):
        away = ((there // J2 - cell // J2) / J1) ** 2 + ((there % J2 - cell % J2) / J2) ** 2
        source[cell] = there[np.argmin(away)] if len(there) else cell
    return source


def _ask(
    basis: Basis, at: Places, rows: IntArray, groups: IntArray, G: int, corners: tuple[Corner, ...], type: str
) -> Means:
    """Give the averages over groups of rows of what the model says with some columns set.

    Of one corner the answer itself, of two their difference, of four (c0 - c1) - (c2 - c3). A row that is not
    complete at every corner, as beyond the end of a logarithm, takes no part; a group without rows is missing.
    """
    order = np.argsort(groups, kind="stable")
    starts = np.searchsorted(groups[order], np.arange(G + 1))
    found, g = [], 0
    while g < G:
        last = max(g + 1, int(np.searchsorted(starts, starts[g] + BLOCK, side="right")) - 1)
        mine = order[starts[g] : starts[last]]
        found.append(_ask_block(basis, at, rows[mine], groups[mine] - g, last - g, mine, corners, type))
        g = last
    return joined(found)


def _ask_block(
    basis: Basis,
    at: Places,
    rows: IntArray,
    groups: IntArray,
    G: int,
    mine: IntArray,
    corners: tuple[Corner, ...],
    type: str,
) -> Means:
    """Do so for some of the groups, whose rows are `mine` of all that are asked."""
    seen = [
        moved(basis.model, at, rows, {name: axis.at(point[mine]) for name, (axis, point) in corner.items()})
        for corner in corners
    ]
    complete = np.all([used for _, _, used in seen], axis=0)
    said = [basis.means(X, offset, type) for X, offset, _ in seen]
    while len(said) > 1:
        said = [difference(one, other) for one, other in zip(said[::2], said[1::2], strict=True)]
    return basis.grouped(said[0], np.where(complete, groups, -1), at.counts[rows], G)


def _by_likeness(basis: Basis, at: Places, axis: Axis) -> Axis:
    """Put levels without an order in that of likeness, by all other columns of the formula."""
    return by_likeness(axis, at, tuple(name for name in basis.model.design.reads if name != axis.name))


def _some_rows(basis: Basis, rows: IntArray, each: float, most: int) -> IntArray:
    """Give the rows, or as many of them by chance as may be asked `each` times; in order."""
    count = max(200, int(most / max(each, 1.0)))
    if len(rows) <= count:
        return rows
    rng = seed_stream(basis.model.settings.seed, DRAWN)
    return np.sort(rng.choice(rows, count, replace=False))


def _added_up(a: Array) -> Array:
    """Give sums (L, J + 1, C) of steps (L, J, C), the first 0."""
    return np.concatenate([np.zeros_like(a[:, :1]), np.cumsum(a, axis=1)], axis=1)


def _at_points(index: IntArray) -> Callable[[Array], Array]:
    """Give a function that takes points of (L, G, C) by their index."""
    return lambda a: a[:, index]
