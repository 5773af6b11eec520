"""Stop, save, load, continue: the same bits as a run that was never stopped."""

import numpy as np
import pytest

import pliant
from pliant.errors import ArgumentError, InputError, ModelFileError
from pliant.optimisers import OPTIMISERS

PENGUINS = pliant.datasets.penguins()
FORMULA = "body_mass_g ~ flipper_length_mm + species"
RUN = {"hidden": 4, "learning_rate": 0.01, "seed": 3}


def same(ours, theirs):
    """Say whether two models are equal to the last bit, times apart."""
    a, b = ours.training.state, theirs.training.state
    arrays = all(
        np.array_equal(getattr(a, name), getattr(b, name), equal_nan=True)
        for name in ("parameters", "moments", "losses")
    )
    histories = all(
        np.array_equal(ours.history[name], theirs.history[name], equal_nan=True)
        for name in ("epoch", "loss", "validation_loss", "learning_rate")
    )
    return arrays and histories and a.rng == b.rng and np.array_equal(ours.parameters, theirs.parameters)


@pytest.mark.parametrize("engine", ["reference", "torch"])
@pytest.mark.parametrize("options", [{}, {"batch": 64}, {"batch": 64, "validation": 0.2, "patience": 500}], ids=str)
@pytest.mark.parametrize("optimiser", [*OPTIMISERS, "nesterov"])
def test_stop_save_load_continue_is_the_unbroken_run(optimiser, options, engine, tmp_path):
    run = RUN | options | {"optimiser": optimiser, "engine": engine}
    if optimiser == "nesterov":
        run |= {"optimiser": "sgd", "optimiser_settings": {"momentum": 0.9, "nesterov": True}}
    unbroken = pliant.fit(FORMULA, PENGUINS, epochs=17, **run)
    stopped = pliant.fit(FORMULA, PENGUINS, epochs=6, **run)
    stopped.save(tmp_path / "m.pliant")
    loaded = pliant.load(tmp_path / "m.pliant")
    assert same(loaded.continue_training(11, PENGUINS), unbroken)
    assert same(stopped.continue_training(4).continue_training(7), unbroken)


def test_a_schedule_goes_on_over_its_own_epochs():
    model = pliant.fit(FORMULA, PENGUINS, epochs=8, schedule="cosine", **RUN)
    longer = model.continue_training(2)
    assert longer.history["learning_rate"][-1] <= model.history["learning_rate"][-1]
    assert len(longer.history) == 10


def test_other_rows_are_refused():
    model = pliant.fit(FORMULA, PENGUINS, epochs=3, **RUN)
    with pytest.raises(InputError, match="rows differ"):
        model.continue_training(3, PENGUINS.head(200))


def test_a_model_from_a_file_needs_its_table(tmp_path):
    pliant.fit(FORMULA, PENGUINS, epochs=3, **RUN).save(tmp_path / "m.pliant")
    with pytest.raises(InputError, match="holds no data"):
        pliant.load(tmp_path / "m.pliant").continue_training(3)


def test_an_exact_line_has_nothing_to_continue():
    with pytest.raises(InputError, match="nothing to continue"):
        pliant.fit(FORMULA, PENGUINS, hidden=()).continue_training(3)


@pytest.mark.parametrize("epochs", [-1, 2.5, "many"])
def test_epochs_are_counted_in_whole_numbers(epochs):
    model = pliant.fit(FORMULA, PENGUINS, epochs=3, **RUN)
    with pytest.raises(ArgumentError, match="whole number"):
        model.continue_training(epochs)


def test_a_checkpoint_goes_on_to_the_same_bits(tmp_path):
    kept = tmp_path / "run.checkpoint"
    unbroken = pliant.fit(FORMULA, PENGUINS, epochs=15, batch=50, **RUN)
    pliant.fit(FORMULA, PENGUINS, epochs=5, batch=50, checkpoint=kept, **RUN)
    assert same(pliant.fit(FORMULA, PENGUINS, epochs=15, batch=50, checkpoint=kept, **RUN), unbroken)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"learning_rate": 0.02}, "learning_rate: 0.01 there, 0.02 here"),
        ({"hidden": 5}, r"hidden: \[4\] there, \[5\] here"),
        ({"seed": 4}, "seed: 3 there, 4 here"),
        ({"table": PENGUINS.head(100)}, "rows: 342 there, 99 here"),
        ({"formula": "body_mass_g ~ flipper_length_mm"}, "formula"),
    ],
    ids=str,
)
def test_a_checkpoint_of_another_training_is_refused(change, says, tmp_path):
    kept = tmp_path / "run.checkpoint"
    pliant.fit(FORMULA, PENGUINS, epochs=5, checkpoint=kept, **RUN)
    run = RUN | change
    formula, table = run.pop("formula", FORMULA), run.pop("table", PENGUINS)
    with pytest.raises(ArgumentError, match=f"of another training.*{says}"):
        pliant.fit(formula, table, epochs=5, checkpoint=kept, **run)


def test_a_model_is_no_checkpoint_and_a_checkpoint_no_model(tmp_path):
    kept, saved = tmp_path / "run.checkpoint", tmp_path / "m.pliant"
    model = pliant.fit(FORMULA, PENGUINS, epochs=5, checkpoint=kept, **RUN)
    model.save(saved)
    with pytest.raises(ModelFileError, match="not a checkpoint"):
        pliant.fit(FORMULA, PENGUINS, epochs=5, checkpoint=saved, **RUN)
    with pytest.raises(ModelFileError, match="a checkpoint, not a model"):
        pliant.load(kept)
