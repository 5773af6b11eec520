"""Engines by name, and the choice of one."""

import pytest

import pliant
from pliant.engines import ENGINES, ENOUGH_WORK, choose_engine, engine
from pliant.engines.contract import batches
from pliant.errors import ArgumentError, MissingExtraError


def test_auto_is_the_reference_engine_for_short_trainings_and_else_the_compiled_one():
    assert choose_engine() == choose_engine(work=0.99 * ENOUGH_WORK) == "reference"
    assert choose_engine(work=ENOUGH_WORK) == "compiled"
    assert choose_engine("auto", "float32") == "compiled"
    assert [choose_engine(name) for name in ENGINES] == list(ENGINES)


def test_auto_does_without_the_compiled_engine_where_it_does_not_run(monkeypatch):
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    assert choose_engine(work=1e12) == "reference"
    assert choose_engine("auto", "float32") == "torch"
    with pytest.raises(MissingExtraError, match="NUMBA_DISABLE_JIT turns off"):
        choose_engine("compiled")


@pytest.mark.parametrize(
    ("epochs", "engine"),
    [(100, "reference"), (100_000, "compiled")],
)
def test_a_fit_is_trained_by_the_engine_that_suits_its_length(epochs, engine):
    table = {"x": [1.0, 2.0, 3.0, 4.0, 5.0], "y": [2.0, 1.0, 4.0, 3.0, 5.0]}
    how = {"optimiser": "adam", "hidden": 1, "activation": "relu", "validation": 0.4, "patience": 1}
    assert pliant.fit("y ~ x", table, epochs=epochs, **how).settings.engine == engine


def test_a_checkpoint_goes_on_in_the_engine_that_began_it(tmp_path, monkeypatch):
    table = {"x": [1.0, 2.0, 3.0, 4.0, 5.0], "y": [2.0, 1.0, 4.0, 3.0, 5.0]}
    how = {"optimiser": "adam", "hidden": 1, "activation": "relu", "checkpoint": tmp_path / "c.checkpoint"}
    assert pliant.fit("y ~ x", table, epochs=3, **how).settings.engine == "reference"
    assert how["checkpoint"].exists()
    monkeypatch.setattr("pliant.engines.ENOUGH_WORK", 0.0)
    assert pliant.fit("y ~ x", table, epochs=6, **how).settings.engine == "reference"


def test_an_unknown_engine_names_the_choices():
    with pytest.raises(ArgumentError, match="no engine 'jax'; choose one of reference, compiled, torch"):
        choose_engine("jax")


def test_the_reference_engine_has_no_float32_and_no_cuda():
    with pytest.raises(ArgumentError, match="no precision 'float32'; choose engine='compiled' or 'torch'"):
        choose_engine("reference", "float32")
    with pytest.raises(ArgumentError, match="runs on the cpu"):
        engine("reference", device="cuda")


def test_batches_are_consecutive_and_the_last_may_be_smaller():
    assert batches(7, 3) == [slice(0, 3), slice(3, 6), slice(6, 7)]
    assert batches(7, None) == batches(7, 7) == batches(7, 100) == [slice(0, 7)]
