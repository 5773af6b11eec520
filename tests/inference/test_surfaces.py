"""The effect of two columns together, and the strength of their interaction."""

import numpy as np
import pytest

import pliant

RNG = np.random.default_rng(23)
N = 200
TABLE = {"x": RNG.normal(size=N), "z": RNG.normal(size=N), "g": np.array(list("abcd"))[RNG.integers(0, 4, N)]}
TABLE["y"] = TABLE["x"] ** 2 + TABLE["x"] * TABLE["z"] + (TABLE["g"] == "b") * TABLE["z"] + 0.1 * RNG.normal(size=N)


def column(frame, name):
    return frame[name].to_numpy().astype(float)


def grid(frame, name, first, second):
    return column(frame, name).reshape(frame[first].n_unique(), frame[second].n_unique())


def by_loops(model, edges):
    """Give the interaction by the loops of Apley and Zhu, equations 17 to 22, for two numbers."""
    cells = [np.clip(np.searchsorted(e, TABLE[n], side="left") - 1, 0, None) for n, e in edges.items()]
    J = [len(e) - 1 for e in edges.values()]

    def says(a, b):
        moved = {name: e[c + d] for (name, e), c, d in zip(edges.items(), cells, (a, b), strict=True)}
        return model.predict({**TABLE, **moved})["prediction"].to_numpy()

    difference = says(1, 1) - says(0, 1) - says(1, 0) + says(0, 0)
    counts, D = np.zeros(J), np.full(J, np.nan)
    for i in range(J[0]):
        for j in range(J[1]):
            rows = (cells[0] == i) & (cells[1] == j)
            counts[i, j] = rows.sum()
            if rows.any():
                D[i, j] = difference[rows].mean()
    known = np.argwhere(~np.isnan(D))
    for i, j in np.argwhere(np.isnan(D)):
        away = ((known - (i, j)) / J) ** 2
        D[i, j] = D[tuple(known[np.argmin(away.sum(axis=1))])]
    S = np.zeros((J[0] + 1, J[1] + 1))
    S[1:, 1:] = D.cumsum(axis=0).cumsum(axis=1)
    mains = []
    for a, n in ((S, counts), (S.T, counts.T)):
        steps = [
            sum(n[k, m] * (a[k + 1, m] - a[k, m] + a[k + 1, m + 1] - a[k, m + 1]) / 2 for m in range(n.shape[1]))
            / n[k].sum()
            for k in range(n.shape[0])
        ]
        mains.append(np.concatenate([[0.0], np.cumsum(steps)]))
    left = S - mains[0][:, None] - mains[1]
    corners = (left[1:, 1:] + left[:-1, 1:] + left[1:, :-1] + left[:-1, :-1]) / 4
    return left - np.sum(counts * corners) / N


@pytest.mark.parametrize("options", [{"hidden": ()}, {"members": 3}], ids=["line", "members"])
def test_the_interaction_of_two_numbers_is_the_formula_of_apley_and_zhu(options):
    model = pliant.fit("y ~ x * z + I(x^2 * z) + g", TABLE, **options)
    ours = model.effects("x", "z")
    edges = {name: np.unique(column(ours, name)) for name in ("x", "z")}
    assert np.allclose(grid(ours, "interaction", "x", "z"), by_loops(model, edges), rtol=1e-7, atol=1e-9)


def test_partial_dependence_of_two_is_the_mean_with_both_set():
    model = pliant.fit("y ~ x * z + g * z", TABLE, hidden=())
    ours = model.effects("x", "g", method="pdp", centred=False)
    centred = model.effects("x", "g", method="pdp")
    for k in (0, 9, 33):
        row = ours.row(k, named=True)
        direct = model.predict({**TABLE, "x": np.full(N, row["x"]), "g": np.full(N, row["g"])})["prediction"].mean()
        assert row["effect"] == pytest.approx(direct, abs=1e-9)
    assert np.ptp(column(ours, "effect") - column(centred, "effect")) < 1e-9


@pytest.mark.parametrize("method", ["ale", "pdp"])
@pytest.mark.parametrize("pair", [("x", "z"), ("x", "g"), ("g", "h")], ids=str)
def test_a_sum_has_no_interaction(method, pair):
    frame = {**TABLE, "h": np.array(["p", "q"])[np.arange(N) % 2]}
    model = pliant.fit("y ~ poly(x, 3) + sin(z) + g + h", frame, hidden=())
    ours = model.effects(*pair, method=method)
    assert float(np.max(np.abs(column(ours, "interaction")))) < 1e-9
    assert float(np.max(column(ours, "strength"))) < 1e-9
    alone = [model.effects(name, method="pdp") for name in pair]
    means = [
        dict(zip(frame_[name], column(frame_, "effect"), strict=True)) for name, frame_ in zip(pair, alone, strict=True)
    ]
    if pair == ("g", "h"):
        joint = [means[0][a] + means[1][b] for a, b in ours.select(*pair).rows()]
        assert np.ptp(column(ours, "effect") - joint) < 1e-8


@pytest.mark.parametrize("method", ["ale", "pdp"])
def test_a_product_of_centred_columns_is_all_interaction(method):
    z = TABLE["z"] - TABLE["z"].mean()
    x = TABLE["x"] - TABLE["x"].mean()
    model = pliant.fit("y ~ 0 + x:z", {"x": x, "z": z, "y": x * z}, hidden=())
    ours = model.effects("x", "z", method=method)
    assert float(np.min(column(ours, "strength"))) > 0.9
    inner = np.abs(column(ours, "x")) + np.abs(column(ours, "z")) < 2.0
    product = column(ours, "x") * column(ours, "z")
    assert np.corrcoef(column(ours, "interaction")[inner], product[inner])[0, 1] > 0.95


def test_the_interaction_that_is_there_is_the_strongest():
    model = pliant.fit("y ~ x + z + g", TABLE, members=4)
    ours = model.interactions()
    assert set(ours.row(0)[:2]) == {"x", "z"}
    assert list(column(ours, "size")) == sorted(column(ours, "size"), reverse=True)
    assert bool(np.all((column(ours, "strength") >= 0.0) & (column(ours, "strength") <= 1.0)))
    assert ours["size"][0] > 2.0 * ours["std_error"][0]


def test_points_without_rows_say_so():
    close = {**TABLE, "z": TABLE["x"] + 0.01 * TABLE["z"]}
    ours = pliant.fit("y ~ x * z", close, hidden=()).effects("x", "z")
    rows = column(ours, "n_rows")
    assert int(rows.sum()) == N
    assert np.mean(rows == 0) > 0.5
