"""The line against R: all sixteen models of tests/golden/glm.json, and the thirteen of families.json.

R stops its iterations on the deviance, and takes standard errors from the weights *before* its last step. Where
that costs it digits (all links but the identity), the same numbers are checked against 50-digit arithmetic, and
R's are shown to be those of its own stopping place.
"""

import functools
import json
from fractions import Fraction
from pathlib import Path

import mpmath
import numpy as np
import pandas as pd
import pytest
from scipy.special import digamma, polygamma

import pliant
from pliant.errors import SeparationError
from pliant.functions import likelihood

GOLDEN = Path(__file__).parent / "golden"
MODELS = {k: v for file in ("glm", "families") for k, v in json.loads((GOLDEN / f"{file}.json").read_text()).items()}
LINES = [name for name, model in MODELS.items() if model["family"] != "multinomial"]
SCALARS = ("deviance", "null_deviance", "aic", "log_likelihood", "df_residual")
ROWS = ("fitted_first", "deviance_residuals_first", "pearson_residuals_first", "leverage_first")
CANONICAL = {
    "gaussian": "identity",
    **dict.fromkeys(("binomial", "quasibinomial"), "logit"),
    **dict.fromkeys(("poisson", "quasipoisson"), "log"),
    "gamma": "inverse",
    "inverse_gaussian": "inverse_squared",
}
# R sorts levels by its locale, pliant by code point: where these differ, the order is declared, as in R
LEVELS = {
    "warpbreaks.csv": {"tension": ["L", "M", "H"]},
    "insurance.csv": {"Group": ["<1l", ">2l", "1-1.5l", "1.5-2l"], "Age": ["<25", ">35", "25-29", "30-35"]},
}


def stops_short(model):
    """Say whether Fisher scoring, being no Newton's method, leaves R some 7 digits from the floor."""
    return CANONICAL.get(model["family"]) != model["link"]


def read(model):
    """Read a model's table as R had it."""
    frame = pd.read_csv(GOLDEN / model["data"])
    for name, levels in LEVELS.get(model["data"], {}).items():
        frame[name] = pd.Categorical(frame[name], levels)
    return frame


@functools.cache
def fitted(name):
    model = MODELS[name]
    return pliant.fit(
        model["formula"],
        read(model),
        family=model["family"],
        link=model["link"],
        hidden=(),
        weights=model.get("weights"),
    )


def apart(ours, theirs):
    return np.max(np.abs(np.asarray(ours) - np.asarray(theirs)) / np.abs(np.asarray(theirs)))


@pytest.mark.parametrize("name", LINES)
def test_scalars_agree_with_r_to_10_digits(name):
    model, fit = MODELS[name], fitted(name)
    for scalar in SCALARS:
        if model.get(scalar) is not None:
            assert apart(getattr(fit, scalar), model[scalar]) < 1e-10, scalar
    if fit.family == "gaussian" or fit.likelihood.family.dispersion_known:  # R works the others out with old weights
        assert apart(fit.dispersion, model.get("dispersion", 1.0)) < 1e-10
    if fit.family.startswith("quasi"):
        assert np.isnan([fit.aic, fit.log_likelihood]).all()
        assert model["aic"] is None


@pytest.mark.parametrize("name", LINES)
def test_names_and_coefficients_agree_with_r(name):
    model, fit = MODELS[name], fitted(name)
    table = fit.tidy(names="r")
    assert list(table["term"]) == list(model["coefficients"])
    assert apart(table["estimate"], list(model["coefficients"].values())) < (1e-5 if stops_short(model) else 1e-10)


@pytest.mark.parametrize("name", LINES)
def test_every_number_of_r_is_that_of_its_own_stopping_place(name):
    """Its means and coefficients are of its last step, its errors, leverage and dispersion of weights before it."""
    model, there = MODELS[name], as_r_stops(fitted(name))
    for quantity in ("coefficients", "standard_errors"):
        assert apart(there[quantity], list(model[quantity].values())) < 1e-10, quantity
    for quantity in ("dispersion", "theta", "theta_se", *ROWS):
        if quantity in model:
            theirs = model[quantity]
            assert apart(there[quantity][: len(theirs)] if quantity in ROWS else there[quantity], theirs) < 1e-10


@pytest.mark.parametrize("name", [name for name in LINES if not stops_short(MODELS[name])])
def test_rows_agree_with_r(name):
    model, fit = MODELS[name], fitted(name)
    if "fitted_first" not in model:
        return
    assert apart(fit.fitted_values()[:5, 0], model["fitted_first"]) < 1e-10
    for kind in ("deviance", "pearson"):
        assert apart(fit.residuals(kind)[:5], model[f"{kind}_residuals_first"]) < 1e-10
    assert apart(fit.augment()[".hat"][:5], model["leverage_first"]) < (1e-10 if fit.family == "gaussian" else 1e-7)


