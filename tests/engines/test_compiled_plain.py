"""The plain text, compiled for one number, gives what NumPy gives: every activation, every family with its links."""

from functools import partial

import numba
import numpy as np
import pytest
from numba import types

from pliant.engines.compiled.plain import call, key_of
from pliant.functions.activations import ACTIVATIONS
from pliant.functions.families import FAMILIES
from pliant.functions.links import LINKS

OPTIONS = {"error_model": "numpy", "fastmath": {"contract"}}  # as blocks are compiled
CLOSE = 45.0  # times the last digit: 1e-14 in float64
PAIRS = [
    (family, LINKS[name])
    for family in FAMILIES.values()
    for name in family.links
    if family.coding != "classes" and not family.name.startswith("quasi")  # which share their text
]
RNG = np.random.default_rng(5)
ETA = np.concatenate(
    [
        np.linspace(-12.0, 12.0, 601),
        RNG.normal(size=1000) * 3.0,
        RNG.uniform(-750.0, 750.0, 300),
        10.0 ** RNG.uniform(-300.0, 300.0, 200),
        -(10.0 ** RNG.uniform(-300.0, 300.0, 200)),
        [0.0, -0.0, 700.0, -700.0, 1e9, -1e9, 5e-324, 1e300, -1e300],
    ]
)


def response(family):
    """Give responses that the family admits, many of them at the end of its interval."""
    y = RNG.uniform(0.01, 1.0, len(ETA))
    ends = RNG.integers(0, 2, len(ETA))
    low, high = family.interval
    if high == 1.0:
        y[::2] = ends[::2]
    elif low == 0.0:
        y = 7.0 * y
        y[::3] = np.round(y[::3])
        y = np.where(family.admits(y), y, 0.1)
    return y


def agree(found, text, *arguments):
    """See that numbers are what the text gives, or as near as its value is to that of the next arguments."""
    with np.errstate(all="ignore"):
        expected = text(*arguments) * np.ones_like(found)
        allowed = CLOSE * np.finfo(found.dtype).eps * np.abs(expected)
        for k, argument in enumerate(arguments):
            moved = (argument * (1.0 + 4.0 * np.finfo(found.dtype).eps)).astype(found.dtype)
            allowed += np.abs(text(*arguments[:k], moved, *arguments[k + 1 :]) - expected)
        same = (found == expected) | (np.isnan(found) & np.isnan(expected))
        wrong = ~(same | (np.abs(found - expected) <= allowed))
    where = np.flatnonzero(wrong)[:3]
    assert not wrong.any(), [(*(a[i] for a in arguments), found[i], expected[i]) for i in where]


@pytest.mark.parametrize("number", [types.float64, types.float32], ids=str)
@pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=lambda a: a.name)
def test_an_activation_is_numpys_and_keeps_to_its_type(activation, number):
    dtype = np.float64 if number is types.float64 else np.float32
    value, slope = key_of(activation.value, dtype), key_of(activation.slope, dtype)

    @numba.njit(**OPTIONS)
    def both(z):
        a = call(value, z)
        return a, call(slope, z, a)

    @numba.njit(**OPTIONS)
    def run(z, a, slopes):
        for i in range(len(z)):
            a[i], slopes[i] = both(z[i])

    with np.errstate(over="ignore"):
        z = np.append(ETA, [np.inf, -np.inf, np.nan]).astype(dtype)
    a, slopes = np.empty_like(z), np.empty_like(z)
    run(z, a, slopes)
    assert both.overloads[number,].signature.return_type == types.UniTuple(number, 2)
    agree(a, activation.value, z)
    agree(slopes, activation.slope, z, a)


@pytest.mark.parametrize(("family", "link"), PAIRS, ids=lambda v: v.name)
def test_a_loss_and_its_slope_are_numpys(family, link):
    loss, delta = family.make_loss(link), family.make_delta(link)
    loss_key, delta_key, inverse_key = (key_of(f, np.float64) for f in (loss, delta, link.inverse))
    known = () if family.parameter is None else (family.parameter,)
    n_known = len(known)

    @numba.njit(**OPTIONS)
    def run(y, eta, parameter, losses, deltas, means):
        for i in range(len(y)):
            if n_known:
                losses[i] = call(loss_key, y[i], eta[i], parameter)
                deltas[i] = call(delta_key, y[i], eta[i], parameter)
            else:
                losses[i] = call(loss_key, y[i], eta[i])
                deltas[i] = call(delta_key, y[i], eta[i])
            means[i] = call(inverse_key, eta[i])

    y = response(family)
    parameters = [0.0] if family.parameter is None else [family.parameter, 1.1, 1.9]
    for parameter in parameters:
        if family.parameter is not None:
            loss, delta = (partial(f.func, **{family.parameter_name: parameter}) for f in (loss, delta))
        losses, deltas, means = (np.empty_like(ETA) for _ in range(3))
        run(y, ETA, parameter, losses, deltas, means)
        agree(losses, loss, y, ETA)
        agree(deltas, delta, y, ETA)
        agree(means, link.inverse, ETA)
    assert len(run.signatures) == 1  # compiled once, whatever the parameter
