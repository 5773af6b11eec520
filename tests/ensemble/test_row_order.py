"""Members know rows by what is in them: neither their order nor how copies of one row are written changes a digit."""

import numpy as np
import pytest

import pliant
from pliant.data.arrays import canonical_order
from pliant.report.rows import subject_of

RNG = np.random.default_rng(8)
N = 60
X = RNG.integers(-6, 7, N) / 2.0
MU = np.exp(0.5 + 0.6 * np.sin(X))
TABLE = {
    "x": X,
    "g": np.array(["a", "b", "c"])[RNG.integers(0, 3, N)],
    "e": RNG.uniform(0.0, 0.3, N),
    "k": RNG.integers(0, 12, N),
    "n": RNG.integers(0, 4, N),
    "gaussian": np.round(MU + 0.2 * RNG.standard_normal(N), 1),
    "poisson": RNG.poisson(MU),
    "binomial": (RNG.random(N) < MU / 4.0) * 1,
    "multinomial": np.array(["u", "v", "w"])[np.minimum(RNG.poisson(MU), 2)],
}
FAMILIES = ("gaussian", "poisson", "binomial", "multinomial")
NEW = {"x": np.linspace(-3.0, 3.0, 7), "g": list("abcabca"), "e": np.zeros(7)}


def rows(table, which):
    return {name: np.asarray(values)[which] for name, values in table.items()}


def fit(table, family, **beside):
    return pliant.fit(f"{family} ~ x + g", table, family=family, hidden=3, members=5, offset="e", **beside)


def same(one, other):
    assert np.array_equal(one.parameters, other.parameters)
    assert one.facts.deviance == other.facts.deviance
    assert one.members.verdict == other.members.verdict
    level = one.predict(NEW, interval=0.8)
    assert level.equals(other.predict(NEW, interval=0.8))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_order_of_the_rows_changes_no_digit(family):
    order = RNG.permutation(N)
    one, other = fit(TABLE, family), fit(rows(TABLE, order), family)
    same(one, other)
    assert sorted(np.bincount(one.members.folds)) == sorted(np.bincount(other.members.folds))
    known = np.column_stack([np.asarray(TABLE[name]).astype(str) for name in ("x", "g", "e", family)])
    if len(np.unique(known, axis=0)) == N:  # no copies, of which either might be left out
        assert np.array_equal(one.members.folds[order], other.members.folds)
        assert np.array_equal(one.members.scores[order], other.members.scores)


@pytest.mark.parametrize("family", FAMILIES)
def test_frequencies_are_rows_repeated_in_every_number(family):
    counted = fit(TABLE, family, frequencies="n")
    longer = fit(rows(TABLE, RNG.permutation(np.repeat(np.arange(N), TABLE["n"]))), family)
    same(counted, longer)
    assert len(counted.members.folds) == np.sum(TABLE["n"])
    assert counted.facts.n_rows == np.sum(TABLE["n"])
    assert counted.settings.given["frequencies"] == "n"


def test_groups_are_left_out_together_in_any_order():
    order = RNG.permutation(N)
    one, other = fit(TABLE, "gaussian", groups="k"), fit(rows(TABLE, order), "gaussian", groups="k")
    same(one, other)
    assert np.array_equal(one.members.folds[order], other.members.folds)
    longer = fit(rows(TABLE, np.repeat(np.arange(N), TABLE["n"])), "gaussian", groups="k")
    same(fit(TABLE, "gaussian", groups="k", frequencies="n"), longer)


def test_rows_in_order_keep_it():
    longer = fit(rows(TABLE, np.repeat(np.arange(N), TABLE["n"])), "gaussian", in_order=True)
    counted = fit(TABLE, "gaussian", in_order=True, frequencies="n")
    same(counted, longer)
    assert np.array_equal(counted.members.folds, np.sort(counted.members.folds))


def test_the_recipe_counts_rows_as_often_as_they_stand_for():
    table = {"x": X, "y": TABLE["gaussian"], "n": np.full(N, 100)}
    assert pliant.fit("y ~ x", table, frequencies="n", epochs=1, members=1, hidden=2).settings.batch == 256


def test_copies_stand_side_by_side_and_ties_are_broken_by_the_next_column():
    first, second = np.array([2.0, 1.0, 2.0, 1.0, 2.0]), np.array([0.0, 5.0, -1.0, 4.0, 0.0])
    assert canonical_order([first, second]).tolist() == [3, 1, 2, 0, 4]
    assert canonical_order([second, first]).tolist() == [2, 0, 4, 3, 1]


def test_a_file_finds_its_rows_again_among_those_with_frequencies(tmp_path):
    model = fit(TABLE, "gaussian", frequencies="n")
    model.save(tmp_path / "m.pliant")
    again = subject_of(pliant.load(tmp_path / "m.pliant"), TABLE)
    assert again.has_rows
    np.testing.assert_allclose(again.model.members.out_of_fold[0], model.members.out_of_fold[0], rtol=1e-9)
    assert len(again.model.training_table()["x"].values) == np.sum(TABLE["n"])
    assert next(iter(model.importance()["measured_on"])) == "out of fold"
