"""What ends a run against its plan: Ctrl-C and numbers that blow up. What is kept is good and can go on."""

import os
import signal
import threading
from collections.abc import Callable
from time import sleep
from typing import Any

import numpy as np
import pytest

from pliant.optimisers import gd
from pliant.training import History, portions

RATE = 0.7  # curvatures are 1, 2 and 3: the third parameter runs away at it, the others settle first


def interrupt_in(epoch: int) -> Callable[[int], None]:
    def stop(now: int) -> None:
        if now == epoch:
            raise KeyboardInterrupt

    return stop


@pytest.mark.parametrize("batch", [None, 5])
@pytest.mark.parametrize("validated", [False, True])
def test_ctrl_c_within_an_epoch_keeps_the_last_complete_one(
    workshop: Any, batch: int | None, validated: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portions, "SECONDS", 0.0)
    plan = {"validation": workshop.validation if validated else None, "epochs": 25, "schedule": "cosine"}
    whole = workshop.run(workshop.program("adam", batch), **plan)
    program = workshop.program("adam", batch)
    program.before_epoch = interrupt_in(9)
    stopped = workshop.run(program, **plan)
    assert (stopped.stopped, stopped.state.epoch, len(stopped.history)) == ("interrupted", 8, 8)
    assert stopped.reason.startswith("interrupted after epoch 8; ")
    again = workshop.run(workshop.program("adam", batch), stopped.state, **plan)
    np.testing.assert_array_equal(again.state.state.parameters, whole.state.state.parameters)
    np.testing.assert_array_equal(again.state.state.moments, whole.state.state.moments)
    np.testing.assert_array_equal(again.history["loss"], whole.history["loss"])
    np.testing.assert_array_equal(again.parameters, whole.parameters)
    assert again.state.state.rng == whole.state.state.rng


def test_ctrl_c_within_a_portion_goes_back_to_its_beginning(workshop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portions, "SECONDS", 10.0)
    program = workshop.program()
    program.before_epoch = interrupt_in(50)
    stopped = workshop.run(program, epochs=300)
    assert program.calls == [1, 10, 100]
    assert (stopped.state.epoch, len(stopped.history), stopped.state.state.losses.size) == (11, 11, 11)
    np.testing.assert_array_equal(stopped.parameters, workshop.run(workshop.program(), epochs=11).parameters)


def test_ctrl_c_in_the_first_epoch_gives_the_start(workshop: Any) -> None:
    program = workshop.program()
    program.before_epoch = interrupt_in(1)
    stopped = workshop.run(program)
    assert (stopped.stopped, stopped.state.epoch) == ("interrupted", 0)
    assert stopped.parameters.tolist() == list(workshop.start)


def test_ctrl_c_in_validation_gives_the_best_before(workshop: Any) -> None:
    program, seen = workshop.program(), []
    evaluate = program.evaluate

    def interrupted(*arguments: Any) -> float:
        seen.append(1)
        if len(seen) == 6:
            raise KeyboardInterrupt
        return evaluate(*arguments)

    program.evaluate = interrupted
    stopped = workshop.run(program, validation=workshop.validation)
    assert (stopped.stopped, stopped.state.epoch, len(stopped.history)) == ("interrupted", 4, 4)
    assert np.isfinite(stopped.history["validation_loss"]).all()


def test_ctrl_c_while_reporting_loses_no_epoch(workshop: Any) -> None:
    def report(progress: Any) -> None:
        raise KeyboardInterrupt

    stopped = workshop.run(workshop.program(), report=report)
    assert (stopped.stopped, stopped.state.epoch, len(stopped.history)) == ("interrupted", 1, 1)


