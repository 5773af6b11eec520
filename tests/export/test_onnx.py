"""An ONNX file predicts what `predict` predicts, whatever the formula, the family and the network."""

import json

import numpy as np
import onnx
import polars as pl
import pytest
from tests.export.tables import TABLE, N, answer, apart, numbers, onnx_session

import pliant
from pliant.errors import ArgumentError, InputError, MissingExtraError

QUICK = {"epochs": 15, "seed": 1}
MODELS = {
    "regression, line": ("number ~ x + z + g", {"hidden": ()}),
    "regression, network": ("number ~ x + z + g", {"hidden": 5, **QUICK}),
    "two layers, some stay linear": ("number ~ net(x) + z", {"hidden": (4, 3), "activation": "softplus", **QUICK}),
    "without intercept": ("number ~ 0 + g + x", {"hidden": 3, **QUICK}),
    "no skip": ("number ~ x", {"hidden": 6, "skip": False, "standardise": False, **QUICK}),
    "members": ("number ~ x + z + g", {"hidden": 3, "members": 3}),
    "members of classes": ("three ~ x + z", {"family": "multinomial", "hidden": 2, "members": 3}),
    "two responses": ("cbind(number, z) ~ x", {"hidden": 4, **QUICK}),
    "binomial": ("yes ~ x + z", {"family": "binomial", "hidden": 4, **QUICK}),
    "two classes": ("two ~ x + g", {"family": "multinomial", "hidden": 3, **QUICK}),
    "three classes": ("three ~ x + z + g", {"family": "multinomial", "hidden": 4, **QUICK}),
    "counts with exposure": ("count ~ z + g + offset(log(exposure))", {"family": "poisson", "hidden": 3, **QUICK}),
    "offset by name": ("count ~ z", {"family": "poisson", "hidden": (), "offset": "exposure"}),
    "gamma": ("positive ~ x + z", {"family": "gamma", "link": "log", "hidden": 3, **QUICK}),
    "gamma by its inverse": ("positive ~ z", {"family": "gamma", "hidden": ()}),
    "dropped": ("number ~ xm + gm", {"hidden": 3, **QUICK}),
    "imputed": ("number ~ xm + gm + z", {"hidden": 3, "missing": "impute", **QUICK}),
    "imputed, interactions": ("number ~ log(exp(xm / 9)) * gm + poly(xm, 2)", {"hidden": (), "missing": "impute"}),
    "functions": (
        "number ~ log(z) + log(z, base = 3) + log2(z) + log10(z) + log1p(z) + exp(x / 5) + sqrt(z) + abs(x)",
        {"hidden": ()},
    ),
    "circles": ("number ~ sin(x) + cos(x) + tanh(x)", {"hidden": ()}),
    "arithmetic": ("number ~ I(x^2) + I(x^3 - 2 * x) + I(z ^ -1.5) + I(-x / (z + 1)) + I(2^x)", {"hidden": ()}),
    "polynomials": ("number ~ poly(x, 4) + poly(z, 3, raw = TRUE) + poly(log(z), 2)", {"hidden": ()}),
    "splines": ("number ~ bs(x, df = 6) + ns(z, df = 4) + cr(exposure, df = 5)", {"hidden": ()}),
    "more splines": (
        "number ~ bs(x, degree = 1, knots = c(2, 3)) + ns(z, knots = c(1, 2), intercept = TRUE) + bs(z, degree = 5)",
        {"hidden": ()},
    ),
    "imputed by a level": ("number ~ factor(tenths) + cut(tenths, c(0, 0.1, 1))", {"hidden": (), "missing": "impute"}),
    "scales": ("number ~ scale(x) + center(z) + centre(k) + scale(exposure, center = FALSE)", {"hidden": ()}),
    "cuts": ("number ~ cut(x, 3) + cut(z, c(0, 1, 2, 5)) + cut(tenth, c(0, 0.1, 0.2, 1))", {"hidden": ()}),
    "cuts on the left": (
        "number ~ cut(k, c(1, 2, 3, 4), right = FALSE, include_lowest = TRUE)"
        " + cut(z, c(0, 2, 5), labels = c('s', 't'))",
        {"hidden": ()},
    ),
    "contrasts": ("number ~ C(g, 'sum') + C(h, ref = 'v') + C(rank, 'poly') + C(k, 'helmert')", {"hidden": ()}),
    "levels in another order": ("number ~ C(factor(g, levels = c('ç', 'a', 'b b')), 'sum')", {"hidden": ()}),
    "numbers as levels": ("number ~ factor(k) + factor(tenth) + factor(day)", {"hidden": ()}),
    "truths, ranks and dates": ("number ~ flag + rank + day", {"hidden": 2, **QUICK}),
    "interactions": ("number ~ g * h + g:x + poly(x, 2):flag - 1", {"hidden": ()}),
    "an odd name": ("number ~ `an odd name` * g", {"hidden": 2, **QUICK}),
}
TOLERANCE = {"float32": 1e-5, "float64": 1e-11}


