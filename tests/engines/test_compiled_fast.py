"""What stands for NumPy in compiled text: how far out it is, what it does at the edges, how it runs."""

import re

import mpmath
import numba
import numpy as np
import pytest
from numba import types

from pliant.engines.compiled import fast

SIX = ("exp", "expm1", "log", "log1p", "tanh", "arctan")
REALS = (np.float64, np.float32)
UNITS_32 = {"tanh": 5.0}  # one form for all numbers, in half the time
EXTENDED = np.finfo(np.longdouble).nmant >= 63  # long double has digits to judge float64 by


def over(name):
    """Compile a loop over one function of one number."""
    function = getattr(fast, name)

    @numba.njit(error_model="numpy")
    def loop(x, out):
        for i in range(len(x)):
            out[i] = function(x[i])

    return loop


LOOPS = {name: over(name) for name in SIX}


def compiled(name, x):
    out = np.empty_like(x)
    LOOPS[name](x, out)
    return out


def points(name, real, n):
    """Numbers over the whole range of bits, and dense where a function changes its form; n of each kind."""
    rng = np.random.default_rng(3)
    limits = np.finfo(real)
    bits = rng.integers(0, 2**limits.bits, size=n, dtype=f"u{limits.bits // 8}")
    everywhere = bits.view(real)
    dense = [
        rng.uniform(-1.1, 1.1, n),
        rng.uniform(0.3, 3.0, n),
        rng.uniform(-50.0, 50.0, n),
        rng.uniform(-104.0, 89.0, n),
        rng.uniform(-746.0, 710.0, n),
        1.0 + rng.normal(size=n) * 1e-4,
    ]
    least = limits.smallest_subnormal
    edges = [limits.tiny, least, 3.0 * least, limits.max, limits.eps, 1.0 - limits.epsneg, 709.78, 88.72, 0.625, 0.55]
    x = np.concatenate([*(d.astype(real) for d in dense), everywhere, np.array(edges, real), -np.array(edges, real)])
    x = x[np.isfinite(x)]
    if name == "log":
        return np.abs(x[x != 0.0])
    return np.where(x <= -1.0, -x, x) if name == "log1p" else x


def units_out(found, exact, rounded):
    """Give |found - exact| in units in the last place of the exact one; infinities have to be the same."""
    finite = np.isfinite(rounded)
    np.testing.assert_array_equal(found[~finite], rounded[~finite])
    found, exact, unit = found[finite].astype(exact.dtype), exact[finite], np.spacing(np.abs(rounded[finite]))
    return np.abs(found - exact) / unit.astype(exact.dtype)


@pytest.mark.parametrize("name", SIX)
def test_float32_is_good_to_two_units_in_the_last_place_and_tanh_to_five(name):
    x = points(name, np.float32, 200_000)
    with np.errstate(over="ignore"):
        exact = getattr(np, name)(x.astype(np.float64))
        rounded = exact.astype(np.float32)
    assert np.max(units_out(compiled(name, x), exact, rounded)) < UNITS_32.get(name, 2.0)


@pytest.mark.skipif(not EXTENDED, reason="long double is float64 here")
@pytest.mark.parametrize("name", SIX)
def test_float64_is_good_to_two_units_in_the_last_place(name):
    x = points(name, np.float64, 50_000)
    with np.errstate(over="ignore", under="ignore"):
        exact = getattr(np, name)(x.astype(np.longdouble))
        rounded = exact.astype(np.float64)
    assert np.max(units_out(compiled(name, x), exact, rounded)) < 2.0


@pytest.mark.parametrize("real", REALS)
@pytest.mark.parametrize("name", SIX)
def test_agrees_with_fifty_digits(name, real):
    x = points(name, real, 150)
    if name in ("exp", "expm1", "tanh"):
        x = x[np.abs(x) < 800.0]  # beyond, mpmath takes its time
    by, most = getattr(mpmath, name.replace("arctan", "atan")), float(np.finfo(real).max)
    units = UNITS_32.get(name, 2.0) if real is np.float32 else 2.0
    with mpmath.workdps(50):
        for number, found in zip(x.tolist(), compiled(name, x).tolist(), strict=True):
            exact = by(mpmath.mpf(number))
            unit = float(np.spacing(real(min(abs(exact), 0.99 * most))))
            assert exact > most - unit or abs(found - exact) <= units * unit, number


