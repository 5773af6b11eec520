"""What is said of an exact line: numbers that mean little, columns that say nothing."""

import numpy as np
import pytest

import pliant
from pliant.errors import ConvergenceError

X = np.arange(1.0, 9.0)
PERFECT = "the fit is essentially perfect: standard errors, tests and AIC are unreliable"


def line(formula, table, **options):
    return pliant.fit(formula, table, hidden=(), **options)


@pytest.mark.parametrize("unit", [1.0, 1e-8, 1e8])
def test_a_perfect_fit_says_that_its_errors_are_unreliable(unit):
    assert PERFECT in line("y ~ x", {"x": X, "y": unit * (2.0 * X + 0.1)}).notes
    assert PERFECT in line("y ~ x", {"x": X, "y": np.full(8, unit)}).notes
    noise = 1e-6 * np.cos(7.0 * X)
    assert PERFECT not in line("y ~ x", {"x": X, "y": unit * (2.0 * X + noise)}).notes
    assert PERFECT in str(line("y ~ x", {"x": X, "y": 3.0 * X}).summary())


def test_fractions_of_a_success_leave_no_likelihood_and_say_so():
    share = np.array([0.2, 0.3, 0.5, 0.4, 0.6, 0.9, 0.7, 0.8])
    table = {"x": X, "y": share, "n": np.full(8, 10.0)}
    half = line("y ~ x", table, family="binomial")
    assert np.isnan([half.log_likelihood, half.aic, half.bic]).all()
    assert "not whole numbers of successes, so there is no likelihood and no AIC" in half.notes[0]
    whole = line("y ~ x", table, family="binomial", weights="n")
    assert np.isfinite(whole.aic)
    assert whole.notes == ()
    assert np.allclose(list(half.coefficients.values()), list(whole.coefficients.values()), rtol=1e-12)


def test_counts_that_are_not_whole_say_so():
    y = np.array([1.0, 0, 2, 3, 2, 5, 7, 6])
    said = line("y ~ x", {"x": X, "y": y + 0.5}, family="poisson").notes
    assert "the response is not whole numbers: the likelihood and AIC are those of a density" in said[0]
    assert line("y ~ x", {"x": X, "y": y}, family="poisson").notes == ()


def test_a_column_that_is_zero_wherever_a_row_has_weight_is_told_from_an_aliased_one():
    z = (X > 6.0) * 1.0
    model = line("y ~ x + z + w", {"x": X, "z": z, "w": 2.0 * X, "y": np.sin(X)}, weights=1.0 - z)
    assert np.isnan([model.coefficients["z"], model.coefficients["w"]]).all()
    assert model.notes == (
        "w is determined by the columns before and left out (aliased)",
        "z is zero in every row with weight and left out",
    )


def test_a_line_settles_by_eta_where_its_coefficients_still_tremble():
    """Raw years with their square have a condition of 1e10: their coefficients move when eta no longer does."""
    year = np.arange(1990.0, 2021.0)
    counts = np.round(20.0 + 0.02 * (year - 2005.0) ** 2 + 3.0 * np.sin(year))
    raw = line("y ~ year + I(year^2)", {"year": year, "y": counts}, family="poisson")
    centred = line("y ~ x + I(x^2)", {"x": year - 2005.0, "y": counts}, family="poisson")
    assert np.isfinite(list(raw.coefficients.values())).all()
    assert np.allclose(raw.fitted_values(), centred.fitted_values(), rtol=1e-7)
    assert raw.deviance == pytest.approx(centred.deviance, rel=1e-10)


def test_a_mean_at_its_bound_is_named_beside_separation():
    table = {"x": np.arange(5.0), "y": [0, 0, 1, 4, 9]}  # the root of the first mean is zero, where its slope vanishes
    with pytest.raises(ConvergenceError, match="a mean can run into an end of the poisson family"):
        line("y ~ x", table, family="poisson", link="sqrt")


def test_a_line_through_every_row_has_errors_that_are_not_known_and_says_so():
    model = line("y ~ x", {"x": [1.0, 2.0], "y": [1.0, 3.0]})
    assert "as many coefficients as rows" in model.notes[0]
    text = str(model.summary())
    assert "aliased" not in text
    assert "2.00000   not known" in text
    assert line("y ~ x", {"x": [1.0, 2, 3], "y": [1.0, 3, 4]}).notes == ()


def test_a_note_on_many_aliased_columns_is_short():
    table = {f"x{j}": X * (j + 1) for j in range(30)}
    (note,) = line("y ~ .", table | {"y": np.sin(X)}).notes
    assert note.endswith("x8 and 21 more are determined by the columns before and left out (aliased)")
