"""A torch file predicts what `predict` predicts, opens without pliant, and holds nothing that would be run."""

import io
import json
import pickletools
import subprocess
import sys
import zipfile

import numpy as np
import polars as pl
import pytest
from tests.export.tables import TABLE, apart, numbers, torch_answer

import pliant
from pliant.errors import InputError, MissingExtraError

QUICK = {"epochs": 15, "seed": 1}
MODELS = {
    "members, functions and splines": (
        "number ~ net(log(z)) + g*bs(x, df = 5) + cut(exposure, 3) + C(rank, 'poly') + factor(tenth) + flag",
        {"hidden": 2, "members": 3},
    ),
    "counts with exposure, imputed": (
        "count ~ xm + gm + offset(log(exposure))",
        {"family": "poisson", "hidden": (), "missing": "impute"},
    ),
    "three classes": ("three ~ x + gm", {"family": "multinomial", "hidden": 3, "activation": "gelu", **QUICK}),
}


@pytest.mark.parametrize("name", MODELS)
def test_the_file_predicts_what_the_model_predicts(name, tmp_path):
    formula, options = MODELS[name]
    model = pliant.fit(formula, TABLE, **options)
    checked = model.to_torch_file(tmp_path / "m.pt2", "float64")
    found = torch_answer(tmp_path / "m.pt2", TABLE, "float64")
    frame = model.predict(TABLE)
    assert apart(found.get("probabilities", found["prediction"]), numbers(frame)) < 1e-11
    assert checked.largest < 1e-11
    if "probabilities" in found:
        labels = np.array(["p", "q", "r", None])[found["prediction"]]
        assert labels.tolist() == frame["prediction"].to_list()


def test_float32_one_row_and_what_is_refused(tmp_path):
    model = pliant.fit("number ~ log(z) + g", TABLE, hidden=3, activation="relu", **QUICK)
    model.to_torch_file(tmp_path / "m.pt2")
    rows = pl.DataFrame({"z": [1.0, -1.0, 2.0, 3.0], "g": ["a", "a", "new", None]})
    found = torch_answer(tmp_path / "m.pt2", rows)["prediction"]
    assert found.dtype == np.float32
    assert np.isnan(found[:, 0]).tolist() == [False, True, True, True]
    one = torch_answer(tmp_path / "m.pt2", rows[:1])["prediction"]
    assert apart(one, numbers(model.predict(rows[:1]))) < 1e-5


ALONE = """
import sys, json, torch
said = {"pliant.json": ""}
module = torch.export.load(sys.argv[1], extra_files=said).module()
about = json.loads(said["pliant.json"])
levels = json.loads(about["columns"])["g"]
row = {"x": torch.tensor([[1.0], [2.0]]), "g": torch.tensor([[levels.index("a")], [-1]])}
print(json.dumps([about["formula"], module(row)["prediction"][:, 0].tolist(), "pliant" in sys.modules]))
"""


def test_it_opens_without_pliant_and_without_unpickling_code(tmp_path):
    model = pliant.fit("number ~ x + g", TABLE, hidden=())
    model.to_torch_file(tmp_path / "m.pt2")
    done = subprocess.run(
        [sys.executable, "-c", ALONE, str(tmp_path / "m.pt2")], capture_output=True, text=True, check=True
    )
    formula, found, had_pliant = json.loads(done.stdout)
    wanted = model.predict({"x": [1.0, 2.0], "g": ["a", None]})["prediction"].to_list()
    assert (formula, had_pliant) == ("number ~ x + g", False)
    assert abs(found[0] - wanted[0]) < 1e-5
    assert np.isnan(found[1])
    assert wanted[1] is None or np.isnan(wanted[1])
    with zipfile.ZipFile(tmp_path / "m.pt2") as archive:
        for part in archive.namelist():
            content = archive.read(part)
            assert str(tmp_path.anchor + "tmp").encode() not in content
            if part.endswith("sample_inputs/model.pt"):  # which torch reads as tensors alone
                with zipfile.ZipFile(io.BytesIO(content)) as inner:
                    pickled = next(inner.read(n) for n in inner.namelist() if n.endswith("data.pkl"))
                names = [argument for code, argument, _ in pickletools.genops(pickled) if code.name == "GLOBAL"]
                assert {name.split()[0] for name in names} <= {"torch", "torch._utils", "collections"}
            else:
                assert not content.startswith(b"\x80")  # as a pickle does


def test_a_part_that_torch_would_unpickle_stops_the_file(monkeypatch, tmp_path):
    model = pliant.fit("number ~ x", TABLE, hidden=())
    monkeypatch.setattr(pliant.export.torch_file, "_pickled_parts", lambda content: ["constant_3"])
    with pytest.raises(InputError, match="would pickle constant_3"):
        model.to_torch_file(tmp_path / "m.pt2")
    assert not (tmp_path / "m.pt2").exists()


def test_names_of_columns_are_kept_or_refused(tmp_path):
    names = ["a.b", "ç", "1", "classes", "constant_3", "self", "columns", "a/b", "two words"]
    rng = np.random.default_rng(0)
    table = pl.DataFrame({name: rng.normal(size=40) for name in (*names, "z")})
    model = pliant.fit("z ~ .", table, hidden=())
    model.to_torch_file(tmp_path / "m.pt2")
    assert apart(torch_answer(tmp_path / "m.pt2", table)["prediction"], numbers(model.predict(table))) < 1e-5
    quoted = pliant.fit("z ~ .", table.rename({"1": "x']; print('"}), hidden=())
    with pytest.raises(InputError, match="rename it without quotes"):
        quoted.to_torch_file(tmp_path / "m.pt2")


def test_without_torch_it_says_what_to_install(monkeypatch, tmp_path):
    model = pliant.fit("number ~ x", TABLE, hidden=())
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'pliant\[torch\]'"):
        model.to_torch_file(tmp_path / "m.pt2")
