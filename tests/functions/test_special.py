"""The normal distribution against mpmath, both tails."""

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pliant.functions.special import (
    log1p_rest,
    log_normal_cdf,
    mills,
    normal_cdf,
    normal_density,
    normal_hazard,
)

EXACT = {
    normal_density: mp.npdf,
    normal_cdf: lambda z: mp.erfc(-z / mp.sqrt(2)) / 2,
    log_normal_cdf: lambda z: mp.log(mp.erfc(-z / mp.sqrt(2)) / 2) if z < 0 else mp.log1p(-mp.erfc(z / mp.sqrt(2)) / 2),
    normal_hazard: lambda z: mp.npdf(z) / (mp.erfc(-z / mp.sqrt(2)) / 2),
}
GRID = np.concatenate([np.linspace(-37.0, 37.0, 297), [-800.0, -1e-9, 1e-17, 5.0, 800.0]])


def digits_lost(values, exact):
    """Give the largest relative error in units of 2^-52; below the smallest normal number it does not count."""
    with mp.workdps(40):
        pairs = [(mp.mpf(float(v)), e) for v, e in zip(values, exact, strict=True)]
        return float(max(abs(v - e) / max(abs(e), mp.mpf("1e-300")) for v, e in pairs) * 2**52)


@pytest.mark.parametrize("function", EXACT, ids=lambda f: f.__name__)
def test_the_normal_distribution_is_good_to_three_units_in_the_last_place(function):
    with mp.workdps(40):
        exact = [EXACT[function](mp.mpf(float(z))) for z in GRID]
    assert digits_lost(function(GRID), exact) < 3.0


def test_mills_ratio_falls_to_one_over_x():
    x = np.array([1e3, 1e8, 1e100])
    np.testing.assert_allclose(mills(x) * x, 1.0, rtol=1.1e-6)


@settings(derandomize=True, deadline=None)
@given(st.floats(-0.99, 50.0))
def test_log1p_rest_keeps_its_digits(t):
    with mp.workdps(700):
        exact = mp.mpf(t) - mp.log1p(mp.mpf(t))
        assert abs(mp.mpf(float(log1p_rest(t))) - exact) <= 4e-15 * exact + mp.mpf("1e-300")
