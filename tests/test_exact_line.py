"""The line to its last digits: NIST's sets against rational arithmetic, others against 50-digit references.

golden/check_nist.py proves NIST's certified values; golden/digits.json is by `benchmarks/digits.py --golden`.
"""

import importlib.util
import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import pliant
from pliant.functions.families import FAMILIES

GOLDEN = Path(__file__).parent / "golden"
NIST = json.loads((GOLDEN / "nist.json").read_text())
MADE = json.loads((GOLDEN / "digits.json").read_text())
_found = importlib.util.spec_from_file_location("check_nist", GOLDEN / "check_nist.py")
assert _found is not None
assert _found.loader is not None
exact = importlib.util.module_from_spec(_found)
_found.loader.exec_module(exact)


def off(ours, theirs):
    """Give the largest relative error; the absolute one where the truth is 0."""
    pairs = zip(ours, theirs, strict=True)
    return float(max(abs(Fraction(float(a)) - b) / (abs(b) if b else 1) for a, b in pairs))


@pytest.mark.parametrize("name", NIST)
def test_nist_sets_have_14_digits_and_12_in_the_errors(name):
    said = NIST[name]
    x = np.array(said["x"], dtype=float)
    X = np.column_stack([x**k for k in range(1, said["degree"] + 1)]) if said["degree"] else x
    y = np.array(said["y"], dtype=float)
    line = pliant.fit(X, y, hidden=())
    rows = [[Fraction(v) for v in row] for row in line.arrays.X.tolist()]
    beta, squares, left = exact.least_squares(rows, [Fraction(v) for v in y.tolist()])
    assert off(line.coefficients.values(), beta) < 1e-14
    assert off(line.standard_errors.values(), [exact.root(v) for v in squares]) < 1e-12
    assert off([line.deviance], [left]) < 1e-12


@pytest.mark.parametrize("name", ["norris", "pontius", "wampler3"])
def test_certified_values_are_those_of_rational_arithmetic(name):
    beta, squares, _ = exact.least_squares(*exact.design(NIST[name]))
    for said, value in zip(NIST[name]["coefficients"], beta, strict=True):
        assert exact.off(said, value) < 0.51
    for said, value in zip(NIST[name]["standard_errors"], squares, strict=True):
        assert exact.off(said, exact.root(value)) < 0.51


@pytest.mark.parametrize("name", [name for name in MADE if MADE[name]["family"] in FAMILIES])
def test_made_cases_have_14_digits_and_12_in_the_errors(name):
    said = MADE[name]
    X, y = np.array(said["X"], dtype=float), np.array(said["y"], dtype=float)
    if said["family"] == "multinomial":
        y = np.array(["abc"[int(v)] for v in y])
    columns = {f"x{j}": X[:, j] for j in range(X.shape[1])} | {"y": y}
    line = pliant.fit("y ~ .", columns, family=said["family"], link=said["link"], hidden=())
    table = line.tidy()
    assert off(np.array(table["estimate"]), map(Fraction, said["coefficients"])) < 1e-14
    assert off(np.array(table["std_error"]), map(Fraction, said["standard_errors"])) < 1e-12
    assert off([line.deviance], [Fraction(said["deviance"])]) < 1e-14


def test_units_of_a_column_change_no_digit():
    rng = np.random.default_rng(4)
    X, y = rng.normal(size=(50, 3)), rng.poisson(2.0, 50) * 1.0
    plain = pliant.fit(X, y, family="poisson", hidden=())
    power = np.array([2.0**400, 2.0**-300, 2.0**7])
    scaled = pliant.fit(X * power, y, family="poisson", hidden=())
    for what in ("coefficients", "standard_errors"):
        one, other = (np.array(list(getattr(line, what).values())) for line in (plain, scaled))
        assert np.array_equal(one[1:], other[1:] * power)


def test_many_rows_and_few_give_the_same_line():
    """A million numbers and more take float64 alone: a line of the same rows, repeated, has the same coefficients."""
    rng = np.random.default_rng(6)
    X = rng.normal(size=(2_000, 4))
    y = rng.poisson(np.exp(0.2 * X[:, 0] + 0.5)) * 1.0
    few = pliant.fit(X, y, family="poisson", hidden=())
    many = pliant.fit(np.tile(X, (150, 1)), np.tile(y, 150), family="poisson", hidden=())
    one, other = (np.array(list(line.coefficients.values())) for line in (few, many))
    assert np.max(np.abs(one / other - 1.0)) < 1e-13
    one, other = (np.array(list(line.standard_errors.values())) for line in (few, many))
    assert np.max(np.abs(one / other / np.sqrt(150.0) - 1.0)) < 1e-12


def test_a_score_at_the_solution_is_nothing_beside_its_terms():
    rng = np.random.default_rng(7)
    X = np.column_stack([np.ones(300), rng.normal(size=(300, 3))])
    for family, link, y in (
        ("binomial", "probit", rng.random(300) < 0.4),
        ("binomial", "cloglog", rng.random(300) < 0.6),
        ("poisson", "sqrt", rng.poisson(3.0, 300)),
        ("gaussian", "log", rng.gamma(5.0, 1.0, 300)),
    ):
        line = pliant.fit(X[:, 1:], y * 1.0, family=family, link=link, hidden=())
        eta = line.linear_predictor(line.arrays.X, line.arrays.offset)
        terms = line.arrays.X * line.likelihood.delta(line.arrays.y, eta)
        assert np.all(np.abs(terms.sum(axis=0)) < 1e-12 * np.abs(terms).sum(axis=0)), (family, link)


def test_columns_that_nearly_agree_are_fitted_and_said():
    said = NIST["filip"]
    x = np.array(said["x"], dtype=float)
    y = np.array(said["y"], dtype=float)
    line = pliant.fit(np.column_stack([x**k for k in range(1, 11)]), y, hidden=())
    assert not any(np.isnan(value) for value in line.coefficients.values())
    assert any("nearly determine others (condition" in note for note in line.notes)


@pytest.mark.parametrize("family", ["gaussian", "binomial", "poisson", "gamma", "multinomial"])
def test_long_double_and_pairs_of_float64_round_to_the_same_line(family, monkeypatch):
    from pliant.optimisers import polish

    rng = np.random.default_rng(5)
    X = rng.normal(size=(80, 3))
    mu = np.exp(0.3 * X[:, 0] - 0.2 * X[:, 1])
    y = {
        "gaussian": mu + rng.normal(size=80),
        "binomial": (rng.random(80) < mu / (1 + mu)) * 1.0,
        "poisson": rng.poisson(mu) * 1.0,
        "gamma": rng.gamma(2.0, mu),
        "multinomial": np.array(["a", "b", "c"])[rng.integers(0, 3, 80)],
    }[family]
    lines = []
    for wide in (polish.WIDE, None):
        monkeypatch.setattr(polish, "WIDE", wide)
        lines.append(pliant.fit(X, y, family=family, hidden=()))
    both = [np.append(line.parameters, line.deviance) for line in lines]
    assert float(np.max(np.abs(both[0] / both[1] - 1.0))) < 2e-15
    # a covariance near zero is what is left of larger ones, and known to their last digit, not to its own
    one, other = (line.cov_params() for line in lines)
    errors = np.sqrt(np.diagonal(other))
    assert float(np.max(np.abs(one - other) / np.outer(errors, errors))) < 2e-15
