"""Slopes and means of networks: against autograd, differences, and the members one by one."""

import numpy as np
import pytest
import torch

import pliant
from pliant.data.derivative import design_slope
from pliant.data.table import read_table
from pliant.errors import ArgumentError, InputError
from pliant.inference.jackknife import jackknife_errors, member_eta

RNG = np.random.default_rng(8)
N = 90
TABLE = {"x": RNG.uniform(0.4, 2.0, N), "z": RNG.normal(size=N), "g": np.array(list("abc"))[np.arange(N) % 3]}
TABLE["y"] = np.sin(2.0 * TABLE["x"]) + TABLE["z"] * (TABLE["g"] == "a") + 0.2 * RNG.normal(size=N)
TABLE["count"] = RNG.poisson(np.exp(0.4 * TABLE["x"] + 0.3 * TABLE["z"])) * 1.0
TABLE["event"] = (RNG.random(N) < 1 / (1 + np.exp(-TABLE["z"]))) * 1.0
FORMULA = "y ~ log(x) + ns(z, df=3) + g:z + poly(x, 2)"


@pytest.fixture(scope="module")
def members():
    return pliant.fit("y ~ x + z + g", TABLE, members=4)


def column(frame, name):
    return frame[name].to_numpy().astype(float)


@pytest.mark.parametrize(
    ("formula", "family"),
    [
        (FORMULA, "gaussian"),
        ("count ~ x * z + offset(I(0.1 * x))", "poisson"),
        ("event ~ x + z:g", "binomial"),
        ("g ~ x + z", "multinomial"),
    ],
)
def test_slopes_are_those_of_autograd_through_the_network(formula, family):
    model = pliant.fit(formula, TABLE, family=family, hidden=(4, 3), members=1, epochs=40)
    net, read = model.to_torch(), read_table(TABLE)
    rows = model.design.matrix(read)
    X, offset = (torch.tensor(values, requires_grad=True) for values in (rows.X, rows.offset))
    mu = net(X, offset)
    each = [torch.autograd.grad(mu[:, c].sum(), (X, offset), retain_graph=True) for c in range(mu.shape[1])]
    for name in ("x", "z"):
        by_x, offset_by_x = design_slope(model.design, read, name)
        expected = np.concatenate(
            [np.sum(of_X.numpy() * by_x, axis=1) + of_offset.numpy() * offset_by_x for of_X, of_offset in each]
        )
        ours = column(model.slopes(variables=name), "estimate")
        assert float(np.max(np.abs(ours - expected)) / np.max(np.abs(expected))) < 1e-10


def test_slopes_are_the_limit_of_differences(members):
    h = 1e-3
    ahead = [members.predict({**TABLE, "x": TABLE["x"] + k * h})["prediction"].to_numpy() for k in (-2, -1, 1, 2)]
    by_difference = (8 * (ahead[2] - ahead[1]) - (ahead[3] - ahead[0])) / (12 * h)
    assert np.allclose(column(members.slopes(variables="x"), "estimate"), by_difference, rtol=1e-7, atol=1e-8)


def test_errors_are_the_jackknife_of_the_members(members):
    h, ends = 1e-5, []
    for sign in (1.0, -1.0):
        rows = members.design.matrix(read_table({**TABLE, "x": TABLE["x"] + sign * h}))
        ends.append(member_eta(members, rows.X, rows.offset)[:, :, 0])
    each = (ends[0] - ends[1]) / (2 * h)
    ours = members.slopes(variables="x")
    assert np.allclose(column(ours, "std_error"), jackknife_errors(each), rtol=1e-5)
    averaged = members.avg_slopes(variables="x", by="g")
    groups = [TABLE["g"] == level for level in "abc"]
    expected = jackknife_errors(np.stack([each[:, own].mean(axis=1) for own in groups], axis=1))
    assert np.allclose(column(averaged, "std_error"), expected, rtol=1e-5)
    from scipy.stats import t

    reach = (column(averaged, "conf_high") - column(averaged, "conf_low")) / 2.0
    assert np.allclose(reach, t.ppf(0.975, 3) * expected, rtol=1e-5)


def test_a_factor_of_a_network_is_contrasted(members):
    ours = members.avg_slopes(variables="g")
    held = {level: members.predict({**TABLE, "g": np.full(N, level)})["prediction"].to_numpy() for level in "abc"}
    assert ours["contrast"].to_list() == ["b - a", "c - a"]
    assert np.allclose(column(ours, "estimate"), [np.mean(held[level] - held["a"]) for level in "bc"], rtol=1e-10)
    assert bool(np.all(column(ours, "std_error") > 0.0))


def test_means_by_group_are_averages_of_predictions(members):
    ours = members.predictions(by="g")
    fitted = members.predict(TABLE)["prediction"].to_numpy()
    assert np.allclose(column(ours, "estimate"), [fitted[TABLE["g"] == level].mean() for level in "abc"], rtol=1e-12)
    assert bool(np.all(column(ours, "conf_low") < column(ours, "estimate")))


def test_the_columns_are_those_of_a_line(members):
    line = pliant.fit("y ~ x + z + g", TABLE, hidden=())
    for ask in ("slopes", "avg_slopes", "predictions"):
        assert getattr(members, ask)().columns == getattr(line, ask)().columns


def test_a_single_network_has_slopes_without_errors():
    model = pliant.fit("y ~ x + z", TABLE, members=1)
    ours = model.avg_slopes()
    assert bool(np.all(np.isfinite(column(ours, "estimate"))))
    assert ours["std_error"].null_count() == ours["conf_low"].null_count() == ours["p_value"].null_count() == 2
    assert model.predictions()["conf_low"].null_count() == 1


def test_a_covariance_is_not_chosen_for_a_network_and_its_weights_have_no_p_value(members):
    for ask in (members.slopes, members.avg_slopes, members.predictions):
        with pytest.raises(ArgumentError, match="leave them out"):
            ask(cov_type="HC3")
    with pytest.raises(InputError, match="no coefficients"):
        members.tidy()
