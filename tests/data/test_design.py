"""The design: names and codings as in R, missing values, weights, offsets, levels, scaling."""

import numpy as np
import pandas as pd
import pytest

from pliant.data.design import aliased_columns, learn_design
from pliant.data.formula import parse
from pliant.data.table import read_table
from pliant.errors import ArgumentError, FormulaError, LevelError, ResponseError, TableError

FRAME = pd.DataFrame(
    {
        "y": [1.0, 2, 3, 4, 5, 6],
        "x": [1.0, np.nan, 3, 4, 5, 9],
        "g": ["a", "b", "c", "a", None, "b"],
        "two": ["no", "yes", "no", "yes", "no", "yes"],
        "n": [1.0, 2, 0, 1, 1, 3],
        "e": [10.0, 20, 30, 40, 50, 60],
        "flag": [True, False, True, False, True, False],
    }
)


def learn(text, frame=FRAME, **options):
    return learn_design(parse(text), read_table(frame), **options)


@pytest.mark.parametrize(
    ("formula", "names", "r_names"),
    [
        ("y ~ e", ("Intercept", "e"), ("(Intercept)", "e")),
        ("y ~ two", ("Intercept", "two[T.yes]"), ("(Intercept)", "twoyes")),
        ("y ~ 0 + two", ("two[no]", "two[yes]"), ("twono", "twoyes")),
        ("y ~ flag", ("Intercept", "flag[T.True]"), ("(Intercept)", "flagTRUE")),
        (
            "y ~ e*two",
            ("Intercept", "e", "two[T.yes]", "e:two[T.yes]"),
            ("(Intercept)", "e", "twoyes", "e:twoyes"),
        ),
        ("y ~ e:two", ("Intercept", "e:two[no]", "e:two[yes]"), ("(Intercept)", "e:twono", "e:twoyes")),
        (
            "y ~ two:flag",
            (
                "Intercept",
                "two[no]:flag[False]",
                "two[yes]:flag[False]",
                "two[no]:flag[True]",
                "two[yes]:flag[True]",
            ),
            ("(Intercept)", "twono:flagFALSE", "twoyes:flagFALSE", "twono:flagTRUE", "twoyes:flagTRUE"),
        ),
        (
            "y ~ poly(e, 2) + I(e^2) + log(e)",
            ("Intercept", "poly(e, 2)[1]", "poly(e, 2)[2]", "I(e^2)", "log(e)"),
            ("(Intercept)", "poly(e, 2)1", "poly(e, 2)2", "I(e^2)", "log(e)"),
        ),
        ("y ~ 1", ("Intercept",), ("(Intercept)",)),
    ],
)
def test_columns_are_named_as_users_know_them(formula, names, r_names):
    design, arrays = learn(formula)
    assert design.names == names
    assert design.r_names() == r_names
    assert arrays.X.shape == (6, len(names))


def test_missing_rows_are_dropped_and_said():
    design, arrays = learn("y ~ x + g")
    assert arrays.rows.tolist() == [0, 2, 3, 5]
    assert design.notes == ("2 rows with missing values in 'x', 'g' dropped (rows 2 and 5 of 6)",)
    rows = design.matrix(read_table(FRAME))
    assert rows.complete.tolist() == [True, False, True, True, False, True]
    assert np.isnan(rows.X[1]).all()


def test_missing_values_are_imputed_with_an_indicator_and_said():
    design, arrays = learn("y ~ x + g", missing="impute")
    assert design.names == ("Intercept", "x", "g[T.b]", "g[T.c]", "x[missing]", "g[missing]")
    assert arrays.X[1].tolist() == [1, 4, 1, 0, 1, 0]  # median of 1 3 4 5 9
    assert arrays.X[4].tolist() == [1, 5, 0, 0, 0, 1]  # a and b are equally common: the first
    assert "median 4" in design.notes[0]
    new = design.matrix(read_table({"x": [None], "g": ["c"]}))
    assert new.X.tolist() == [[1, 4, 0, 1, 1, 0]]


def test_only_rows_that_are_kept_count_as_imputed():
    frame = FRAME.assign(y=[1.0, np.nan, 3, 4, 5, 6])  # x is missing only where y is
    design, _ = learn("y ~ x", frame, missing="impute")
    assert design.names == ("Intercept", "x")
    assert len(design.notes) == 1


def test_missing_values_are_refused_with_their_places():
    with pytest.raises(TableError, match=r"'x' has 1 missing value \(row 2\); column 'g' has 1 missing .*\(row 5\)"):
        learn("y ~ x + g", missing="error")
    with pytest.raises(ArgumentError, match="'drop', 'impute' or 'error'"):
        learn("y ~ x", missing="ignore")