def fitted(name, table=TABLE):
    formula, options = MODELS[name]
    return pliant.fit(formula, table, **options)


@pytest.mark.parametrize("name", MODELS)
def test_the_file_predicts_what_the_model_predicts(name, tmp_path):
    model = fitted(name)
    frame = model.predict(TABLE)
    for precision, tolerance in TOLERANCE.items():
        checked = model.to_onnx(tmp_path / "m.onnx", precision)
        found = answer(tmp_path / "m.onnx", TABLE, precision)
        classes = "probabilities" in found
        mean = found["probabilities" if classes else "prediction"]
        assert mean.dtype == precision
        assert apart(mean, numbers(frame)) < tolerance
        assert checked.largest < tolerance
        assert checked.rows >= N
        if classes:
            assert found["prediction"].tolist() == [label or "" for label in frame["prediction"].to_list()]


def test_the_file_says_what_it_is_and_takes_any_number_of_rows(tmp_path):
    model = fitted("three classes")
    model.to_onnx(tmp_path / "m.onnx")
    file = onnx.load(tmp_path / "m.onnx")
    said = {each.key: each.value for each in file.metadata_props}
    assert (file.producer_name, said["formula"], said["family"]) == ("pliant", model.formula, "multinomial")
    assert (said["link"], said["version"]) == ("softmax", pliant.__version__)
    assert json.loads(said["classes"]) == ["p", "q", "r"]
    assert json.loads(said["columns"]) == {"x": "number", "z": "number", "g": ["a", "b b", "ç"]}
    session = onnx_session(tmp_path / "m.onnx")
    assert {i.name: (i.type, i.shape) for i in session.get_inputs()} == {
        "x": ("tensor(float)", ["rows", 1]),
        "z": ("tensor(float)", ["rows", 1]),
        "g": ("tensor(string)", ["rows", 1]),
    }
    assert [(o.name, o.type) for o in session.get_outputs()] == [
        ("prediction", "tensor(string)"),
        ("probabilities", "tensor(float)"),
    ]
    for rows in (0, 1, 2):
        assert answer(tmp_path / "m.onnx", TABLE[:rows])["probabilities"].shape == (rows, 3)


@pytest.mark.parametrize("activation", ["relu", "softplus", "exp"])
def test_what_predict_refuses_is_missing(activation, tmp_path):
    model = pliant.fit("number ~ log(z) + g + I(1 / x)", TABLE, hidden=3, activation=activation, **QUICK)
    model.to_onnx(tmp_path / "m.onnx", "float64")
    good = {"z": 1.0, "g": "a", "x": 2.0}
    bad = [{"z": -1.0}, {"z": 0.0}, {"g": "new"}, {"z": np.inf}, {"x": -np.inf}, {"x": 0.0}, {"z": np.nan}, {"g": None}]
    for change in bad[:6]:
        with pytest.raises(InputError):
            model.predict(pl.DataFrame([{**good, **change}]))
    found = answer(tmp_path / "m.onnx", pl.DataFrame([good, *({**good, **change} for change in bad)]), "float64")
    assert np.isnan(found["prediction"][:, 0]).tolist() == [False] + [True] * len(bad)


def test_a_class_that_cannot_be_predicted_is_an_empty_text(tmp_path):
    fitted("three classes").to_onnx(tmp_path / "m.onnx")
    found = answer(tmp_path / "m.onnx", pl.DataFrame({"x": [1.0, np.nan], "z": [1.0, 1.0], "g": ["a", "a"]}))
    assert [label in ("p", "q", "r") for label in found["prediction"]] == [True, False]
    assert found["prediction"][1] == ""
    assert np.isnan(found["probabilities"][1]).all()


def test_an_imputed_model_fills_missing_numbers_and_texts_but_not_unknown_ones(tmp_path):
    model = fitted("imputed")
    model.to_onnx(tmp_path / "m.onnx", "float64")
    rows = pl.DataFrame({"xm": [1.0, None, 1.0, 1.0], "gm": ["a", "a", None, "NA"], "z": [1.0] * 4})
    wanted = numbers(model.predict(rows.with_columns(gm=pl.Series(["a", "a", None, None]))))
    assert apart(answer(tmp_path / "m.onnx", rows, "float64")["prediction"], wanted) < 1e-12
    odd = pl.DataFrame({"xm": [np.inf, 1.0], "gm": ["a", "new"], "z": [1.0, 1.0]})
    assert np.isnan(answer(tmp_path / "m.onnx", odd, "float64")["prediction"]).all()


def test_a_truth_may_be_written_as_text_in_three_ways(tmp_path):
    model = pliant.fit("number ~ flag", TABLE, hidden=())
    model.to_onnx(tmp_path / "m.onnx")
    found = answer(tmp_path / "m.onnx", pl.DataFrame({"flag": ["True", "true", "TRUE", "False", "false", "maybe"]}))
    values = found["prediction"][:, 0]
    assert values[0] == values[1] == values[2] != values[3] == values[4]
    assert np.isnan(values[5])


