"""Random formulas span the same space as formulaic's, and a prediction is made by what was learnt."""

import json

import formulaic
import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from pliant.data.design import Design, learn_design
from pliant.data.formula import parse
from pliant.data.table import read_table

ROWS = 150
rng = np.random.default_rng(20)
FRAME = pd.DataFrame(
    {
        "y": rng.normal(size=ROWS),
        "x": rng.normal(size=ROWS),
        "z": rng.uniform(0.5, 2.0, ROWS),
        "w": rng.normal(size=ROWS),
        "g": rng.choice(list("abc"), ROWS),
        "h": rng.choice(["no", "yes"], ROWS),
        "k": rng.choice(["p", "q", "r", "s"], ROWS),
    }
)
TABLE = read_table(FRAME)
QUICK = {"deadline": None, "derandomize": True, "database": None}

# pairs: our text, formulaic's text
ATOMS = [
    *[(name, name) for name in "xzwghk"],
    *[(name, name) for name in "xghk"],  # the ones whose coding can go wrong come more often
    ("I(x^2)", "I(x**2)"),
    ("log(z)", "log(z)"),
    ("I(x*w/z)", "I(x*w/z)"),
    ("poly(x, 2)", "poly(x, degree=2)"),
    ("poly(w, 3, raw=TRUE)", "poly(w, degree=3, raw=True)"),
    ("C(g, ref='b')", "C(g, contr.treatment(base='b'))"),
    ("C(k, contrast='sum')", "C(k, contr.sum)"),
    ("center(w)", "center(w)"),
    ("scale(z)", "scale(z)"),
]


@st.composite
def expressions(draw, depth=2):
    """Draw one expression of terms in both spellings."""
    if depth == 0 or draw(st.integers(0, 2)) == 0:
        return draw(st.sampled_from(ATOMS))
    operator = draw(st.sampled_from(["+", "+", ":", "*", "/", "%in%", "^"]))
    ours, theirs = draw(expressions(depth - 1))
    if operator == "^":
        return f"({ours})^2", f"({theirs})**2"
    right = draw(expressions(0 if operator == "%in%" else depth - 1))
    if operator == "%in%":  # with one variable on the right it is R's a:b; formulaic means something else by it
        return f"({ours}) %in% ({right[0]})", f"({theirs}):({right[1]})"
    return f"({ours}) {operator} ({right[0]})", f"({theirs}) {operator} ({right[1]})"


@st.composite
def formulas(draw):
    """Draw a right side: a sum of one to three expressions, with or without intercept, a term taken away."""
    parts = [draw(expressions()) for _ in range(draw(st.integers(1, 3)))]
    ours, theirs = " + ".join(p[0] for p in parts), " + ".join(p[1] for p in parts)
    edge = draw(st.sampled_from(["", "", "", "0 + ", "-1", "minus"]))
    if edge == "0 + ":
        return edge + ours, edge + theirs
    if edge == "-1":
        return ours + " - 1", theirs + " - 1"
    if edge == "minus":
        gone = draw(st.sampled_from(["x", "g", "h"]))
        return f"{ours} + z - {gone}", f"{theirs} + z - {gone}"
    return ours, theirs


def basis(X):
    """Give an orthonormal basis of the columns' space."""
    X = np.asarray(X, dtype=float)
    length = np.linalg.norm(X, axis=0)
    U, s, _ = np.linalg.svd(X[:, length > 0] / length[length > 0], full_matrices=False)
    return U[:, s > 1e-9 * max(s.max(initial=0.0), 1.0)]


@settings(max_examples=2_000, **QUICK)
@given(formulas())
def test_column_space_equals_that_of_formulaic(pair):
    ours, theirs = pair
    design, arrays = learn_design(parse(f"y ~ {ours}"), TABLE)
    assert len(set(design.names)) == len(design.names) == arrays.X.shape[1]
    reference = formulaic.model_matrix(theirs, FRAME)
    a, b = basis(arrays.X), basis(reference)
    if max(a.shape[1], b.shape[1]) >= ROWS:  # both fill all there is
        assert a.shape[1] == b.shape[1]
        return
    assert a.shape[1] == b.shape[1], (ours, design.names, list(reference.columns))
    assert np.linalg.norm(a - b @ (b.T @ a)) < 1e-7 * np.sqrt(a.shape[1] + 1)


@settings(max_examples=200, **QUICK)
@given(formulas(), st.lists(st.integers(0, ROWS - 1), min_size=1, max_size=5))
def test_a_row_is_predicted_as_it_was_trained_also_from_json(pair, rows):
    design, arrays = learn_design(parse(f"y ~ {pair[0]}"), TABLE)
    again = Design.from_dict(json.loads(json.dumps(design.to_dict())))
    few = TABLE.take(np.array(rows))
    assert np.array_equal(design.matrix(few).X, arrays.X[rows])
    assert np.array_equal(again.matrix(few).X, arrays.X[rows])
    assert again.names == design.names


@settings(max_examples=50, **QUICK)
@given(formulas(), st.randoms(use_true_random=False))
def test_permuting_rows_permutes_the_matrix(pair, random):
    order = list(range(ROWS))
    random.shuffle(order)
    _, arrays = learn_design(parse(f"y ~ {pair[0]}"), TABLE)
    _, mixed = learn_design(parse(f"y ~ {pair[0]}"), TABLE.take(np.array(order)))
    scale = 1e-12 * (1.0 + np.abs(arrays.X).max(initial=0.0))
    assert np.allclose(mixed.X, arrays.X[order], rtol=1e-9, atol=scale)
