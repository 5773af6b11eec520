"""Stopped, written, read and continued: the unbroken run, bit for bit."""

import json
from typing import Any

import numpy as np
import pytest

from pliant.errors import ModelFileError
from pliant.optimisers import OPTIMISERS
from pliant.training import SCHEDULES, TrainingState

SETTINGS: dict[str, dict[str, float]] = {"sgd": {"momentum": 0.9, "nesterov": True}}
RATES = {"gd": 0.1, "sgd": 0.02, "adam": 0.3, "adamw": 0.3}


def written_and_read(state: TrainingState) -> TrainingState:
    """Through bytes and text, as a file would keep it."""
    arrays, facts = state.to_arrays()
    held = {name: (a.shape, a.dtype.str, a.tobytes()) for name, a in arrays.items()}
    assert {dtype for _, dtype, _ in held.values()} == {"<f8"}
    read = {name: np.frombuffer(b, dtype).reshape(shape) for name, (shape, dtype, b) in held.items()}
    return TrainingState.from_arrays(read, json.dumps(json.loads(facts)))


def assert_same(broken: Any, whole: Any) -> None:
    """Equal to the last bit, but for seconds."""
    ours, ours_facts = broken.state.to_arrays()
    theirs, theirs_facts = whole.state.to_arrays()
    assert ours_facts == theirs_facts
    assert ours.keys() == theirs.keys()
    for name in ours.keys() - {"history_seconds"}:
        np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)
    np.testing.assert_array_equal(broken.parameters, whole.parameters)
    assert (broken.stopped, broken.epoch, broken.reason) == (whole.stopped, whole.epoch, whole.reason)


@pytest.mark.parametrize("validated", [False, True])
@pytest.mark.parametrize("batch", [None, 5])
@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("name", OPTIMISERS)
def test_a_resumed_run_equals_the_unbroken_one(
    workshop: Any, name: str, schedule: str, batch: int | None, validated: bool
) -> None:
    plan: dict[str, Any] = {"learning_rate": RATES[name], "schedule": schedule, "horizon": 30}
    if validated:
        plan |= {"validation": workshop.validation, "patience": 6, "every": 2}

    def program() -> Any:
        return workshop.program(name, batch, **SETTINGS.get(name, {}))

    whole = workshop.run(program(), epochs=30, **plan)
    for stops in ([1], [7, 8, 29], [13, 30]):
        state = None
        for epochs in (*stops, 30):
            broken = workshop.run(program(), state, epochs=epochs, **plan)
            state = written_and_read(broken.state)
        assert_same(broken, whole)


def test_some_of_those_runs_stop_early_and_some_do_not(workshop: Any) -> None:
    plan = {"validation": workshop.validation, "patience": 6, "every": 2, "epochs": 30}
    ends = {workshop.run(workshop.program(name), learning_rate=RATES[name], **plan).stopped for name in OPTIMISERS}
    assert ends == {"early", "done"}


def test_what_is_handed_in_is_left_as_it_is(workshop: Any) -> None:
    first = workshop.run(workshop.program("adam", 5), epochs=4, horizon=9).state
    before = written_and_read(first)
    workshop.run(workshop.program("adam", 5), first, epochs=9)
    for name, values in before.to_arrays()[0].items():
        np.testing.assert_array_equal(first.to_arrays()[0][name], values)
    assert first.to_arrays()[1] == before.to_arrays()[1]


def test_a_state_at_its_end_is_given_back(workshop: Any) -> None:
    first = workshop.run(workshop.program(), epochs=4)
    again = workshop.run(workshop.program(), first.state, epochs=4)
    assert_same(again, first)


def test_a_state_that_was_warm_without_history_keeps_its_losses(workshop: Any) -> None:
    first = workshop.run(workshop.program(), epochs=4).state.state
    again = workshop.run(workshop.program(), first, epochs=6)
    assert again.history["epoch"].tolist() == [5, 6]
    assert again.state.state.losses[:4].tolist() == first.losses.tolist()
    assert again.state.state.losses.shape == (6,)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda arrays, facts: (arrays, "{"), "not JSON"),
        (lambda arrays, facts: (arrays, "[" * 100_000), "lists within lists"),
        (lambda arrays, facts: (arrays, "[]"), "a list of 0, where the state of training belongs"),
        (lambda arrays, facts: (arrays, json.dumps(facts | {"epoch": -1})), "epoch is -1, where a whole number"),
        (lambda arrays, facts: (arrays, json.dumps(facts | {"epoch": True})), "epoch is true, where a whole number"),
        (lambda arrays, facts: (arrays, json.dumps(facts | {"rng": 3})), "rng is 3, where the state of a generator"),
        (
            lambda arrays, facts: (arrays, json.dumps(facts | {"rng": {"bit_generator": "PCG64"}})),
            r"rng\.state is missing",
        ),
        (lambda arrays, facts: (arrays, json.dumps(facts | {"rng": {"bit_generator": "X"}})), r"rng\.state is missing"),
        (
            lambda arrays, facts: ({"parameters": arrays["parameters"]}, json.dumps(facts)),
            "the array moments is missing",
        ),
        (lambda arrays, facts: (arrays | {"moments": np.zeros((2, 9))}, json.dumps(facts)), "moments has the shape"),
        (lambda arrays, facts: (arrays | {"best_loss": np.zeros(2)}, json.dumps(facts)), "best_loss has the shape"),
        (lambda arrays, facts: (arrays | {"parameters": np.zeros(())}, json.dumps(facts)), "parameters has the shape"),
        (
            lambda arrays, facts: (arrays | {"history_loss": np.zeros(2)}, json.dumps(facts)),
            "history_loss has the shape|history_validation_loss has the shape",
        ),
    ],
)
def test_a_damaged_state_is_named(workshop: Any, damage: Any, said: str) -> None:
    arrays, facts = workshop.run(workshop.program("adam"), epochs=3).state.to_arrays()
    with pytest.raises(ModelFileError, match=said):
        TrainingState.from_arrays(*damage(arrays, json.loads(facts)))
