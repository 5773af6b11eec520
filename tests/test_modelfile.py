"""The model file: whole or not at all, and checked before anything in it is parsed."""

import os
import stat

import numpy as np
import pytest
from safetensors.numpy import load

import pliant
from pliant.errors import ModelFileError
from pliant.modelfile import read_model, write_model

FACTS = {"text": 'quotes " and \\ and <b> and é', "number": 0.1, "none": None, "list": [1, 2.5, "x"]}
ARRAYS = {"x": np.linspace(0, 1, 7), "n": np.arange(3.0), "nan": np.array([np.nan, np.inf, -0.0])}


def anything(facts, arrays):
    """Takes whatever is there."""


@pytest.fixture
def model_file(tmp_path):
    return write_model(tmp_path / "m.pliant", FACTS, ARRAYS, anything)


def test_what_is_written_is_read_to_the_last_bit(model_file):
    facts, arrays = read_model(model_file)
    assert {name: facts[name] for name in FACTS} == FACTS
    for name, values in ARRAYS.items():
        assert arrays[name].tobytes() == values.tobytes()
        assert arrays[name].dtype == values.dtype


def test_a_model_file_is_a_safetensors_file(model_file):
    assert set(load(model_file.read_bytes())) == set(ARRAYS)


def test_every_changed_byte_is_found(model_file, tmp_path):
    content = model_file.read_bytes()
    broken = tmp_path / "broken.pliant"
    for at in range(len(content)):
        changed = bytearray(content)
        changed[at] ^= 0x20
        broken.write_bytes(changed)
        with pytest.raises(ModelFileError):
            read_model(broken)


def test_every_truncation_is_found(model_file, tmp_path):
    content = model_file.read_bytes()
    broken = tmp_path / "broken.pliant"
    for length in range(len(content)):
        broken.write_bytes(content[:length])
        with pytest.raises(ModelFileError):
            read_model(broken)


def test_a_newer_format_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("pliant.modelfile.FORMAT", 99)
    path = write_model(tmp_path / "m.pliant", {"version": "9.9"}, ARRAYS, anything)
    monkeypatch.undo()
    with pytest.raises(ModelFileError, match=r"newer pliant \(9\.9\); update"):
        read_model(path)


@pytest.mark.parametrize("make", [lambda p: None, os.mkdir, os.mkfifo], ids=["absent", "folder", "pipe"])
def test_what_is_no_regular_file_is_refused_at_once(make, tmp_path):
    path = tmp_path / "m.pliant"
    make(path)
    with pytest.raises(ModelFileError, match=r"m\.pliant"):
        read_model(path)


def test_a_failed_write_leaves_the_old_file_and_no_litter(model_file, monkeypatch):
    before = model_file.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ModelFileError, match=r"cannot write '.*': no space left on device; free some space"):
        write_model(model_file, {"other": 1}, ARRAYS, anything)
    monkeypatch.undo()
    assert model_file.read_bytes() == before
    assert os.listdir(model_file.parent) == [model_file.name]


def test_the_umask_decides_who_may_read(model_file):
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(model_file.stat().st_mode) == 0o666 & ~umask


def test_a_loaded_model_predicts_the_same_bits(tmp_path):
    table = pliant.datasets.penguins()
    for options in (
        {"hidden": ()},
        {"hidden": 3, "epochs": 20},
        {"hidden": 3, "epochs": 20, "validation": 0.3},
    ):
        model = pliant.fit("body_mass_g ~ flipper_length_mm * species + bs(bill_length_mm)", table, **options)
        model.save(tmp_path / "m.pliant")
        again = pliant.load(tmp_path / "m.pliant")
        ours, theirs = model.predict(table), again.predict(table)
        assert ours.equals(theirs)
        assert str(again.summary()) == str(model.summary())


def test_a_foreign_safetensors_file_is_no_model(tmp_path):
    from safetensors.numpy import save_file

    save_file(ARRAYS, tmp_path / "x.pliant")
    with pytest.raises(ModelFileError, match="not a pliant model"):
        pliant.load(tmp_path / "x.pliant")


@pytest.mark.parametrize("path", ["a\0b.pliant", "", ".", "absent/m.pliant", "x" * 5000])
def test_a_path_that_is_none_is_refused_in_one_line(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelFileError, match=r"^cannot write .*$"):
        write_model(path, FACTS, ARRAYS, anything)
    assert list(tmp_path.iterdir()) == []
