"""From nodes and tables to numbers and groups: learnt on one table, the same on the next."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest

from pliant.data.evaluate import Groups, Numeric, evaluate, learn, number
from pliant.data.formula import Binary, Call, Dot, Name, parse
from pliant.data.groups import date_text, number_text
from pliant.data.table import read_table
from pliant.errors import FormulaError, LevelError, TableError

RNG = np.random.default_rng(11)
N = 40
FRAME = pd.DataFrame(
    {
        "x": RNG.gamma(2.0, size=N),
        "z": RNG.normal(size=N),
        "year": RNG.integers(2001, 2005, size=N),
        "g": RNG.choice(["b", "a", "c"], size=N),
        "flag": RNG.choice([True, False], size=N),
        "day": pd.Timestamp("2024-02-28") + pd.to_timedelta(RNG.integers(0, 3, size=N), unit="D"),
    }
)
TABLE = read_table(FRAME)
NUMBERS = [
    "x",
    "I(x^2 + z/3 - 1)",
    "I(-x * z)",
    "I(x^1.5)",
    "I(2^z)",
    "log(x)",
    "log(x, 3)",
    "log(x, base = 2)",
    "log1p(x)",
    "log2(x)",
    "log10(x)",
    "exp(z)",
    "sqrt(x)",
    "abs(z)",
    "sin(z)",
    "cos(z)",
    "tanh(z)",
    "scale(x)",
    "scale(x, scale = FALSE)",
    "center(x)",
    "centre(log(x))",
    "I(scale(x)^2)",
    "poly(x, 3)",
    "poly(x, 2, raw = TRUE)",
    "poly(log(x), 2)",
    "poly(scale(x), 2)",
    "bs(x)",
    "bs(x, df = 5)",
    "ns(log(x), 3)",
    "ns(x, knots = c(1, 2))",
    "cr(z, df = 4)",
    "day",
    "year",
]
GROUPS = [
    "g",
    "flag",
    "factor(year)",
    "factor(day)",
    "factor(g)",
    'C(g, ref = "c")',
    'C(g, levels = c("c", "a", "b"))',
    'C(g, "sum")',
    "cut(x, 3)",
    "cut(x, c(0, 1, 2, 100))",
    "C(cut(z, 3), contrast = 'helmert')",
    "factor(flag)",
    "factor(I(year - 2000))",
]


def node_of(text):
    return parse(f"~ {text}").right


def of(text, table=TABLE, training=None):
    states = {}
    return learn(node_of(text), table, training, states), states


def table_of(**columns):
    return read_table(columns)


def assert_same(a, b):
    assert type(a) is type(b)
    if isinstance(a, Numeric):
        assert np.array_equal(a.values, b.values, equal_nan=True)
        assert (a.labels, a.r_labels) == (b.labels, b.r_labels)
    else:
        assert np.array_equal(a.codes, b.codes)
        assert (a.levels, a.contrast, a.reference) == (b.levels, b.contrast, b.reference)


# one row as among many; kept in JSON; missing


@pytest.mark.parametrize("text", NUMBERS + GROUPS)
def test_one_row_is_the_row_it_was_in_training(text):
    learnt, states = of(text)
    for rows in ([3], [7, 0], list(range(N))[::-1]):
        value = evaluate(node_of(text), TABLE.take(np.array(rows)), states)
        if isinstance(learnt, Numeric):
            assert np.array_equal(value.values, learnt.values[rows])
        else:
            assert np.array_equal(value.codes, learnt.codes[rows])
            assert (value.levels, value.contrast, value.reference) == (
                learnt.levels,
                learnt.contrast,
                learnt.reference,
            )


@pytest.mark.parametrize("text", NUMBERS + GROUPS)
def test_states_through_json_give_the_same_bits(text):
    learnt, states = of(text)
    assert_same(evaluate(node_of(text), TABLE, json.loads(json.dumps(states))), learnt)


@pytest.mark.parametrize("text", NUMBERS + GROUPS)
def test_missing_values_stay_missing_without_a_warning_and_teach_nothing(text):
    holes = FRAME.copy()
    holes["flag"] = holes["flag"].astype(object)
    holes["year"] = holes["year"].astype(float)
    holes.loc[5] = None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        learnt, states = of(text, read_table(holes))
        expected, expected_states = of(text, TABLE.take(np.delete(np.arange(N), 5)))
    there = np.delete(np.arange(N), 5)
    assert states == expected_states
    if isinstance(learnt, Numeric):
        assert np.isnan(learnt.values[5]).all()
        assert np.array_equal(learnt.values[there], expected.values)
    else:
        assert learnt.codes[5] == -1
        assert np.array_equal(learnt.codes[there], expected.codes)


# numbers


def test_columns_are_labelled_as_users_and_r_know_them():
    assert (of("log(x)")[0].labels, of("log(x)")[0].r_labels) == (("",), ("",))
    assert (of("poly(x, 1)")[0].labels, of("poly(x, 1)")[0].r_labels) == (("",), ("",))
    assert of("bs(x)")[0].labels == ("[1]", "[2]", "[3]")
    assert of("bs(x)")[0].r_labels == ("1", "2", "3")


def test_dates_are_numbers_of_days():
    assert of("day")[0].values[0, 0] == (FRAME.day[0] - pd.Timestamp("1970-01-01")).days


# what learns


def test_training_rows_alone_teach_numbers():
    training = np.arange(N) < 25
    head = TABLE.take(np.flatnonzero(training))
    for text in ("scale(x)", "poly(log(x), 2)", "bs(x, df = 5)", "ns(x, 3)", "cr(x, 4)", "cut(x, 4)"):
        value, states = of(text, TABLE, training)
        expected, expected_states = of(text, head)
        rest = {key: {k: v for k, v in state.items() if k != "levels"} for key, state in states.items()}
        assert rest == {
            key: {k: v for k, v in state.items() if k != "levels"} for key, state in expected_states.items()
        }
        if isinstance(value, Numeric):
            assert np.array_equal(value.values[:25], expected.values)


def test_nested_calls_learn_each_their_own():
    _, states = of("poly(scale(log(x)), 2)")
    assert set(states) == {"poly(scale(log(x)), 2)", "scale(log(x))"}
    assert states["scale(log(x))"]["centre"] == pytest.approx(np.log(FRAME.x).mean(), rel=1e-14)
    assert states["poly(scale(log(x)), 2)"]["centre"] == pytest.approx(0.0, abs=1e-14)


def test_what_cannot_be_learnt_names_the_expression():
    with pytest.raises(TableError, match=r"table: poly\(x, 2\): degree 2 needs 3 different values"):
        of("poly(x, 2)", table_of(x=[1.0, 2.0]))
    with pytest.raises(TableError, match=r"scale\(x\) has no training row"):
        of("scale(x)", table_of(x=[1.0, 2.0, np.nan]), np.array([False, False, True]))
    with pytest.raises(TableError, match=r"scale\(x\) has learnt nothing"):
        evaluate(node_of("scale(x)"), TABLE, {})


# groups


def test_text_and_booleans_are_groups():
    value, states = of("g")
    assert value.levels == ("a", "b", "c")
    assert [value.levels[code] for code in value.codes] == FRAME.g.tolist()
    assert states == {"g": {"levels": ["a", "b", "c"]}}
    assert (value.contrast, value.reference) == ("treatment", 0)
    assert of("flag")[0].levels == ("False", "True")


def test_declared_levels_keep_their_order():
    column = pd.Categorical(["low", "high", "low"], categories=["low", "mid", "high"], ordered=True)
    value, _ = of("g", read_table(pd.DataFrame({"g": column})))
    assert value.levels == ("low", "high")


def test_numbers_become_levels_in_the_order_of_numbers():
    value, _ = of("factor(x)", table_of(x=[10.0, 2.5, 1.0, np.nan, -3.0, 0.1 + 0.2, 0.3]))
    assert value.levels == ("-3", "0.3", "1", "2.5", "10")
    assert value.codes.tolist() == [4, 3, 2, -1, 0, 1, 1]
    assert of("factor(day)")[0].levels == ("2024-02-28", "2024-02-29", "2024-03-01")
    assert [number_text(v) for v in (-0.0, 1e5, 1e300, 2.0**53 - 1)] == ["0", "100000", "1e+300", "9007199254740991"]
    assert date_text(0.5) == "0.5"


@pytest.mark.parametrize(
    ("text", "levels", "contrast", "reference"),
    [
        ('C(g, ref = "c")', ("a", "b", "c"), "treatment", 2),
        ('C(g, reference = "b")', ("a", "b", "c"), "treatment", 1),
        ('C(g, levels = c("c", "a", "b"))', ("c", "a", "b"), "treatment", 0),
        ('C(g, levels = c("c", "a", "b", "never"), ref = "a")', ("c", "a", "b"), "treatment", 1),
        ('C(g, "helmert")', ("a", "b", "c"), "helmert", 0),
        ("C(year, ref = 2003)", ("2001", "2002", "2003", "2004"), "treatment", 2),
        ("factor(year, levels = c(2004, 2003, 2002, 2001))", ("2004", "2003", "2002", "2001"), "treatment", 0),
        ("C(flag, ref = 'TRUE')", ("False", "True"), "treatment", 1),
        ('factor(C(g, ref = "b"))', ("a", "b", "c"), "treatment", 1),
        ('C(C(g, "sum"), levels = c("b", "a", "c"))', ("b", "a", "c"), "sum", 0),
        ("C(factor(year), 'poly')", ("2001", "2002", "2003", "2004"), "poly", 0),
        ("cut(z, c(-9, 0, 9, 10))", ("(-9,0]", "(0,9]"), "treatment", 0),
        ("cut(z, c(-9, 0, 9), labels = c('low', 'high'))", ("low", "high"), "treatment", 0),
    ],
)
def test_levels_contrast_and_reference_are_as_written(text, levels, contrast, reference):
    value, states = of(text)
    assert (value.levels, value.contrast, value.reference) == (levels, contrast, reference)
    one = evaluate(node_of(text), TABLE.take(np.array([4])), states)
    assert (one.levels, one.contrast, one.reference) == (levels, contrast, reference)
    assert one.codes[0] == value.codes[4]


def test_levels_go_by_name_not_by_position():
    _, states = of("g")
    value = evaluate(Name("g"), table_of(g=["c", None, "b", "c"]), states)
    assert [value.levels[code] if code >= 0 else None for code in value.codes] == ["c", None, "b", "c"]


def test_levels_of_held_out_rows_are_known():
    table = table_of(g=["a", "b", "rare"])
    value, states = of("g", table, np.array([True, True, False]))
    assert value.levels == ("a", "b", "rare")
    assert_same(evaluate(Name("g"), table, states), value)


@pytest.mark.parametrize("text", ["g", "factor(g)", "C(g, ref = 'b')"])
def test_an_unknown_level_names_column_rows_and_what_is_known(text):
    _, states = of(text)
    new = table_of(g=["a", "q", None, "q", "r"])
    with pytest.raises(LevelError, match=r"column 'g' has the level 'q' \(rows 2 and 4\) and 1 more.*'a', 'b', 'c'"):
        evaluate(node_of(text), new, states)


def test_an_unknown_number_or_interval_is_an_unknown_level():
    _, states = of("factor(year)")
    with pytest.raises(LevelError, match=r"factor\(year\) has the level '1999' \(row 2\).*'2001'"):
        evaluate(node_of("factor(year)"), table_of(year=[2001, 1999]), states)
    _, states = of("cut(z, c(-9, 0, 9, 10))")
    with pytest.raises(LevelError, match=r"'\(9,10\]' \(row 1\)"):
        evaluate(node_of("cut(z, c(-9, 0, 9, 10))"), table_of(z=[9.5]), states)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("C(g, ref = 'A')", "'A' is not a level; did you mean 'a'"),
        ("C(g, 'sum', ref = 'a')", "a sum contrast has no reference"),
        ("C(g, levels = c('a', 'a', 'b', 'c'))", "listed twice"),
    ],
)
def test_settings_that_do_not_fit_are_formula_errors(text, says):
    with pytest.raises(FormulaError, match=says):
        of(text)


def test_a_level_that_is_not_listed_is_named():
    with pytest.raises(LevelError, match=r"column 'g' has the level 'c' .*not among the levels listed in C\("):
        of("C(g, levels = c('a', 'b'))")


# kinds


def test_a_column_of_another_kind_says_what_was_learnt():
    _, states = of("g")
    with pytest.raises(TableError, match=r"column 'g' holds numbers, where the model has learnt levels such as 'a'"):
        evaluate(Name("g"), table_of(g=[1.0]), states)
    _, states = of("x")
    with pytest.raises(TableError, match=r"column 'x' is text \('many'\), where the model has learnt numbers"):
        evaluate(Name("x"), table_of(x=["many"]), states)
    with pytest.raises(TableError, match="no column 'x'"):
        evaluate(Name("x"), table_of(y=[1.0]), states)


def test_a_column_that_is_all_missing_is_of_any_kind():
    _, states = of("g")
    value = evaluate(Name("g"), table_of(g=[None, None]), states)
    assert isinstance(value, Groups)
    assert value.codes.tolist() == [-1, -1]
    empty = read_table(pd.DataFrame({"x": pd.Series([None], dtype="string")}))
    assert np.isnan(evaluate(node_of("log(x)"), empty, {}).values).all()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("log(g)", r"column 'g' is text \('a', 'b', 'c'\), and log\(g\) computes with numbers; write g as a term"),
        ("I(x + g)", "column 'g' is text"),
        ("scale(g)", "column 'g' is text"),
        ("cut(g, 3)", "column 'g' is text"),
        ("I(flag)", "column 'flag' is true or false.*0 and 1"),
    ],
)
def test_arithmetic_on_groups_says_which_column_and_what_to_do(text, says):
    with pytest.raises(TableError, match=says):
        of(text)


def test_arithmetic_on_almost_numbers_says_why_they_are_text():
    table = table_of(x=["1", "2", "3", "4", "five"])
    with pytest.raises(TableError, match=r"column 'x' is .*five.*correct these rows"):
        of("log(x)", table)


def test_number_gives_one_number_a_row():
    states = {}
    node = Binary("/", Call("log", (Name("x"),)), Call("scale", (Name("z"),)))
    learn(node, TABLE, None, states)
    expected = np.log(FRAME.x) / ((FRAME.z - FRAME.z.mean()) / FRAME.z.std())
    assert np.allclose(number(node, TABLE, states), expected, rtol=1e-12)
    assert number(parse("~ offset(2 * x)").right.arguments[0], TABLE, {}).shape == (N,)


def test_number_refuses_columns_levels_and_what_is_no_value():
    states = {}
    for text in ("poly(x, 2)", "factor(year)", "g"):
        learn(node_of(text), TABLE, None, states)
    with pytest.raises(FormulaError, match=r"poly\(x, 2\) gives 2 columns"):
        number(node_of("poly(x, 2)"), TABLE, states)
    with pytest.raises(FormulaError, match=r"factor\(year\) gives levels"):
        number(node_of("factor(year)"), TABLE, states)
    with pytest.raises(TableError, match="column 'g' is text"):
        number(Name("g"), TABLE, states)
    for node in (Dot(), Call("offset", (Name("x"),)), Call("__import__", (Name("x"),))):
        with pytest.raises(FormulaError, match="cannot be computed"):
            number(node, TABLE, states)
    with pytest.raises(FormulaError, match="combines terms"):
        number(Binary(":", Name("x"), Name("z")), TABLE, states)


def test_no_rows_give_no_rows():
    for text in NUMBERS + GROUPS:
        _, states = of(text)
        value = evaluate(node_of(text), TABLE.take(np.empty(0, np.int64)), states)
        assert len(value.values if isinstance(value, Numeric) else value.codes) == 0
