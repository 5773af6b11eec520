"""Any small table, any formula, any arguments: a fit that predicts and can be kept, or one line that says why not.

    PLIANT_LONG=10 pytest tests/doors/test_any_table.py      ten times the examples

`benchmarks/random_tables.py` fits plausible tables and compares units; here tables are hostile, and anything that is
neither an answer nor a PliantError is a fault.
"""

import os
import string
import warnings
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pliant
from pliant.errors import FormulaError, PliantWarning

LONG = int(os.environ.get("PLIANT_LONG", "1"))
STEADY = settings(
    deadline=None,
    derandomize=LONG == 1,
    database=None,
    max_examples=60 * LONG,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
NAMES = ["x", "y y", "é", "if", "`", "1st", "a.b", "class", "\\", "Intercept", "ｘ", "x:z", "y", "w"]
EXTREME = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    1e-320,
    1e-200,
    1e15,
    1e160,
    -1e300,
    1.7e308,
    float("nan"),
    float("inf"),
    -float("inf"),
]

number = st.one_of(st.sampled_from(EXTREME), st.floats(-1e3, 1e3), st.floats())
kind = st.sampled_from(
    ["number", "number", "tame", "tame", "text", "flag", "count", "constant", "missing", "mixed", "big"]
)


@st.composite
def columns(draw, n):
    """Draw a column of n rows."""
    what = draw(kind)
    if what == "tame":
        return np.array(draw(st.lists(st.floats(-10, 10, width=16), min_size=n, max_size=n)))
    if what == "number":
        return np.array(draw(st.lists(number, min_size=n, max_size=n)))
    if what == "text":
        return draw(
            st.lists(st.one_of(st.none(), st.sampled_from(["a", "b", "", "NA", "1", "é\n"])), min_size=n, max_size=n)
        )
    if what == "flag":
        return np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    if what == "count":
        return np.array(draw(st.lists(st.integers(0, 20), min_size=n, max_size=n)))
    if what == "constant":
        return np.full(n, draw(number))
    if what == "missing":
        return [None] * n
    if what == "big":
        return draw(st.lists(st.integers(-(10**30), 10**30), min_size=n, max_size=n))
    any_value = st.one_of(
        st.none(), number, st.text(string.printable, max_size=3), st.booleans(), st.binary(max_size=2)
    )
    return draw(st.lists(any_value, min_size=n, max_size=n))


@st.composite
def tables(draw):
    """Draw a table of up to 14 rows, now and then with columns of two lengths."""
    n = draw(st.integers(0, 14))
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    return {name: draw(columns(n + draw(st.sampled_from([0] * 40 + [1])))) for name in names}


def quoted(name):
    """Write a name between backticks."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


@st.composite
def formulas(draw, names):
    """Draw a formula that mostly reads columns that are there."""
    name = st.sampled_from([quoted(each) for each in names] + ["x", "zz"])
    wrapped = st.sampled_from(
        ["{}", "{}", "{}", "{}", "log({})", "I({}^2)", "poly({}, 2)", "bs({})", "C({})", "net({})"]
    )
    term = st.builds(lambda w, c: w.format(c), wrapped, name)
    right = draw(
        st.one_of(
            st.just("."),
            st.just("1"),
            st.lists(term, min_size=1, max_size=3).map(draw(st.sampled_from([" + ", ":", " * "])).join),
        )
    )
    return f"{draw(st.one_of(name, term))} ~ {right}"


OPTIONS = st.fixed_dictionaries(
    {"hidden": st.sampled_from([(), (), 1, 2])},
    optional={
        "family": st.sampled_from(["binomial", "poisson", "multinomial", "gamma", "tweedie", "negative_binomial", "x"]),
        "missing": st.sampled_from(["impute", "error"]),
        "weights": st.sampled_from(["w", "x", 1.0]),
        "offset": st.sampled_from(["x", "w"]),
        "frequencies": st.sampled_from(["w", "x"]),
        "regularisation": st.sampled_from([0, 0.1, 1e90, "firth", -1]),
        "standardise": st.booleans(),
        "seed": st.integers(-1, 10),
    },
)
TRAINED = {"optimiser": "adam", "epochs": 3, "engine": "reference"}


def plain(frame):
    """Give the columns of a prediction as lists."""
    return {name: frame[name].to_list() for name in frame.columns}


def predicted(model, table):
    """Give predictions, all of whose numbers are finite or missing with their row."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PliantWarning)
        frame = model.predict(table)
    for name in frame.columns:
        if frame[name].dtype.is_numeric():
            values = frame[name].to_numpy()
            assert not np.isinf(values).any(), f"{name}: {values}"
    return frame


def check_message(error):
    """See that an error is one line, or a formula's three, and can be printed."""
    lines = str(error).splitlines()
    assert len(lines) in ((1, 3) if isinstance(error, FormulaError) else (1,)), str(error)
    assert lines[0].isprintable()
    assert 10 < len(lines[0]) < 700


def answer(formula, table, options, folder: Path):
    """Fit, predict, keep and load; a PliantError at the door is an answer too."""
    trained = TRAINED if options["hidden"] != () else {}
    try:
        model = pliant.fit(formula, table, **trained, **options)
    except pliant.PliantError as error:
        check_message(error)
        return "refused"
    with pl.Config(set_fmt_float="full"):
        try:
            before = predicted(model, table)
        except pliant.PliantError as error:  # rows that the training left out may have what no model knows
            check_message(error)
            return "not predicted"
    assert str(model.summary())
    model.save(folder / "m.pliant")
    after = predicted(pliant.load(folder / "m.pliant"), table)
    for name, values in plain(before).items():
        assert (
            values == pytest.approx(after[name].to_list(), rel=0, abs=0, nan_ok=True)
            if before[name].dtype.is_numeric()
            else True
        )
        assert before[name].equals(after[name])
    return "fitted"


@STEADY
@given(st.data())
def test_a_hostile_table_is_answered_or_refused(tmp_path, data):
    table = data.draw(tables())
    formula = data.draw(formulas(list(table)))
    answer(formula, table, data.draw(OPTIONS), tmp_path)


@STEADY
@given(st.data())
def test_a_tame_table_with_any_arguments_is_answered_or_refused(tmp_path, data):
    n = data.draw(st.integers(3, 14))
    values = st.lists(st.floats(-10, 10, width=16), min_size=n, max_size=n).map(np.array)
    table = {"x": data.draw(values), "y": data.draw(values), "w": np.abs(data.draw(values))}
    table |= {"g": data.draw(st.lists(st.sampled_from("abc"), min_size=n, max_size=n))}
    table |= {"n": np.round(np.abs(table["x"]))}
    right = data.draw(
        st.sampled_from(["x", "x + g", "x * g", "I(x^2)", "bs(x)", "poly(x, 2)", "1", "0 + x", "net(x) + g"])
    )
    answer(f"{data.draw(st.sampled_from('yngw'))} ~ {right}", table, data.draw(OPTIONS), tmp_path)