@pytest.mark.parametrize("name", [n for n in LINES if MODELS[n]["family"] == "gaussian"])
def test_gaussian_standard_errors_agree_with_r_to_12_digits(name):
    model, fit = MODELS[name], fitted(name)
    assert apart(list(fit.standard_errors.values()), list(model["standard_errors"].values())) < 1e-12


@pytest.mark.parametrize("name", LINES)
def test_coefficients_errors_and_theta_agree_with_50_digits(name):
    fit = fitted(name)
    exact = with_50_digits(fit)
    assert apart(list(fit.coefficients.values()), exact["coefficients"]) < 1e-12
    assert apart(list(fit.standard_errors.values()), exact["standard_errors"]) < 1e-12
    assert apart(fit.dispersion, exact["dispersion"]) < 1e-12
    if fit.likelihood.family.estimated:
        assert apart(fit.theta, exact["theta"]) < 1e-12
        assert apart(fit.parameter_error, exact["theta_se"]) < 1e-12


@pytest.mark.parametrize("name", [name for name in LINES if "theta" in MODELS[name]])
def test_theta_agrees_with_r_to_10_digits_and_counts_in_the_aic(name):
    model, fit = MODELS[name], fitted(name)
    assert apart(fit.theta, model["theta"]) < 1e-10
    assert fit.aic == pytest.approx(-2.0 * fit.log_likelihood + 2.0 * (len(fit.coefficients) + 1), rel=1e-14)
    assert fit.glance()["theta_std_error"][0] == fit.parameter_error
    assert f"theta: {fit.theta:.5g}"[:10] in str(fit.summary())
    assert "by maximum likelihood (Std. Error" in str(fit.summary())


def test_the_penguins_line_is_right_to_12_digits():
    """Against rational arithmetic, which R's lm equals to its own 13 digits."""
    fit = pliant.fit("body_mass_g ~ flipper_length_mm + species", pliant.datasets.penguins(), hidden=())
    X = [[Fraction(v) for v in row] for row in fit.arrays.X.tolist()]
    y = [Fraction(v) for v in fit.arrays.y[:, 0].tolist()]
    n, p = len(y), 4
    gram = [[sum(X[i][j] * X[i][k] for i in range(n)) for k in range(p)] for j in range(p)]
    inverse = invert(gram)
    moments = [sum(X[i][j] * y[i] for i in range(n)) for j in range(p)]
    beta = [sum(inverse[j][k] * moments[k] for k in range(p)) for j in range(p)]
    left = sum((y[i] - sum(X[i][j] * beta[j] for j in range(p))) ** 2 for i in range(n))
    errors = [float(left * inverse[j][j] / (n - p)) ** 0.5 for j in range(p)]
    assert apart(list(fit.coefficients.values()), [float(b) for b in beta]) < 1e-12
    assert apart(list(fit.standard_errors.values()), errors) < 1e-12


def invert(matrix):
    """Invert a matrix of fractions by elimination, exactly."""
    n = len(matrix)
    rows = [[*row, *(Fraction(int(i == j)) for j in range(n))] for i, row in enumerate(matrix)]
    for j in range(n):
        rows[j] = [v / rows[j][j] for v in rows[j]]
        for i in range(n):
            if i != j:
                rows[i] = [a - rows[i][j] * b for a, b in zip(rows[i], rows[j], strict=True)]
    return [row[n:] for row in rows]


def test_multinomial_line_agrees_with_r():
    model = MODELS["housing_multinomial"]
    fit = fitted("housing_multinomial")
    assert apart(fit.deviance, model["deviance"]) < 1e-12
    assert apart(fit.aic, model["aic"]) < 1e-12
    assert list(fit.design.r_names()) == model["coefficient_names"]
    for level, values in model["coefficients"].items():  # R's multinom stops its BFGS before the floor
        assert apart(list(fit.coefficients[level].values()), values) < 1e-6
    rows = fit.arrays
    score = (fit.fitted_values() - rows.y)[:, 1:].T @ rows.X
    assert np.max(np.abs(score)) < 1e-10 * len(rows.y)  # zero there: the coefficients are right where R's differ