def test_levels_scales_and_medians_come_from_training_rows_alone():
    training = np.array([True, False, True, True, False, True])
    design, arrays = learn("y ~ e", training=training)
    kept = FRAME.e[training]
    assert len(arrays.y) == 6
    assert design.scaling.centre[0] == kept.mean()
    assert design.scaling.scale[0] == pytest.approx(kept.std(ddof=0), rel=1e-15)
    assert design.scaling.response_centre[0] == FRAME.y[training].mean()
    filled, _ = learn("y ~ x", missing="impute", training=np.array([True, True, True, False, False, False]))
    assert filled.fills["x"].value == 2.0


def test_an_unseen_level_is_named_with_rows_and_what_is_known():
    design, _ = learn("y ~ g")
    with pytest.raises(LevelError, match=r"'g'.*'z'.*row 2.*a"):
        design.matrix(read_table({"g": ["a", "z"]}))


def test_a_column_of_another_kind_is_refused_at_prediction():
    design, _ = learn("y ~ e + g")
    with pytest.raises(TableError, match="'e'"):
        design.matrix(read_table({"e": ["many"], "g": ["a"]}))
    with pytest.raises(TableError, match="no column 'g'"):
        design.matrix(read_table({"e": [1.0]}))


def test_weights_and_offsets_come_as_columns_or_arrays():
    frame = FRAME.assign(o=FRAME.y / 2)
    design, by_name = learn("y ~ . - x - g - two - flag + offset(log(e))", frame, weights="n", offset="o")
    assert design.names == ("Intercept", "e")  # the dot leaves out weights and offset
    _, by_array = learn("y ~ e", weights=FRAME.n.to_numpy(), offset=FRAME.y / 2 + np.log(FRAME.e))
    assert np.array_equal(by_name.weights, FRAME.n)
    assert np.allclose(by_name.offset, by_array.offset, rtol=1e-15)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"weights": [1.0, -1, 1, 1, 1, -2]}, "rows 2 and 6"),
        ({"weights": [1.0, 2]}, "6 rows"),
        ({"weights": np.zeros(6)}, "no row has a weight above zero"),
        ({"weights": "g"}, "text"),
        ({"weights": "absent"}, "no column 'absent'"),
        ({"weights": [1, 1, 1, 1, 1, np.inf]}, "row 6"),
        ({"offset": "g"}, "text"),
        ({"offset": [1]}, "6 rows"),
    ],
)
def test_bad_weights_and_offsets_are_named(options, says):
    with pytest.raises(TableError, match=says):
        learn("y ~ e", **options)


def test_responses_are_coded_as_the_family_needs_them():
    assert learn("two ~ e", coding="binary")[1].y.ravel().tolist() == [0, 1, 0, 1, 0, 1]
    assert learn("flag ~ e", coding="binary")[1].y.ravel().tolist() == [1, 0, 1, 0, 1, 0]
    _, arrays = learn("g ~ e", coding="classes")
    assert arrays.y.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0], [0, 1, 0]]
    design, arrays = learn("n ~ e", coding="classes")
    assert design.response.levels == ("0", "1", "2", "3")
    design, arrays = learn("cbind(n, y) ~ e", coding="binary")
    assert np.allclose(arrays.y.ravel(), FRAME.n / (FRAME.n + FRAME.y))
    assert np.array_equal(arrays.weights, FRAME.n + FRAME.y)
    assert learn("cbind(n, y) ~ e")[1].y.shape == (6, 2)
    assert np.array_equal(learn("log(y)/2 ~ e")[1].y.ravel(), np.log(FRAME.y) / 2)


@pytest.mark.parametrize(
    ("formula", "coding", "says"),
    [
        ("g ~ e", "number", "multinomial"),
        ("two ~ e", "number", "binomial"),
        ("g ~ e", "binary", "3 levels"),
        ("e ~ x", "classes", None),
        ("x ~ e", "classes", None),
        ("log(e) ~ x", "classes", "one column"),
        ("cbind(n, y, e) ~ x", "binary", "successes"),
        ("cbind(n, y) ~ x", "classes", "classes"),
    ],
)
def test_a_response_that_does_not_fit_is_explained(formula, coding, says):
    if says is None:
        learn(formula, coding=coding)
    else:
        with pytest.raises(ResponseError, match=says):
            learn(formula, coding=coding)


def test_formulas_without_a_side_are_errors():
    with pytest.raises(FormulaError, match="no response"):
        learn("~ x")
    with pytest.raises(FormulaError, match="empty"):
        learn("y ~ 0")


