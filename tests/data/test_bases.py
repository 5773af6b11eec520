"""Polynomials, splines, cut points, centre and scale: against SciPy, patsy, formulaic and exact arithmetic."""

import json
from fractions import Fraction

import numpy as np
import patsy
import pytest
from formulaic.transforms import poly as formulaic_poly
from scipy.interpolate import BSpline, CubicSpline

from pliant.data import bases
from pliant.errors import TableError

RNG = np.random.default_rng(4)
X = RNG.normal(size=80) ** 3
BEYOND = np.array([X.min() - 2.0, X.min(), 0.0, X.max(), X.max() + 3.0])
PAIRS = {
    "poly": (bases.learn_poly, bases.apply_poly, {"degree": 4}),
    "raw": (bases.learn_poly, bases.apply_poly, {"degree": 4, "raw": True}),
    "bs": (bases.learn_bs, bases.apply_bs, {"df": 6}),
    "bs degree 2": (bases.learn_bs, bases.apply_bs, {"df": 6, "degree": 2, "intercept": True}),
    "ns": (bases.learn_ns, bases.apply_ns, {"df": 4}),
    "ns with intercept": (bases.learn_ns, bases.apply_ns, {"df": 4, "intercept": True}),
    "cr": (bases.learn_cr, bases.apply_cr, {"df": 5}),
    "scale": (bases.learn_scale, bases.apply_scale, {}),
    "center": (bases.learn_center, bases.apply_scale, {}),
}


def both(name, settings, values=X, new=None):
    learner, applier, _ = PAIRS[name]
    return applier(values if new is None else new, learner(values, settings))


@pytest.mark.parametrize("name", PAIRS)
def test_one_row_has_the_bits_it_has_among_all(name):
    learner, applier, settings = PAIRS[name]
    state = learner(X, settings)
    together = applier(X, state)
    alone = np.vstack([applier(X[i : i + 1], state) for i in range(len(X))])
    assert np.array_equal(together, alone)


@pytest.mark.parametrize("name", PAIRS)
def test_a_state_through_json_gives_the_same_bits(name):
    learner, applier, settings = PAIRS[name]
    state = learner(X, settings)
    again = json.loads(json.dumps(state))
    assert again == state
    assert np.array_equal(applier(BEYOND, again), applier(BEYOND, state))


@pytest.mark.parametrize("name", PAIRS)
def test_missing_values_stay_missing_and_no_rows_give_no_rows(name):
    learner, applier, settings = PAIRS[name]
    state = learner(X, settings)
    columns = applier(np.array([np.nan, 0.5, np.nan]), state)
    assert np.isnan(columns[[0, 2]]).all()
    assert np.array_equal(columns[1:2], applier(np.array([0.5]), state))
    assert applier(np.empty(0), state).shape == (0, columns.shape[1])


# polynomials


def test_orthogonal_polynomials_of_five_steps_are_the_exact_ones():
    columns = both("poly", {"degree": 2}, np.arange(1.0, 6.0))
    exact = np.column_stack([np.array([-2, -1, 0, 1, 2]) / 10**0.5, np.array([2, -1, -2, -1, 2]) / 14**0.5])
    assert np.allclose(columns, exact, rtol=1e-14, atol=1e-15)
    new = both("poly", {"degree": 2}, np.arange(1.0, 6.0), np.array([6.0]))
    assert np.allclose(new, [[3 / 10**0.5, 7 / 14**0.5]], rtol=1e-14)


def test_orthogonal_polynomials_agree_with_exact_gram_schmidt():
    values = [1, 2, 4, 8, 9, 15, 16, 23]
    powers = [[Fraction(v) ** k for v in values] for k in range(5)]
    found: list[list[Fraction]] = []
    for power in powers:
        for other in found:
            share = sum(a * b for a, b in zip(power, other, strict=True)) / sum(b * b for b in other)
            power = [a - share * b for a, b in zip(power, other, strict=True)]
        found.append(power)
    exact = np.array([[float(v) for v in column] for column in found[1:]]).T
    exact /= np.sqrt(np.sum(exact**2, axis=0))
    assert np.allclose(both("poly", {"degree": 4}, np.array(values, float)), exact, rtol=1e-11, atol=1e-13)


