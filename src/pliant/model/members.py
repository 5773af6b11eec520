"""What a model keeps of its members: fits that each did not see one fold of the rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pliant.network import Network
from pliant.record import Verdict
from pliant.types import Array, IntArray


@dataclass(frozen=True, eq=False)
class Members:
    """K fold members, in the units of training of the whole table.

    The centre of member k is  line_k + share (curve_k - line_k); the model predicts line + share (mean curve_k - mean
    line_k), with the line of all rows, so that at share 0 it is the line, digit for digit.
    """

    network: Network  # of one member
    parameters: Array  # (K, k)
    lines: Array  # (K, 1 + inputs, q), the line of each member, its intercept first; zeros where there is none inside
    share: float  # of the curve, 0 to 1
    folds: IntArray  # (n,), the member that did not see the row
    scores: Array  # (n,), conformity scores out of fold, see `ensemble.conformal`; NaN where there are none
    verdict: Verdict
    out_of_fold: tuple[Array, Array] | None = field(default=None, compare=False)  # eta (n, q) of curve and line
    strength: float | None = None  # of the weight decay, by the folds: times that of evidence, or the decay itself
    frequencies: Array | None = None  # (n,), how many equal rows each row stands for; none: for one

    def __len__(self) -> int:
        return len(self.parameters)

    @property
    def every_score(self) -> tuple[Array, IntArray]:
        """Scores and folds (rows,), a row as often as its frequency says."""
        if self.frequencies is None:
            return self.scores, self.folds
        times = self.frequencies.astype(np.int64)
        return np.repeat(self.scores, times), np.repeat(self.folds, times)

    def to_state(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """Give what a file keeps, as JSON facts and arrays; not the values out of fold, which are data."""
        facts = {"network": self.network.to_dict(), "share": self.share, "verdict": vars(self.verdict)}
        facts["strength"] = self.strength
        arrays = {
            "parameters": self.parameters,
            "lines": self.lines,
            "folds": self.folds.astype(np.float64),
            "scores": self.scores,
        }
        if self.frequencies is not None:
            arrays["frequencies"] = self.frequencies
        return facts, arrays

    @classmethod
    def from_state(cls, facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> "Members":
        """Build them again from `to_state`."""
        return cls(
            Network.from_dict(facts["network"]),
            arrays["parameters"],
            arrays["lines"],
            float(facts["share"]),
            arrays["folds"].astype(np.int64),
            arrays["scores"],
            Verdict(**facts["verdict"]),
            strength=facts.get("strength"),
            frequencies=arrays.get("frequencies"),
        )
