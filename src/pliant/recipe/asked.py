"""What was asked, what is to be done, and what the arguments between them may be."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import Parameter, signature
from numbers import Real
from typing import Any

from pliant.errors import ArgumentError, said
from pliant.optimisers.checks import MOST, as_float, check_count
from pliant.record import Settings

MOST_EPOCHS = 10**12
MOST_WIDTH, MOST_LAYERS = 10**15, 100  # a layer of more units, or more layers, are no network of a table
FIRTH, EVIDENCE, BY_FOLDS = "firth", "evidence", "cv"  # penalties that are no numbers


ELSEWHERE = ("weights", "offset", "frequencies")  # kept by name in `Settings.given`
NO_MATTER = ("threads", "progress", "checkpoint", "checkpoint_every")  # which change no digit of the fit


@dataclass(frozen=True)
class Asked:
    """The arguments of `fit` that decide what is trained and how; None where nothing was asked."""

    hidden: int | Sequence[int] | None
    engine: str
    optimiser: str | None
    learning_rate: float | None
    epochs: int | None
    batch: int | None
    schedule: str | None
    regularisation: float | str | None
    validation: float | None
    patience: int | None
    seed: int
    precision: str | None
    optimiser_settings: Mapping[str, float]
    members: int | None = None

    @property
    def digits(self) -> str:
        """Give the precision of a fit that has no reason for another than the usual one."""
        return self.precision or "float64"


@dataclass(frozen=True)
class Plan:
    """What is to be fitted, and how."""

    hidden: tuple[int, ...]
    exact: bool  # the line by IRLS; else a training by descent
    settings: Settings
    members: int | None = None  # fold members: how many, 0 for as many as suit the rows; None: one fit to all rows
    deep: bool = False  # inputs are embedded, and each member's own fold chooses its weights
    open: bool = False  # nobody asked for an optimiser: `refine` may still choose another


def what_was_asked(function: Callable[..., Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Give the arguments by name that are not their defaults, as JSON can say them; None for numbers a row.

    It is what a summary and a report write the call from.
    """
    by_name = {
        name: p.default for name, p in signature(function).parameters.items() if p.kind == Parameter.KEYWORD_ONLY
    }
    said: dict[str, Any] = {}
    for name, default in by_name.items():
        value = values[name]
        if name in ELSEWHERE + NO_MATTER or value is default:
            continue
        if name == "groups" and not isinstance(value, str):
            said[name] = None
        elif not isinstance(value, str | bool | int | float) or value != default:
            plain = _as_json(value)
            said[name] = plain[0] if name == "hidden" and isinstance(plain, list) and len(plain) == 1 else plain
    return said


def _as_json(value: Any) -> Any:
    """Give what JSON can say of an argument: lists for sequences, plain numbers for NumPy's."""
    plain = value.tolist() if hasattr(value, "tolist") and not isinstance(value, type) else value
    if isinstance(plain, Mapping):
        return {str(name): _as_json(each) for name, each in plain.items()}
    return [_as_json(each) for each in plain] if isinstance(plain, tuple | list) else plain


def widths(hidden: int | Sequence[int] | None) -> tuple[int, ...] | None:
    """Give the widths of the hidden layers: () for a line, None where the recipe decides.

    Raises
    ------
    ArgumentError
        If a width is not a whole number above 0.
    """
    if hidden is None:
        return None
    plain = hidden.tolist() if hasattr(hidden, "tolist") else hidden  # of NumPy's arrays and numbers
    given = list(plain) if isinstance(plain, Sequence) and not isinstance(plain, str | bytes) else [plain]
    given = [] if given == [0] else given
    if len(given) > MOST_LAYERS:
        raise ArgumentError(f"hidden has {len(given):,} layers, and {MOST_LAYERS} are the most; choose fewer")
    for width in given:
        if isinstance(width, bool) or not hasattr(width, "__index__") or int(width) < 1:
            raise ArgumentError(f"hidden={said(hidden)}: a width is a whole number above 0; () or 0 is the line")
        if int(width) > MOST_WIDTH:
            raise ArgumentError(f"hidden={said(hidden)}: {MOST_WIDTH:,} units are the most; choose smaller widths")
    return tuple(int(width) for width in given)


def penalty(value: float | str | None) -> float:
    """Give a finite number from 0 on, 0 where nothing was asked, or say what it is not."""
    if value is None:
        return 0.0
    if value == EVIDENCE:
        raise ArgumentError("regularisation='evidence' goes with optimiser='lm', which has the curvature it needs")
    if value == BY_FOLDS:
        raise ArgumentError(
            "regularisation='cv' lets the folds of members choose: give hidden, members and no optimiser but lm"
        )
    if value == FIRTH:
        raise ArgumentError("regularisation='firth' is for the line, solved exactly: give hidden=() and no optimiser")
    number = as_float(value)
    if not 0.0 <= number < MOST:
        raise ArgumentError(
            f"regularisation={said(value)} must be a number from 0 on, or 'firth' for a line and 'evidence' for lm; "
            f"below {MOST:g}"
        )
    return float(value)


def share(value: float | None) -> float | None:
    """Give a share of the rows, or say what it is not."""
    if value is None:
        return None
    if isinstance(value, bool) or not (isinstance(value, Real) and 0.0 < value < 1.0):
        raise ArgumentError(f"validation={said(value)} is a share of the rows to hold out, between 0 and 1")
    return float(value)


def count_epochs(value: int) -> int:
    """Give a number of epochs, or steps, or say what it is not."""
    epochs = check_count("epochs", value)
    if epochs > MOST_EPOCHS:
        raise ArgumentError(f"epochs is {said(epochs)}; {MOST_EPOCHS:,} are the most that can be counted")
    return epochs
