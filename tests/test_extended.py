"""Numbers with twice the digits, against 50-digit arithmetic."""

import mpmath
import numpy as np
import pytest

from pliant.extended import Extended, two_product, two_sum
from pliant.functions.likelihood import likelihood

mpmath.mp.dps = 50
rng = np.random.default_rng(0)


def exact(numbers):
    return [mpmath.mpf(float(h)) + mpmath.mpf(float(low)) for h, low in zip(numbers.high, numbers.low, strict=True)]


def draw(n=200, low=-5.0, high=5.0):
    x = rng.uniform(low, high, n)
    return Extended(x, x * rng.uniform(-0.5, 0.5, n) * 2.0**-53)


def off(ours, theirs):
    return float(max(abs(a - b) / abs(b) for a, b in zip(exact(ours), theirs, strict=True)))


def test_a_sum_and_a_product_are_a_number_and_its_error():
    a, b = rng.normal(size=100) * 10.0 ** rng.integers(-8, 8, 100), rng.normal(size=100)
    for of, rule in ((two_sum, lambda x, y: x + y), (two_product, lambda x, y: x * y)):
        value, error = of(a, b)
        assert exact(Extended(value, error)) == [rule(mpmath.mpf(x), mpmath.mpf(y)) for x, y in zip(a, b, strict=True)]


@pytest.mark.parametrize(
    ("of", "theirs", "tolerance"),
    [
        (lambda x: x * x - 2.0 / x + 1.5, lambda x: x * x - 2 / x + mpmath.mpf(1.5), 1e-29),
        (np.sqrt, mpmath.sqrt, 1e-30),
        (np.exp, mpmath.exp, 1e-22),
        (np.log, mpmath.log, 1e-20),
        (np.log1p, mpmath.log1p, 1e-20),
        (np.expm1, mpmath.expm1, 1e-20),
        (lambda x: np.minimum(x, 2.0) + 3.0 * np.maximum(-x, -3.0), lambda x: min(x, 2) + 3 * max(-x, -3), 1e-29),
        (lambda x: x**2.5 + x**3, lambda x: x ** mpmath.mpf(2.5) + x**3, 1e-20),
    ],
)
def test_functions_have_20_digits_and_more(of, theirs, tolerance):
    x = draw(low=0.05)
    assert off(of(x), [theirs(value) for value in exact(x)]) < tolerance


def test_small_numbers_keep_their_relative_digits():
    x = draw(low=1e-12, high=1e-3)
    assert off(np.expm1(x), [mpmath.expm1(value) for value in exact(x)]) < 1e-20
    assert off(np.log1p(x), [mpmath.log1p(value) for value in exact(x)]) < 1e-20


def test_the_slopes_of_a_loss_gain_digits_as_they_stand():
    eta, y = draw(60, -3.0, 3.0), (rng.random(60) < 0.5) * 1.0

    def logit(x, k):
        return 1 / (1 + mpmath.exp(-x)) - k

    def cloglog(x, k):
        t = mpmath.exp(x)
        return -k * t / (mpmath.exp(t) - 1) + (1 - k) * t

    for link, theirs in (("logit", logit), ("cloglog", cloglog)):
        ours = likelihood("binomial", link).delta(y, eta)
        assert off(ours, [theirs(x, k) for x, k in zip(exact(eta), y, strict=True)]) < 1e-20
    ours = likelihood("poisson").delta(y, eta)
    assert off(ours, [mpmath.exp(x) - k for x, k in zip(exact(eta), y, strict=True)]) < 1e-20


def test_classes_gain_digits_as_they_stand():
    eta = Extended(rng.normal(size=(7, 2)))
    y = np.eye(3)[rng.integers(0, 3, 7)]
    ours = likelihood("multinomial").delta(y, eta)
    for i in range(7):
        e = [mpmath.mpf(1), *(mpmath.exp(v) for v in eta.high[i])]
        for c in range(2):
            theirs = e[c + 1] / sum(e) - y[i, c + 1]
            assert abs(exact(ours[i])[c] - theirs) < 1e-20


def test_a_total_is_rounded_once():
    x = Extended(np.array([1e16, 1.0, -1e16, 1e-20, 3.0]))
    assert x.total() == 4.0
    assert Extended(np.zeros(0)).total() == 0.0


def test_what_it_does_not_know_is_a_type_error():
    with pytest.raises(TypeError):
        np.arctan(draw())
