"""theta of the negative binomial and the power of tweedie: estimated, given, kept, and held by a network."""

import mpmath as mp
import numpy as np
import pytest
from scipy.optimize import minimize

import pliant
from pliant.data.arrays import Arrays
from pliant.errors import ConvergenceError, InputError
from pliant.functions import FAMILIES, likelihood
from pliant.functions.compound import compound_expansion, compound_log_density
from pliant.line.shape import _Profile
from pliant.line.theta import best_log_theta, theta_score
from pliant.optimisers.irls import fit_line

N = 300


def counts(seed=0, theta=1.5):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=N)
    mu = np.exp(1.0 + 0.5 * x)
    return {"x": x, "y": rng.negative_binomial(theta, theta / (theta + mu)).astype(float)}


def amounts(power=1.5, dispersion=1.0, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=N)
    family = likelihood(f"tweedie(power={power})").family
    y = family.draw(rng, np.exp(0.5 + 0.3 * x)[:, None], np.ones((N, 1)), dispersion)[:, 0]
    return {"x": x, "y": y}


def line(table, family, **options):
    return pliant.fit("y ~ x", table, family=family, hidden=(), **options)


def profile_of(x, y):
    """Give minus the log likelihood of a power, for the line of y on x."""
    n = len(y)
    X = np.column_stack([np.ones(n), x])
    rows = Arrays(X, y[:, None], np.ones(n), np.zeros(n), np.arange(n))
    return _Profile(likelihood("tweedie"), rows, lambda given: fit_line(given, X, rows.y, rows.weights, rows.offset))


@pytest.mark.parametrize("theta", [1e-3, 0.4, 11.9, 12.1, 1e4, 1e8])
def test_score_and_information_of_theta_keep_their_digits(theta):
    y, mu, w = np.array([0.0, 1.0, 3.0, 40.0]), np.array([0.3, 2.0, 3.0001, 17.0]), np.array([1.0, 2.0, 0.5, 1.0])
    with mp.workdps(80):
        t = mp.mpf(theta)

        def log_likelihood(t):
            each = [
                mp.loggamma(t + v) - mp.loggamma(t) + t * mp.log(t) - (t + v) * mp.log(t + m)
                for v, m in zip(map(mp.mpf, y.tolist()), map(mp.mpf, mu.tolist()), strict=True)
            ]
            return mp.fsum(mp.mpf(float(c)) * e for c, e in zip(w, each, strict=True))

        first = float(mp.diff(log_likelihood, t, h=t * mp.mpf("1e-25")))
        second = float(mp.diff(log_likelihood, t, 2, h=t * mp.mpf("1e-18")))
    score, information = theta_score(y[:, None], mu[:, None], w, theta)
    assert score == pytest.approx(first, rel=1e-11)
    assert information == pytest.approx(-second, rel=1e-11)


def test_the_estimate_maximises_the_likelihood_of_line_and_theta_together():
    table = counts()
    fit = line(table, "negative_binomial")
    X, y = np.column_stack([np.ones(N), table["x"]]), table["y"][:, None]

    def minus(parameters):
        mu = np.exp(X @ parameters[:2])[:, None]
        return -FAMILIES["negative_binomial"].make(float(np.exp(parameters[2]))).log_likelihood(y, mu, np.ones(N), 1.0)

    found = minimize(minus, [1.0, 0.0, 0.0], method="BFGS", options={"gtol": 1e-9})
    assert fit.log_likelihood == pytest.approx(-found.fun, rel=1e-13)
    assert fit.theta == pytest.approx(np.exp(found.x[2]), rel=1e-5)
    assert fit.aic == pytest.approx(2.0 * found.fun + 6.0, rel=1e-13)


def test_score_of_line_and_theta_is_zero_at_the_estimate():
    fit = line(counts(), "negative_binomial")
    rows, mu = fit.arrays, fit.fitted_values()
    delta = fit.likelihood.delta(rows.y, fit.likelihood.link.link(mu))
    assert np.max(np.abs(rows.X.T @ delta) / (np.abs(rows.X).T @ np.abs(delta))) < 1e-13
    score, information = theta_score(rows.y, mu, rows.weights, fit.theta)
    assert abs(score) < 1e-12 * information * fit.theta


@pytest.mark.parametrize("link", FAMILIES["negative_binomial"].links)
def test_a_weight_of_two_is_a_row_twice_for_theta(link):
    x, y = np.linspace(0.0, 1.0, N), counts()["y"] + np.arange(N) // 60  # a mean that the identity has everywhere
    twice = {"x": np.tile(x, 2), "y": np.tile(y, 2)}
    weighted = {"x": x, "y": y, "w": np.full(N, 2.0)}
    one, other = (
        line(weighted, "negative_binomial", link=link, weights="w"),
        line(twice, "negative_binomial", link=link),
    )
    assert one.theta == pytest.approx(other.theta, rel=1e-12)
    assert one.parameter_error == pytest.approx(other.parameter_error, rel=1e-12)


