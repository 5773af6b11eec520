"""Where the training rows lie, and whether another row lies inside, at the edge of or outside them.

Of the columns of the design matrix, without the intercept, is kept what tells a row from the training rows without
keeping these: range and tails of each column, its wide gaps, which values of two-valued columns never met, and the
second moments of the rest. A row is

outside   beyond the range of a column; in a wide hole within it; or of greater leverage than any training row has in
          the eyes of the others. It may be within every range and still lie where no row is: hidden extrapolation
edge      beyond the central 95 % of a column, or of the leverages; in a gap of a column of few values; or two values
          that no training row has together
inside    else

The leverage  h(x) = 1/n + (x - c)' S^-1 (x - c),  S = sum_i (x_i - c)(x_i - c)',  is taken over the columns of more
than two values, since one rare level would stretch it for all others. A training row is part of its own S and a new
row is not, so h is compared with that of a training row whose S does not know it, h_i / (1 - h_i): then a new row from
where the training rows come from lies beyond all of them once in n + 1 times, however many columns there are. The tails
of p columns are 0.025 / p each, so that all columns together put about one row in twenty at the edge.

What the rule does not see: holes in two columns at once that neither has alone, such as the middle of a ring.

References
----------
Montgomery, Peck and Vining (2012), Introduction to Linear Regression Analysis, section 3.8, hidden extrapolation.
Brooks, Carroll and Verdini (1988), Characterizing the domain of a regression model, The American Statistician 42.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pliant.data.scaling import Scaling
from pliant.types import Array, BoolArray, IntArray

INSIDE, EDGE, OUTSIDE = range(3)
WORDS = ("inside", "edge", "outside")
TAILS = 0.05  # of the rows lie at the edge
WIDE = 0.1  # of its column's range: a gap from here on is kept
HOLE = 10.0  # times the column's usual gap: a hole
FAR = 0.5  # of the range: a gap before the last few rows that is a hole all the same
MANY = 10  # values from which a column has usual gaps
RIM = 0.1  # of a hole, at either end, is its edge
FLAT = 1e-10  # of the mean square: a direction in which the training rows do not vary
ROUNDING = 1e-9
MOST_NUMBERS, MOST_PAIRED = 500, 100  # columns; beyond, no leverage and no pairs
REASONS = 3  # that are said of a row
ROWS = 8_192  # in a block


@dataclass(frozen=True, eq=False)
class Support:
    """What is kept of the training rows' places; p' columns, in the user's units."""

    ranges: Array  # (4, p'): least, greatest, and the ends of the central part
    gaps: Array  # (g, 4): column, from, to, and EDGE or OUTSIDE
    numbers: IntArray  # (r,), columns of more than two values
    places: Array  # (2, r): their centres and scales
    basis: Array  # (r, d): z @ basis has squares that add up to h - 1/n
    spans: Array  # (r, d): orthonormal directions in which the training rows vary
    limits: Array  # (4,): rows; greatest leverage and the edge's; how far a row may leave the directions
    paired: IntArray  # (b,), columns of two values
    unmet: BoolArray  # (4, b, b): pairs of values (high high, high low, low high, low low) that never met

    @classmethod
    def learn(cls, inputs: Array, counts: Array) -> "Support":
        """Learn from training rows.

        Parameters
        ----------
        inputs : ndarray, shape (n, p')
            Columns of the design matrix without the intercept; no row is missing.
        counts : ndarray, shape (n,)
            How many equal rows each stands for; zero: none.
        """
        used = counts > 0.0
        if not used.all():
            inputs, counts = inputs[used], counts[used]
        varying = int(np.sum(np.ptp(inputs, axis=0) > 0.0))
        columns = [_column(values, counts, j, max(varying, 1)) for j, values in enumerate(inputs.T)]
        ranges = np.array([each[0] for each in columns]).reshape(-1, 4).T
        gaps = np.array([gap for each in columns for gap in each[1]]).reshape(-1, 4)
        kinds = np.array([each[2] for each in columns])  # how many values: 1, 2, or 3 for more
        numbers, paired = np.flatnonzero(kinds == 3), np.flatnonzero(kinds == 2)
        numbers = numbers if len(numbers) <= MOST_NUMBERS else numbers[:0]
        paired = paired if len(paired) <= MOST_PAIRED else paired[:0]
        places = np.array([_place(inputs[:, j], counts) for j in numbers]).reshape(-1, 2).T
        basis, spans, limits = _leverages(inputs, counts, numbers, places)
        unmet = _pairs(inputs, counts, paired, ranges[:, paired]) == 0.0
        return cls(ranges, gaps, numbers, places, basis, spans, limits, paired, unmet)

    def judge(self, inputs: Array) -> IntArray:
        """Give INSIDE, EDGE or OUTSIDE for each row (m,) of inputs (m, p') that are not missing."""
        found: IntArray = np.max(self._by_column(inputs), axis=1, initial=INSIDE)
        joint = np.maximum(self._by_leverage(inputs)[0], EDGE * np.any(self._unmet(inputs), axis=1))
        return np.asarray(np.maximum(found, joint))

    def _by_column(self, inputs: Array) -> IntArray:
        """Give what each column says of each row (m, p')."""
        low, high, inner_low, inner_high = self.ranges
        slack = ROUNDING * np.maximum(np.abs(low), np.abs(high))
        found = EDGE * ((inputs < inner_low - slack) | (inputs > inner_high + slack))
        for j, start, end, kind in self.gaps:
            values, rim = inputs[:, int(j)], RIM * (end - start)
            within = (values > start + slack[int(j)]) & (values < end - slack[int(j)])
            deep = within & (values > start + rim) & (values < end - rim)
            found[:, int(j)] = np.maximum(found[:, int(j)], np.where(deep, int(kind), EDGE * within))
        return np.where((inputs < low - slack) | (inputs > high + slack), OUTSIDE, found)

    def _by_leverage(self, inputs: Array) -> tuple[IntArray, Array, BoolArray]:
        """Give what the leverage says of each row (m,), each number's part in it (m, r), and who leaves the span."""
        n, reach, edge, slack = self.limits
        with np.errstate(over="ignore", invalid="ignore"):
            z = (inputs[:, self.numbers] - self.places[0]) / self.places[1]
            along = z @ self.basis
            h = 1.0 / n + np.sum(along**2, axis=1)
            size = np.sum(z**2, axis=1)
            leaves = size - np.sum((z @ self.spans) ** 2, axis=1) > slack * (1.0 + size)
            parts = z * (along @ self.basis.T)
        grown = 1.0 + ROUNDING
        return np.where((h > reach * grown) | leaves, OUTSIDE, EDGE * (h > edge * grown)), parts, leaves

    def _unmet(self, inputs: Array) -> BoolArray:
        """Mark the columns of two values (m, b) whose value never met that of another."""
        high = _is_high(inputs[:, self.paired], self.ranges[:, self.paired])
        low = 1.0 - high
        marks = high * (high @ self.unmet[0] + low @ self.unmet[1].T) + low * (
            high @ self.unmet[2].T + low @ self.unmet[3]
        )
        return np.asarray(marks > 0.0)

    def reasons(self, inputs: Array, names: Sequence[str]) -> list[str]:
        """Say of each row (m,) why it is not inside, the gravest reasons only; "" where it is."""
        columns, unmet = self._by_column(inputs), self._unmet(inputs)
        joint, parts, leaves = self._by_leverage(inputs)
        said = []
        for i, row in enumerate(inputs):
            found = [
                (int(columns[i, j]), self._of_column(int(j), float(row[j]), names)) for j in np.flatnonzero(columns[i])
            ]
            if joint[i] > max((grave for grave, _ in found), default=INSIDE):
                found.append((int(joint[i]), self._of_leverage(row, parts[i], bool(leaves[i]), int(joint[i]), names)))
            if unmet[i].any():
                which = [f"{names[j]} = {row[j]:g}" for j in self.paired[unmet[i]][:REASONS]]
                found.append((EDGE, f"{' and '.join(which)} are in no training row together"))
            most = max((grave for grave, _ in found), default=INSIDE)
            said.append("; ".join([text for grave, text in found if grave == most][:REASONS]))
        return said

    def _of_column(self, j: int, value: float, names: Sequence[str]) -> str:
        """Say what is odd about one value."""
        low, high, _, inner_high = self.ranges[:, j]
        what = f"{names[j]} = {value:.6g}"
        slack = ROUNDING * max(abs(low), abs(high))
        if low == high:
            return f"{what} is {low:.6g} in every training row"
        if value > high + slack:
            return f"{what} is above {high:.6g}, the largest of the training rows"
        if value < low - slack:
            return f"{what} is below {low:.6g}, the smallest of the training rows"
        for start, end, _ in self.gaps[self.gaps[:, 0] == j][:, 1:]:
            if start + slack < value < end - slack:
                return f"{what} lies between {start:.6g} and {end:.6g}, where there is no training row"
        if j in self.paired:
            return f"{what} in few training rows"
        return f"{what} is among the {'largest' if value > inner_high else 'smallest'} of the training rows"

    def _of_leverage(self, row: Array, parts: Array, leaves: bool, grave: int, names: Sequence[str]) -> str:
        """Say which columns, taken together, are far from the training rows."""
        most = np.argsort(-parts, kind="stable")[:2]
        which = " with ".join(f"{names[j]} = {row[j]:.6g}" for j in self.numbers[np.sort(most)])
        if leaves:
            return f"{which} breaks a relation that all training rows keep"
        than = "any of them" if grave == OUTSIDE else f"{100 * (1 - TAILS):g} % of them"
        return f"{which} is farther from the middle of the training rows than {than}"

    def to_state(self) -> dict[str, Array]:
        """Give what a file keeps, as arrays of numbers."""
        return {name: np.asarray(values, dtype=np.float64) for name, values in vars(self).items()}

    @classmethod
    def from_state(cls, arrays: Mapping[str, Array]) -> "Support":
        """Build it again from `to_state`."""
        kept: dict[str, Any] = {name: np.asarray(arrays[name], dtype=np.float64) for name in cls.__annotations__}
        whole: dict[str, Any] = {name: kept.pop(name).astype(np.int64) for name in ("numbers", "paired")}
        unmet = kept.pop("unmet") > 0.0
        return cls(**whole, **kept, unmet=unmet)