def test_orthogonal_polynomials_agree_with_formulaic():
    ours = both("poly", {"degree": 3})
    assert np.allclose(ours, np.asarray(formulaic_poly(X, degree=3)), atol=1e-12)
    assert np.allclose(ours.T @ ours, np.eye(3), atol=1e-12)
    assert np.allclose(ours.sum(axis=0), 0.0, atol=1e-12)


def test_polynomials_of_years_and_of_huge_numbers_are_orthonormal():
    for values in (np.arange(1900.0, 2021.0), 1e200 * np.arange(50.0), 1e12 + np.arange(50.0)):
        columns = both("poly", {"degree": 10}, values)
        assert np.allclose(columns.T @ columns, np.eye(10), atol=1e-11)


def test_raw_polynomials_are_powers():
    assert both("raw", {"degree": 3, "raw": True}, np.array([2.0, -3.0])).tolist() == [[2, 4, 8], [-3, 9, -27]]


def test_a_polynomial_needs_more_values_than_its_degree():
    with pytest.raises(TableError, match="degree 2 needs 3 different values, and there are 2"):
        bases.learn_poly(np.array([1.0, 1.0, 2.0]), {"degree": 2})


def test_a_degree_that_cannot_be_computed_is_refused():
    values = np.exp(np.linspace(0.0, 30.0, 60))
    with pytest.raises(TableError, match="too high"):
        bases.learn_poly(values, {"degree": 50})


# splines


@pytest.mark.parametrize(
    ("settings", "patsy_call"),
    [
        ({}, "bs(x, df=3)"),
        ({"df": 5}, "bs(x, df=5)"),
        ({"df": 6, "degree": 2}, "bs(x, df=6, degree=2)"),
        ({"df": 7, "intercept": True}, "bs(x, df=7, include_intercept=True)"),
        ({"knots": (0.7, -0.5)}, "bs(x, knots=(-0.5, 0.7))"),
        ({"df": 4, "degree": 1}, "bs(x, df=4, degree=1)"),
    ],
)
def test_bs_agrees_with_patsy(settings, patsy_call):
    theirs = np.asarray(patsy.dmatrix(f"{patsy_call} - 1", {"x": X}))
    assert np.allclose(both("bs", settings), theirs, rtol=1e-13, atol=1e-14)


def test_bs_goes_on_as_the_outermost_polynomial():
    state = bases.learn_bs(X, {"df": 6, "intercept": True})
    ours = bases.apply_bs(BEYOND, state)
    theirs = BSpline(np.array(state["knots"]), np.eye(6), 3, extrapolate=True)(BEYOND)
    assert np.allclose(ours, theirs, rtol=1e-10, atol=1e-12 * np.abs(theirs).max())
    assert np.allclose(ours.sum(axis=1), 1.0, atol=1e-9)


def test_bs_of_degree_one_is_exact_by_hand():
    state = bases.learn_bs(np.array([0.0, 4.0]), {"knots": (1.0,), "degree": 1})
    assert bases.apply_bs(np.array([0.0, 0.5, 1.0, 2.0, 4.0, 7.0]), state).tolist() == [
        [0.0, 0.0],
        [0.5, 0.0],
        [1.0, 0.0],
        [2 / 3, 1 / 3],
        [0.0, 1.0],
        [-1.0, 2.0],
    ]


def linpack_natural_basis(x, knots, intercept):
    """R's ns by its own steps, with SciPy's B-splines and reflections written out."""
    count = len(knots) - 4
    splines = BSpline(np.array(knots), np.eye(count), 3)
    first = 0 if intercept else 1
    a, b = splines(np.array([knots[0], knots[-1]]), 2)[:, first:]
    size = count - first

    def reflection(column, at):
        below = np.where(np.arange(size) < at, 0.0, column)
        norm = np.linalg.norm(below) * (-1.0 if below[at] < 0.0 else 1.0)
        v = below + norm * (np.arange(size) == at)
        return np.eye(size) - 2.0 * np.outer(v, v) / (v @ v)

    h1 = reflection(a, 0)
    h2 = reflection(h1 @ b, 1)
    return splines(x)[:, first:] @ (h1 @ h2)[:, 2:]


@pytest.mark.parametrize("settings", [{}, {"df": 2}, {"df": 5}, {"df": 4, "intercept": True}, {"knots": (-0.5, 0.7)}])
def test_ns_agrees_with_the_steps_of_r(settings):
    state = bases.learn_ns(X, settings)
    expected = linpack_natural_basis(X, state["knots"], settings.get("intercept", False))
    assert np.allclose(bases.apply_ns(X, state), expected, rtol=1e-11, atol=1e-12)


