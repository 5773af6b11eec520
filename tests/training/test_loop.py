"""The loop: descent, batches, validation, early stop, portions, and arguments that cannot be used."""

from dataclasses import replace
from itertools import pairwise
from time import perf_counter, sleep
from typing import Any

import numpy as np
import pytest

from pliant.errors import ArgumentError
from pliant.optimisers import OPTIMISERS, gd, optimiser
from pliant.training import Progress, portions

DESCENTS: dict[str, tuple[dict[str, float], float, int, float, int]] = {
    "gd": ({}, 0.2, 300, 0.0015, 40_000),
    "sgd": ({"momentum": 0.9, "nesterov": True}, 0.05, 500, 0.0004, 12_000),
    "adam": ({}, 0.05, 3000, 0.02, 6_000),
    "adamw": ({"weight_decay": 0.0}, 0.05, 3000, 0.02, 6_000),
}


@pytest.mark.parametrize("name", OPTIMISERS)
def test_a_parabola_is_descended_to_the_mean_of_the_rows(workshop: Any, name: str) -> None:
    settings, rate, epochs, *_ = DESCENTS[name]
    result = workshop.run(workshop.program(name, **settings), epochs=epochs, learning_rate=rate)
    assert result.stopped == "done"
    np.testing.assert_allclose(result.parameters, workshop.rows.mean(axis=0), atol=1e-6)


@pytest.mark.parametrize("name", OPTIMISERS)
def test_rosenbrocks_valley_is_followed(workshop: Any, name: str) -> None:
    settings, *_, rate, epochs = DESCENTS[name]
    rule = optimiser(name, **settings)
    program = workshop.Program(rule, np.zeros((1, 2)), loss=workshop.rosenbrock)
    start = workshop.begin([-1.2, 1.0], rule)
    result = workshop.run(program, start, epochs=epochs, learning_rate=rate)
    np.testing.assert_allclose(result.parameters, 1.0, atol=1e-4)
    assert max(program.calls) > 100


def test_small_batches_walk_through_every_row_once_an_epoch(workshop: Any) -> None:
    program = workshop.program(batch=5)
    seen: list[np.ndarray] = []
    run = program.run

    def watched(state: Any, orders: Any, rates: Any) -> Any:
        seen.extend(orders)
        assert rates.shape[1] == 5
        return run(state, orders, rates)

    program.run = watched
    result = workshop.run(program, epochs=6)
    assert result.state.state.step == 30
    assert [sorted(order) for order in seen] == [list(range(23))] * 6
    assert any((a != b).any() for a, b in pairwise(seen))


def test_a_full_batch_leaves_the_generator_alone(workshop: Any) -> None:
    result = workshop.run(workshop.program(), batch=400)
    assert result.state.state.rng == np.random.PCG64(7).state
    assert result.state.state.step == 20


def test_history_has_a_row_for_each_epoch(workshop: Any) -> None:
    result = workshop.run(workshop.program(), epochs=12, schedule="cosine", validation=workshop.validation, every=5)
    history = result.history
    assert history["epoch"].tolist() == list(range(1, 13))
    assert (np.diff(history["loss"]) < 0.0).all()
    assert history["learning_rate"][0] == 0.05
    assert (np.diff(history["learning_rate"]) < 0.0).all()
    assert np.isfinite(history["validation_loss"]).nonzero()[0].tolist() == [4, 9, 11]
    assert (np.diff(history["seconds"]) >= 0.0).all()
    assert history["seconds"][0] > 0.0


def test_the_first_loss_is_that_of_the_start(workshop: Any) -> None:
    result = workshop.run(workshop.program(), epochs=1)
    assert result.history["loss"][0] == workshop.parabola(np.array(workshop.start), workshop.rows)[0]


def test_no_epochs_give_the_start_back(workshop: Any) -> None:
    for validation in (None, workshop.validation):
        result = workshop.run(workshop.program(), epochs=0, validation=validation)
        assert result.parameters.tolist() == list(workshop.start)
        assert (result.stopped, result.epoch, len(result.history)) == ("done", 0, 0)