def test_separated_classes_are_refused_with_the_columns_named():
    model = MODELS["iris_multinomial"]
    with pytest.raises(SeparationError, match=r"Petal\.Width.*run off without end.*regularisation") as caught:
        fitted("iris_multinomial")
    assert caught.value.kind == "quasi-complete"
    columns = ("Intercept", "Sepal.Length", "Petal.Width")
    assert caught.value.columns == tuple(f"{c}: {name}" for c in ("versicolor", "virginica") for name in columns)
    # the deviance goes to that of the two classes that do overlap, which R's stops short of
    iris = read(model)
    two = pliant.fit(
        "Species ~ Sepal.Length + Petal.Width", iris[iris.Species != "setosa"], family="binomial", hidden=()
    )
    assert 0.0 < model["deviance"] / two.deviance - 1.0 < 1e-3


def as_r_stops(fit):
    """Run R's glm, or MASS's glm.nb, as their sources have them, with their deviance test at 1e-14."""
    rows, link, family = fit.arrays, fit.likelihood.link, fit.likelihood.family
    y, w = rows.y, rows.weights[:, None]
    half = (w * y + 0.5) / (w + 1.0)
    start = {
        **dict.fromkeys(("binomial", "quasibinomial"), half),
        **dict.fromkeys(("poisson", "quasipoisson"), y + 0.1),
        "negative_binomial": y + (y == 0.0) / 6.0,
        "tweedie": y + 0.1 * (y == 0.0),
    }.get(fit.family, y)
    if not family.estimated:
        return glm_fit(fit.likelihood, rows, link.link(start))
    mu = glm_fit(likelihood("poisson", link.name), rows, link.link(y + 0.1))["means"]
    theta, error = theta_ml(y, mu, w)
    log_likelihood = family.make(theta).log_likelihood(y, mu, rows.weights, 1.0)
    scale = np.sqrt(2.0 * (len(y) - rows.X.shape[1]))
    change = np.inf
    while change > 1e-14:
        there = glm_fit(likelihood(f"negative_binomial(theta={theta!r})", link.name), rows, link.link(mu))
        before, (theta, error) = theta, theta_ml(y, mu, w)
        mu, last = there["means"], log_likelihood
        log_likelihood = family.make(theta).log_likelihood(y, mu, rows.weights, 1.0)
        change = abs(last - log_likelihood) / scale + abs(before - theta)
    return there | {"theta": theta, "theta_se": error}


def glm_fit(chosen, rows, eta):
    """Iterate as glm.fit does; give what summary, residuals and hatvalues make of its last step."""
    y, w, X, offset = rows.y, rows.weights[:, None], rows.X, rows.offset[:, None]
    mu = chosen.mean(eta)
    before = float(np.sum(w[:, 0] * chosen.deviance(y, mu)))
    while True:
        slope = chosen.link.slope(eta, mu)
        weight = w * slope**2 / chosen.family.variance(mu)
        Q, R = np.linalg.qr(np.sqrt(weight) * X)
        beta = np.linalg.solve(R, Q.T @ (np.sqrt(weight) * (eta - offset + (y - mu) / slope)))
        eta = X @ beta + offset
        mu = chosen.mean(eta)
        deviance = float(np.sum(w[:, 0] * chosen.deviance(y, mu)))
        if abs(deviance - before) / (abs(deviance) + 0.1) < 1e-14:
            break
        before = deviance
    working = (y - mu) / chosen.link.slope(eta, mu)
    known = chosen.family.dispersion_known
    dispersion = 1.0 if known else float(np.sum(weight * working**2)) / (len(y) - X.shape[1])
    left = np.sign(y - mu) * np.sqrt(w * chosen.family.deviance(y, mu))
    return {
        "coefficients": beta[:, 0],
        "standard_errors": np.sqrt(dispersion * np.sum(np.linalg.inv(R) ** 2, axis=1)),
        "dispersion": dispersion,
        "means": mu,
        "fitted_first": mu[:, 0],
        "deviance_residuals_first": left[:, 0],
        "pearson_residuals_first": ((y - mu) * np.sqrt(w / chosen.family.variance(mu)))[:, 0],
        "leverage_first": np.sum(Q**2, axis=1),
    }


def theta_ml(y, mu, w):
    """Iterate as MASS's theta.ml does: from the moments, until a step of theta is below 1.2e-4."""
    theta, step = float(np.sum(w) / np.sum(w * (y / mu - 1.0) ** 2)), np.inf
    while abs(step) > np.finfo(float).eps ** 0.25:
        up, total = theta + y, theta + mu
        score = digamma(up) - digamma(theta) + np.log(theta) + 1.0 - np.log(total) - up / total
        each = polygamma(1, theta) - polygamma(1, up) - 1.0 / theta + 2.0 / total - up / total**2
        information = float(np.sum(w * each))
        step = float(np.sum(w * score)) / information
        theta = abs(theta + step)
    return theta, information**-0.5


