"""Robust covariances against statsmodels, R's sandwich and 50-digit arithmetic."""

import json
from pathlib import Path

import mpmath
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf

import pliant
from pliant.errors import ArgumentError, InputError, TableError

GOLDEN = Path(__file__).parents[1] / "golden"
R = json.loads((GOLDEN / "robust.json").read_text())
RNG = np.random.default_rng(11)
N = 120
FRAME = pd.DataFrame({"x": RNG.standard_normal(N), "z": RNG.uniform(0, 1, N), "id": RNG.integers(0, 12, N)})
FRAME["y"] = 1 + FRAME["x"] + RNG.standard_normal(N) * (0.3 + FRAME["z"])
FRAME["k"] = RNG.poisson(np.exp(0.3 + 0.4 * FRAME["x"]))
FRAME["b"] = (RNG.uniform(0, 1, N) < 1 / (1 + np.exp(-FRAME["x"]))).astype(float)
FRAME["g"] = np.array(["u", "v", "w"])[RNG.integers(0, 3, N)]
LINES = {
    "gaussian": ("y ~ x + z", lambda f: smf.ols(f, FRAME).fit),
    "binomial": ("b ~ x + z", lambda f: smf.logit(f, FRAME).fit),
    "poisson": ("k ~ x + z", lambda f: smf.poisson(f, FRAME).fit),
}
SETTLE = {"gaussian": {}, "binomial": {"tol": 1e-14, "disp": 0}, "poisson": {"tol": 1e-14, "disp": 0}}


def apart(ours, theirs):
    return float(np.max(np.abs(np.asarray(ours) - np.asarray(theirs))) / np.max(np.abs(np.asarray(theirs))))


@pytest.mark.parametrize("cov_type", ["HC0", "HC1", "HC2", "HC3"])
def test_a_gaussian_line_has_the_robust_covariances_of_ols(cov_type):
    formula, fit = LINES["gaussian"]
    peer = fit(formula)(cov_type=cov_type)
    model = pliant.fit(formula, FRAME, hidden=())
    assert apart(model.cov_params(cov_type), peer.cov_params()) < 1e-12
    assert apart(model.tidy(cov_type=cov_type)["std_error"], peer.bse) < 1e-12


@pytest.mark.parametrize("family", ["binomial", "poisson"])
def test_other_lines_have_the_robust_covariance_of_statsmodels(family):
    formula, fit = LINES[family]
    model = pliant.fit(formula, FRAME, family=family, hidden=())
    assert apart(model.cov_params("HC0"), fit(formula)(cov_type="HC0", **SETTLE[family]).cov_params()) < 1e-12
    glm = smf.glm(formula, FRAME, family=getattr(sm.families, family.title())())
    peer = glm.fit(cov_type="HC0", tol=1e-15, tol_criterion="params")
    assert apart(model.cov_params("HC0"), peer.cov_params()) < 1e-12


@pytest.mark.parametrize("family", LINES)
def test_clusters_agree_with_statsmodels(family):
    formula, fit = LINES[family]
    peer = fit(formula)(cov_type="cluster", cov_kwds={"groups": FRAME["id"]}, **SETTLE[family])
    model = pliant.fit(formula, FRAME, family=family, hidden=())
    assert apart(model.cov_params("cluster", groups="id"), peer.cov_params()) < 1e-12
    assert apart(model.cov_params("cluster", groups=FRAME["id"].astype(str)), peer.cov_params()) < 1e-12


MODELS = {
    "birthwt_logit": ("birthwt", "low ~ age + lwt + race + smoke", "binomial", "age", {}),
    "warpbreaks_log": ("warpbreaks", "breaks ~ wool + tension", "poisson", "tension", {}),
    "insurance_offset": ("insurance", "Claims ~ Group + offset(log(Holders))", "poisson", "District", {}),
    "birthwt_gaussian": ("birthwt", "lwt ~ age + smoke", "gaussian", "race", {"weights": "w"}),
}


@pytest.mark.parametrize("name", MODELS)
def test_every_robust_covariance_is_that_of_r(name):
    data, formula, family, groups, options = MODELS[name]
    frame = pd.read_csv(GOLDEN / f"{data}.csv")
    if "Group" in frame:  # R sorts "<1l" elsewhere
        frame["Group"] = pd.Categorical(frame["Group"], ["<1l", ">2l", "1-1.5l", "1.5-2l"])
    if options:
        frame["w"] = frame["ptl"] + 1.0
    model = pliant.fit(formula, frame, family=family, hidden=(), **options)
    for cov_type, theirs in R[name].items():
        ours = model.cov_params(cov_type, groups=groups if cov_type == "cluster" else None)
        assert apart(ours.ravel(), theirs) < 1e-9, cov_type


def test_classes_have_the_score_rows_of_every_outcome():
    peer = smf.mnlogit("h ~ x + z", FRAME.assign(h=pd.Categorical(FRAME["g"]).codes)).fit(tol=1e-14, disp=0)
    model = pliant.fit("g ~ x + z", FRAME, family="multinomial", hidden=())
    scores = peer.model.score_obs(peer.params.to_numpy().ravel(order="F"))
    C = np.linalg.inv(-peer.model.hessian(peer.params.to_numpy().ravel(order="F")))
    assert apart(model.cov_params("HC0"), C @ scores.T @ scores @ C) < 1e-11
    HC0, HC2, HC3 = (np.diagonal(model.cov_params(cov_type)) for cov_type in ("HC0", "HC2", "HC3"))
    assert np.all(HC0 < HC2)
    assert np.all(HC2 < HC3)


