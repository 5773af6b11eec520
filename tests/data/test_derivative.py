"""The slope of the design matrix by one column, against differences of the matrix itself."""

import numpy as np
import pytest

from pliant.data.arithmetic import ELEMENTWISE as COMPUTED
from pliant.data.derivative import BASES, ELEMENTWISE, design_slope
from pliant.data.design import learn_design
from pliant.data.evaluate import _BASES
from pliant.data.formula import parse
from pliant.data.table import read_table

RNG = np.random.default_rng(4)
X = RNG.uniform(0.2, 3.0, 60)
Z = RNG.normal(size=60)
TABLE = {"y": Z + X, "x": X, "z": Z, "g": np.array(["a", "b", "c"])[np.arange(60) % 3]}

RIGHT_SIDES = (
    "x",
    "x + z",
    "I(x^2) + I(x^-1.5) + I(x^0)",
    "I(2^x) + I(x^z) + I(x^x)",
    "I((x + z) * x / (1 + x^2) - x)",
    "I(-x) + I(+x)",
    "log(x) + log(x, base=2) + log2(x) + log10(x) + log1p(x)",
    "exp(x) + sqrt(x) + abs(z) + sin(x) + cos(x) + tanh(x)",
    "sin(exp(x) * z)",
    "poly(x, 4)",
    "poly(x, 3, raw=TRUE)",
    "poly(log(x), 2)",
    "bs(x, df=7)",
    "bs(x, df=6, degree=2, intercept=TRUE)",
    "ns(x, df=5)",
    "ns(x, df=5, intercept=TRUE)",
    "cr(x, df=6)",
    "scale(x) + center(x)",
    "x:z + x:log(x):z",
    "g * x",
    "0 + g:ns(x, df=3)",
    "z + offset(log(x)) + offset(I(x * z))",
    "x + g + cut(z, breaks=3)",
)


def difference(design, table, name, h):
    """Central differences of matrix and offset."""
    ends = []
    for sign in (1.0, -1.0):
        moved = {key: values + sign * h if key == name else values for key, values in table.items()}
        rows = design.matrix(read_table(moved))
        ends.append((rows.X, rows.offset))
    (high, high_offset), (low, low_offset) = ends
    return (high - low) / (2 * h), (high_offset - low_offset) / (2 * h)


@pytest.mark.parametrize("right", RIGHT_SIDES)
def test_the_slope_of_a_design_is_the_limit_of_its_differences(right):
    design, _ = learn_design(parse(f"y ~ {right}"), read_table(TABLE))
    for name in design.reads:
        if name == "g" or ("cut" in right and name == "z"):
            continue
        slopes, offset = design_slope(design, read_table(TABLE), name)
        h = 1e-5
        by_difference, offset_by_difference = difference(design, TABLE, name, h)
        size = np.maximum(np.max(np.abs(by_difference), axis=0), 1.0)
        assert float(np.max(np.abs(slopes - by_difference) / size)) < 2e-7
        assert float(np.max(np.abs(offset - offset_by_difference))) < 1e-8


@pytest.mark.parametrize("basis", ["bs(x, df=5)", "ns(x, df=4)", "cr(x, df=4)", "poly(x, 3)"])
def test_slopes_beyond_the_training_rows_follow_the_curve(basis):
    design, _ = learn_design(parse(f"y ~ {basis}"), read_table(TABLE))
    beyond = {"x": np.array([-1.0, 0.1, 3.5, 6.0])}
    slopes, _ = design_slope(design, read_table(beyond), "x")
    by_difference, _ = difference(design, beyond, "x", 1e-5)
    assert np.allclose(slopes, by_difference, rtol=1e-7, atol=1e-8)


def test_a_missing_value_does_not_disturb_the_other_rows():
    design, _ = learn_design(parse("y ~ ns(x, df=4) + cr(x, df=4) + bs(log(x)) + x:z"), read_table(TABLE))
    holes = {**TABLE, "x": np.where(np.arange(60) == 3, np.nan, X)}
    whole, _ = design_slope(design, read_table(TABLE), "x")
    slopes, _ = design_slope(design, read_table(holes), "x")
    assert np.array_equal(np.delete(slopes, 3, axis=0), np.delete(whole, 3, axis=0))


def test_every_function_of_a_formula_has_its_slope():
    assert set(ELEMENTWISE) == set(COMPUTED)
    assert set(BASES) == set(_BASES)
