"""The file of a fit: how often it is written, what it refuses, and what it does where it cannot be written."""

import numpy as np
import pytest

from pliant.engines.contract import State
from pliant.errors import ArgumentError, ModelFileError, PliantWarning
from pliant.modelfile import read_model, write_model
from pliant.training import Checkpoint, Identity, TrainingState, checkpoint, read_every
from pliant.training.every import Every


def at(epoch):
    """Give a state that stands after an epoch."""
    return TrainingState.start(State(np.full(3, epoch * 1.0), np.zeros((0, 3)), epoch=epoch, losses=np.zeros(epoch)))


@pytest.mark.parametrize(
    ("text", "seconds", "epochs"),
    [
        ("30 s", 30.0, None),
        ("30s", 30.0, None),
        ("5min", 300.0, None),
        (" 5 minutes ", 300.0, None),
        ("1.5 h", 5400.0, None),
        (".5 s", 0.5, None),
        ("10epochs", np.inf, 10),
        ("1 epoch", np.inf, 1),
    ],
)
def test_how_often_is_a_time_or_a_number_of_epochs(text, seconds, epochs):
    assert read_every(text) == Every(seconds, epochs)


@pytest.mark.parametrize(
    "text",
    [
        *("", "often", "30", 30, None, "0 s", "-1 s", "0 epochs", "2.5 epochs", "nan s", "1e3 s", "9999999 h", "5 m"),
        *("\u0663 s", "9" * 400 + " s", "9" * 80 + " epochs"),
    ],
)
def test_anything_else_is_refused_with_what_to_write(text):
    with pytest.raises(ArgumentError, match=r"^checkpoint_every=.*write '\d+ ") as problem:
        read_every(text)
    assert len(str(problem.value)) < 250


def test_a_file_is_written_when_it_is_due_and_at_the_end(tmp_path, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(checkpoint, "monotonic", lambda: now[0])
    path = tmp_path / "c"
    with Checkpoint(path, Every(seconds=10.0)) as file:
        part = file.part("first")
        part.keep(1, lambda: at(1))
        assert not path.exists()
        now[0] += 11.0
        part.keep(2, lambda: at(2))
        assert Checkpoint(path).state("first").epoch == 2
        part.keep(3, lambda: at(3))
        assert Checkpoint(path).state("first").epoch == 2
    assert Checkpoint(path).state("first").epoch == 3


def test_by_epochs_it_is_written_after_so_many_of_a_part(tmp_path):
    file = Checkpoint(tmp_path / "c", Every(epochs=4))
    one, other = file.part("first.0"), file.part("first.1")
    assert one.until_due(0) == 4
    assert one.until_due(3) == 1
    one.keep(3, lambda: at(3))
    assert not (tmp_path / "c").exists()
    other.keep(4, lambda: at(4))
    again = Checkpoint(tmp_path / "c", Every(epochs=4))
    assert [again.state(name).epoch for name in ("first.0", "first.1")] == [3, 4]
    assert again.until_due("first.0", 5) == 2


def test_what_is_done_takes_the_place_of_its_state(tmp_path):
    with Checkpoint(tmp_path / "c") as file:
        place = file.places("first")(3)
        place.keep(5, lambda: at(5))
        place.done({"parameters": np.arange(4.0)})
    again = Checkpoint(tmp_path / "c").places("first")(3)
    assert again.state() is None
    assert np.array_equal(again.found()["parameters"], np.arange(4.0))


def test_nothing_new_writes_nothing(tmp_path):
    with Checkpoint(tmp_path / "c") as file:
        file.begin("first", Identity({"seed": 0}, {}))
    assert not (tmp_path / "c").exists()


def test_a_full_disk_costs_the_checkpoint_and_not_the_training(tmp_path, monkeypatch):
    def full(*_):
        raise ModelFileError("cannot write c: No space left on device")

    with Checkpoint(tmp_path / "c", Every(epochs=1)) as file:
        part = file.part("first")
        with monkeypatch.context() as patch:
            patch.setattr(checkpoint, "write_model", full)
            with pytest.warns(PliantWarning, match="No space left on device; the fit goes on without a checkpoint"):
                part.keep(1, lambda: at(1))
    assert Checkpoint(tmp_path / "c").state("first").epoch == 1  # tried again, and there was space


def test_ctrl_c_within_a_write_is_made_up_for_at_the_end(tmp_path, monkeypatch):
    def interrupted(*_):
        monkeypatch.undo()
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "write_model", interrupted)
    with pytest.raises(KeyboardInterrupt), Checkpoint(tmp_path / "c", Every(epochs=1)) as file:
        file.part("first").keep(1, lambda: at(1))
    assert Checkpoint(tmp_path / "c").state("first").epoch == 1


def test_a_difference_is_said_with_both_values_and_digests_by_their_column(tmp_path):
    path = tmp_path / "c"
    before = Identity({"formula": "y ~ x", "rows": 120, "seed": 0, "batch": None}, {"the values of 'x'": "a"})
    with Checkpoint(path) as file:
        file.begin("first", before)
        file.part("first").keep(1, lambda: at(1))
    for settings, digests, says in (
        ({"rows": 119}, {"the values of 'x'": "b"}, "rows: 120 there, 119 here; name another file, or remove this one"),
        ({"formula": "y ~ z"}, {"the values of 'z'": "b"}, "formula: 'y ~ x' there, 'y ~ z' here; name"),
        ({"seed": 1, "batch": 32}, {}, "seed: 0 there, 1 here; batch: none there, 32 here; the values of 'x' differ"),
        ({}, {"the values of 'x'": "b"}, "training: the values of 'x' differ; name another file"),
        ({"rate": 1.0}, {"the values of 'x'": "a"}, "rate: none there, 1.0 here"),
    ):
        with pytest.raises(ArgumentError) as problem:
            Checkpoint(path).begin("first", Identity({**before.settings, **settings}, digests))
        assert says in str(problem.value)
    many = {f"the values of 'x{j}'": "a" for j in range(40)}
    with pytest.raises(ArgumentError, match=r"'x4' differ; 36 more; name another file"):
        Checkpoint(path).begin("first", Identity(before.settings, many))


@pytest.mark.parametrize(
    "facts",
    [
        {"checkpoint": {"seed": 1}, "state": "{}"},  # of an earlier version
        {"checkpoint": {}, "parts": 3},
        {"checkpoint": {}, "parts": {"first": 3}},
        {"checkpoint": {}, "parts": {"first": ["state", "{}"]}},
        {"checkpoint": [], "parts": {}},
        {"checkpoint": {"first": {"settings": 3, "digests": {}}}, "parts": {}},
        {"checkpoint": {"first": {}}, "parts": {}},
    ],
    ids=str,
)
def test_what_is_not_a_checkpoint_is_refused_in_one_line(tmp_path, facts):
    write_model(tmp_path / "c", facts, {"first/parameters": np.zeros(2)}, lambda facts, arrays: None)
    with pytest.raises(ModelFileError) as problem:
        Checkpoint(tmp_path / "c")
    assert "\n" not in str(problem.value)


def test_the_file_is_a_model_file_and_so_is_hashed(tmp_path):
    with Checkpoint(tmp_path / "c") as file:
        file.part("first").keep(1, lambda: at(1))
    assert set(read_model(tmp_path / "c")[0]) >= {"checkpoint", "parts"}
    content = bytearray((tmp_path / "c").read_bytes())
    content[-3] ^= 1
    (tmp_path / "c").write_bytes(content)
    with pytest.raises(ModelFileError, match="damaged"):
        Checkpoint(tmp_path / "c")
