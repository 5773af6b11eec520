"""A family with a link: loss, delta, information, and what lies outside."""

import pickle

import numpy as np
import pytest
import torch

from pliant.errors import ArgumentError
from pliant.functions import FAMILIES, Likelihood, likelihood

PAIRS = [(family.name, link) for family in FAMILIES.values() for link in family.links]
EXTREME = np.array([[-800.0], [-40.0], [-1.0], [0.0], [1.0], [40.0], [800.0]])


@pytest.fixture(params=PAIRS, ids="-".join)
def pair(request):
    return likelihood(*request.param)


def some_response(family, n, outputs, rng):
    """Draw any response (n, outputs) that the family admits."""
    if family.coding == "classes":
        return np.eye(outputs + 1)[rng.integers(0, outputs + 1, n)]
    if family.interval == (0.0, 1.0):
        return rng.integers(0, 4, (n, outputs)) / 3
    if family.interval[0] < 0.0:
        return rng.normal(size=(n, outputs))
    admits_0 = bool(family.admits(np.zeros(1))[0])
    return rng.integers(0, 6, (n, outputs)) * 1.0 if admits_0 else rng.gamma(2.0, size=(n, outputs))


def draw(pair, n=40):
    """Draw a response (n, q) and an eta that family and link admit."""
    rng = np.random.default_rng(3)
    eta = rng.normal(0.0, 1.0, (n, 2))
    low, high = pair.family.interval
    if pair.link.name in ("inverse", "inverse_squared", "sqrt") or (low == 0.0 and pair.link.name == "identity"):
        eta = rng.uniform(0.2, 3.0, (n, 2))
    if (high, pair.link.name) == (1.0, "log"):
        eta = rng.uniform(-3.0, -0.1, (n, 2))
    eta = np.minimum(eta, 1.5 if pair.link.name == "cloglog" else np.inf)
    return some_response(pair.family, n, 2, rng), eta


def response(pair, value):
    """Give the same response in every row of EXTREME; 1/2 for 0 where the family does not admit it."""
    if pair.has_classes:
        return np.tile([1.0 - value, value], (len(EXTREME), 1))
    admitted = bool(pair.family.admits(np.full(1, value))[0])
    return np.full(EXTREME.shape, value if admitted else 0.5)


def test_delta_is_mean_less_response_over_variance_times_slope(pair):
    y, eta = draw(pair)
    mu = pair.mean(eta)
    expected = (mu - y)[:, 1:]
    if not pair.has_classes:
        expected = (mu - y) / pair.family.variance(mu) * pair.link.slope(eta, mu)
    np.testing.assert_allclose(pair.delta(y, eta), expected, rtol=1e-11, atol=1e-13)


def test_delta_is_the_slope_of_the_loss_by_complex_step(pair):
    y, eta = draw(pair)
    for j in range(2):
        step = pair.loss(y, eta + 1e-40j * np.eye(2)[j]).imag / 1e-40
        np.testing.assert_allclose(pair.delta(y, eta)[:, j], step, rtol=1e-13, atol=1e-15)


def test_loss_is_that_of_torch_and_half_the_deviance(pair):
    y, eta = draw(pair)
    by_torch = pair.family.torch_loss(torch, torch.tensor(y), torch.tensor(eta), pair.link).numpy()
    np.testing.assert_allclose(pair.loss(y, eta), by_torch, rtol=1e-12)
    deviance = pair.deviance(y, pair.mean(eta))
    other = np.roll(eta, 1, axis=0)
    np.testing.assert_allclose(
        2 * (pair.loss(y, eta) - pair.loss(y, other)),
        deviance - pair.deviance(y, pair.mean(other)),
        rtol=1e-11,
        atol=1e-12,
    )


def test_information_is_squared_slope_over_variance(pair):
    _, eta = draw(pair)
    mu = pair.mean(eta)
    if pair.has_classes:
        expected = pair.family.variance(mu)[:, 1:, 1:]
    else:
        expected = pair.link.slope(eta, mu) ** 2 / pair.family.variance(mu)
    np.testing.assert_allclose(pair.information(eta), expected, rtol=1e-11)


