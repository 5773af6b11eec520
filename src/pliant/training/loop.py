"""The training loop, written once for every engine and every optimiser.

It asks the engine for some epochs at a time and does what lies between epochs: row orders, rates, validation,
early stop, history, progress, and keeping a good state when the user or the numbers stop the run. It knows
neither networks nor gradients. How many epochs it asks for at a time changes nothing (`portions.py`).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter

import numpy as np

from pliant.engines.contract import Program, State
from pliant.training.checkpoint import Part
from pliant.training.history import History
from pliant.training.plan import Plan, make_plan
from pliant.training.portions import Portions
from pliant.training.progress import Progress, Report
from pliant.training.state import TrainingState
from pliant.types import Array

Validation = tuple[Array, Array, Array, Array]  # X (m, inputs), y (m, q), weights (m,), offset (m,)

REPORT_SECONDS = 0.1  # from one report to the next


@dataclass(frozen=True)
class Result:
    """How a training ended.

    With validation rows `parameters` are those of the lowest validation loss, the start included. Without,
    they are the last ones, also if the loss was lower on the way (`reason` says so): the loss of the training
    rows is no evidence for an earlier epoch. Only a diverged run goes back, to where its loss was lowest.
    """

    state: TrainingState  # of the last completed epoch: hand it to `train` to go on
    parameters: Array  # (k,), the ones to use
    epoch: int  # the epoch they stood after; 0 is the start
    history: History  # every epoch run, with the one that diverged
    stopped: str  # "done", "early", "interrupted" or "diverged"
    reason: str  # the same in a sentence, with the epochs

    @property
    def noteworthy(self) -> bool:
        """Whether the training did anything but run to its end and give the last, lowest parameters."""
        return self.stopped != "done" or self.epoch != self.history.lowest_epoch()


def train(
    program: Program,
    state: State | TrainingState,
    *,
    n: int,
    epochs: int,
    learning_rate: float,
    batch: int | None = None,
    schedule: str = "constant",
    horizon: int | None = None,
    validation: Validation | None = None,
    patience: int | None = None,
    every: int = 1,
    report: Report | None = None,
    checkpoint: Part | None = None,
    beginning: Callable[[], State] | None = None,
) -> Result:
    """Train up to an epoch, or until the validation loss, the user or the numbers say stop.

    Parameters
    ----------
    program : Program
        What an engine's `load` gave: it holds the network, the rows and the optimiser.
    state : State or TrainingState
        Where to begin. A `TrainingState` goes on where it ended: with the same arguments the result equals
        that of an unbroken run, bit for bit.
    n : int
        Training rows.
    epochs : int
        Train until so many epochs are done, those of `state` included. 0 gives the start back.
    learning_rate : float
        Above 0; the schedule takes shares of it.
    batch : int, optional
        Rows of one step, drawn anew each epoch without replacement; the last batch of an epoch may be
        smaller. None, or n and more: all rows, in the table's order.
    schedule : str
        A name of `SCHEDULES`.
    horizon : int, optional
        Epochs over which the schedule runs; `epochs` by default. Name it when a training is to be stopped
        half-way and continued: the schedule must see the whole of it.
    validation : tuple of ndarray, optional
        X (m, inputs), y (m, q), weights (m,), offset (m,) of rows not trained on.
    patience : int, optional
        Stop early when the lowest validation loss is so many epochs old. None: never.
    every : int
        Epochs from one validation to the next. The epoch at the horizon is always validated.
    checkpoint : Part, optional
        Takes the state after every portion of epochs, and at the end, however it comes; it is written when it is due.
    beginning : callable, optional
        Gives the state before the first epoch, for a training that goes on and has to fall back on an epoch before
        that where `state` stands. By default it falls back on `state`.
    report : callable, optional
        Takes a `Progress` about ten times a second, and after the last epoch.

    Returns
    -------
    Result
        Ctrl-C gives `stopped="interrupted"` and the state of the last completed epoch.

    Raises
    ------
    ArgumentError
        If an argument cannot be used; says which and why.
    """
    origin = state if isinstance(state, TrainingState) else TrainingState.start(state)
    plan = make_plan(
        n=n,
        epochs=epochs,
        batch=batch,
        learning_rate=learning_rate,
        schedule=schedule,
        horizon=horizon,
        patience=patience,
        every=every,
        validates=validation is not None,
        state=origin.state,
    )
    return _Run(program, plan, validation, origin, report, checkpoint, beginning).go()


class _Run:
    """One call of `train`. `point` is the last completed epoch and is replaced whole, never in part."""

    def __init__(
        self,
        program: Program,
        plan: Plan,
        validation: Validation | None,
        origin: TrainingState,
        report: Report | None,
        checkpoint: Part | None,
        beginning: Callable[[], State] | None,
    ) -> None:
        self.program, self.plan, self.validation = program, plan, validation
        self.report, self.checkpoint, self.beginning = report, checkpoint, beginning
        self.origin = self.point = origin
        self.history = origin.history.copy()
        self.began = perf_counter()
        self.reported = -math.inf

    def go(self) -> Result:
        """Run to the end, whichever it is."""
        stopped = "done"
        try:
            with np.errstate(all="ignore"):  # the loop looks at every loss itself
                stopped = self._epochs()
        except KeyboardInterrupt:
            stopped = "interrupted"
            self.history = self.history.until(self.point.epoch)
        result = self._result(stopped)
        if self.checkpoint is not None:
            self.checkpoint.keep(result.state.epoch, lambda: result.state)
        return result

    def _epochs(self) -> str:
        """Take portions of epochs until there is a reason to stop; give the reason."""
        if self.validation is not None and math.isnan(self.point.best_loss):
            loss = self._validation_loss(self.point.state.parameters)
            self.point = _if_better(self.point, loss, always=True)
        portions = Portions(self.program, self.plan)
        while not self._is_stale():
            left = self.plan.epochs - self.point.epoch
            if left <= 0:
                return "done"
            if self.validation is not None:
                left = min(left, self.plan.until_validation(self.point.epoch))
            if self.checkpoint is not None:
                left = min(left, self.checkpoint.until_due(self.point.epoch) or left)
            after = portions.run(self.point.state, left)
            losses = after.losses
            if np.isfinite(losses).all() and np.isfinite(after.parameters).all():
                self._complete(after, losses)
            elif losses.size > 1:  # which epoch was it? take these again, one by one
                portions.one_by_one()
            else:
                self._record(losses, math.nan)
                self.point = self._rewound()
                return "diverged"
        return "early"

    def _complete(self, after: State, losses: Array) -> None:
        """Measure what is due after these epochs, write them down, and only then call them completed."""
        loss, point = math.nan, replace(self.point, state=after)
        if self.validation is not None and self.plan.validates(after.epoch):
            loss = self._validation_loss(after.parameters)
            point = _if_better(point, loss)
        self._record(losses, loss)
        self.point = point
        self._tell(float(losses[-1]))
        if self.checkpoint is not None:
            self.checkpoint.keep(after.epoch, partial(self._so_far, point, self.history))

    def _record(self, losses: Array, validation_loss: float) -> None:
        """Write the rows of the epochs that were just run; the time is spread evenly over them."""
        first = self.point.epoch
        rates = self.plan.rates(self.point.state, losses.size)[:, 0]
        elapsed = self.origin.history.elapsed + perf_counter() - self.began
        seconds = np.linspace(self.history.elapsed, elapsed, losses.size + 1)[1:]
        for i, (loss, rate, second) in enumerate(zip(losses, rates, seconds, strict=True), start=1):
            at_end = i == losses.size
            self.history.append(first + i, loss, validation_loss if at_end else math.nan, rate, second)

    def _validation_loss(self, parameters: Array) -> float:
        """Give the mean loss of the validation rows; what is not a number counts as infinite."""
        assert self.validation is not None
        loss = float(self.program.evaluate(parameters, *self.validation))
        return math.inf if math.isnan(loss) else loss

    def _is_stale(self) -> bool:
        """Whether the best validation loss is older than patience allows; asked where one was measured."""
        epoch, patience = self.point.epoch, self.plan.patience
        if patience is None or not self.plan.validates(epoch):
            return False
        return epoch - self.point.best_epoch >= patience

    def _rewound(self) -> TrainingState:
        """Give the state to fall back on after divergence, by running again from the start of this call.

        That is the state of the best validation loss or, without validation, the one that entered the epoch
        of the lowest loss. Running again is exact, and costs memory and time to nobody who does not diverge.
        """
        if self.validation is not None:
            target = self.point.best_epoch
        else:
            target = (self.history.lowest_epoch() or 1) - 1
        state, portions = self.origin.state, Portions(self.program, self.plan)
        if state.epoch > target and self.beginning is not None:
            state = self.beginning()
        while state.epoch < target:
            state = portions.run(state, target - state.epoch)
        return replace(self.point, state=state)

    def _tell(self, loss: float) -> None:
        """Report, but not more often than a person can read."""
        now = perf_counter()
        done, epochs = self.point.epoch, self.plan.epochs
        if self.report is None or (now - self.reported < REPORT_SECONDS and done < epochs):
            return
        self.reported = now
        seconds_each = (now - self.began) / (done - self.origin.epoch)
        measured = self.history["validation_loss"]
        measured = measured[np.isfinite(measured)]
        self.report(
            Progress(
                epoch=done,
                epochs=epochs,
                loss=loss,
                validation_loss=float(measured[-1]) if measured.size else None,
                rows_per_second=self.plan.n / max(seconds_each, 1e-9),
                seconds_left=seconds_each * (epochs - done),
            )
        )

    def _so_far(self, point: TrainingState, history: History) -> TrainingState:
        """Give a completed epoch with all losses and the history up to it; another thread may ask meanwhile."""
        history, before = history.until(point.epoch), self.origin.state.losses
        losses = np.concatenate([before, history["loss"][len(self.origin.history) :]])
        count = before.size + point.epoch - self.origin.epoch  # fewer than before, if it was rewound beyond its origin
        return replace(point, state=replace(point.state, losses=losses[:count]), history=history)

    def _result(self, stopped: str) -> Result:
        """Give the result of a run that ended so."""
        point = self._so_far(self.point, self.history)
        if self.validation is not None:
            parameters, epoch = point.best_parameters, point.best_epoch
        else:
            parameters, epoch = point.state.parameters, point.epoch
        reason = _reason(stopped, self.history, epoch, self.validation is not None)
        return Result(point, parameters, epoch, self.history, stopped, reason)


def _if_better(point: TrainingState, loss: float, always: bool = False) -> TrainingState:
    """Give the point with its own parameters as the best if their validation loss is lower."""
    if not (always or loss < point.best_loss):
        return point
    return replace(point, best_parameters=point.state.parameters, best_loss=loss, best_epoch=point.state.epoch)


def _reason(stopped: str, history: History, epoch: int, validated: bool) -> str:
    """Say in a sentence how a training ended and which parameters it gives."""
    last = len(history) and int(history["epoch"][-1])
    lowest = history.lowest_epoch()
    kept = f"the parameters are those after epoch {epoch}"
    if stopped == "diverged":
        return f"the loss or a parameter was not finite in epoch {last}; {kept}; try a lower learning rate"
    if validated:
        kept += ", where the validation loss was lowest"
    elif lowest is not None and lowest < last:
        kept += f"; the loss was lower in epoch {lowest} ({history['loss'].min():.6g})"
    how = {"done": "ran to", "early": "stopped early at", "interrupted": "interrupted after"}[stopped]
    return f"{how} epoch {last}; {kept}"