def with_50_digits(fit):
    """Solve the same equations by Fisher scoring in 50-digit arithmetic; give coefficients, errors and theta."""
    mp, family = mpmath.mp, fit.likelihood.family
    with mpmath.workdps(50):
        rows = fit.arrays
        X, offset = mpmath.matrix(rows.X.tolist()), [mpmath.mpf(o) for o in rows.offset]
        y, w = [mpmath.mpf(v) for v in rows.y[:, 0]], [mpmath.mpf(v) for v in rows.weights]
        n, p = X.rows, X.cols
        inverse, slope = {
            "identity": (lambda e: e, lambda e: mpmath.mpf(1)),
            "log": (mp.exp, mp.exp),
            "inverse": (lambda e: 1 / e, lambda e: -1 / e**2),
            "inverse_squared": (lambda e: 1 / mp.sqrt(e), lambda e: -1 / (2 * e * mp.sqrt(e))),
            "sqrt": (lambda e: e**2, lambda e: 2 * e),
            "logit": (lambda e: 1 / (1 + mp.exp(-e)), lambda e: mp.exp(-e) / (1 + mp.exp(-e)) ** 2),
            "probit": (mp.ncdf, mp.npdf),
            "cauchit": (lambda e: mp.atan2(1, -e) / mp.pi, lambda e: 1 / (mp.pi * (1 + e**2))),
            "cloglog": (lambda e: 1 - mp.exp(-mp.exp(e)), lambda e: mp.exp(e - mp.exp(e))),
        }[fit.link]
        variance = {
            "gaussian": lambda m: mpmath.mpf(1),
            "binomial": lambda m: m * (1 - m),
            "quasibinomial": lambda m: m * (1 - m),
            "poisson": lambda m: m,
            "quasipoisson": lambda m: m,
            "gamma": lambda m: m**2,
            "inverse_gaussian": lambda m: m**3,
            "negative_binomial": lambda m: m + m**2 / theta,
            "tweedie": lambda m: m ** mpmath.mpf(family.parameter),
        }[fit.family]
        beta = mpmath.matrix(list(fit.coefficients.values()))
        theta = None if family.parameter is None else mpmath.mpf(family.parameter)
        information = None
        for _ in range(80):
            eta = X * beta
            means = [inverse(eta[i] + offset[i]) for i in range(n)]
            gram, score = mpmath.matrix(p, p), mpmath.matrix(p, 1)
            for i in range(n):
                s, v = slope(eta[i] + offset[i]), variance(means[i])
                for j in range(p):
                    score[j] += w[i] * X[i, j] * (y[i] - means[i]) * s / v
                    for k in range(j + 1):
                        gram[j, k] += w[i] * X[i, j] * X[i, k] * s * s / v
            for j in range(p):
                for k in range(j):
                    gram[k, j] = gram[j, k]
            move = mpmath.lu_solve(gram, score)
            moved = max(abs(move[j] / beta[j]) for j in range(p))
            if family.estimated:
                step, information = theta_step(y, means, w, theta)
                theta, moved = theta + step, max(moved, abs(step))
            beta = beta + move
            if moved < mpmath.mpf(10) ** -25:
                break
        else:
            raise AssertionError("50 digits did not settle")
        covariance = gram**-1
        dispersion = mpmath.mpf(1)
        if not family.dispersion_known:
            pearson = [w[i] * (y[i] - means[i]) ** 2 / variance(means[i]) for i in range(n)]
            dispersion = sum(pearson) / (n - p)
        return {
            "coefficients": [float(b) for b in beta],
            "standard_errors": [float(mp.sqrt(dispersion * covariance[j, j])) for j in range(p)],
            "dispersion": float(dispersion),
            "theta": None if theta is None else float(theta),
            "theta_se": None if information is None else float(1 / mp.sqrt(information)),
        }


def theta_step(y, means, w, theta):
    """Give Newton's step of theta at given means, and the information, in mpmath's precision."""
    mp = mpmath.mp
    first, second = {v: mp.psi(0, theta + v) for v in set(y)}, {v: mp.psi(1, theta + v) for v in set(y)}
    zero, one = mp.psi(0, theta), mp.psi(1, theta)
    score = information = mpmath.mpf(0)
    for v, m, weight in zip(y, means, w, strict=True):
        up, total = theta + v, theta + m
        score += weight * (first[v] - zero + mp.log(theta) + 1 - mp.log(total) - up / total)
        information += weight * (one - second[v] - 1 / theta + 2 / total - up / total**2)
    return score / information, information