def _column(values: Array, counts: Array, j: int, p: int) -> tuple[list[float], list[tuple[float, ...]], int]:
    """Give least, greatest and central ends of a column, its wide gaps, and whether it has one, two or more values."""
    order = np.argsort(values, kind="stable")
    ranked, weight = values[order], counts[order]
    total, tail = float(np.sum(weight)), TAILS / 2.0 / p
    below = np.cumsum(weight)
    first = int(np.searchsorted(below, tail * total))
    last = len(ranked) - 1 - int(np.searchsorted(np.cumsum(weight[::-1]), tail * total))
    ends = [float(ranked[0]), float(ranked[-1]), float(ranked[first]), float(ranked[last])]
    slack = ROUNDING * max(abs(ends[0]), abs(ends[1]))
    steps = np.diff(ranked)
    apart = steps[steps > slack]
    if not len(apart):
        return ends, [], 1
    at_least = WIDE * (ends[1] - ends[0])
    usual = apart[apart < at_least]
    hole = HOLE * float(np.mean(usual)) if len(usual) + 1 >= MANY else np.inf
    gaps: list[tuple[float, ...]] = []
    for i in np.flatnonzero(steps >= at_least):
        thin = min(below[i], total - below[i]) < 0.5 * TAILS * total  # a tail, unless it is far away
        grave = steps[i] > hole and (not thin or steps[i] > FAR * (ends[1] - ends[0]))
        gaps.append((float(j), float(ranked[i]), float(ranked[i + 1]), float(OUTSIDE if grave else EDGE)))
    return ends, gaps, 2 if len(apart) == 1 else 3


