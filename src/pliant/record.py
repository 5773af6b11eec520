"""What a fitted model remembers of its run: the settings, and what was measured on the training rows.

Both are kept in the model file, so that a model without its data still knows how it came about.
"""

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pliant.types import Array


@dataclass(frozen=True)
class Settings:
    """What was asked and what was chosen, so that a run can be repeated and continued."""

    engine: str
    optimiser: str  # "irls", or a name of OPTIMISERS or DRIVERS
    optimiser_settings: Mapping[str, float]
    learning_rate: float  # 0 for irls and drivers, which need none
    epochs: int  # of the first training, over which a schedule runs; steps of a driver; 0 for irls
    batch: int | None
    schedule: str
    regularisation: float
    validation: float | None
    patience: int | None
    seed: int
    precision: str
    given: Mapping[str, str | None] = field(default_factory=dict)  # weights, offset, frequencies: column, or numbers
    firth: bool = False  # of a line: Firth's penalised likelihood, in place of a number for `regularisation`
    evidence: bool = False  # the weight decay was set by evidence; `regularisation` is then 0
    by_folds: bool = False  # how strong the weight decay is was chosen by the folds of the members
    parametrisation: str = "plain"  # or "ntk": a rate for each layer, and a learned scale of the hidden layers' inputs
    reasons: tuple[str, ...] = ()  # why the recipe chose what nobody asked for
    asked: Mapping[str, Any] | None = None  # arguments of `fit` beside `given` that are not its defaults; null: numbers

    def to_dict(self) -> dict[str, Any]:
        """Give what JSON can say."""
        asked = None if self.asked is None else dict(self.asked)
        plain = {"optimiser_settings": dict(self.optimiser_settings), "given": dict(self.given), "asked": asked}
        return vars(self) | plain

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> "Settings":
        """Build it again from `to_dict`."""
        return cls(**{**said, "reasons": tuple(said["reasons"])})


MOST = sys.float_info.max  # stands for infinity in a file: the likelihood of a perfect fit is infinite


@dataclass(frozen=True)
class Facts:
    """What was measured on the training rows."""

    n_rows: int  # with a positive weight, each as often as its frequency says
    deviance: float
    null_deviance: float
    log_likelihood: float
    dispersion: float
    df_residual: int
    df_null: int
    inverse_information: Array | None = None  # of an exact line without a penalty, (p q, p q)
    parameter_error: float = math.nan  # standard error of the family's theta or power, where it was estimated
    effective_parameters: float = math.nan  # how many the data determine; of a curve fitted by lm
    decays: tuple[float, ...] = ()  # by evidence: of the hidden weights, of the line; in the units of training
    noise: float = math.nan  # the dispersion that belongs to them, likewise
    fingerprint: str = ""  # SHA-256 of the training arrays: the same data continue a run, others do not

    def to_dict(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """Give what JSON can say (NaN is null, infinity the largest number), and the inverse information, an array."""
        said = {k: v for k, v in vars(self).items() if k != "inverse_information"}
        said = {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in said.items()}
        said = {k: math.copysign(MOST, v) if isinstance(v, float) and math.isinf(v) else v for k, v in said.items()}
        return said, {} if self.inverse_information is None else {"inverse_information": self.inverse_information}

    @classmethod
    def from_dict(cls, said: Mapping[str, Any], arrays: Mapping[str, Array]) -> "Facts":
        """Build it again from `to_dict`."""
        facts: dict[str, Any] = {k: math.nan if v is None else v for k, v in said.items()}
        facts = {
            k: math.copysign(math.inf, v) if isinstance(v, float) and abs(v) == MOST else v for k, v in facts.items()
        }
        facts["decays"] = tuple(facts.get("decays", ()))
        return cls(**facts, inverse_information=arrays.get("inverse_information"))


SURE = 0.01  # of the test: a true line is to be judged wrongly, by both ways together, in less than 5 % of tables
SENTENCES = {
    "curve": "The curve earns its keep: out of fold it takes {share:.0%} off the line's deviance.",
    "not yet": "There is curvature (p = {p_value:.2g}), but it does not pay yet: out of fold the curve predicts no "
    "better than {than}.",
    "line": "The line is enough: out of fold the curve {predicts}, and {test}.",
}


@dataclass(frozen=True)
class Verdict:
    """Line against curve, on rows that neither saw."""

    kind: str  # "curve", "not yet" or "line"
    gain: float  # deviance a row that the curve saves
    low: float  # 95 % confidence interval of the gain
    high: float
    share: float  # of the line's deviance
    p_value: float  # of the test for any curvature; NaN where it could not be made
    n_rows: int
    predicts: bool = True  # whether the curve does better out of fold than the mean alone, with no input

    def to_dict(self) -> dict[str, Any]:
        """Give what JSON can say: null is not a number."""
        return vars(self) | {"p_value": None if math.isnan(self.p_value) else self.p_value}

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> "Verdict":
        """Build it again from `to_dict`."""
        return cls(**{**said, "p_value": math.nan if said["p_value"] is None else said["p_value"]})

    @property
    def sentence(self) -> str:
        """The verdict in a sentence to quote."""
        predicts = "takes less than 1 % off its deviance" if self.low > 0.0 else "predicts no better"
        if not self.predicts:
            predicts = "predicts no better than the mean alone"
        than = "the line" if self.predicts else "the mean alone"
        return SENTENCES[self.kind].format(
            share=self.share, p_value=self.p_value, predicts=predicts, than=than, test=self._test_in_words()
        )

    def _test_in_words(self) -> str:
        """Say that no curvature shows; where it nearly does, what was asked of it."""
        p = f"p = {self.p_value:.2g}"
        if math.isnan(self.p_value):
            return "no curvature shows"
        if self.p_value < 0.05:
            return f"the test for curvature ({p}) falls short of the p < {SURE:g} that was asked of it"
        return f"no curvature shows ({p})"

    def __str__(self) -> str:
        return (
            f"{self.sentence} Gain {self.gain:.4g} in deviance a row, 95 % confidence interval {self.low:.4g} to "
            f"{self.high:.4g}, over {self.n_rows} rows."
        )


@dataclass(frozen=True)
class Reached:
    """How many rows lay inside their intervals, each made without the row."""

    level: float
    rows: int
    inside: int
    mean_width: float  # infinite where the rows are too few for the level
    where: str = ""  # "" for all rows; "smallest", "middle" or "largest": a third of the predictions

    @property
    def share(self) -> float:
        """Of the rows, those inside."""
        return self.inside / self.rows if self.rows else math.nan

    def to_dict(self) -> dict[str, Any]:
        """Give what JSON can say: null is infinite."""
        return vars(self) | {"mean_width": self.mean_width if math.isfinite(self.mean_width) else None}

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> "Reached":
        """Build it again from `to_dict`."""
        return cls(**{**said, "mean_width": math.inf if said["mean_width"] is None else said["mean_width"]})
