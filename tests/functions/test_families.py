"""Families: deviance, likelihood and start against mpmath, scipy and R."""

import csv
import json
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest
from scipy import stats

from pliant.functions import FAMILIES, LINKS, likelihood
from pliant.functions.compound import MANY, compound_log_density
from pliant.functions.families.negative_binomial import log_probability

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


def exact_negative_binomial(theta):
    t = mp.mpf(float(theta))
    return lambda y, mu: 2 * (xlogy(y, y / mu) - (y + t) * mp.log((y + t) / (mu + t)))


def exact_tweedie(power):
    p = mp.mpf(float(power))

    def deviance(y, mu):
        return 2 * (y ** (2 - p) / ((1 - p) * (2 - p)) - y * mu ** (1 - p) / (1 - p) + mu ** (2 - p) / (2 - p))

    return deviance


EXACT_DEVIANCE = {
    "gaussian": lambda y, mu: (y - mu) ** 2,
    "binomial": lambda y, mu: 2 * (xlogy(y, y / mu) + (xlogy(1 - y, (1 - y) / (1 - mu)) if mu < 1 else mp.mpf(0))),
    "poisson": lambda y, mu: 2 * (xlogy(y, y / mu) - (y - mu)),
    "gamma": lambda y, mu: 2 * ((y - mu) / mu - mp.log(y / mu)),
    "inverse_gaussian": lambda y, mu: (y - mu) ** 2 / (y * mu**2),
    **{f"negative_binomial(theta={t})": exact_negative_binomial(t) for t in ("0.001", "0.5", "3", "1e4", "1e8")},
    **{f"tweedie(power={p})": exact_tweedie(p) for p in ("1.01", "1.3", "1.5", "1.9", "1.99")},
}


@pytest.mark.parametrize("name", EXACT_DEVIANCE)
def test_deviance_keeps_its_digits_near_and_far_from_the_response(name):
    y = np.array([0.0, 0.2, 0.5, 1.0] if name == "binomial" else [0.0, 0.7, 1.0, 30.0, 1e6])
    step = np.array([1e-13, 1e-9, 1e-5, 1e-2, 0.09, 0.11, 0.3])
    pairs = [(v, v * (1 + s) + (v == 0) * s) for v in y for s in (*step, *-step)]
    family = likelihood(name).family
    pairs = [(v, m) for v, m in pairs if 0 < m < family.interval[1] and bool(family.admits(np.full(1, v))[0])]
    pairs += [(v, m) for v in (0.02, 3.0, 500.0) for m in (1e-6, 0.9, 40.0, 1e9) if m < family.interval[1] and v < 1e3]
    pairs = [(v, m) for v, m in pairs if name != "binomial" or v <= 1.0]
    values, means = np.array(pairs).T
    with mp.workdps(60):
        exact = [float(EXACT_DEVIANCE[name](mp.mpf(float(v)), mp.mpf(float(m)))) for v, m in pairs]
    # tweedie's closed form, used far from the response, divides by (power - 1) (2 - power)
    digits = 5e-13 if name.startswith("tweedie") else 2e-14
    np.testing.assert_allclose(family.deviance(values, means), exact, rtol=digits)


@pytest.mark.parametrize(
    ("name", "y"),
    [
        ("binomial", [0.0, 1.0]),
        ("poisson", [0.0, 3.0]),
        ("negative_binomial", [0.0, 3.0]),
        ("tweedie", [0.0, 3.0]),
        ("gamma", [0.1, 3.0]),
    ],
)
def test_deviance_is_finite_where_the_mean_has_run_out(name, y):
    mu = np.array([0.0, 5e-324, 1.0]) if name == "binomial" else np.array([0.0, 5e-324, 1e300])
    for value in y:
        assert np.isfinite(FAMILIES[name].deviance(np.full(3, value), mu)).all()


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_deviance_of_a_perfect_mean_is_zero(family):
    y = np.eye(3) if family.coding == "classes" else np.array([[0.0], [0.3], [1.0]])
    y = y[np.all(family.admits(y), axis=1)]
    assert np.abs(family.deviance(y, y)).max() < 1e-100


def test_start_is_as_in_r():
    y, w = np.array([[0.0], [1.0], [0.5]]), np.array([[1.0], [1.0], [4.0]])
    assert FAMILIES["gaussian"].start(y, w).tolist() == y.tolist()
    assert FAMILIES["binomial"].start(y, w).ravel().tolist() == [0.25, 0.75, 0.5]
    assert FAMILIES["poisson"].start(y, w).ravel().tolist() == [0.1, 1.1, 0.6]
    np.testing.assert_allclose(FAMILIES["multinomial"].start(np.eye(3), w).sum(axis=1), 1.0)


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("gaussian", np.inf),
        ("binomial", 1.5),
        ("binomial", -0.1),
        ("binomial", np.nan),
        ("poisson", -1.0),
        ("gamma", 0.0),
        ("inverse_gaussian", 0.0),
        ("negative_binomial", -1.0),
        ("tweedie", -1e-9),
        ("quasipoisson", np.inf),
        ("quasibinomial", 1.5),
    ],
)
def test_a_response_outside_the_family_is_named_by_its_row(name, bad):
    rows, sentence = FAMILIES[name].check(np.array([[0.5], [bad], [1.0]]))
    assert rows.tolist() == [1]
    assert sentence