def _place(values: Array, counts: Array) -> tuple[float, float]:
    """Give centre and scale of a column."""
    scaling = Scaling.learn(values[:, None], None, np.zeros(len(values)), True, counts)
    return float(scaling.centre[0]), float(scaling.scale[0])


def _leverages(inputs: Array, counts: Array, numbers: IntArray, places: Array) -> tuple[Array, Array, Array]:
    """Give basis, directions and limits from the columns of many values."""
    n, r = float(np.sum(counts)), len(numbers)
    moments = np.zeros((r, r))
    for at in _blocks(len(inputs)):
        z = (inputs[at][:, numbers] - places[0]) / places[1]
        moments += (z * counts[at, None]).T @ z
    sizes, directions = np.linalg.eigh(moments)
    kept = sizes > FLAT * n
    if not kept.any() or np.sum(kept) >= n - 1:  # none, or every row is a direction of its own
        return directions[:, :0], directions, np.array([n, np.inf, np.inf, np.inf])
    spans = directions[:, kept]
    basis = spans / np.sqrt(sizes[kept])
    h, off = np.empty((2, len(inputs)))
    for at in _blocks(len(inputs)):
        z = (inputs[at][:, numbers] - places[0]) / places[1]
        size = np.sum(z**2, axis=1)
        h[at] = 1.0 / n + np.sum((z @ basis) ** 2, axis=1)
        off[at] = (size - np.sum((z @ spans) ** 2, axis=1)) / (1.0 + size)
    seen = h < 1.0 - 1e-6  # the others are alone in a direction, and have nobody to be compared with
    unseen = h[seen] / (1.0 - h[seen])  # by an S that does not know the row
    order = np.argsort(unseen)
    at_edge = int(np.searchsorted(np.cumsum(counts[seen][order]), (1.0 - TAILS) * float(np.sum(counts[seen]))))
    edge = float(unseen[order][min(at_edge, len(order) - 1)]) if len(order) else np.inf
    greatest = max(float(np.max(unseen, initial=0.0)), float(np.max(h)))  # no training row lies outside
    return basis, spans, np.array([n, greatest, edge, max(1e-8, 4.0 * float(np.max(off)))])


def _pairs(inputs: Array, counts: Array, paired: IntArray, ranges: Array) -> Array:
    """Count the rows (4, b, b) with each pair of values of the columns of two values."""
    found = np.zeros((4, len(paired), len(paired)))
    for at in _blocks(len(inputs)):
        high = _is_high(inputs[at][:, paired], ranges)
        both = [(a * counts[at, None]).T @ b for a in (high, 1.0 - high) for b in (high, 1.0 - high)]
        found += np.array(both).reshape(found.shape)
    return found


def _blocks(n: int) -> Iterator[slice]:
    """Cut n rows into blocks that stay in the cache."""
    return (slice(first, first + ROWS) for first in range(0, n, ROWS))


def _is_high(values: Array, ranges: Array) -> Array:
    """Give one where a column of two values has the greater (m, b), zero else."""
    return np.asarray((values > 0.5 * ranges[0] + 0.5 * ranges[1]) * 1.0)