def test_step_rows_hold_information_and_slope(pair):
    y, eta = draw(pair)
    F, r = pair.step_rows(y, eta, pair.mean(eta))
    information = pair.information(eta)
    if not pair.has_classes:
        information = information[:, :, None] * np.eye(2)
    np.testing.assert_allclose(np.einsum("irq,irs->iqs", F, F), information, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(np.einsum("irq,ir->iq", F, r), -pair.delta(y, eta), rtol=1e-12, atol=1e-14)


def test_a_pass_is_loss_and_step_at_once(pair):
    y, eta = draw(pair)
    loss, F, r = pair.pass_rows(y, eta)
    plain_F, plain_r = pair.step_rows(y, eta, pair.mean(eta))
    np.testing.assert_allclose(loss, pair.loss(y, eta), rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(F, plain_F, rtol=1e-14)
    np.testing.assert_allclose(r, plain_r, rtol=1e-14)


def test_the_quicker_way_is_the_plain_one(pair):
    whole = pair.family.make_whole(pair.link)
    if whole is None:
        return
    y, eta = draw(pair)
    mu, loss, information, pull = whole(y, eta)
    np.testing.assert_allclose(mu, pair.mean(eta), rtol=1e-15)
    np.testing.assert_allclose(loss.sum(axis=1), pair.loss(y, eta), rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(information, pair.information(eta), rtol=1e-14)
    np.testing.assert_allclose(pull, -pair.delta(y, eta), rtol=1e-14, atol=1e-15)
    with np.errstate(invalid="ignore"):
        assert not np.isfinite(whole(y[:2], np.array([[np.nan, 0.0], [np.inf, 0.0]]))[1]).all()


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_far_out_everything_is_a_number_or_infinite_on_purpose(pair, value):
    y, mu = response(pair, value), pair.mean(EXTREME)
    assert np.isfinite(mu).all()
    results = [pair.loss(y, EXTREME), pair.delta(y, EXTREME), pair.information(EXTREME), pair.deviance(y, mu)]
    assert not any(np.isnan(a).any() for a in results)
    assert all(np.isfinite(a).all() for a in pair.step_rows(y, EXTREME, mu))


@pytest.mark.parametrize(
    ("family", "link", "eta"),
    [("poisson", "identity", -0.1), ("binomial", "log", 0.1), ("binomial", "log", 0.0)],
)
def test_loss_is_infinite_where_the_family_has_no_such_mean(family, link, eta):
    pair, eta = likelihood(family, link), np.array([[eta]])
    assert pair.loss(np.ones((1, 1)), eta).tolist() == [np.inf]
    assert not pair.valid(eta, pair.mean(eta))


def test_a_mean_rounded_to_its_end_is_valid():
    far = np.array([[-800.0], [800.0]])
    for family, link in (("binomial", "logit"), ("binomial", "probit"), ("poisson", "log")):
        pair = likelihood(family, link)
        assert pair.valid(far[:1], pair.mean(far[:1]))
    assert not pair.valid(np.array([[np.nan]]), np.array([[np.nan]]))


def test_start_is_admitted(pair):
    y, _ = draw(pair)
    eta = pair.start(y, np.ones(len(y)))
    assert eta.shape == (len(y), pair.outputs(y))
    assert pair.valid(eta, pair.mean(eta))


def test_constant_has_the_weighted_mean(pair):
    y, _ = draw(pair)
    y = np.abs(y)
    weights = np.linspace(0.5, 2.0, len(y))
    np.testing.assert_allclose(pair.mean(pair.constant(y, weights)[None, :])[0], weights @ y / weights.sum())


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_constant_of_a_constant_response_is_finite(pair, value):
    y = response(pair, value)
    assert np.isfinite(pair.constant(y, np.ones(len(y)))).all()


def test_outputs_of_classes_are_one_less():
    assert likelihood("multinomial").outputs(np.eye(4)) == 3
    assert likelihood("gaussian").outputs(np.ones((5, 2))) == 2


def test_unknown_names_name_the_choices():
    with pytest.raises(
        ArgumentError, match="no family 'gausian'; did you mean 'gaussian'\\? choose one of gaussian, binomial"
    ):
        likelihood("gausian")
    with pytest.raises(
        ArgumentError, match="poisson family does not take the link 'logit'; did you mean 'log'\\? choose one of log"
    ):
        likelihood("poisson", "logit")


def test_a_parameter_in_brackets_is_held_and_otherwise_estimated():
    fixed, free = likelihood("negative_binomial(theta=2.5)"), likelihood("negative_binomial")
    assert (fixed.family.parameter, fixed.family.estimated, free.family.estimated) == (2.5, False, True)
    assert fixed.family.name == free.family.name == "negative_binomial"
    assert likelihood(" tweedie( power = 1.25e0 ) ").family.title == "tweedie(power=1.25)"
    assert likelihood("tweedie(1.25)").family.title == "tweedie(power=1.25)"
    assert (fixed.family.aic_extra, free.family.aic_extra) == (0, 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("negative_binomial(theta=0)", "the theta of negative_binomial lies above 0; it was given as 0"),
        ("negative_binomial(theta=inf)", "lies above 0; it was given as inf"),
        ("negative_binomial(theta=nan)", "it was given as nan"),
        ("tweedie(power=2)", "the power of tweedie lies between 1 and 2; it was given as 2"),
        ("tweedie(power=1.5, link=log)", "no family"),
        ("tweedie(power=__import__('os'))", "no family"),
        ("tweedie(power=one)", "'one' is not a number; write 'tweedie\\(power=1.5\\)'"),
        ("tweedie(theta=1.5)", "has a parameter that tweedie does not have"),
        ("poisson(theta=1)", "has a parameter that poisson does not have; write 'poisson'"),
        ("tweedie()", "'' is not a number"),
        (3, "there is no family 3"),
    ],
)
def test_a_family_that_is_not_spelled_right_is_refused_in_one_line(text, said):
    with pytest.raises(ArgumentError, match=said) as caught:
        likelihood(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["gamma", "negative_binomial", "negative_binomial(theta=0.1)", "tweedie(power=1.3)"])
def test_a_likelihood_pickles_by_name_with_its_parameter(text):
    pair = likelihood(text)
    again = pickle.loads(pickle.dumps(pair))
    assert (again.family.title, again.family.estimated) == (pair.family.title, pair.family.estimated)
    assert Likelihood.from_dict(pair.to_dict()).family.title == pair.family.title
    y, eta = draw(pair)
    assert np.array_equal(again.delta(y, eta), pair.delta(y, eta))


@pytest.mark.parametrize("power", [1.01, 1.2, 1.9, 1.99])
def test_every_power_has_its_slope_and_its_deviance(power):
    for link in ("log", "identity"):
        pair = likelihood(f"tweedie(power={power})", link)
        y, eta = draw(pair)
        for j in range(2):
            step = pair.loss(y, eta + 1e-40j * np.eye(2)[j]).imag / 1e-40
            np.testing.assert_allclose(pair.delta(y, eta)[:, j], step, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("theta", [1e-3, 0.3, 40.0, 1e9])
def test_every_theta_has_its_slope_and_a_large_one_is_poisson(theta):
    pair, poisson = likelihood(f"negative_binomial(theta={theta})"), likelihood("poisson")
    y, eta = draw(pair)
    for j in range(2):
        step = pair.loss(y, eta + 1e-40j * np.eye(2)[j]).imag / 1e-40
        np.testing.assert_allclose(pair.delta(y, eta)[:, j], step, rtol=1e-12, atol=1e-14)
    if theta > 1e8:
        np.testing.assert_allclose(pair.delta(y, eta), poisson.delta(y, eta), rtol=1e-7)
        np.testing.assert_allclose(pair.deviance(y, pair.mean(eta)), poisson.deviance(y, pair.mean(eta)), rtol=1e-7)
