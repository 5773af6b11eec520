"""What a model keeps of its members: fits that each did not see one fold of the rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pliant.network import Network
from pliant.record import Reached, Verdict
from pliant.types import Array, IntArray

SPREAD = ("parameters", "ranges", "scores")  # arrays of a spread


@dataclass(frozen=True, eq=False)
class Spread:
    """How far the responses scatter at x, by each member: s_k(x) = exp(network_k(x)), within the range of its rows."""

    network: Network
    parameters: Array  # (K, k), for inputs in the units of training of the whole table
    ranges: Array  # (K, 2), of the network at the training rows
    scores: Array  # (n,), conformity scores over s_k(x) of the member that did not see the row


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
    fold_shares: Array | None = None  # (K,), the share that the other folds alone choose
    reached: tuple[Reached, ...] = ()  # what the intervals reached on rows not seen; none: nothing is claimed
    # (K, 3) decays and dispersion of each member in its own units of training, (K, 1) without evidence; not in a file
    evidence: Array | None = field(default=None, compare=False)
    spread: Spread | None = field(default=None, compare=False)  # of a file; see `Fitted.spread`

    def __len__(self) -> int:
        return len(self.parameters)

    @property
    def every_score(self) -> tuple[Array, IntArray]:
        """Scores and folds (rows,), a row as often as its frequency says."""
        return self.repeated(self.scores), self.repeated(self.folds)

    def repeated(self, values: Any) -> Any:
        """Give what the rows have (n,), a row as often as its frequency says."""
        return values if self.frequencies is None else np.repeat(values, self.frequencies.astype(np.int64))

    def to_state(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """Give what a file keeps, as JSON facts and arrays; not the values out of fold, which are data."""
        facts: dict[str, Any] = {"network": self.network.to_dict(), "share": self.share}
        facts["verdict"] = self.verdict.to_dict()
        facts["reached"] = [each.to_dict() for each in self.reached]
        facts["strength"] = self.strength
        arrays = {
            "parameters": self.parameters,
            "lines": self.lines,
            "folds": self.folds.astype(np.float64),
            "scores": self.scores,
        }
        if self.frequencies is not None:
            arrays["frequencies"] = self.frequencies
        if self.fold_shares is not None:
            arrays["fold_shares"] = self.fold_shares
        if self.spread is not None:
            facts["spread"] = self.spread.network.to_dict()
            arrays |= {f"spread.{name}": getattr(self.spread, name) for name in SPREAD}
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
            Verdict.from_dict(facts["verdict"]),
            strength=facts["strength"],
            frequencies=arrays.get("frequencies"),
            fold_shares=arrays.get("fold_shares"),
            reached=tuple(Reached.from_dict(each) for each in facts["reached"]),
            spread=None
            if "spread" not in facts
            else Spread(Network.from_dict(facts["spread"]), *(arrays[f"spread.{name}"] for name in SPREAD)),
        )
