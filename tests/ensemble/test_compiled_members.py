"""Members by the compiled engine: those of the reference engine, and the same bits on any number of threads."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info

import pliant
from pliant.ensemble import members

FAMILIES = ("gaussian", "binomial", "poisson", "multinomial")


def draw(family, n=90):
    """Draw a table whose rows outnumber the parameters of a member."""
    rng = np.random.default_rng(6)
    X = rng.normal(size=(n, 3))
    eta = X[:, 0] + np.sin(2.0 * X[:, 1])
    if family == "poisson":
        return X, rng.poisson(np.exp(0.3 * eta)) * 1.0
    y = eta + 0.5 * rng.normal(size=n)
    if family == "gaussian":
        return X, y
    return X, np.array(["low", "middle", "high"])[np.digitize(y, [0.0] if family == "binomial" else [-0.5, 0.8])]


def fit(family, engine, threads=None, n=90):
    X, y = draw(family, n)
    return pliant.fit(X, y, family=family, hidden=4, seed=1, engine=engine, threads=threads)


@pytest.mark.parametrize("family", FAMILIES)
def test_members_are_those_of_the_reference_engine(family):
    ours, theirs = fit(family, "compiled"), fit(family, "reference")
    assert ours.members.share == theirs.members.share
    assert ours.members.strength == theirs.members.strength
    assert ours.members.verdict.kind == theirs.members.verdict.kind
    size = np.max(np.abs(theirs.members.parameters))
    np.testing.assert_allclose(ours.members.parameters, theirs.members.parameters, rtol=0, atol=1e-9 * size)
    assert ours.effective_parameters == pytest.approx(theirs.effective_parameters, rel=1e-9)
    assert ours.deviance == pytest.approx(theirs.deviance, rel=1e-9)


@pytest.mark.parametrize("family", FAMILIES)
def test_threads_do_not_change_a_bit(family):
    one = fit(family, "compiled", threads=1)
    for threads in (2, 3, 10):
        other = fit(family, "compiled", threads=threads)
        assert np.array_equal(other.parameters, one.parameters)
        assert np.array_equal(other.members.parameters, one.members.parameters)
        assert np.array_equal(other.members.scores, one.members.scores)
        assert other.members.verdict == one.members.verdict


def test_where_parameters_outnumber_rows_threads_do_not_change_a_bit_either():
    one, other = (fit("gaussian", "compiled", threads, n=22) for threads in (1, 3))
    assert np.array_equal(other.members.parameters, one.members.parameters)


def test_while_members_are_fitted_every_blas_has_one_thread(monkeypatch):
    seen, train = [], members.train_network

    def look(*arguments, **how):
        found = train(*arguments, **how)
        seen.extend(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")
        return found

    monkeypatch.setattr(members, "train_network", look)
    X, y = draw("gaussian")
    pliant.fit(X, y, hidden=4, regularisation="evidence", engine="compiled", threads=2)
    assert seen
    assert set(seen) == {1}
