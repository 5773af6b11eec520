"""Operators and functions of one number: what they give, and what they refuse."""

import numpy as np
import pytest

from pliant.data.evaluate import learn
from pliant.data.formula import parse
from pliant.data.table import read_table
from pliant.errors import FormulaError, TableError

RNG = np.random.default_rng(12)
X, Z = RNG.gamma(2.0, size=30), RNG.normal(size=30)


def of(text, **columns):
    return learn(parse(f"~ {text}").right, read_table(columns or {"x": X, "z": Z}), None, {}).values[:, 0]


def test_arithmetic_is_that_of_numbers():
    for text, expected in {
        "I(x^2 + z/3 - 1)": X * X + Z / 3 - 1,
        "I(-x * z)": -X * Z,
        "I(-x^2)": -(X * X),
        "I(2^z)": 2.0**Z,
        "log(x, 3)": np.log(X) / np.log(3),
        "log(x, base = 2)": np.log2(X),
        "I(sqrt(abs(z)) + tanh(x))": np.sqrt(np.abs(Z)) + np.tanh(X),
    }.items():
        assert np.array_equal(of(text), expected), text


def test_missing_stays_missing_even_to_the_power_of_zero():
    values = of("I(x^0)", x=[np.nan, 2.0])
    assert np.isnan(values[0])
    assert values[1] == 1.0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("log(x)", r"table: log\(x\) is not a finite number in rows 2 and 3, where 'x' is -1 in row 2; a logarithm"),
        ("I(1/(x + 1))", r"1/\(x \+ 1\) is not a finite number in row 2, where 'x' is -1 in row 2; the divisor is 0"),
        ("exp(x * 1000)", r"exp\(x \* 1000\).*row 1.*beyond 709"),
        ("I(x^0.5)", r"x\^0.5.*row 2.*negative"),
        ("sqrt(log1p(x))", r"log1p\(x\) is not.*row 2"),
        ("scale(sqrt(x))", r"sqrt\(x\) is not.*row 2"),
        ("poly(x, 40, raw = TRUE)", r"poly\(x, 40, raw = TRUE\) is not a finite number in row 5"),
    ],
)
def test_what_is_not_finite_names_expression_column_and_rows(text, says):
    with pytest.raises(TableError, match=says):
        of(text, x=[1.0, -1.0, 0.0, np.nan, 1e100])


def test_infinite_values_in_a_column_are_refused():
    with pytest.raises(TableError, match=r"'x' has an infinite value \(row 2\)"):
        of("log(x)", x=[1.0, np.inf])


def test_a_base_that_is_none_is_refused():
    for base in ("1", "0", "-2"):
        with pytest.raises(FormulaError, match="a base is a number above 0"):
            of(f"log(x, {base})")