def test_ctrl_c_while_the_history_is_written_keeps_it_whole(workshop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    append = History.append

    def torn(self: History, epoch: int, *values: float) -> None:
        if epoch == 5:
            self._columns["epoch"].append(5.0)
            raise KeyboardInterrupt
        append(self, epoch, *values)

    monkeypatch.setattr(portions, "SECONDS", 0.0)
    monkeypatch.setattr(History, "append", torn)
    stopped = workshop.run(workshop.program())
    assert (stopped.stopped, stopped.state.epoch) == ("interrupted", 4)
    assert {len(stopped.history[c]) for c in ("epoch", "loss", "seconds")} == {4}


def test_a_real_signal_stops_within_a_moment(workshop: Any) -> None:
    program = workshop.program()
    program.before_epoch = lambda epoch: sleep(0.001)
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    stopped = workshop.run(program, epochs=100_000)
    timer.join()
    assert stopped.stopped == "interrupted"
    assert 0 < stopped.state.epoch == len(stopped.history) < 1000


# --- divergence -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [None, 5])
def test_divergence_gives_the_state_of_the_lowest_loss(workshop: Any, batch: int | None) -> None:
    program = workshop.program(batch=batch)
    result = workshop.run(program, epochs=50_000, learning_rate=RATE)
    bad = len(result.history)
    assert result.stopped == "diverged"
    assert not np.isfinite(result.history["loss"][-1])
    assert np.isfinite(result.history["loss"][:-1]).all()
    assert np.isfinite(result.parameters).all()
    assert result.epoch == result.history.lowest_epoch() - 1 > 0
    assert result.reason == (
        f"the loss or a parameter was not finite in epoch {bad}; "
        f"the parameters are those after epoch {result.epoch}; try a lower learning rate"
    )
    same = workshop.run(workshop.program(batch=batch), epochs=result.epoch, learning_rate=RATE)
    np.testing.assert_array_equal(result.parameters, same.parameters)
    assert len(result.state.history) == result.state.epoch == result.epoch


def test_the_epoch_of_divergence_does_not_depend_on_portions(workshop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for seconds in (0.0, 10.0):
        monkeypatch.setattr(portions, "SECONDS", seconds)
        result = workshop.run(workshop.program(), epochs=50_000, learning_rate=RATE)
        found.append((len(result.history), result.epoch, result.parameters.tolist()))
    assert found[0] == found[1]


def test_divergence_keeps_the_best_validated_parameters(workshop: Any) -> None:
    result = workshop.run(workshop.program(), epochs=50_000, learning_rate=RATE, validation=workshop.validation)
    measured = result.history["validation_loss"][:-1]
    assert result.stopped == "diverged"
    assert result.epoch == int(measured.argmin()) + 1 > 1
    assert result.state.epoch == result.epoch
    np.testing.assert_array_equal(result.state.state.parameters, result.parameters)


def test_a_diverged_run_goes_on_at_a_lower_rate(workshop: Any) -> None:
    diverged = workshop.run(workshop.program(), epochs=50_000, learning_rate=RATE)
    again = workshop.run(workshop.program(), diverged.state, epochs=400, learning_rate=0.1)
    assert again.stopped == "done"
    np.testing.assert_allclose(again.parameters, workshop.rows.mean(axis=0), atol=1e-9)


def test_a_loss_that_is_never_finite_gives_the_start(workshop: Any) -> None:
    program = workshop.Program(gd(), np.full((3, 1), np.nan))
    result = workshop.run(program, workshop.begin([1.0], gd()))
    assert (result.stopped, result.epoch, len(result.history)) == ("diverged", 0, 1)
    assert result.parameters.tolist() == [1.0]


def test_a_parameter_that_is_not_finite_is_divergence_though_the_loss_is(workshop: Any) -> None:
    def cliff(parameters: Any, rows: Any) -> Any:
        return 1.0 / (1.0 + float(np.abs(parameters).sum())), np.where(parameters > 2.5, -np.inf, -1.0)

    program = workshop.Program(gd(), np.zeros((3, 1)), loss=cliff)
    result = workshop.run(program, workshop.begin([0.0], gd()), epochs=100, learning_rate=1.0)
    assert (result.stopped, len(result.history)) == ("diverged", 4)
    assert result.parameters.tolist() == [3.0]
