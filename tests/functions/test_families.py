"""Families: deviance, likelihood and start against mpmath, scipy and R."""

import csv
import json
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest
from scipy import stats

from pliant.functions import FAMILIES, LINKS, likelihood

GOLDEN = Path(__file__).parents[1] / "golden"
R = json.loads((GOLDEN / "glm.json").read_text())


def column(table, name):
    """Give one column of a golden table, as numbers if it can be."""
    with open(GOLDEN / f"{table}.csv", newline="") as file:
        values = [row[name] for row in csv.DictReader(file)]
    try:
        return np.array([float(v) for v in values])
    except ValueError:
        return np.array(values)


def fitted(model, *columns):
    """Give the mean (n, 1) at R's coefficients."""
    X = np.column_stack([np.ones(len(columns[0])), *columns])
    eta = X @ np.array(list(R[model]["coefficients"].values()))
    return LINKS[R[model]["link"]].inverse(eta)[:, None]


def agrees_with_r(model, y, mu, weights=None):
    weights = np.ones(len(mu)) if weights is None else weights
    family = FAMILIES[R[model]["family"]]
    y = y.reshape(len(mu), -1)
    deviance = float(weights @ family.deviance(y, mu).sum(axis=1))
    assert deviance == pytest.approx(R[model]["deviance"], rel=1e-11)
    found = family.log_likelihood(y, mu, weights, R[model]["dispersion"])
    assert found == pytest.approx(R[model]["log_likelihood"], rel=1e-11)
    p = len(R[model]["coefficients"])
    assert -2 * found + 2 * (p + family.aic_extra) == pytest.approx(R[model]["aic"], rel=1e-11)


def test_gaussian_is_as_in_r():
    agrees_with_r("cars", column("cars", "dist"), fitted("cars", column("cars", "speed")))


def test_gaussian_with_prior_weights_is_as_in_r():
    mu = fitted("women_weights", column("women", "height"))
    agrees_with_r("women_weights", column("women", "weight"), mu, column("women", "n"))


@pytest.mark.parametrize("model", ["mtcars_logit", "mtcars_probit"])
def test_binomial_is_as_in_r(model):
    agrees_with_r(model, column("mtcars", "am"), fitted(model, column("mtcars", "wt")))


def test_binomial_with_cloglog_is_as_in_r():
    mu = fitted("birthwt_cloglog", column("birthwt", "lwt"), column("birthwt", "smoke"))
    agrees_with_r("birthwt_cloglog", column("birthwt", "low"), mu)


def test_poisson_is_as_in_r():
    breaks, wool, tension = (column("warpbreaks", name) for name in ("breaks", "wool", "tension"))
    cells = [(wool == w) & (tension == t) for w in "AB" for t in "LMH"]  # the model has a mean for each
    agrees_with_r("warpbreaks", breaks, sum(c * breaks[c].mean() for c in cells)[:, None])


def test_multinomial_is_as_in_r():
    model, classes = R["housing_multinomial"], ["High", "Low", "Medium"]
    columns = {name: column("housing", name) for name in ("Sat", "Infl", "Type", "Cont")}
    X = np.ones((len(columns["Sat"]), 1))
    for name in model["coefficient_names"][1:]:
        variable, level = name[:4], name[4:]
        X = np.column_stack([X, columns[variable] == level])
    eta = X @ np.array([model["coefficients"][c] for c in classes[1:]]).T
    mu, y = LINKS["softmax"].inverse(eta), (columns["Sat"][:, None] == classes) * 1.0
    ones = np.ones(len(y))
    assert FAMILIES["multinomial"].deviance(y, mu).sum() == pytest.approx(model["deviance"], rel=1e-11)
    assert -2 * FAMILIES["multinomial"].log_likelihood(y, mu, ones, 1.0) == pytest.approx(model["deviance"])


def test_binomial_likelihood_of_proportions_is_that_of_trials():
    y, trials, mu = np.array([[0.25], [0.5], [1.0]]), np.array([4.0, 2.0, 3.0]), np.array([[0.3], [0.6], [0.9]])
    expected = stats.binom.logpmf((trials * y[:, 0]), trials, mu[:, 0]).sum()
    assert FAMILIES["binomial"].log_likelihood(y, mu, trials, 1.0) == pytest.approx(expected, rel=1e-13)


def test_poisson_likelihood_is_that_of_scipy():
    y, w, mu = np.array([[0.0], [3.0], [7.0]]), np.array([1.0, 2.0, 0.5]), np.array([[0.3], [2.6], [9.0]])
    expected = w @ stats.poisson.logpmf(y[:, 0], mu[:, 0])
    assert FAMILIES["poisson"].log_likelihood(y, mu, w, 1.0) == pytest.approx(expected, rel=1e-13)