def test_rows_without_weight_take_no_part():
    table = counts()
    longer = {"x": np.append(table["x"], 0.3), "y": np.append(table["y"], 1e4), "w": np.append(np.ones(N), 0.0)}
    assert line(longer, "negative_binomial", weights="w").theta == line(table, "negative_binomial").theta


def test_counts_that_scatter_less_than_poisson_send_theta_to_infinity_and_it_is_said():
    table = counts() | {"y": np.tile([2.0, 3.0, 4.0], N // 3)}
    fit, poisson = line(table, "negative_binomial"), line(table, "poisson")
    assert any("no overdispersion" in note and "poisson" in note for note in fit.notes)
    assert fit.theta > 1e10
    assert np.isnan(fit.parameter_error)
    for ours, theirs in ((fit.coefficients, poisson.coefficients), (fit.standard_errors, poisson.standard_errors)):
        assert list(ours.values()) == pytest.approx(list(theirs.values()), rel=1e-9)
    assert fit.log_likelihood == pytest.approx(poisson.log_likelihood, rel=1e-10)
    assert best_log_theta(np.ones((3, 1)), np.ones((3, 1)), np.ones(3), None) is None


def test_a_given_parameter_is_held_and_counts_for_nothing():
    fit = line(counts(), "negative_binomial(theta=2)")
    assert (fit.theta, fit.power, fit.family) == (2.0, None, "negative_binomial")
    assert np.isnan(fit.parameter_error)
    assert fit.aic == pytest.approx(-2.0 * fit.log_likelihood + 4.0, rel=1e-14)
    assert "theta: 2.00000, as given" in str(fit.summary())
    assert fit.glance()["theta"][0] == 2.0


def test_a_family_without_a_parameter_has_neither():
    fit = line(counts(), "poisson")
    assert (fit.theta, fit.power) == (None, None)
    assert not {"theta", "power"} & set(fit.glance().columns)


@pytest.mark.parametrize(("power", "dispersion"), [(1.2, 0.5), (1.5, 1.0), (1.8, 2.0)])
def test_the_power_is_found_where_the_profile_likelihood_is_largest(power, dispersion):
    table = amounts(power, dispersion)
    fit = line(table, "tweedie")
    assert abs(fit.power - power) < 4.0 * fit.parameter_error
    y, ones = table["y"][:, None], np.ones((N, 1))

    def minus(parameters):
        mu = np.exp(parameters[0] + parameters[1] * table["x"])[:, None]
        at = 1.0 + 1.0 / (1.0 + np.exp(-parameters[3]))
        return -float(np.sum(compound_log_density(y, mu, np.exp(parameters[2]) * ones, at)))

    start = [*fit.coefficients.values(), np.log(fit.dispersion), np.log((fit.power - 1.0) / (2.0 - fit.power))]
    found = minimize(minus, start, method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-9, "maxiter": 2000})
    assert fit.power == pytest.approx(1.0 + 1.0 / (1.0 + np.exp(-found.x[3])), abs=2e-2 * fit.parameter_error)
    assert "by maximum likelihood" in str(fit.summary())


def test_the_power_is_where_the_slope_of_the_profile_likelihood_is_zero():
    """A search by values alone is 2e-8 from there, half the digits."""
    table, h = amounts(), 2e-3
    power = line(table, "tweedie").power
    profile = profile_of(table["x"], table["y"])
    far, near, at, after, beyond = (profile(power + k * h) for k in (-2, -1, 0, 1, 2))
    slope, curvature = (far - 8.0 * near + 8.0 * after - beyond) / (12.0 * h), (near - 2.0 * at + after) / h**2
    assert abs(slope / curvature) < 1e-9


def test_a_network_holds_a_power_that_units_do_not_move():
    table = amounts()
    one, other = (
        pliant.fit("y ~ x", {**table, "x": x}, family="tweedie", hidden=2, epochs=1, seed=1)
        for x in (table["x"], table["x"] / 3.6 + 40.0)
    )
    assert one.power == other.power


def test_near_power_one_no_likelihood_is_better_than_its_best_dispersion():
    """There the density has many peaks, beneath which an unguarded step of Newton's ends, and a wild value with it."""
    y = np.array(
        [7.67543023, 0.42204788, 1.90282949, 2.04949943, 2.96969443, 0.61132187, 0.0, 0.69062094, 0.67148385, 0.0]
    )
    profile = profile_of(np.arange(10.0), y)
    powers = np.linspace(1.02, 1.12, 101).round(4).tolist()
    values = [profile(power) for power in powers]
    lowest = int(np.argmin(values))
    mu = np.exp(profile.solve(likelihood(f"tweedie(power={powers[lowest]})")).eta)
    phis = np.exp(np.linspace(-3.0, 3.0, 2001))
    best = max(np.sum(compound_log_density(y[:, None], mu, np.full((10, 1), phi), powers[lowest])) for phi in phis)
    assert values[lowest] > -best - 1e-3  # the dispersions tried are up to 0.0015 of a logarithm from the best


def test_a_mean_that_has_run_out_of_numbers_has_a_density_still():
    assert np.isfinite(compound_log_density(np.array([0.0, 2.0]), np.zeros(2), np.ones(2), 1.5)).all()


def test_expansion_of_the_tweedie_density_is_its_derivatives():
    y, mu, h = np.array([0.0, 0.1, 2.0, 30.0]), np.array([1.0, 0.3, 2.5, 20.0]), 1e-4
    for power, phi in ((1.1, 0.3), (1.5, 1.0), (1.9, 3.0), (1.5, 3e-7)):
        at = [compound_log_density(y, mu, np.full(4, phi) * np.exp(k * h), power) for k in (-1, 0, 1)]
        value, first, second = compound_expansion(y, mu, np.full(4, phi), power)
        np.testing.assert_array_equal(value, at[1])
        np.testing.assert_allclose(first, (at[2] - at[0]) / (2.0 * h), rtol=1e-5, atol=1e-5)
        if phi > 1e-3:  # else the difference of two large numbers has no digits
            np.testing.assert_allclose(second, (at[2] - 2.0 * at[1] + at[0]) / h**2, rtol=1e-4, atol=1e-4)


def test_amounts_without_a_zero_put_the_power_at_its_end_and_it_is_said():
    table = amounts()
    table["y"] = np.random.default_rng(0).gamma(3.0, size=N)
    fit = line(table, "tweedie")
    assert any("end of its range" in note and "gamma" in note for note in fit.notes)


def test_a_group_of_zeros_is_refused_as_poisson_refuses_it():
    table = {"g": np.repeat(["a", "b"], 20), "y": np.repeat([0.0, 1.0], 20) * np.tile([1.0, 5.0], 20)}
    for family in ("negative_binomial", "poisson"):
        with pytest.raises(ConvergenceError):
            pliant.fit("y ~ g", table, family=family, hidden=())


@pytest.mark.parametrize("make", [lambda: (counts(), "negative_binomial"), lambda: (amounts(), "tweedie")])
def test_a_model_file_keeps_parameter_and_error(make, tmp_path):
    table, family = make()
    for hidden in ((), 2):
        fit = pliant.fit("y ~ x", table, family=family, hidden=hidden, epochs=5 if hidden else None)
        fit.save(tmp_path / "m.pliant")
        again = pliant.load(tmp_path / "m.pliant")
        assert again.likelihood.family.title == fit.likelihood.family.title
        assert str(again.summary()) == str(fit.summary())
        assert again.predict(table).equals(fit.predict(table))
        assert np.array_equal(again.parameter_error, fit.parameter_error, equal_nan=True)


def test_a_network_takes_the_parameter_of_the_line_and_says_so():
    table = counts()
    net = pliant.fit("y ~ x", table, family="negative_binomial", hidden=2, epochs=20, seed=1)
    assert net.theta == pytest.approx(line(table, "negative_binomial").theta, rel=1e-3)  # the start has a small ridge
    assert any(note.startswith("theta ") and "held fixed" in note for note in net.notes)
    held = pliant.fit("y ~ x", table, family=f"negative_binomial(theta={net.theta!r})", hidden=2, epochs=20, seed=1)
    assert np.array_equal(held.parameters, net.parameters)
    assert not any("held fixed" in note for note in held.notes)
    once = pliant.fit("y ~ x", table, family="negative_binomial", hidden=2, epochs=40, seed=1)
    assert np.array_equal(net.continue_training(20).parameters, once.parameters)


@pytest.mark.parametrize("name", ["quasipoisson", "quasibinomial"])
def test_a_quasi_family_has_the_line_of_its_family_and_a_dispersion(name):
    rng = np.random.default_rng(1)
    x = rng.normal(size=N)
    y = rng.binomial(5, 0.4, N) / 5 if name == "quasibinomial" else rng.negative_binomial(2, 0.3, N)
    fit, plain = (
        line({"x": x, "y": y, "w": np.full(N, 5.0)}, f, weights="w") for f in (name, name.removeprefix("quasi"))
    )
    assert fit.coefficients == plain.coefficients
    error, other = fit.standard_errors["x"], plain.standard_errors["x"]
    assert error == pytest.approx(other * fit.dispersion**0.5, rel=1e-13)
    assert np.isnan([fit.aic, fit.bic, fit.log_likelihood]).all()
    assert "t value" in str(fit.summary())
    assert "AIC" not in str(fit.summary())
    with pytest.raises(InputError, match="nothing can be drawn"):
        fit.likelihood.family.draw(rng, fit.fitted_values(), np.ones((N, 1)), 1.0)