def test_numbers_beyond_the_training_rows_go_on_as_in_predict(tmp_path):
    model = fitted("splines")
    model.to_onnx(tmp_path / "m.onnx", "float64")
    far = pl.DataFrame({"x": [-20.0, 30.0, 3.0], "z": [-9.0, 40.0, 2.0], "exposure": [-30.0, 90.0, 3.0]})
    assert apart(answer(tmp_path / "m.onnx", far, "float64")["prediction"], numbers(model.predict(far))) < 1e-10


def test_a_model_from_a_file_is_checked_with_guessed_rows(tmp_path):
    for name in MODELS:
        fitted(name).save(tmp_path / "m.pliant")
        checked = pliant.load(tmp_path / "m.pliant").to_onnx(tmp_path / "m.onnx", "float64")
        assert checked.rows > 20, name
        assert checked.largest < 1e-9, name


def test_a_model_of_an_array_has_the_inputs_x1_x2(tmp_path):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(50, 2))
    model = pliant.fit(rows, rows[:, 0] ** 2 + rng.normal(size=50), hidden=3, **QUICK)
    model.to_onnx(tmp_path / "m.onnx")
    assert [i.name for i in onnx_session(tmp_path / "m.onnx").get_inputs()] == ["x1", "x2"]
    frame = pl.DataFrame(rows, schema=["x1", "x2"])
    assert apart(answer(tmp_path / "m.onnx", frame)["prediction"], numbers(model.predict(frame))) < 1e-5


def test_a_file_that_would_predict_otherwise_is_not_written(tmp_path, monkeypatch):
    path = tmp_path / "m.onnx"
    path.write_bytes(b"what stood there")
    monkeypatch.setattr(pliant.data.bases, "apply_scale", lambda values, state: values[:, None] * 1.001)
    monkeypatch.setitem(pliant.export.nodes.FOLLOWED, "scale", pliant.data.bases.apply_scale)
    with pytest.raises(InputError, match="does not predict what the model does"):
        fitted("scales").to_onnx(path)
    assert path.read_bytes() == b"what stood there"
    assert [each.name for each in tmp_path.iterdir()] == ["m.onnx"]


def test_numbers_that_float32_does_not_hold_are_said(tmp_path):
    table = TABLE.with_columns(far=1e8 + TABLE["x"])
    model = pliant.fit("number ~ far", table, hidden=())
    with pytest.raises(InputError, match="export with precision='float64'"):
        model.to_onnx(tmp_path / "m.onnx")
    assert model.to_onnx(tmp_path / "m.onnx", "float64").largest < 1e-9


def test_columns_may_be_called_as_parts_of_the_file_are(tmp_path):
    names = ["classes", "constant_3", "Add_5", "rows", 'x"y', "a.b", " ", "1"]
    rng = np.random.default_rng(0)
    table = pl.DataFrame({name: rng.normal(size=40) for name in names} | {"y": rng.normal(size=40)})
    model = pliant.fit("y ~ .", table, hidden=())
    model.to_onnx(tmp_path / "m.onnx")
    assert apart(answer(tmp_path / "m.onnx", table)["prediction"], numbers(model.predict(table))) < 1e-5


def test_what_a_symbol_cannot_follow_is_named():
    graph = pliant.export.graph.Graph(())
    graph.inputs["x"] = pliant.export.graph.Input("x", None)
    x = graph.add("Input", width=2, reads="x")
    for wrong, said in (
        (lambda: np.arcsinh(x), "numpy.arcsinh has no operation"),
        (lambda: np.sort(x), "numpy.sort has no operation"),
        (lambda: np.sum(x), "takes each row by itself"),
        (lambda: x[3], "rows 3 of a column"),
        (lambda: bool(x > 0.0), "cannot be decided"),
        (lambda: np.asarray(x), "no values"),
    ):
        with pytest.raises(InputError, match=said):
            wrong()


@pytest.mark.parametrize(
    ("formula", "options", "said"),
    [
        ("number ~ 1", {}, "number ~ 1 reads no column"),
        ("number ~ x", {"precision": "float16"}, "precision='float16' is not known"),
        ("number ~ x", {"table": {"z": [1.0]}}, "has no column 'x'"),
        ("number ~ prediction", {}, "the column 'prediction' has the name of an output"),
        ("number ~ x", {"path": "no/m.onnx"}, "there is no folder"),
        ("number ~ log(x + 9)", {"table": {"x": [-10.0]}}, "no rows to check the file with"),
    ],
)
def test_what_cannot_be_written_is_said_in_one_line(formula, options, said, tmp_path):
    model = pliant.fit(formula, TABLE.with_columns(prediction="x"), hidden=())
    path = tmp_path / options.pop("path", "m.onnx")
    with pytest.raises((InputError, ArgumentError), match=said) as caught:
        model.to_onnx(path, **options)
    assert "\n" not in str(caught.value)
    assert not path.exists()


def test_without_the_packages_it_says_what_to_install(monkeypatch, tmp_path):
    model = fitted("regression, line")
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'pliant\[onnx\]'"):
        model.to_onnx(tmp_path / "m.onnx")
