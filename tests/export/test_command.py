"""`pliant export` as a user types it."""

import shutil

import numpy as np
import pytest
from tests.export.tables import answer, apart, numbers, torch_answer

import pliant
from pliant.cli import run
from pliant.datasets import penguins_path

FORMULA = "body_mass_g ~ flipper_length_mm + species"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the penguins and a model of them."""
    shutil.copy(penguins_path(), tmp_path / "penguins.csv")
    monkeypatch.chdir(tmp_path)
    pliant.fit(FORMULA, "penguins.csv", hidden=()).save("m.pliant")
    return tmp_path


def call(capsys, *arguments):
    code = run(list(arguments))
    return code, *capsys.readouterr()


def test_a_model_file_becomes_files_for_onnxruntime_and_torch(folder, capsys):
    code, out, err = call(capsys, "export", "m.pliant", "--onnx", "m.onnx", "--torch", "m.pt2")
    assert (code, out) == (0, "")
    assert [line.split(";")[0] for line in err.splitlines()] == ["m.onnx written", "m.pt2 written"]
    assert "rows predicted as pliant does" in err
    penguins = pliant.datasets.penguins()
    wanted = numbers(pliant.load("m.pliant").predict(penguins))
    assert apart(answer("m.onnx", penguins)["prediction"], wanted) < 1e-5
    assert apart(torch_answer("m.pt2", penguins)["prediction"], wanted) < 1e-5


def test_it_is_checked_with_a_table_if_one_is_given(folder, capsys):
    arguments = ["export", "m.pliant", "penguins.csv", "--onnx", "m.onnx", "--precision", "float64"]
    code, _, err = call(capsys, *arguments)
    assert (code, err.split(" rows")[0]) == (0, "m.onnx written; 346")
    assert answer("m.onnx", pliant.datasets.penguins(), "float64")["prediction"].dtype == np.float64


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["m.pliant"], "nothing to write; name a file with --onnx or --torch"),
        (["none.pliant", "--onnx", "m.onnx"], "cannot read the model"),
        (["m.pliant", "--onnx", "no/m.onnx"], "no folder"),
        (["m.pliant", "--onnx", "m.pliant"], "would destroy what is read"),
        (["m.pliant", "penguins.csv", "--onnx", "penguins.csv"], "would destroy what is read"),
        (["m.pliant", "none.csv", "--onnx", "m.onnx"], "no file 'none.csv'"),
        (["m.pliant", "--onnx", "m.onnx", "--precision", "half"], "'half' is not one of"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(folder, capsys, arguments, said):
    code, out, err = call(capsys, "export", *arguments)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert said in err
    assert not (folder / "m.onnx").exists()
