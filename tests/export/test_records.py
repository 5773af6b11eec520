"""Every activation and link in the registries, and formulas drawn at random, come out of both kinds of file."""

import random

import numpy as np
import polars as pl
import pytest
from tests.export.tables import TABLE, answer, apart, numbers

import pliant
from pliant.export.graph import Graph
from pliant.export.onnx_file import onnx_bytes
from pliant.export.torch_file import _module
from pliant.functions import ACTIVATIONS, FAMILIES, LINKS

ETA = np.concatenate([np.linspace(-40.0, 40.0, 161), np.linspace(-1.0, 1.0, 41), [-1e-9, 1e-9, -690.0, 690.0]])[:, None]
FUNCTIONS = {f"activation {a.name}": a.value for a in ACTIVATIONS.values()} | {
    f"link {link.name}": link.inverse for link in LINKS.values()
}


def traced(function):
    """Give a graph of a function of one column."""
    graph = Graph(("prediction",))
    graph.inputs["eta"] = pliant.export.graph.Input("eta", None)
    graph.outputs["prediction"] = function(graph.add("Input", width=1, reads="eta"))
    return graph


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_of_the_registries_keeps_its_digits(name):
    import onnxruntime
    import torch

    function = FUNCTIONS[name]
    graph = traced(function)
    wanted = function(ETA)
    session = onnxruntime.InferenceSession(onnx_bytes(graph, "float64", (), {"version": "0"}))
    by_onnx = session.run(None, {"eta": ETA})[0]
    by_torch = _module(graph, "float64")({"eta": torch.tensor(ETA)})["prediction"].numpy()
    for found in (by_onnx, by_torch):
        assert np.allclose(found, wanted, rtol=2e-13, atol=1e-300)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_network_of_every_activation(activation, tmp_path):
    model = pliant.fit("number ~ x + g", TABLE, hidden=3, activation=activation, epochs=10, seed=2)
    model.to_onnx(tmp_path / "m.onnx", "float64")
    assert apart(answer(tmp_path / "m.onnx", TABLE, "float64")["prediction"], numbers(model.predict(TABLE))) < 1e-12


@pytest.mark.parametrize(("family", "link"), [(f.name, link) for f in FAMILIES.values() for link in f.links])
def test_a_line_of_every_family_and_link(family, link, tmp_path):
    codings = {"binary": "yes", "classes": "three", "number": "count" if family in COUNTED else "positive"}
    response = codings[FAMILIES[family].coding]
    model = pliant.fit(f"{response} ~ z", TABLE, family=family, link=link, hidden=())
    model.to_onnx(tmp_path / "m.onnx", "float64")
    found = answer(tmp_path / "m.onnx", TABLE, "float64")
    mean = found.get("probabilities", found["prediction"])
    assert apart(mean, numbers(model.predict(TABLE))) < 1e-12


COUNTED = ("poisson", "quasi_poisson", "negative_binomial", "tweedie")
NUMBERS = ("x", "z", "k", "exposure", "xm", "`an odd name`")
GROUPS = ("g", "h", "flag", "rank", "gm", "C(g, 'sum')", "C(rank, 'poly')", "C(h, ref = 'v')", "factor(k)", "cut(x, 4)")
BASES = ("poly({}, 2)", "bs({}, df = 5)", "ns({}, df = 3)", "cr({}, df = 4)", "scale({})", "center({})", "{}", "{}")
ELEMENTS = ("I({}^2)", "sqrt(abs({}))", "log1p(abs({}))", "exp(-abs({}))", "tanh({})", "sin({})", "I({} / 3 - 1)", "{}")


def drawn(rng):
    """Give a formula of a few terms, some of them products, functions within functions among them."""

    def factor():
        if rng.random() < 0.4:
            return rng.choice(GROUPS)
        inner = rng.choice(ELEMENTS).format(rng.choice(NUMBERS))
        return rng.choice(BASES).format(inner)

    terms = [rng.choice((":", "*")).join(factor() for _ in range(rng.choice((1, 1, 2)))) for _ in range(3)]
    return "number ~ " + rng.choice(("", "0 + ")) + " + ".join(terms)


@pytest.mark.parametrize("seed", range(40))
def test_a_formula_drawn_at_random(seed, tmp_path):
    rng = random.Random(seed)
    formula, missing = drawn(rng), rng.choice(("drop", "impute"))
    model = pliant.fit(formula, TABLE, hidden=rng.choice(((), 2)), missing=missing, epochs=3, seed=seed)
    for precision, tolerance in (("float32", 1e-5), ("float64", 1e-9)):
        model.to_onnx(tmp_path / "m.onnx", precision)
        found = answer(tmp_path / "m.onnx", TABLE, precision)["prediction"]
        assert apart(found, numbers(model.predict(TABLE))) < tolerance, (formula, precision)
    empty = TABLE[:2].with_columns(pl.lit(None, dtype=TABLE.schema[c]).alias(c) for c in model.design.reads)
    gone = answer(tmp_path / "m.onnx", empty, "float64")["prediction"]
    assert apart(gone, numbers(model.predict(empty))) < 1e-9, formula
