"""What is chosen where nothing is asked.

Every choice is a plain rule of what was asked and of the number of rows, and each comes with the sentence that
the summary prints. A value that the user gave is never changed.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Real

from pliant.engines import choose_engine
from pliant.errors import ArgumentError
from pliant.optimisers import optimiser as find_optimiser
from pliant.optimisers.checks import check_count, check_number, check_word
from pliant.record import Settings

FULL_BATCH_ROWS = 2_000  # to here one step sees all rows; beyond, batches of 256
HOLD_OUT_ROWS = 100  # from here the recipe can spare a fifth of the rows to choose when to stop
MOST_EPOCHS = 10**12
FIRTH = "firth"
STEPS = 4_000  # what the recipe's training may take


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
    precision: str
    optimiser_settings: Mapping[str, float]


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
    for width in given:
        if isinstance(width, bool) or not hasattr(width, "__index__") or int(width) < 1:
            raise ArgumentError(f"hidden={hidden!r}: a width is a whole number above 0; () or 0 is the line")
    return tuple(int(width) for width in given)


@dataclass(frozen=True)
class Plan:
    """What is to be fitted, and how."""

    hidden: tuple[int, ...]
    exact: bool  # the line by IRLS; else a training by descent
    settings: Settings


def choose(asked: Asked, n_rows: int) -> Plan:
    """Decide what is left open.

    Parameters
    ----------
    asked : Asked
    n_rows : int
        Of the table.

    Returns
    -------
    Plan
        Its settings have a reason for each thing that was decided here; none where everything was asked for.

    Raises
    ------
    ArgumentError
        If widths, optimiser or engine are not known, or the engine cannot run.
    """
    check_word("engine", asked.engine)
    if not isinstance(asked.optimiser_settings, Mapping):
        raise ArgumentError(f"optimiser_settings is {asked.optimiser_settings!r}; it has to be a dict by name")
    asked = replace(asked, seed=check_count("seed", asked.seed), validation=_share(asked.validation))
    hidden = widths(asked.hidden)
    descent = (
        asked.optimiser,
        asked.learning_rate,
        asked.epochs,
        asked.batch,
        asked.schedule,
        asked.validation,
    )
    if hidden == () and all(value is None for value in descent):
        return Plan((), True, _exact(asked))
    return _descent(asked, hidden, n_rows)


def _exact(asked: Asked) -> Settings:
    """Give the settings of the line fitted by IRLS.

    Raises
    ------
    ArgumentError
        If something was asked of a training, which there is none of, or there is no such engine.
    """
    for name, value in (("patience", asked.patience), ("optimiser_settings", dict(asked.optimiser_settings) or None)):
        if value is not None:
            raise ArgumentError(f"{name} belongs to a training, and an exact line is not trained; leave it out")
    choose_engine(asked.engine, asked.precision)
    return Settings(
        engine="reference",
        optimiser="irls",
        optimiser_settings={},
        learning_rate=0.0,
        epochs=0,
        batch=None,
        schedule="constant",
        regularisation=0.0 if asked.regularisation == FIRTH else _penalty(asked.regularisation),
        validation=None,
        patience=None,
        seed=asked.seed,
        precision="float64",
        firth=asked.regularisation == FIRTH,
    )


def _descent(asked: Asked, hidden: tuple[int, ...] | None, n_rows: int) -> Plan:
    """Decide on a training by descent."""
    reasons = []
    validation, regularisation = asked.validation, asked.regularisation
    patience = None if asked.patience is None else check_count("patience", asked.patience)
    by_recipe = hidden is None
    if regularisation == FIRTH:
        raise ArgumentError("regularisation='firth' is for the line, solved exactly: give hidden=() and no optimiser")
    if hidden is None:
        hidden = (8,)
        reasons.append("8 hidden units beside the line: enough to bend, few enough to train at once")
        if regularisation is None:
            regularisation = 1e-3
            reasons.append("regularisation 0.001 on the hidden weights, so that they bend only for a reason")
        if validation is None and n_rows >= HOLD_OUT_ROWS:
            validation = 0.2
            reasons.append("a fifth of the rows held out, and the weights kept that did best on them")
    batch = None if asked.batch is None else check_count("batch", asked.batch, at_least=1)
    if batch is None and n_rows > FULL_BATCH_ROWS and asked.optimiser != "gd":
        batch = 256
        reasons.append(f"256 rows a step, since the table has more than {FULL_BATCH_ROWS:,} rows")
    epochs = None if asked.epochs is None else check_count("epochs", asked.epochs)
    if epochs is not None and epochs > MOST_EPOCHS:
        raise ArgumentError(f"epochs is {epochs}; {MOST_EPOCHS:,} are the most that can be counted")
    if epochs is None:
        steps_an_epoch = 1 if batch is None else -(-n_rows // batch)
        epochs = max(1, STEPS // steps_an_epoch) if by_recipe else 500
        reasons.append(f"at most {epochs:,} epochs")
    if patience is None and validation is not None and by_recipe:
        patience = max(10, epochs // 10)
    rule = find_optimiser(asked.optimiser or "adam", **asked.optimiser_settings)
    settings = Settings(
        engine=choose_engine(asked.engine, asked.precision),
        optimiser=rule.name,
        optimiser_settings=dict(rule.settings),
        learning_rate=0.01 if asked.learning_rate is None else check_number("learning_rate", asked.learning_rate),
        epochs=epochs,
        batch=batch,
        schedule=asked.schedule or "constant",
        regularisation=_penalty(regularisation),
        validation=validation,
        patience=patience,
        seed=asked.seed,
        precision=asked.precision,
        reasons=tuple(reasons),
    )
    return Plan(hidden, False, settings)


def _penalty(value: float | str | None) -> float:
    """Give a finite number from 0 on, 0 where nothing was asked, or say what it is not."""
    if value is None:
        return 0.0
    if isinstance(value, bool) or not (isinstance(value, Real) and math.isfinite(value) and value >= 0.0):
        raise ArgumentError(f"regularisation={value!r} must be a number from 0 on, or 'firth' for a line")
    return float(value)


def _share(value: float | None) -> float | None:
    """Give a share of the rows, or say what it is not."""
    if value is None:
        return None
    if isinstance(value, bool) or not (isinstance(value, Real) and 0.0 < value < 1.0):
        raise ArgumentError(f"validation={value!r} is a share of the rows to hold out, between 0 and 1")
    return float(value)
