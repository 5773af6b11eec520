"""Model files of every format are read to the last digit, and no wrong one is read at all."""

import importlib.util
import json
import re
import sys
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import pliant
from pliant.errors import ArgumentError, ModelFileError
from pliant.modelfile import FORMAT, read_model, write_model
from pliant.study.ledger import Ledger, Measured, Trial
from pliant.training.checkpoint import check_checkpoint

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "fixtures"
FORMATS = sorted(path.name for path in FIXTURES.glob("format_*"))
FILES = [(path.parent.name, path.stem) for path in sorted(FIXTURES.glob("format_*/*.pliant"))]
NEWEST = FIXTURES / f"format_{FORMAT}"
MOST = 200e6  # bytes beyond the file


def load_script(path):
    """Load a script that is in no package; those beside it are found by it."""
    sys.path.insert(0, str(path.parent))
    try:
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(path.parent))
    return module


crafted = load_script(ROOT / "benchmarks" / "crafted.py")
mutate = load_script(ROOT / "benchmarks" / "mutate.py")
make = load_script(FIXTURES / "make.py")


def predicted(model):
    """What a model predicts on the rows of the fixtures."""
    found = model.predict(make.as_table(make.new_rows()))
    return {name: found[name].to_list() for name in found.columns}


def refuses(path, content):
    """Give the message with which a file is refused; fails if it is not, or not as it should be."""
    path.write_bytes(content)
    with pytest.raises(ModelFileError) as caught:
        pliant.load(path)
    said = str(caught.value)
    assert path.name in said
    assert said.isprintable()
    assert len(said) < 1000
    assert any(remedy in said for remedy in ("use another copy", "update pliant", "a model is made by", "give it to"))
    return said


def test_the_page_has_the_tables_of_the_schema():
    page = (ROOT / "docs" / "model-file.md").read_text("utf-8")
    assert load_script(ROOT / "tools" / "write_model_file.py").written(page) == page, "run tools/write_model_file.py"


def test_there_are_files_of_every_format():
    assert f"format_{FORMAT}" in FORMATS
    assert len(FORMATS) == FORMAT


@pytest.mark.parametrize(("folder", "name"), FILES)
def test_a_file_of_any_format_predicts_what_it_did(folder, name, tmp_path):
    told = json.loads((FIXTURES / folder / "predictions.json").read_text("utf-8"))
    model = pliant.load(FIXTURES / folder / f"{name}.pliant")
    model.save(tmp_path / "again.pliant")
    for each in (model, pliant.load(tmp_path / "again.pliant")):
        found = predicted(each)
        assert found.keys() == told["predictions"][name].keys()
        for column, values in found.items():
            wanted = told["predictions"][name][column]
            if isinstance(wanted[0], str):
                assert values == wanted
            else:
                as_floats = [np.array([np.nan if v is None else v for v in each]) for each in (values, wanted)]
                np.testing.assert_allclose(*as_floats, rtol=1e-12, atol=1e-12)
    assert str(model.summary())


@pytest.mark.parametrize("name", [name for folder, name in FILES if folder == NEWEST.name])
def test_the_newest_format_is_written_as_it_was(name, tmp_path):
    path = NEWEST / f"{name}.pliant"
    pliant.load(path).save(tmp_path / "again.pliant")
    version = read_model(path)[0]["version"]
    if version == pliant.__version__:
        assert (tmp_path / "again.pliant").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("name", ["line", "members", "steps"])
def test_no_mutation_of_a_file_is_read(name, tmp_path):
    good, other = (NEWEST / f"{each}.pliant" for each in (name, "factors"))
    for _what, content in mutate.mutations(good.read_bytes(), other.read_bytes(), 7, 110):
        refuses(tmp_path / "m.pliant", content)


@pytest.mark.parametrize(
    ("name", "every"), [("line", 7), ("members", 41), ("splines", 41), ("steps", 41), ("factors", 41)]
)
def test_no_file_with_wrong_content_is_read(name, every, tmp_path):
    good = (NEWEST / f"{name}.pliant").read_bytes()
    for i, (_what, content) in enumerate(crafted.crafted(good)):
        if i % every == 0 and content != good and len(content) < 2**21:
            refuses(tmp_path / "m.pliant", content)


@pytest.mark.parametrize("what", ["a million empty lists", "ten million empty lists"])
def test_a_bomb_takes_no_memory(what, tmp_path):
    good = (NEWEST / "line.pliant").read_bytes()
    content = dict(crafted.wrong_bytes(crafted.take_apart(good)))[what]
    tracemalloc.start()
    try:
        refuses(tmp_path / "m.pliant", content)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 2 * len(content) + MOST


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("network.hidden", [-3], r"network\.hidden\[0\] is -3, where a whole number from 1"),
        ("network.activation", "softmax", r'network\.activation is "softmax", where "identity" or'),
        ("network.inputs", 2**40, r"network\.inputs is 1099511627776"),
        ("family", "gauss", r'family is "gauss", where '),
        ("format", 0, "format is 0, where a whole number from 1 on belongs"),
        ("format", True, "format is true"),
        ("format", "1", 'format is "1"'),
        ("format", 99, r"was written by a newer pliant \(.*\); update pliant to read it"),
        ("facts.dispersion", float("nan"), "NaN is no JSON"),
        ("settings.seed", 10**60, "settings.seed is 1000"),
        ("more", 1, "more is not known"),
        ("stopped", None, "stopped is null"),
    ],
    ids=repr,
)
def test_the_message_names_place_and_rule(place, value, said, tmp_path):
    parts = crafted.take_apart((NEWEST / "members.pliant").read_bytes())
    facts = parts.facts
    holder = facts
    *path, last = place.split(".")
    for step in path:
        holder = holder[step]
    holder[last] = value
    found = refuses(tmp_path / "m.pliant", crafted.with_facts(parts, facts))
    assert re.search(said, found)


