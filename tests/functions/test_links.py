"""Links: means, slopes and logarithms against mpmath, far into both tails."""

import mpmath as mp
import numpy as np
import pytest
import torch

from pliant.functions import FAMILIES, LINKS

MEANS = {
    "identity": lambda eta: eta,
    "log": mp.exp,
    "logit": lambda eta: 1 / (1 + mp.exp(-eta)),
    "probit": lambda eta: mp.erfc(-eta / mp.sqrt(2)) / 2,
    "cauchit": lambda eta: mp.atan2(1, -eta) / mp.pi,
    "cloglog": lambda eta: -mp.expm1(-mp.exp(eta)),
    "inverse": lambda eta: 1 / eta,
    "inverse_squared": lambda eta: 1 / mp.sqrt(eta),
    "sqrt": lambda eta: eta**2,
}
POSITIVE_ONLY = ("inverse", "inverse_squared", "sqrt")
WIDE = np.concatenate([np.linspace(-30.0, 5.0, 71), np.linspace(-0.99, 1.01, 21)])
POSITIVE = np.concatenate([np.geomspace(1e-5, 1e3, 41), [0.7]])
GRIDS = dict.fromkeys(MEANS, WIDE) | dict.fromkeys(POSITIVE_ONLY, POSITIVE)
EXTREME = np.array([-800.0, -40.0, -1e-120, 0.0, 1e-120, 40.0, 800.0])


@pytest.fixture(params=MEANS)
def link(request):
    return LINKS[request.param]


def exact(name, eta, function):
    """Give function(mean(eta)) as floats, worked out with 120 digits."""
    with mp.workdps(120):
        return np.array([float(function(MEANS[name](mp.mpf(float(e))))) for e in eta])


def exact_slope(name, eta, function):
    """Give the derivative of function(mean(eta))."""
    with mp.workdps(120):
        return np.array(
            [float(mp.diff(lambda t: function(MEANS[name](t)), mp.mpf(float(e)), h=mp.mpf("1e-40"))) for e in eta]
        )


def test_every_link_but_softmax_has_an_exact_mean_here():
    assert set(MEANS) == set(LINKS) - {"softmax"}


def test_mean_and_slope_keep_their_digits(link):
    eta = GRIDS[link.name]
    mu = link.inverse(eta)
    np.testing.assert_allclose(mu, exact(link.name, eta, lambda m: m), rtol=3e-15)
    np.testing.assert_allclose(link.slope(eta, mu), exact_slope(link.name, eta, lambda m: m), rtol=1e-14)