def test_ns_spans_the_natural_splines_of_its_knots():
    state = bases.learn_ns(X, {"df": 5, "intercept": True})
    knots = np.array(state["knots"][3:-3])
    natural = CubicSpline(knots, np.eye(len(knots)), bc_type="natural")
    ours, theirs = bases.apply_ns(X, state), natural(X)
    weights = np.linalg.lstsq(ours, theirs, rcond=None)[0]
    assert np.allclose(ours @ weights, theirs, atol=1e-10)
    new = bases.apply_ns(BEYOND, state) @ weights
    edge = natural(knots[[0, -1]])
    slope = natural(knots[[0, -1]], 1)
    assert np.allclose(new[0], edge[0] - 2.0 * slope[0], atol=1e-9)
    assert np.allclose(new[-1], edge[1] + 3.0 * slope[1], atol=1e-9)


def test_ns_is_a_straight_line_beyond_the_boundary():
    state = bases.learn_ns(X, {"df": 4})
    for start in (X.max(), X.min() - 9.0):
        columns = bases.apply_ns(start + np.array([0.0, 1.0, 2.0, 9.0]), state)
        steps = np.diff(columns, axis=0)
        assert np.allclose(steps[0], steps[1], atol=1e-12)
        assert np.allclose(7.0 * steps[0], steps[2], atol=1e-11)


def test_ns_of_one_column_is_a_line():
    columns = both("ns", {})
    assert columns.shape == (80, 1)
    assert abs(np.corrcoef(columns[:, 0], X)[0, 1]) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("df", [3, 5, 9])
def test_cr_agrees_with_patsy(df):
    theirs = patsy.dmatrix("cr(x, df=df) - 1", {"x": X, "df": df})
    new = np.asarray(patsy.build_design_matrices([theirs.design_info], {"x": BEYOND, "df": df})[0])
    assert np.allclose(both("cr", {"df": df}), np.asarray(theirs), atol=1e-12)
    assert np.allclose(both("cr", {"df": df}, X, BEYOND), new, rtol=1e-11, atol=1e-12)


def test_cr_is_the_height_at_its_knots():
    state = bases.learn_cr(X, {"df": 6})
    knots = np.array(state["knots"])
    assert np.allclose(bases.apply_cr(knots, state), np.eye(6), atol=1e-12)
    assert np.allclose(bases.apply_cr(BEYOND, state).sum(axis=1), 1.0, atol=1e-10)
    assert np.allclose(bases.apply_cr(X, state), CubicSpline(knots, np.eye(6), bc_type="natural")(X), atol=1e-11)
    assert both("cr", {"df": 2}, np.array([0.0, 2.0]), np.array([1.0, 4.0])).tolist() == [[0.5, 0.5], [-1.0, 2.0]]


def test_knots_are_quantiles_of_the_training_values():
    state = bases.learn_bs(X, {"df": 6})
    assert state["knots"][4:-4] == np.quantile(X, [0.25, 0.5, 0.75]).tolist()
    assert (state["knots"][0], state["knots"][-1]) == (X.min(), X.max())


def test_quantiles_on_the_boundary_move_inside_as_in_r():
    values = np.array([0.0] * 30 + [4.0, 5.0, 6.0, 8.0] * 5)
    state = bases.learn_bs(values, {"df": 6})  # quartiles 0, 0, 5
    assert state["knots"][4:-4] == [0.625, 0.625, 5.0]
    assert np.linalg.matrix_rank(bases.apply_bs(values, state)) == 4  # as many as there are values above 0
    with pytest.raises(TableError, match="too many values are equal"):
        bases.learn_bs(np.array([0.0] * 99 + [1.0]), {"df": 4})


@pytest.mark.parametrize(
    ("name", "settings", "values", "says"),
    [
        ("bs", {"df": 2}, X, "df must be at least 3, not 2"),
        ("bs", {"df": 9, "knots": (0.0,)}, X, "1 knots give 4 columns, not df = 9"),
        ("bs", {"knots": (1e6,)}, X, "must lie between"),
        ("bs", {}, np.ones(5), "all values are equal"),
        ("ns", {"df": 1, "intercept": True}, X, "at least 2"),
        ("cr", {}, X, "df or knots is missing"),
        ("cr", {"df": 1}, X, "at least 2"),
        ("cr", {"knots": (0.0, 0.0)}, X, "two knots are equal"),
        ("scale", {}, np.ones(5), "all values are equal"),
        ("scale", {}, np.full(5, 0.1), "all values are equal"),
        ("scale", {}, np.array([3.0]), "all values are equal"),
    ],
)
def test_what_cannot_be_learnt_says_why(name, settings, values, says):
    with pytest.raises(TableError, match=says):
        PAIRS[name][0](values, settings)


