"""The line against R: every gaussian, binomial, poisson and multinomial model of tests/golden/glm.json.

R stops its iterations on the deviance, and takes standard errors from the weights *before* its last step. Where
that costs it digits (all links but the identity), the same numbers are checked against 50-digit arithmetic, and
R's are shown to be those of its own stopping place.
"""

import json
from fractions import Fraction
from pathlib import Path

import mpmath
import numpy as np
import pandas as pd
import pytest

import pliant
from pliant.errors import SeparationError

GOLDEN = Path(__file__).parent / "golden"
MODELS = json.loads((GOLDEN / "glm.json").read_text())
OURS = ("gaussian", "binomial", "poisson")
SCALARS = ("deviance", "null_deviance", "aic", "log_likelihood", "dispersion", "df_residual")
# R sorts levels by its locale, pliant by code point: where these differ, the order is declared, as in R
LEVELS = {
    "warpbreaks.csv": {"tension": ["L", "M", "H"]},
    "insurance.csv": {"Group": ["<1l", ">2l", "1-1.5l", "1.5-2l"], "Age": ["<25", ">35", "25-29", "30-35"]},
}


def read(model):
    """Read a model's table as R had it."""
    frame = pd.read_csv(GOLDEN / model["data"])
    for name, levels in LEVELS.get(model["data"], {}).items():
        frame[name] = pd.Categorical(frame[name], levels)
    return frame


def fitted(model):
    return pliant.fit(
        model["formula"],
        read(model),
        family=model["family"],
        link=model["link"],
        hidden=(),
        weights=model.get("weights"),
    )


def named(model):
    return [name for name, m in MODELS.items() if m["family"] in OURS]


def apart(ours, theirs):
    return np.max(np.abs(np.asarray(ours) - np.asarray(theirs)) / np.abs(np.asarray(theirs)))


@pytest.mark.parametrize("name", named(MODELS))
def test_scalars_and_rows_agree_with_r(name):
    model, fit = MODELS[name], fitted(MODELS[name])
    for scalar in SCALARS:
        assert apart(getattr(fit, scalar), model[scalar]) < 1e-10, scalar
    # R's means stand a step before the floor: for the links that Fisher scoring approaches linearly
    tolerance = 1e-6 if model["link"] in ("probit", "cloglog") else 1e-10
    assert apart(fit.fitted_values()[:5, 0], model["fitted_first"]) < tolerance
    for kind in ("deviance", "pearson"):
        assert apart(fit.residuals(kind)[:5], model[f"{kind}_residuals_first"]) < tolerance
    assert apart(fit.augment()[".hat"][:5], model["leverage_first"]) < (
        1e-10 if model["family"] == "gaussian" else 1e-7
    )


@pytest.mark.parametrize("name", named(MODELS))
def test_names_and_coefficients_agree_with_r(name):
    model, fit = MODELS[name], fitted(MODELS[name])
    table = fit.tidy(names="r")
    assert list(table["term"]) == list(model["coefficients"])
    tolerance = 1e-6 if model["link"] in ("probit", "cloglog") else 1e-10
    assert apart(table["estimate"], list(model["coefficients"].values())) < tolerance


@pytest.mark.parametrize("name", [n for n in named(MODELS) if MODELS[n]["family"] == "gaussian"])
def test_gaussian_standard_errors_agree_with_r_to_12_digits(name):
    model, fit = MODELS[name], fitted(MODELS[name])
    assert apart(list(fit.standard_errors.values()), list(model["standard_errors"].values())) < 1e-12


@pytest.mark.parametrize("name", [n for n in named(MODELS) if MODELS[n]["family"] != "gaussian"])
def test_standard_errors_of_r_are_those_of_its_own_stopping_place(name):
    model, fit = MODELS[name], fitted(MODELS[name])
    coefficients, errors = as_r_stops(fit)
    assert apart(coefficients, list(model["coefficients"].values())) < 1e-10
    assert apart(errors, list(model["standard_errors"].values())) < 1e-10


