"""Laplace's approximation against matrices written out, with a Jacobian by differences."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import pliant
from pliant.errors import InputError
from pliant.inference.jackknife import member_eta
from pliant.inference.laplace import eta_covariances, posteriors

SINE = pliant.datasets.sine(n=40, seed=2)
NEW = {"x": [-1.0, 0.3, 2.0]}


@pytest.fixture(scope="module")
def one():
    return pliant.fit("y ~ x", SINE, hidden=4, members=1)


def written_out(model, design, network, rows, parameters, decays, noise, X):
    """J B^-1 J' (m, q, q), every matrix formed, the Jacobian by central differences of eta in the user's units."""

    def eta(theta, at):
        whole = replace(model, network=network, parameters=theta, members=None, design=design)
        return whole.linear_predictor(at, np.zeros(len(at)))

    def jacobian(at):
        moves = 1e-6 * np.eye(len(parameters))
        return np.stack([(eta(parameters + h, at) - eta(parameters - h, at)) / 2e-6 for h in moves], axis=-1)

    groups = np.zeros(len(parameters), dtype=int)
    layers, skip = network.views(groups)
    layers[-1].biases[:], skip[:] = 2, 1
    J = jacobian(rows.X)
    information = model.likelihood.information(eta(parameters, rows.X) + rows.offset[:, None])
    if not model.likelihood.has_classes:
        information = information[:, :, None]
    information = information / design.scaling.response_scale[0] ** 2
    A = np.einsum("nqk,nqr,nrl->kl", J * rows.weights[:, None, None], information, J)
    B = A / noise + np.diag(np.append(decays, 1e-6)[groups])
    at = jacobian(X)
    return np.einsum("mqk,kl,mrl->mqr", at, np.linalg.inv(B), at)


def test_one_network_against_matrices_written_out(one):
    X = one.design.matrix(pliant.data.table.read_table(NEW)).X
    facts = one.facts
    wanted = written_out(one, one.design, one.network, one.data(), one.parameters, facts.decays, facts.noise, X)
    np.testing.assert_allclose(eta_covariances(one, X, np.zeros(3)), wanted, rtol=1e-5)


def test_more_parameters_than_rows_take_the_system_of_the_rows():
    wide = pliant.fit("y ~ x", SINE[:25], hidden=30, members=1)
    X, facts = wide.design.matrix(pliant.data.table.read_table(NEW)).X, wide.facts
    assert next(iter(posteriors(wide))).A is not None
    wanted = written_out(wide, wide.design, wide.network, wide.data(), wide.parameters, facts.decays, facts.noise, X)
    np.testing.assert_allclose(eta_covariances(wide, X, np.zeros(3)), wanted, rtol=1e-4)


def test_members_are_a_mixture_each_of_its_own_rows():
    x = np.array(SINE["x"])
    table = {"x": x, "c": np.where(np.sin(x) > 0.5, "a", np.where(x > 0.0, "b", "c"))}
    model = pliant.fit("c ~ x", table, family="multinomial", hidden=2, members=3)
    X, kept = model.design.matrix(pliant.data.table.read_table(NEW)).X, model.members
    each = []
    for k, posterior in enumerate(posteriors(model)):
        rows = model.data().take(np.flatnonzero(kept.folds != k))
        *decays, noise = kept.evidence[k]
        each.append(written_out(model, posterior.design, kept.network, rows, posterior.parameters, decays, noise, X))
    eta = member_eta(model, X, np.zeros(3))
    apart = eta - np.mean(eta, axis=0)
    wanted = np.mean(each, axis=0) + np.mean(apart[..., :, None] * apart[..., None, :], axis=0)
    np.testing.assert_allclose(eta_covariances(model, X, np.zeros(3)), wanted, rtol=1e-4)


def test_an_interval_is_t_about_the_network(one):
    X = one.design.matrix(pliant.data.table.read_table(NEW)).X
    variance = eta_covariances(one, X, np.zeros(3))[:, 0, 0]
    t = stats.t.ppf(0.95, one.df_residual)
    frame = one.predict(NEW, interval=0.9)
    reach = np.array(frame["upper"]) - np.array(frame["prediction"])
    np.testing.assert_allclose(reach, t * np.sqrt(variance + one.dispersion), rtol=1e-12)
    band = one.predict_mean_interval(NEW, level=0.9)
    np.testing.assert_allclose(
        np.array(band["prediction"]) - np.array(band["lower"]), t * np.sqrt(variance), rtol=1e-12
    )


def test_a_family_about_eta_has_its_own_ends():
    rng = np.random.default_rng(1)
    x = rng.uniform(-2.0, 2.0, 80)
    table = {"x": x, "n": rng.poisson(np.exp(1.0 + np.sin(2.0 * x)))}
    model = pliant.fit("n ~ x", table, family="poisson", hidden=3, members=1)
    frame = model.predict(table, interval=0.9, method="laplace")
    lower, upper, n = (np.array(frame[name], dtype=float) for name in ("lower", "upper", "prediction"))
    assert np.array_equal([lower, upper], np.round([lower, upper]))
    assert np.mean((lower <= table["n"]) & (table["n"] <= upper)) > 0.88
    band = model.predict_mean_interval(table)
    assert np.all((np.array(band["lower"]) < n) & (n < np.array(band["upper"])))


def test_what_has_no_approximation_says_why(one, tmp_path):
    one.save(tmp_path / "one.pliant")
    again = pliant.load(tmp_path / "one.pliant")
    assert again.facts.decays == one.facts.decays
    with pytest.raises(InputError, match="came from a file, which holds none; fit it again"):
        again.predict(NEW, interval=0.9)
    with pytest.raises(InputError, match="needs the weight decay by evidence"):
        pliant.fit("y ~ x", SINE, hidden=3, optimiser="adam", epochs=2).predict_mean_interval(NEW)
    with pytest.raises(InputError, match="has 'laplace' alone"):
        one.predict(NEW, interval=0.9, method="cv+")
    with pytest.raises(InputError, match="is of members, and this is a single network"):
        one.predict_mean_interval(NEW, method="jackknife")
    with pytest.raises(InputError, match="of the coefficients of a line"):
        one.predict_mean_interval(NEW, cov_type="HC3")