def test_an_identifier_among_the_factors_is_stopped_before_memory_goes():
    frame = pd.DataFrame({"y": np.arange(6000.0), "id": [f"n{i}" for i in range(6000)], "g": ["a", "b"] * 3000})
    with pytest.raises(TableError, match="'id' alone has 5,999"):
        learn("y ~ id", frame)
    with pytest.raises(TableError, match="'id' alone"):
        learn("y ~ g*id", frame)


def test_all_rows_missing_says_what_to_do():
    with pytest.raises(TableError, match="missing='impute'"):
        learn("y ~ x", FRAME.assign(x=np.nan))
    with pytest.raises(TableError, match="'x' has no value"):
        learn("y ~ x", FRAME.assign(x=np.nan), missing="impute")


def test_net_marks_what_may_bend():
    design, _ = learn("y ~ net(e) + two")
    assert design.input_bends == (True, False)


def test_scaling_goes_there_and_back():
    design, arrays = learn("y ~ e + n")
    inputs = design.inputs(arrays.X)
    assert np.allclose(inputs.mean(axis=0), 0, atol=1e-15)
    assert np.allclose(inputs.std(axis=0), 1)
    y, _ = design.scaling.scale_response(arrays.y, arrays.offset)
    slopes = np.array([[0.5], [-2.0]])
    eta = 0.3 + inputs @ slopes
    back = eta * design.scaling.response_scale + design.scaling.response_centre
    assert np.allclose(arrays.X @ design.unscale(slopes, np.array([0.3])), back, rtol=1e-13)
    assert np.allclose(y.std(), 1)


def test_without_intercept_nothing_is_centred():
    design, _ = learn("y ~ 0 + e + n")
    assert not design.scaling.centre.any()
    assert not design.scaling.response_centre.any()


def test_aliased_columns_are_found_whatever_the_units():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 50))
    columns = [np.ones(50), a, 1e-9 * a, b, a + 1e6 * b, np.zeros(50), 5 + 2 * b, a * b]
    assert aliased_columns(np.column_stack(columns)).tolist() == [0, 0, 1, 0, 1, 1, 1, 0]
    assert aliased_columns(rng.normal(size=(3, 5))).tolist() == [0, 0, 0, 1, 1]
    near = np.column_stack([np.ones(50), a, a + 1e-5 * b, a + 1e-9 * b])
    assert aliased_columns(near).tolist() == [0, 0, 0, 1]
    weights = np.r_[np.ones(2), np.zeros(48)]
    assert aliased_columns(np.column_stack([np.ones(50), a, b]), weights).tolist() == [0, 0, 1]


def test_a_level_whose_rows_are_all_dropped_has_no_column():
    frame = pd.DataFrame({"y": [1.0, 2, 3, 4], "x": [1.0, 2, np.nan, 4], "g": ["a", "b", "c", "a"]})
    design, arrays = learn("y ~ x + g", frame)
    assert design.names == ("Intercept", "x", "g[T.b]")
    assert arrays.rows.tolist() == [0, 1, 3]
    again = design.arrays(read_table(frame))
    assert np.array_equal(again.X, arrays.X)


def test_a_factor_of_one_level_is_named():
    design, _ = learn("y ~ e + g", FRAME.assign(g="a"))
    assert design.names == ("Intercept", "e")
    assert "g has one level, 'a'" in design.notes[-1]


def test_levels_that_look_like_numbers_are_levels_in_a_table_that_has_only_these():
    design, _ = learn("y ~ g", FRAME.assign(g=["1", "2", "2b", "1", "2", "2b"]))
    assert design.matrix(read_table({"g": [2, 1]})).X.tolist() == [[1, 1, 0], [1, 0, 0]]
    with pytest.raises(TableError, match="numbers"):
        design.matrix(read_table({"g": [2, 3]}))


def test_a_response_with_its_trials_takes_no_weights_beside_them():
    with pytest.raises(TableError, match=r"cbind\(n, y\) has its trials as weights already; leave out weights"):
        learn("cbind(n, y) ~ e", coding="binary", weights="e")


def test_a_column_of_weights_may_stand_on_the_left_of_a_dot():
    design, arrays = learn("n/e ~ . - x - g - flag", weights="e", coding="binary")
    assert design.names == ("Intercept", "y", "two[T.yes]")
    assert np.array_equal(arrays.weights, FRAME.e)


def test_a_column_called_intercept_has_a_name_of_its_own():
    design, arrays = learn("y ~ Intercept + e", FRAME.rename(columns={"n": "Intercept"}))
    assert design.names == ("Intercept", "`Intercept`", "e")
    assert np.array_equal(arrays.X[:, 1], FRAME.n)
    assert learn("y ~ 0 + Intercept", FRAME.rename(columns={"n": "Intercept"}))[0].names == ("Intercept",)