@pytest.mark.parametrize("name", named(MODELS))
def test_coefficients_and_errors_agree_with_50_digits(name):
    fit = fitted(MODELS[name])
    coefficients, errors = with_50_digits(fit)
    assert apart(list(fit.coefficients.values()), coefficients) < 1e-12
    assert apart(list(fit.standard_errors.values()), errors) < 1e-12


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
    fit = fitted(model)
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
        fitted(model)
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
    """Run R's glm.fit as its source has it: weights and means of before the last step, deviance test at 1e-14."""
    rows, chosen = fit.arrays, fit.likelihood
    y, w, X, offset = rows.y, rows.weights, rows.X, rows.offset[:, None]
    if fit.family == "binomial":
        mu = (w[:, None] * y + 0.5) / (w[:, None] + 1.0)
    else:
        mu = y + 0.1
    eta = chosen.link.link(mu)
    before = float(w @ chosen.deviance(y, chosen.mean(eta)))
    while True:
        slope = chosen.link.slope(eta, mu)
        weight = w[:, None] * slope**2 / chosen.family.variance(mu)
        root = np.sqrt(weight)
        z = eta - offset + (y - mu) / slope
        Q, R = np.linalg.qr(root * X)
        beta = np.linalg.solve(R, Q.T @ (root * z))
        eta = X @ beta + offset
        mu = chosen.mean(eta)
        deviance = float(w @ chosen.deviance(y, mu))
        if abs(deviance - before) / (abs(deviance) + 0.1) < 1e-14:
            inverse = np.linalg.inv(R)
            return beta[:, 0], np.sqrt(np.sum(inverse**2, axis=1))
        before = deviance


def with_50_digits(fit):
    """Solve the same equations by Fisher scoring in 50-digit arithmetic; give coefficients and errors."""
    mp = mpmath.mp
    with mpmath.workdps(50):
        rows = fit.arrays
        X, offset = mpmath.matrix(rows.X.tolist()), [mpmath.mpf(o) for o in rows.offset]
        y, w = [mpmath.mpf(v) for v in rows.y[:, 0]], [mpmath.mpf(v) for v in rows.weights]
        n, p = X.rows, X.cols
        mean, slope = {
            "identity": (lambda e: e, lambda e: mpmath.mpf(1)),
            "log": (mp.exp, mp.exp),
            "logit": (lambda e: 1 / (1 + mp.exp(-e)), lambda e: mp.exp(-e) / (1 + mp.exp(-e)) ** 2),
            "probit": (mp.ncdf, mp.npdf),
            "cloglog": (lambda e: 1 - mp.exp(-mp.exp(e)), lambda e: mp.exp(e - mp.exp(e))),
        }[fit.link]
        variance = {"gaussian": lambda m: 1, "binomial": lambda m: m * (1 - m), "poisson": lambda m: m}[fit.family]
        beta = mpmath.matrix(list(fit.coefficients.values()))
        for _ in range(60):
            eta = X * beta
            gram, score = mpmath.matrix(p, p), mpmath.matrix(p, 1)
            for i in range(n):
                e = eta[i] + offset[i]
                m, s = mean(e), slope(e)
                v = variance(m)
                for j in range(p):
                    score[j] += w[i] * X[i, j] * (y[i] - m) * s / v
                    for k in range(p):
                        gram[j, k] += w[i] * X[i, j] * X[i, k] * s * s / v
            move = mpmath.lu_solve(gram, score)
            beta = beta + move
            if max(abs(move[j] / beta[j]) for j in range(p)) < mpmath.mpf(10) ** -25:
                break
        else:
            raise AssertionError("50 digits did not settle")
        inverse = gram**-1
        eta = X * beta
        dispersion = 1
        if fit.family == "gaussian":
            dispersion = sum(w[i] * (y[i] - eta[i] - offset[i]) ** 2 for i in range(n)) / (n - p)
        return (
            [float(b) for b in beta],
            [float(mp.sqrt(dispersion * inverse[j, j])) for j in range(p)],
        )