def test_a_verdict_whose_test_could_not_be_made_is_kept(tmp_path):
    model = pliant.load(NEWEST / "members.pliant")
    unsure = replace(model.members, verdict=replace(model.members.verdict, p_value=float("nan")))
    replace(model, members=unsure).save(tmp_path / "m.pliant")
    assert np.isnan(pliant.load(tmp_path / "m.pliant").members.verdict.p_value)


def test_what_could_not_be_read_is_not_written(tmp_path):
    model = pliant.load(NEWEST / "steps.pliant")
    broken = replace(model, parameters=np.full_like(model.parameters, np.inf))
    with pytest.raises(ModelFileError, match=r"cannot write .*the array parameters has other numbers"):
        broken.save(tmp_path / "m.pliant")
    assert list(tmp_path.iterdir()) == []


def test_a_model_is_no_checkpoint_and_no_search_and_neither_is_a_model(tmp_path):
    model = NEWEST / "line.pliant"
    table = {"x": np.arange(30.0), "y": np.sin(np.arange(30.0))}
    with pytest.raises(ModelFileError, match="is a model, not a checkpoint"):
        pliant.fit("y ~ x", table, hidden=2, optimiser="adam", epochs=2, checkpoint=model)
    path = write_model(tmp_path / "s.pliant", {"search": {}, "trials": {}}, {}, lambda facts, arrays: None)
    with pytest.raises(ModelFileError, match="is the file of a search, not a model"):
        pliant.load(path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda facts, arrays: (facts | {"checkpoint": 1}, arrays), "checkpoint is 1, where an object"),
        (
            lambda facts, arrays: (facts | {"checkpoint": {"first": {}}}, arrays),
            r"checkpoint\[.first.\].settings is missing",
        ),
        (lambda facts, arrays: ({k: v for k, v in facts.items() if k != "parts"}, arrays), "parts is missing"),
        (
            lambda facts, arrays: (facts | {"parts": {"first": ["state", "{}"]}}, arrays),
            r"parts\[first\].step is missing",
        ),
        (lambda facts, arrays: (facts | {"parts": {}}, arrays), "is of no part"),
        (lambda facts, arrays: (facts | {"more": 1}, arrays), "more is not known"),
        (
            lambda facts, arrays: (facts, {k: v for k, v in arrays.items() if k != "first/moments"}),
            "moments is missing",
        ),
        (
            lambda facts, arrays: (facts, arrays | {"first/parameters": arrays["first/parameters"] * np.nan}),
            "has other",
        ),
        (
            lambda facts, arrays: (facts, arrays | {"first/best_parameters": np.zeros(2)}),
            "best_parameters has the shape",
        ),
    ],
)
def test_a_checkpoint_with_wrong_content_is_refused(change, said, tmp_path):
    table = {"x": np.arange(30.0), "y": np.sin(np.arange(30.0))}
    options = {"hidden": 2, "optimiser": "adam", "epochs": 2, "checkpoint": tmp_path / "c"}
    pliant.fit("y ~ x", table, **options)
    facts, arrays = read_model(tmp_path / "c")
    check_checkpoint(facts, arrays)
    write_model(tmp_path / "c", *change(facts, arrays), lambda facts, arrays: None)
    with pytest.raises(ModelFileError, match=said):
        pliant.fit("y ~ x", table, **options)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda facts, arrays: (facts | {"trials": []}, arrays), "trials is a list of 0"),
        (lambda facts, arrays: (facts | {"search": None}, arrays), "search is null"),
        (lambda facts, arrays: (facts | {"trials": {"0/1/2": [1.0, ""]}}, {}), "0/1/2 is missing"),
        (lambda facts, arrays: (facts | {"trials": {"x": [1.0, ""]}}, {"x": np.zeros(2)}), "no candidate/rows/fold"),
        (lambda facts, arrays: (facts, arrays | {"9/9/9": np.zeros((2, 2))}), "shape"),
    ],
)
def test_a_search_with_wrong_content_is_refused(change, said, tmp_path):
    ledger = Ledger(tmp_path / "s", {"formula": "y ~ x"})
    ledger.put(Trial(0, 20, 1), Measured(np.array([0.5, np.nan]), 0.1))
    ledger.write()
    assert Ledger(tmp_path / "s", {"formula": "y ~ x"}).trials.keys() == {"0/20/1"}
    with pytest.raises(ArgumentError, match="of another search"):
        Ledger(tmp_path / "s", {"formula": "y ~ z"})
    write_model(tmp_path / "s", *change(*read_model(tmp_path / "s")), lambda facts, arrays: None)
    with pytest.raises(ModelFileError, match=said):
        Ledger(tmp_path / "s", {"formula": "y ~ x"})
