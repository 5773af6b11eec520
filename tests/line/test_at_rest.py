"""A line either has a zero score or is refused with its state: over every family with every link."""

import mpmath
import numpy as np
import pytest

import pliant
from pliant.errors import ConvergenceError, PliantError
from pliant.functions.families import FAMILIES
from pliant.line.second import ZERO, score_share
from pliant.optimisers.irls import LineFit

PAIRS = [(family.name, link) for family in FAMILIES.values() for link in family.links]
ELEMENTWISE = [pair for pair in PAIRS if FAMILIES[pair[0]].coding != "classes"]


def responses(rng, n):
    """Give responses of all sorts: shares, counts, sizes over many magnitudes."""
    return {
        "zero or one": rng.integers(0, 2, n) * 1.0,
        "rare ones": (rng.random(n) < 0.1) * 1.0,
        "shares": rng.random(n),
        "counts": rng.poisson(3.0, n) * 1.0,
        "few counts": rng.poisson(0.3, n) * 1.0,
        "magnitudes": np.exp(rng.normal(0.0, 3.0, n)),
        "small": 1e-8 * rng.exponential(size=n),
        "large": 1e8 * rng.exponential(size=n),
        "both signs": rng.normal(size=n),
    }


def score(model):
    """Give the largest score of a model as a share of its terms."""
    coefficients = np.array(list(model.coefficients.values()))[:, None]
    aliased = np.isnan(coefficients[:, 0])
    # the score is taken at the coefficients alone: what stands in for eta is not read
    line = LineFit(coefficients, np.eye(1), 0.0, 1, aliased, 0, coefficients, True, coefficients, 0.0, 1.0)
    return score_share(model.likelihood, model.arrays, line)


def refused_or_settled(formula, table, family, link, **options):
    """Fit; give the model if it settles, with everything finite, and None if it is refused by an error of ours."""
    try:
        model = pliant.fit(formula, table, family=family, link=link, hidden=(), **options)
    except PliantError:
        return None
    assert np.isfinite(model.deviance)
    kept = ~np.isnan(model.parameters)
    assert kept.any()
    assert np.all(np.isfinite(model.parameters[kept]))
    return model


@pytest.mark.parametrize(("family", "link"), ELEMENTWISE)
def test_every_random_line_is_settled_or_refused(family, link):
    settled = tried = 0
    for seed in range(3):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(10, 50))
        table = {"x": rng.normal(size=n), "z": rng.exponential(size=n), "g": rng.choice(list("uvw"), n)}
        table |= {"w": rng.integers(0, 3, n) * 1.0, "o": rng.normal(size=n)}
        options = [{}, {"weights": "w"}, {"offset": "o"}][seed]
        for y in responses(rng, n).values():
            if np.all(FAMILIES[family].admits(y)):
                formula = ["y ~ x", "y ~ x + z + g", "y ~ x * z"][seed]
                model = refused_or_settled(formula, table | {"y": y}, family, link, **options)
                assert model is None or score(model) < ZERO
                settled += model is not None
                tried += 1
    assert settled >= tried / 4


EXTREME = {
    "zeros": np.zeros(8),
    "ones": np.ones(8),
    "tiny": 1e-300 * np.arange(1, 9),
    "huge": 1e300 * np.arange(1, 9),
    "both": np.array([1e-300, 1e300] * 4),
    "one apart": np.array([0.0] * 7 + [1e6]),
    "shares": np.linspace(0.0, 1.0, 8),
}
OPTIONS = (
    {},
    {"offset": np.full(8, -800.0)},
    {"offset": np.linspace(-1e200, 1e200, 8)},
    {"weights": np.full(8, 1e-300)},
    {"weights": np.array([1e-300, 1e8] * 4)},
)


@pytest.mark.parametrize(("family", "link"), PAIRS)
def test_no_start_fails_with_an_error_of_others(family, link):
    table = {"x": np.array([0.3, -1.0, 2.0, 0.1, -0.4, 1.5, -2.0, 0.7])}
    for y in EXTREME.values():
        if FAMILIES[family].coding == "classes":
            y = np.array(list("pqpqrpqr"))
        elif not np.all(FAMILIES[family].admits(y)):
            continue
        for options in OPTIONS:
            refused_or_settled("y ~ x", table | {"y": y}, family, link, **options)


def test_a_cloglog_line_settles_where_fisher_scoring_does_not():
    # failures far above eta = 0: the curvature that is there is 1e20 times the expected one
    rng = np.random.default_rng(254)
    n = 40
    x, offset = rng.integers(-9, 10, n) * 1.0, 1.5 * rng.normal(size=n)
    y = rng.integers(0, 2, n) * 1.0
    model = pliant.fit("y ~ x", {"y": y, "x": x}, family="binomial", link="cloglog", hidden=(), offset=offset)
    assert score(model) < 1e-12
    with mpmath.workdps(40):
        slopes = [mpmath.mpf(b) for b in model.coefficients.values()]
        total = [mpmath.mpf(0), mpmath.mpf(0)]
        for a, b, o in zip(x, y, offset, strict=True):
            t = mpmath.exp(slopes[0] + slopes[1] * a + o)
            pull = t * mpmath.exp(-t) / (1 - mpmath.exp(-t)) if b else -t
            total = [total[0] + pull, total[1] + pull * a]
    assert max(abs(float(v)) for v in total) < 1e-10


def test_a_fit_without_a_stationary_point_is_refused_with_its_state():
    table = {"y": [0.0, 0, 1, 0, 1, 1, 1, 1], "x": [1.0, 2, 3, 4, 5, 6, 7, 8]}
    with pytest.raises(ConvergenceError, match=r"does not settle.*the deviance is \d.*try link='logit'"):
        pliant.fit("y ~ x", table, family="binomial", link="log", hidden=())