@pytest.mark.parametrize("real", REALS)
@pytest.mark.parametrize("name", SIX)
def test_limits_are_numpys(name, real):
    limits = np.finfo(real)
    x = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, limits.max, -limits.max, -1.0, 1.0], real)
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(x)
    found = compiled(name, x)
    np.testing.assert_allclose(found, expected, rtol=4.0 * limits.eps, atol=0.0)
    np.testing.assert_array_equal(np.signbit(found[:2]), np.signbit(expected[:2]))


@pytest.mark.parametrize("name", ["exp", "expm1", "tanh", "arctan"])
def test_never_falls(name):
    x = np.linspace(-30.0, 30.0, 200_001)
    found = compiled(name, x)
    assert np.all(np.diff(found) >= -2.0 * np.spacing(np.abs(found[1:])))


@pytest.mark.parametrize(("real", "word"), [(np.float64, "double"), (np.float32, "float")])
@pytest.mark.parametrize("name", SIX)
def test_the_loop_does_several_numbers_at_once_and_calls_nothing(name, real, word):
    compiled(name, np.ones(8, real))
    number = types.float64 if real is np.float64 else types.float32
    array = types.Array(number, 1, "C")
    text = LOOPS[name].inspect_llvm((array, array))
    assert re.search(rf"<\d+ x {word}>", text)
    assert not re.search(rf"call [^\n]*@({name}f?|atanf?|_?numba_?{name}\w*)\(", text)


def returns(function, *kinds):
    """Compile one call for these types; give the type of the result and the compiled function."""
    made = numba.njit(error_model="numpy")(function)
    made.compile(kinds)
    return made.overloads[kinds].signature.return_type, made


@pytest.mark.parametrize("number", [types.float64, types.float32])
@pytest.mark.parametrize("name", [*SIX, "sqrt", "floor", "absolute", "abs"])
def test_gives_the_type_it_is_given(name, number):
    function = getattr(fast, name)
    kind, made = returns(lambda x: function(x), number)
    real = np.float64 if number is types.float64 else np.float32
    assert kind == number
    assert made(real(0.6875)) == pytest.approx(getattr(np, name)(real(0.6875)), rel=float(4.0 * np.finfo(real).eps))


@pytest.mark.parametrize("number", [types.float64, types.float32])
@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_the_larger_and_the_smaller_pass_nan_on(name, number):
    function = getattr(fast, name)
    kind, made = returns(lambda x, y: function(x, y), number, number)
    assert kind == number
    real = np.float64 if number is types.float64 else np.float32
    for x in (1.0, 2.0, np.inf, -np.inf, np.nan, 0.0):
        for y in (1.5, np.nan, -np.inf, 0.0):
            np.testing.assert_equal(made(real(x), real(y)), getattr(np, name)(x, y))


def test_where_selects():
    where = fast.where
    kind, made = returns(lambda x: where(x < np.float32(0.0), x, np.float32(1.0)), types.float32)
    assert kind == types.float32
    assert made(np.float32(-2.0)) == -2.0
    assert made(np.float32(2.0)) == 1.0


@pytest.mark.parametrize("name", [*SIX, "sqrt", "floor", "absolute"])
def test_from_python_each_is_numpys_own(name):
    x = np.linspace(0.1, 2.0, 7)
    np.testing.assert_array_equal(getattr(fast, name)(x), getattr(np, name)(x))


@pytest.mark.parametrize("real", REALS)
@pytest.mark.parametrize("name", SIX)
def test_a_caller_that_allows_everything_changes_nothing(name, real):
    function = getattr(fast, name)

    @numba.njit(error_model="numpy", fastmath=True)
    def loop(x, out):
        for i in range(len(x)):
            out[i] = function(x[i])

    x = points(name, real, 5_000)
    out = np.empty_like(x)
    loop(x, out)
    np.testing.assert_array_equal(out, compiled(name, x))
