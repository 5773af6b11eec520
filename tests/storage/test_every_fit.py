"""The schema takes what every kind of fit gives: written, read, and written again to the same bytes."""

import numpy as np
import pytest

import pliant

RNG = np.random.default_rng(0)
N = 120
X = RNG.normal(size=N)
TABLE = {
    "x": X,
    "z": RNG.uniform(1.0, 2.0, N),
    "g": RNG.choice(list("abc"), N),
    "w": RNG.integers(1, 4, N) * 1.0,
    "e": RNG.normal(size=N) * 0.1,
    "day": np.datetime64("2020-01-01") + np.arange(N) * 9,
    "m": np.where(RNG.random(N) < 0.1, np.nan, X),
    "y": np.sin(X) + 0.1 * RNG.normal(size=N),
    "count": RNG.poisson(np.exp(X * 0.3 + 1.0)).astype(float),
    "above": np.exp(X + 0.3 * RNG.normal(size=N)),
    "said": np.where(X + RNG.logistic(size=N) > 0.0, "yes", "no"),
    "kind": RNG.choice(list("pqr"), N),
}
TABLE["tries"] = TABLE["count"] + 3.0
LINES = (
    ("y ~ 0 + x", {}),
    ("y ~ 1", {}),
    ("y ~ x + g + I(2 * x)", {}),
    ("y ~ ns(x, knots=c(0, 0.5)) + bs(z, knots=c(1.5), degree=2, intercept=TRUE)", {}),
    ("y ~ poly(x, 2, raw=TRUE) + scale(z) + center(x) + scale(z, scale=FALSE)", {}),
    ("y ~ factor(w) * g + C(g, contrast='sum')", {}),
    ("y ~ C(g, contrast='poly') + cut(x, breaks=c(-5, 0, 5), labels=c('lo', 'hi'))", {}),
    ("y ~ C(g, contrast='helmert'):x + C(factor(w), levels=c(3, 1, 2)) + C(g, ref='b')", {}),
    ("y ~ day + month(day) + factor(day)", {"regularisation": 0.1}),
    ("y ~ m + g", {"missing": "impute"}),
    ("scale(y) ~ x", {"frequencies": "w"}),
    ("count ~ x + offset(z)", {"family": "poisson", "offset": "e", "weights": "w"}),
    ("count ~ x", {"family": "negative_binomial(theta=2)"}),
    ("above ~ x", {"family": "tweedie"}),
    ("said ~ x", {"family": "binomial", "regularisation": "firth"}),
    ("cbind(count, tries) ~ x", {"family": "binomial"}),
    ("kind ~ x + g", {"family": "multinomial"}),
    ("y ~ x", {"optimiser": "lbfgs"}),
)
CURVES = (
    ("y ~ x", {"hidden": 3, "optimiser": "sgd", "epochs": 5, "learning_rate": 1e6}),
    (
        "y ~ x",
        {"hidden": 3, "optimiser": "sgd", "optimiser_settings": {"momentum": 0.9, "nesterov": True}, "epochs": 3},
    ),
    ("y ~ x", {"hidden": 2, "optimiser": "gd", "epochs": 3}),
    ("y ~ x + g", {"hidden": (3, 2), "optimiser": "adamw", "epochs": 5, "validation": 0.2, "patience": 2}),
    ("cbind(y, count) ~ x + z", {"hidden": 3, "optimiser": "adam", "epochs": 5}),
    ("y ~ x + net(z)", {"hidden": 2, "members": 3}),
    ("y ~ x", {"hidden": 2, "members": 3, "frequencies": "w"}),
    ("y ~ x", {"hidden": 2, "members": 3, "skip": False}),
    ("y ~ x", {"hidden": 2, "optimiser": "lm", "regularisation": "evidence"}),
)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("formula", "options"), [*((formula, {"hidden": (), **more}) for formula, more in LINES), *CURVES], ids=str
)
def test_what_a_fit_gives_is_written_and_read(formula, options, tmp_path):
    model = pliant.fit(formula, TABLE, seed=1, engine="reference", progress=False, **options)
    model.save(tmp_path / "one.pliant")
    again = pliant.load(tmp_path / "one.pliant")
    again.save(tmp_path / "two.pliant")
    assert (tmp_path / "one.pliant").read_bytes() == (tmp_path / "two.pliant").read_bytes()
    assert again.predict(TABLE).equals(model.predict(TABLE), null_equal=True)


def test_the_spread_of_members_is_kept_once_it_was_asked_for(tmp_path):
    model = pliant.fit("y ~ x", TABLE, hidden=2, members=5, seed=1, engine="reference", progress=False)
    told = model.predict(TABLE, interval=0.8, method="scaled")
    model.save(tmp_path / "m.pliant")
    assert pliant.load(tmp_path / "m.pliant").predict(TABLE, interval=0.8, method="scaled").equals(told)