# cut points


@pytest.mark.parametrize(
    ("settings", "labels", "codes"),
    [
        ({"breaks": (0.0, 1.0, 2.0)}, ["(0,1]", "(1,2]"], [-1, 0, 0, 1, 1, -1]),
        ({"breaks": (2.0, 0.0, 1.0), "right": False}, ["[0,1)", "[1,2)"], [0, 0, 1, 1, -1, -1]),
        ({"breaks": (0.0, 1.0, 2.0), "include_lowest": True}, ["[0,1]", "(1,2]"], [0, 0, 0, 1, 1, -1]),
        (
            {"breaks": (0.0, 1.0, 2.0), "include_lowest": True, "right": False},
            ["[0,1)", "[1,2]"],
            [0, 0, 1, 1, 1, -1],
        ),
        ({"breaks": (0.0, 1.0, 2.0), "labels": ("low", "high")}, ["low", "high"], [-1, 0, 0, 1, 1, -1]),
    ],
)
def test_cut_closes_intervals_as_r_does(settings, labels, codes):
    values = np.array([0.0, 0.5, 1.0, 1.5, 2.0, 2.5])
    state = bases.learn_cut(values, settings)
    assert state["labels"] == labels
    assert bases.apply_cut(values, state).tolist() == codes
    assert bases.apply_cut(np.array([np.nan]), state).tolist() == [-1]


def test_cut_into_a_number_of_intervals_moves_the_ends_out_by_a_thousandth():
    state = bases.learn_cut(np.array([1.0, 2.0, 3.0, 10.0]), {"breaks": 3})
    assert state["labels"] == ["(0.991,4]", "(4,7]", "(7,10]"]  # as R's cut(c(1, 2, 3, 10), 3)
    assert bases.apply_cut(np.array([1.0, 4.0, 4.1, 10.0, 11.0]), state).tolist() == [0, 0, 1, 2, -1]
    assert bases.learn_cut(np.array([5.0]), {"breaks": 2})["labels"] == ["(4.995,5]", "(5,5.005]"]


def test_labels_have_more_digits_where_three_look_alike():
    assert bases.interval_labels([0.0, 1000.0, 2000.0], True, False) == ["(0,1e+03]", "(1e+03,2e+03]"]
    assert bases.interval_labels([1000.0, 1001.0, 1002.0], True, False) == ["(1000,1001]", "(1001,1002]"]
    assert bases.interval_labels([-0.0, 0.25], True, False) == ["(0,0.25]"]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"breaks": 1}, "at least 2"),
        ({"breaks": (1.0,)}, "two or more"),
        ({"breaks": (1.0, 1.0)}, "two or more"),
        ({"breaks": 2, "labels": ("a",)}, "labels must be 2"),
        ({"breaks": 2, "labels": ("a", "a")}, "labels must be 2"),
    ],
)
def test_bad_breaks_say_what_is_wanted(settings, says):
    with pytest.raises(TableError, match=says):
        bases.learn_cut(X, settings)


# centre and scale


def test_scale_is_mean_and_standard_deviation_of_n_minus_1():
    assert np.allclose(both("scale", {})[:, 0], (X - X.mean()) / X.std(ddof=1), rtol=1e-13, atol=1e-15)
    assert np.allclose(both("center", {})[:, 0], X - X.mean(), rtol=1e-13, atol=1e-15)
    assert np.allclose(both("scale", {"scale": False})[:, 0], X - X.mean(), rtol=1e-13, atol=1e-15)
    root = np.sqrt(np.sum(X**2) / (len(X) - 1))  # what R does without centring
    assert np.allclose(both("scale", {"center": False})[:, 0], X / root, rtol=1e-13)


def test_scale_of_tiny_and_huge_numbers_does_not_overflow():
    for size in (1e-200, 1e200):
        assert np.allclose(both("scale", {}, size * np.arange(3.0))[:, 0], [-1.0, 0.0, 1.0], rtol=1e-14)