def test_two_classes_are_a_logit_whatever_the_covariance():
    two = FRAME[FRAME["g"] != "w"]
    classes = pliant.fit("g ~ x + z", two, family="multinomial", hidden=())
    logit = pliant.fit("g ~ x + z", two, family="binomial", hidden=())
    for cov_type in ("nonrobust", "HC0", "HC1", "HC2", "HC3"):
        assert apart(classes.cov_params(cov_type), logit.cov_params(cov_type)) < 1e-11, cov_type
    assert apart(classes.cov_params("cluster", "id"), logit.cov_params("cluster", "id")) < 1e-11


@pytest.mark.parametrize("cov_type", ["HC0", "HC3", "cluster"])
def test_a_robust_logit_is_right_to_12_digits(cov_type):
    rows = FRAME.head(30)
    model = pliant.fit("b ~ x", rows, family="binomial", hidden=())
    with mpmath.workdps(50):
        X, y = mpmath.matrix([[1, v] for v in rows["x"]]), mpmath.matrix(rows["b"].tolist())
        beta = mpmath.matrix([0, 0])
        for _ in range(60):
            mu = [1 / (1 + mpmath.exp(-(X[i, :] * beta)[0])) for i in range(30)]
            info = X.T * mpmath.diag([m * (1 - m) for m in mu]) * X
            beta += mpmath.lu_solve(info, X.T * mpmath.matrix([y[i] - mu[i] for i in range(30)]))
        C = info**-1
        s = [(y[i] - mu[i]) * X[i, :] for i in range(30)]
        if cov_type == "HC3":
            s = [s[i] / (1 - mu[i] * (1 - mu[i]) * (X[i, :] * C * X[i, :].T)[0]) for i in range(30)]
        if cov_type == "cluster":
            sums = {}
            for i, group in enumerate(rows["id"]):
                sums[group] = sums.get(group, mpmath.matrix(1, 2)) + s[i]
            s = list(sums.values())
        meat = mpmath.matrix(2, 2)
        for row in s:
            meat += row.T * row
        exact = C * meat * C
        if cov_type == "cluster":
            exact *= mpmath.mpf(len(s)) / (len(s) - 1) * 29 / 28
        exact = np.array(exact.tolist(), dtype=float)
    ours = model.cov_params(cov_type, groups="id" if cov_type == "cluster" else None)
    assert apart(ours, exact) < 1e-12


def test_rows_repeated_by_frequency_have_the_robust_covariance_of_the_longer_table():
    frame = FRAME.assign(n=RNG.integers(0, 4, N))
    longer = frame.loc[np.repeat(frame.index, frame["n"])].reset_index(drop=True)
    for family, formula in (("gaussian", "y ~ x + z"), ("binomial", "b ~ x"), ("multinomial", "g ~ x")):
        ours = pliant.fit(formula, frame, family=family, hidden=(), frequencies="n")
        theirs = pliant.fit(formula, longer, family=family, hidden=())
        for cov_type in ("HC0", "HC1", "HC2", "HC3"):
            assert apart(ours.cov_params(cov_type), theirs.cov_params(cov_type)) < 1e-11, (family, cov_type)
        assert apart(ours.cov_params("cluster", "id"), theirs.cov_params("cluster", "id")) < 1e-11


def test_an_aliased_column_has_no_robust_error_and_changes_none():
    frame = FRAME.assign(twice=2 * FRAME["x"])
    ours = pliant.fit("y ~ x + twice + z", frame, hidden=()).tidy(cov_type="HC3")
    alone = pliant.fit("y ~ x + z", frame, hidden=()).tidy(cov_type="HC3")
    assert np.isnan(ours["std_error"][2])
    assert apart(ours["std_error"].dropna(), alone["std_error"]) < 1e-10


def test_t_for_clusters_counts_groups():
    from scipy.stats import t

    row = pliant.fit("y ~ x", FRAME, hidden=()).tidy(cov_type="cluster", groups="id").iloc[1]
    assert row["p_value"] == pytest.approx(2 * t.sf(abs(row["statistic"]), 11), rel=1e-12)


def test_what_cannot_be_robust_is_refused(tmp_path):
    model = pliant.fit("y ~ x", FRAME, hidden=())
    with pytest.raises(ArgumentError, match=r"HC4.*nonrobust, HC0"):
        model.cov_params("HC4")
    with pytest.raises(ArgumentError, match="belong together"):
        model.cov_params("cluster")
    with pytest.raises(ArgumentError, match="belong together"):
        model.cov_params("HC1", groups="id")
    with pytest.raises(TableError, match="one label a row"):
        model.cov_params("cluster", groups=[1, 2])
    with pytest.raises(ArgumentError, match="one group"):
        model.cov_params("cluster", groups=np.zeros(N))
    missing = pliant.fit("y ~ x", FRAME.assign(h=[None, *"ab" * 59, "a"]), hidden=())
    with pytest.raises(TableError, match="missing in 1 of the rows fitted, first in row 1"):
        missing.cov_params("cluster", groups="h")
    with pytest.raises(InputError, match="no coefficients"):
        pliant.fit("y ~ x", FRAME, hidden=2, epochs=2).cov_params("HC1")
    model.save(tmp_path / "m.pliant")
    with pytest.raises(InputError, match="holds no data"):
        pliant.load(tmp_path / "m.pliant").cov_params("HC1")