def test_link_undoes_inverse(link):
    eta = np.linspace(0.1, 1.1, 11) if link.name in POSITIVE_ONLY else np.linspace(-3.0, 1.0, 11)
    np.testing.assert_allclose(link.link(link.inverse(eta)), eta, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("name", sorted(MEANS))
def test_log_mean_and_its_slope_keep_their_digits(name):
    eta = POSITIVE if name in ("identity", *POSITIVE_ONLY) else WIDE
    np.testing.assert_allclose(LINKS[name].log_inverse(eta), exact(name, eta, mp.log), rtol=3e-15, atol=1e-15)
    slope = exact_slope(name, eta, mp.log)
    np.testing.assert_allclose(LINKS[name].log_inverse_slope(eta), slope, rtol=1e-14)


@pytest.mark.parametrize("name", FAMILIES["binomial"].links)
def test_log_rest_and_its_slope_keep_their_digits(name):
    eta = WIDE[WIDE < 0.0] if name == "log" else WIDE
    rest = exact(name, eta, lambda m: mp.log1p(-m))
    np.testing.assert_allclose(LINKS[name].log_rest(eta), rest, rtol=3e-15)
    slope = exact_slope(name, eta, lambda m: mp.log1p(-m))
    np.testing.assert_allclose(LINKS[name].log_rest_slope(eta), slope, rtol=1e-14)


def test_nothing_overflows_and_nothing_is_nan(link):
    mu = link.inverse(EXTREME)
    values = [mu, link.slope(EXTREME, mu)]
    for name in ("log_inverse", "log_inverse_slope", "log_rest", "log_rest_slope"):
        function = getattr(link, name)
        if function.__name__ != "_no_logarithm":
            values.append(function(EXTREME))
    assert all(np.isfinite(v).all() for v in values)


def test_far_logarithms_are_right_where_the_mean_has_no_digits():
    far = np.array([-800.0, 800.0])
    assert LINKS["logit"].log_inverse(far).tolist() == [-800.0, 0.0]
    assert LINKS["logit"].log_rest(far).tolist() == [0.0, -800.0]
    assert LINKS["cloglog"].log_inverse(far).tolist() == [-800.0, 0.0]
    with mp.workdps(30):
        tail = float(mp.log(mp.erfc(800 / mp.sqrt(2)) / 2))
    assert LINKS["probit"].log_inverse(far)[0] == pytest.approx(tail, rel=1e-15)


def test_torch_states_the_same_mean(link):
    eta = GRIDS[link.name]
    mean = link.torch_inverse(torch, torch.tensor(eta)).numpy()
    np.testing.assert_allclose(link.inverse(eta), mean, rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize("name", FAMILIES["binomial"].links)
def test_torch_states_the_same_logarithms(name):
    eta = np.linspace(-5.0, -0.1, 21)
    log_mean, log_rest = LINKS[name].torch_logs(torch, torch.tensor(eta))
    np.testing.assert_allclose(LINKS[name].log_inverse(eta), log_mean.numpy(), rtol=1e-13)
    np.testing.assert_allclose(LINKS[name].log_rest(eta), log_rest.numpy(), rtol=1e-13, atol=1e-16)


def test_one_number_is_as_good_as_an_array(link):
    eta = GRIDS[link.name]
    mu = link.inverse(eta)
    assert [link.inverse(float(e)) for e in eta[::7]] == mu[::7].tolist()
    assert [link.slope(float(e), float(m)) for e, m in zip(eta, mu, strict=True)] == link.slope(eta, mu).tolist()


def test_links_admit_what_r_admits():
    assert LINKS["logit"].valid_eta(np.array([-800.0, 0.0]))
    assert not LINKS["log"].valid_eta(np.array([np.inf]))
    assert not LINKS["sqrt"].valid_eta(np.array([1.0, 0.0]))
    assert LINKS["inverse"].valid_eta(np.array([-1.0, 2.0]))
    assert not LINKS["inverse"].valid_eta(np.array([0.0]))


def test_softmax_is_the_softmax_with_a_reference_class():
    eta = np.array([[0.3, -1.0], [700.0, 710.0], [-800.0, 800.0]])
    mu = LINKS["softmax"].inverse(eta)
    plain = np.exp([0.0, 0.3, -1.0])
    np.testing.assert_allclose(mu[0], plain / plain.sum(), rtol=1e-15)
    np.testing.assert_allclose(mu.sum(axis=1), 1.0, rtol=1e-15)
    np.testing.assert_allclose(LINKS["softmax"].link(mu[:1]), eta[:1], rtol=1e-14)
    assert mu[2].tolist() == [0.0, 0.0, 1.0]


def test_slope_of_softmax_is_that_of_complex_step():
    eta = np.array([[0.3, -1.0], [2.0, 0.5]])
    softmax = LINKS["softmax"]
    for j in range(2):
        moved = softmax.inverse(eta + 1e-40j * np.eye(2)[j]).imag / 1e-40
        np.testing.assert_allclose(softmax.slope(eta, softmax.inverse(eta))[:, :, j], moved, rtol=1e-14)


def test_softmax_of_two_classes_is_the_logit():
    eta = np.linspace(-40.0, 40.0, 17)[:, None]
    np.testing.assert_allclose(LINKS["softmax"].inverse(eta)[:, 1:], LINKS["logit"].inverse(eta), rtol=1e-14)