@pytest.mark.parametrize("batch", [None, 5])
@pytest.mark.parametrize("validated", [False, True])
def test_portions_change_nothing(
    workshop: Any, batch: int | None, validated: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    validation = workshop.validation if validated else None
    results, calls = [], []
    for seconds in (0.0, 10.0):
        monkeypatch.setattr(portions, "SECONDS", seconds)
        program = workshop.program("adam", batch)
        results.append(
            workshop.run(program, epochs=150, schedule="wave", validation=validation, every=60, patience=None)
        )
        calls.append(program.calls)
    assert calls[0] == [1] * 150
    assert calls[1] == ([1, 10, 49, 60, 30] if validated else [1, 10, 100, 39])
    one, many = (r.state.state for r in results)
    np.testing.assert_array_equal(one.parameters, many.parameters)
    np.testing.assert_array_equal(one.moments, many.moments)
    assert one.rng == many.rng
    for column in ("epoch", "loss", "validation_loss", "learning_rate"):
        np.testing.assert_array_equal(results[0].history[column], results[1].history[column])


def test_row_orders_drawn_ahead_stay_small(workshop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portions, "SECONDS", 10.0)
    monkeypatch.setattr(portions, "MOST_NUMBERS", 23 * 4)
    program = workshop.program(batch=5)
    workshop.run(program, epochs=20)
    assert max(program.calls) == 4


# --- validation and early stop ----------------------------------------------------------------------------


def overshooting(workshop: Any) -> Any:
    """Descent that passes the validation rows' centre on its way to that of the training rows."""
    program = workshop.Program(gd(), np.full((4, 1), 5.0))
    rows = np.full((2, 1), 2.0)
    return program, workshop.begin([0.0], gd()), (rows, rows, np.ones(2), np.zeros(2))


def test_early_stop_keeps_the_best_parameters(workshop: Any) -> None:
    program, start, validation = overshooting(workshop)
    result = workshop.run(program, start, epochs=500, learning_rate=0.1, validation=validation, patience=4, batch=None)
    losses = result.history["validation_loss"]
    assert result.stopped == "early"
    assert result.epoch == int(losses.argmin()) + 1 == 5
    assert len(result.history) == result.epoch + 4
    np.testing.assert_allclose(result.parameters, 5.0 * (1.0 - 0.9**5), rtol=1e-14)
    np.testing.assert_allclose(result.state.state.parameters, 5.0 * (1.0 - 0.9**9), rtol=1e-14)
    kept = "the parameters are those after epoch 5, where the validation loss was lowest"
    assert result.reason == f"stopped early at epoch 9; {kept}"


def test_without_patience_the_best_parameters_are_kept_too(workshop: Any) -> None:
    program, start, validation = overshooting(workshop)
    result = workshop.run(program, start, epochs=60, learning_rate=0.1, validation=validation, batch=None)
    assert (result.stopped, result.epoch, result.state.epoch) == ("done", 5, 60)


def test_the_start_is_kept_if_training_only_makes_it_worse(workshop: Any) -> None:
    program, start, validation = overshooting(workshop)
    validation = (np.full((2, 1), -3.0), *validation[1:])
    result = workshop.run(program, start, epochs=60, learning_rate=0.1, validation=validation, patience=3, batch=None)
    assert (result.stopped, result.epoch, len(result.history)) == ("early", 0, 3)
    assert result.parameters.tolist() == [0.0]


def test_patience_counts_epochs_and_is_asked_where_validation_is_measured(workshop: Any) -> None:
    program, start, validation = overshooting(workshop)
    result = workshop.run(
        program, start, epochs=60, learning_rate=0.1, validation=validation, patience=4, every=3, batch=None
    )
    assert result.epoch == 6  # 3 and 6 lie on either side of the lowest, 6 is the nearer
    assert len(result.history) == 12  # 4 epochs after 6 is 10, the next measurement after that is 12


def test_a_validation_loss_that_is_not_a_number_is_never_the_best(workshop: Any) -> None:
    program, start, validation = overshooting(workshop)
    evaluate, seen = program.evaluate, []

    def sometimes(*arguments: Any) -> float:
        seen.append(1)
        return float("nan") if len(seen) in (1, 4) else evaluate(*arguments)

    program.evaluate = sometimes
    result = workshop.run(program, start, epochs=20, learning_rate=0.1, validation=validation, batch=None)
    assert result.epoch == 5
    assert result.history["validation_loss"][2] == np.inf


def test_without_validation_the_last_parameters_are_given_and_a_lower_loss_is_said(workshop: Any) -> None:
    result = workshop.run(workshop.program(), epochs=30, learning_rate=0.69)
    lowest = result.history.lowest_epoch()
    np.testing.assert_array_equal(result.parameters, result.state.state.parameters)
    assert 1 < lowest < 30
    assert f"the loss was lower in epoch {lowest}" in result.reason


# --- progress ---------------------------------------------------------------------------------------------


def test_progress_ends_with_the_last_epoch(workshop: Any) -> None:
    seen: list[Progress] = []
    result = workshop.run(workshop.program(), epochs=40, report=seen.append, validation=workshop.validation, every=3)
    last = seen[-1]
    assert (last.epoch, last.epochs, last.seconds_left) == (40, 40, 0.0)
    assert last.loss == result.history["loss"][-1]
    assert last.validation_loss == result.history["validation_loss"][-1]
    assert last.rows_per_second > 0.0


def test_progress_is_told_about_ten_times_a_second(workshop: Any) -> None:
    program = workshop.program()
    program.before_epoch = lambda epoch: sleep(0.01)
    seen: list[Progress] = []
    began = perf_counter()
    workshop.run(program, epochs=40, report=seen.append)
    assert 2 <= len(seen) <= (perf_counter() - began) / 0.1 + 2
    assert all(a.epoch < b.epoch for a, b in pairwise(seen))


# --- arguments --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"epochs": -1}, "epochs is -1; it has to be a whole number, 0 or more"),
        ({"epochs": 2.5}, "epochs is 2.5"),
        ({"epochs": True}, "epochs is True"),
        ({"epochs": float("nan")}, "epochs is nan"),
        ({"learning_rate": -0.1}, "learning_rate is -0.1; it has to be a finite number above 0"),
        ({"learning_rate": 0}, "learning_rate is 0"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"learning_rate": float("inf")}, "learning_rate is inf"),
        ({"learning_rate": "fast"}, "learning_rate is 'fast'"),
        ({"batch": 0}, "batch is 0; it has to be a whole number, 1 or more"),
        ({"batch": 2.5}, "batch is 2.5"),
        ({"n": 0}, "n is 0"),
        ({"schedule": "cosin"}, "there is no schedule 'cosin'; did you mean 'cosine'?"),
        ({"schedule": None}, "choose from constant, cosine, exponential, step, wave"),
        ({"horizon": -3}, "horizon is -3"),
        ({"every": 0}, "every is 0"),
        ({"patience": 3}, "patience needs validation rows"),
        ({"patience": 0}, "patience is 0; it has to be a whole number, 1 or more"),
    ],
)
def test_what_cannot_be_used_is_said_before_anything_runs(workshop: Any, arguments: dict[str, Any], said: str) -> None:
    program = workshop.program()
    with pytest.raises(ArgumentError) as caught:
        workshop.run(program, **arguments)
    assert said in str(caught.value)
    assert program.calls == []


def test_batches_without_a_generator_are_refused(workshop: Any) -> None:
    program = workshop.program(batch=5)
    state = replace(workshop.begin([0.0, 0.0, 0.0], program.rule), rng=None)
    with pytest.raises(ArgumentError, match="start it with a seed"):
        workshop.run(program, state)