def test_a_row_of_classes_sums_to_one():
    rows, _ = FAMILIES["multinomial"].check(np.array([[0.0, 1.0], [1.0, 1.0], [0.0, 0.0], [-1.0, 2.0]]))
    assert rows.tolist() == [1, 2, 3]


def test_dispersion_and_parameter_count_in_the_aic_where_they_are_estimated():
    extra = {name: family.aic_extra for name, family in FAMILIES.items()}
    known = {"binomial": 0, "poisson": 0, "multinomial": 0, "negative_binomial": 1, "tweedie": 2}
    assert extra == {name: known.get(name, 1) for name in FAMILIES}
    assert likelihood("tweedie(power=1.5)").family.aic_extra == 1


@pytest.mark.parametrize("theta", [0.03, 1.0, 11.0, 13.0, 900.0, 1e7])
def test_negative_binomial_probabilities_keep_their_digits_for_every_theta(theta):
    y, mu = np.array([0.0, 1.0, 2.0, 17.0, 400.0, 1e4]), 6.5
    with mp.workdps(60):
        t, m = mp.mpf(theta), mp.mpf(mu)
        exact = [
            float(
                mp.loggamma(t + v) - mp.loggamma(t) - mp.loggamma(v + 1) + v * mp.log(m / (m + t)) - t * mp.log1p(m / t)
            )
            for v in map(mp.mpf, y.tolist())
        ]
    np.testing.assert_allclose(log_probability(y, np.full(6, mu), theta), exact, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("dispersion", [1e-10, 1e-3, 1.0, 8.0])
def test_gamma_and_inverse_gaussian_likelihoods_are_those_of_scipy_at_the_mean_deviance(dispersion):
    rng = np.random.default_rng(1)
    w, mu = rng.uniform(0.5, 3.0, 50), rng.uniform(1.0, 9.0, (50, 1))
    for name in ("gamma", "inverse_gaussian"):
        family = FAMILIES[name]
        y = family.draw(rng, mu, w[:, None], dispersion)
        phi = float(w @ family.deviance(y, mu)[:, 0] / w.sum())
        if name == "gamma":
            each = stats.gamma.logpdf(y, 1.0 / phi, scale=mu * phi)
        else:
            each = stats.invgauss.logpdf(y, mu * phi, scale=1.0 / phi)
        found = family.log_likelihood(y, mu, w, np.nan)
        assert found == pytest.approx(float(w @ each[:, 0]), rel=1e-6 if dispersion == 1e-10 else 1e-11)


@pytest.mark.parametrize("power", [1.02, 1.5, 1.98])
@pytest.mark.parametrize("phi", [1e-2, 1.0, 200.0])
def test_tweedie_density_is_its_series_in_mpmath(power, phi):
    y, mu = np.array([1e-3, 1.0, 30.0]), 1.7
    with mp.workdps(50):
        p, f, m = mp.mpf(power), mp.mpf(phi), mp.mpf(mu)
        a, b = 2 - p, p - 1
        expected, exact = m**a / (f * a), []
        for v in map(mp.mpf, y.tolist()):

            def log_term(n, v=v):  # poisson probability times gamma density
                shape = n * a / b
                scaled = v / (f * b * m**b)
                poisson = n * mp.log(expected) - expected - mp.loggamma(n + 1)
                return poisson + (shape - 1) * mp.log(scaled) - scaled - mp.loggamma(shape) - mp.log(f * b * m**b)

            at = max(1, int(v**a / (f * a)))
            wide = 30 + int(14 * at**0.5)
            terms = [log_term(mp.mpf(n)) for n in range(max(1, at - wide), at + wide)]
            top = max(terms)
            exact.append(float(top + mp.log(mp.fsum(mp.exp(t - top) for t in terms))))
    found = compound_log_density(y, np.full(3, mu), np.full(3, phi), power)
    np.testing.assert_allclose(found, exact, rtol=1e-10, atol=1e-10)
    none = compound_log_density(np.zeros(1), np.full(1, mu), np.full(1, phi), power)
    assert none[0] == pytest.approx(-float(expected), rel=1e-14)


def test_tweedie_density_is_smooth_where_the_series_gives_way_to_its_limit():
    """On either side of the border the saddlepoint form and the series agree to 1e-7."""
    y, mu, power = np.full(2, 1.0), np.full(2, 1.001), 1.5
    phi = np.array([1.0 / (0.5 * MANY * 0.9999), 1.0 / (0.5 * MANY * 1.0001)])
    series, limit = compound_log_density(y, mu, phi, power) + 0.5 * np.log(phi) + 0.5 * _unit(1.0, 1.001, power) / phi
    assert series == pytest.approx(limit, abs=2e-6)


def _unit(y, mu, power):
    return FAMILIES["tweedie"].make(power).deviance(np.array(y), np.array(mu))


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