def xlogy(x, y):
    return x * mp.log(y) if x else mp.mpf(0)


EXACT_DEVIANCE = {
    "gaussian": lambda y, mu: (y - mu) ** 2,
    "binomial": lambda y, mu: 2 * (xlogy(y, y / mu) + (xlogy(1 - y, (1 - y) / (1 - mu)) if mu < 1 else mp.mpf(0))),
    "poisson": lambda y, mu: 2 * (xlogy(y, y / mu) - (y - mu)),
}


@pytest.mark.parametrize("name", EXACT_DEVIANCE)
def test_deviance_keeps_its_digits_near_and_far_from_the_response(name):
    y = np.array([0.0, 0.2, 0.5, 1.0] if name == "binomial" else [0.0, 0.7, 1.0, 30.0, 1e6])
    step = np.array([1e-13, 1e-9, 1e-5, 1e-2, 0.09, 0.11, 0.3])
    pairs = [(v, v * (1 + s) + (v == 0) * s) for v in y for s in (*step, *-step)]
    pairs = [(v, m) for v, m in pairs if 0 < m < (1 if name == "binomial" else np.inf)]
    values, means = np.array(pairs).T
    with mp.workdps(60):
        exact = [float(EXACT_DEVIANCE[name](mp.mpf(float(v)), mp.mpf(float(m)))) for v, m in pairs]
    np.testing.assert_allclose(FAMILIES[name].deviance(values, means), exact, rtol=2e-14)


@pytest.mark.parametrize(("name", "y"), [("binomial", [0.0, 1.0]), ("poisson", [0.0, 3.0])])
def test_deviance_is_finite_where_the_mean_has_run_out(name, y):
    mu = np.array([0.0, 5e-324, 1.0]) if name == "binomial" else np.array([0.0, 5e-324, 1e300])
    for value in y:
        assert np.isfinite(FAMILIES[name].deviance(np.full(3, value), mu)).all()


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_deviance_of_a_perfect_mean_is_zero(family):
    y = np.eye(3) if family.coding == "classes" else np.array([[0.0], [0.3], [1.0]])
    assert np.abs(family.deviance(y, y)).max() == 0.0


def test_start_is_as_in_r():
    y, w = np.array([[0.0], [1.0], [0.5]]), np.array([[1.0], [1.0], [4.0]])
    assert FAMILIES["gaussian"].start(y, w).tolist() == y.tolist()
    assert FAMILIES["binomial"].start(y, w).ravel().tolist() == [0.25, 0.75, 0.5]
    assert FAMILIES["poisson"].start(y, w).ravel().tolist() == [0.1, 1.1, 0.6]
    np.testing.assert_allclose(FAMILIES["multinomial"].start(np.eye(3), w).sum(axis=1), 1.0)


@pytest.mark.parametrize(
    ("name", "bad"),
    [("gaussian", np.inf), ("binomial", 1.5), ("binomial", -0.1), ("binomial", np.nan), ("poisson", -1.0)],
)
def test_a_response_outside_the_family_is_named_by_its_row(name, bad):
    rows, sentence = FAMILIES[name].check(np.array([[0.0], [bad], [1.0]]))
    assert rows.tolist() == [1]
    assert sentence


def test_a_row_of_classes_sums_to_one():
    rows, _ = FAMILIES["multinomial"].check(np.array([[0.0, 1.0], [1.0, 1.0], [0.0, 0.0], [-1.0, 2.0]]))
    assert rows.tolist() == [1, 2, 3]


def test_scale_counts_in_the_aic_where_it_is_estimated():
    extra = {name: family.aic_extra for name, family in FAMILIES.items()}
    assert extra == {"gaussian": 1, "binomial": 0, "poisson": 0, "multinomial": 0}


def test_the_first_link_is_the_default():
    for name, family in FAMILIES.items():
        assert likelihood(name).link.name == family.links[0]


def test_binomial_likelihood_needs_whole_numbers_of_successes_and_trials():
    mu = np.full((2, 1), 0.3)

    def found(shares, trials):
        return FAMILIES["binomial"].log_likelihood(np.array(shares)[:, None], mu, np.array(trials), 1.0)

    assert found([0.5, 1.0], [4.0, 3.0]) == pytest.approx(stats.binom.logpmf([2, 3], [4, 3], 0.3).sum(), rel=1e-14)
    assert found([1 / 3, 2 / 7], [3.0, 7.0]) == pytest.approx(stats.binom.logpmf([1, 2], [3, 7], 0.3).sum(), rel=1e-14)
    assert np.isnan(found([0.5, 1.0], [3.0, 3.0]))  # half a success
    assert np.isnan(found([1.0, 0.0], [2.5, 1.0]))  # half a trial
