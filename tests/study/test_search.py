"""Search: the same folds for all candidates, the default to the end, resumed where it stood, the same by seed."""

import functools
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats

import pliant
from pliant.ensemble.folds import draw_folds
from pliant.errors import ArgumentError, ConvergenceError, ModelFileError
from pliant.fitting import fit
from pliant.modelfile import read_model
from pliant.recipe import Asked, choose
from pliant.study import search
from pliant.study.halving import Level, Score, choose_best, plan_levels
from pliant.study.space import Between, default_space, draw_candidates, read_space

MODULE = sys.modules[search.__module__]
RNG = np.random.default_rng(5)
N = 120
X, Z = RNG.uniform(-2, 2, N), RNG.normal(size=N)
TABLE = {"x": X, "z": Z, "g": RNG.choice(["a", "b", "c"], N), "y": np.sin(2 * X) + 0.3 * Z + 0.1 * RNG.normal(size=N)}
QUICK = {"optimiser": "adam", "epochs": 30, "hidden": 4}  # a default that is poor, and fast
SPACE = {"learning_rate": [0.001, 0.01, 0.03, 0.1], "regularisation": [0.0, 0.01], "activation": ["tanh", "relu"]}


def found(**options):
    return pliant.search("y ~ x + z + g", TABLE, **{"space": SPACE, "candidates": 9, "folds": 3, **QUICK, **options})


@pytest.fixture(scope="module")
def usual():
    return found()


# the plan


def test_levels_are_given_more_folds_and_a_large_table_more_rows():
    assert plan_levels(27, 9, 3, 90) == [Level(27, 1, 90), Level(9, 3, 90), Level(3, 9, 90)]
    assert plan_levels(27, 3, 3, 60_000) == [Level(27, 1, 20_000), Level(9, 1, 60_000), Level(3, 3, 60_000)]
    assert plan_levels(30, 9, 3, 90) == [Level(30, 1, 90), Level(10, 3, 90), Level(4, 9, 90)]
    assert plan_levels(3, 9, 3, 90) == [Level(3, 9, 90)]
    assert plan_levels(8, 5, 2, 90) == [Level(8, 2, 90), Level(4, 3, 90), Level(2, 5, 90)]


def test_candidates_are_those_of_the_seed_and_the_first_of_many_are_those_of_few():
    space = default_space(200, {})
    few, many = (draw_candidates(space, [{}], count, seed=3) for count in (5, 20))
    assert many[:5] == few
    assert few[0] == {}
    assert draw_candidates(space, [{}], 5, seed=4) != few
    assert all(many.count(each) == 1 for each in many)
    assert draw_candidates([{"hidden": [2, 4]}], [{}], 27, seed=0) in (
        [{}, {"hidden": 2}, {"hidden": 4}],
        [{}, {"hidden": 4}, {"hidden": 2}],
    )


def test_distributions_are_drawn_as_plain_numbers():
    space = read_space({"regularisation": stats.loguniform(1e-4, 1e-2), "hidden": stats.randint(2, 9)}, fit, {})
    for drawn in draw_candidates(space, [], 20, seed=0):
        assert type(drawn["regularisation"]) is float
        assert type(drawn["hidden"]) is int
    rng = np.random.default_rng(0)
    rates = [Between(1e-4, 1e-1).rvs(random_state=rng) for _ in range(500)]
    assert 1e-4 <= min(rates) < 2e-4
    assert np.mean(np.array(rates) < 10**-2.5) == pytest.approx(0.5, abs=0.07)


@pytest.mark.parametrize("n_rows", [300, 30_000])
@pytest.mark.parametrize("fixed", [{}, {"members": 3}, {"hidden": 4}, {"optimiser": "adam"}, {"engine": "reference"}])
def test_the_space_of_its_own_never_asks_for_what_fit_refuses(n_rows, fixed):
    names = list(Asked.__dataclass_fields__)
    for settings in draw_candidates(default_space(n_rows, fixed), [], 30, seed=1):
        given = dict.fromkeys(names) | {"engine": "auto", "precision": "float64", "seed": 0, "optimiser_settings": {}}
        given |= {k: v for k, v in {**fixed, **settings}.items() if k in names}
        choose(Asked(**given), n_rows)


# what it gives


def test_the_best_beats_a_poor_default_and_the_model_is_fitted_with_it(usual):
    assert usual.best["learning_rate"] >= 0.03
    again = pliant.fit("y ~ x + z + g", TABLE, **QUICK, **usual.best)
    assert np.array_equal(usual.model.parameters, again.parameters)
    assert usual.model.facts.n_rows == N
    best, default = usual.scores[0], next(s for s in usual.scores if s.candidate == 0)
    assert best.loss < default.loss
    assert best.gain == pytest.approx(default.loss - best.loss)
    assert usual.candidates[0] == {}


def test_the_default_goes_on_to_the_end_and_is_never_better_than_what_is_given_back(usual):
    last = [s for s in usual.scores if s.level == len(usual.levels)]
    assert 0 in [s.candidate for s in last]
    assert usual.scores[0].loss == min(s.loss for s in last)
    assert [s.level for s in usual.scores] == sorted((s.level for s in usual.scores), reverse=True)


def test_the_scores_are_those_of_fits_that_did_not_see_the_rows(usual):
    """One candidate by hand: on the folds of the search, all three of them."""
    folds = draw_folds(3, TABLE["y"][:, None], np.random.default_rng([0, 8]))
    total = 0.0
    for fold in range(3):
        seen = {name: values[folds != fold] for name, values in TABLE.items()}
        unseen = {name: values[folds == fold] for name, values in TABLE.items()}
        model = pliant.fit("y ~ x + z + g", seen, **QUICK, **usual.best)
        total += float(np.sum((unseen["y"] - np.asarray(model.predict(unseen)["prediction"])) ** 2))
    assert usual.scores[0].loss == pytest.approx(total / N, rel=1e-12)


def test_the_frame_has_a_row_a_candidate_with_score_seconds_and_settings(usual):
    frame = usual.to_frame()
    assert isinstance(frame, pl.DataFrame)
    assert frame.columns[:8] == ["candidate", "level", "score", "gain", "lower", "upper", "seconds", "failed"]
    assert sorted(frame["candidate"].to_list()) == list(range(9))
    assert (frame["seconds"] > 0).all()
    assert frame["learning_rate"].dtype == pl.Float64
    assert frame["activation"].dtype == pl.String
    assert frame.filter(pl.col("candidate") == 0)["learning_rate"].to_list() == [None]
    of_pandas = pliant.search("y ~ x", pd.DataFrame(TABLE), space={"hidden": [2]}, candidates=2, folds=2, members=2)
    assert isinstance(of_pandas.to_frame(), pd.DataFrame)


def test_it_prints_a_sentence_and_the_last_level(usual):
    said = str(usual)
    assert said.startswith("Of 8 candidates learning_rate=")
    assert "off the default's deviance." in said
    assert said.rstrip().endswith(
        "120 rows; 9 candidates on 1 fold, then 3 candidates on 3 folds; the default on all of them"
    )
    assert repr(usual) == said


def test_the_same_seed_gives_the_same_search(usual):
    again = found()
    for one, other in zip(usual.scores, again.scores, strict=True):
        assert (one.candidate, one.loss, one.gain) == (other.candidate, other.loss, other.gain)
    assert found(seed=1).candidates != usual.candidates


def test_a_default_that_nothing_beats_by_more_than_chance_is_given_back():
    default = Score(0, 3, 1.0, np.nan, np.nan, np.nan, 1.0)
    near = Score(4, 3, 0.99, 0.01, -0.03, 0.05, 1.0)
    far = Score(4, 3, 0.9, 0.1, 0.06, 0.14, 1.0)
    assert choose_best([near, default], 100) is default
    assert choose_best([far, default], 100) is far
    noise = {"x": X, "y": RNG.normal(size=N)}
    flat = pliant.search("y ~ x", noise, space={"hidden": [(2,), (3,)]}, folds=2, members=2)
    assert flat.best == {}
    assert flat.sentence == "The default is as good as the best of 2 other candidates, out of fold."


def test_rare_levels_weights_groups_and_missing_rows_come_with_their_rows():
    table = {**TABLE, "g": np.where(np.arange(N) == 7, "rare", TABLE["g"]), "w": RNG.uniform(0.5, 2, N)}
    table["z"] = np.where(np.arange(N) == 11, np.nan, table["z"])
    pair = np.arange(N) // 2
    options = {"space": {"hidden": [2, 3]}, "folds": 3, "members": 2}
    named = pliant.search("y ~ x + z + g", table, weights="w", groups=pair, **options)
    by_array = pliant.search(
        "y ~ x + z + g", {k: v for k, v in table.items() if k != "w"}, weights=table["w"], groups=pair, **options
    )
    assert [s.loss for s in named.scores] == [s.loss for s in by_array.scores]
    assert named.n_rows == N - 1
    assert all(np.isfinite(s.loss) for s in named.scores)


def test_classes_and_counts_are_scored_by_their_own_deviance():
    grouped = pliant.search("g ~ x + z", TABLE, family="multinomial", space={"hidden": [(), 2]}, folds=2, members=2)
    assert 1.5 < grouped.scores[0].loss < 3.5  # twice the log loss of three classes by chance is 2.2
    counts = {**TABLE, "n": RNG.poisson(np.exp(0.5 * X))}
    line = pliant.search(
        "n ~ x", counts, family="negative_binomial", hidden=(), space={"regularisation": [0.01, 0.1]}, folds=2
    )
    assert np.isfinite(line.scores[0].loss)


# interrupted, and of another search


def test_a_search_goes_on_where_it_stood_and_ends_as_if_it_had_not_stopped(usual, tmp_path, monkeypatch):
    path = tmp_path / "search.pliant"
    calls = []

    @functools.wraps(fit)
    def stops(*arguments, **options):
        calls.append(options)
        if len(calls) == 6:
            raise KeyboardInterrupt
        return fit(*arguments, **options)

    monkeypatch.setattr(MODULE, "fit", stops)
    with pytest.raises(KeyboardInterrupt):
        found(checkpoint=path)
    assert path.exists()
    calls.clear()

    @functools.wraps(fit)
    def counts(*arguments, **options):
        calls.append(options)
        return fit(*arguments, **options)

    monkeypatch.setattr(MODULE, "fit", counts)
    again = found(checkpoint=path)
    assert len(calls) == 9 + 4 * 2 - 5 + 1 or len(calls) == 9 + 3 * 2 - 5 + 1  # the default may be a fourth
    assert [(s.candidate, s.loss) for s in again.scores] == [(s.candidate, s.loss) for s in usual.scores]
    calls.clear()
    found(checkpoint=path)
    assert len(calls) == 1  # the model


CHILD = """
import sys, time
sys.path.insert(0, {here!r})
import test_search as t
sys.modules["pliant.study.ledger"].SECONDS = {seconds}
fit = t.MODULE.fit
slowly = lambda *given, **named: time.sleep(0.2) or fit(*given, **named)  # so that there is time to kill it
t.MODULE.fit = t.functools.wraps(fit)(slowly)
print("ready", flush=True)
t.found(checkpoint={path!r})
"""


@pytest.mark.parametrize(("number", "seconds"), [(signal.SIGKILL, 0.0), (signal.SIGTERM, 3600.0)])
def test_a_search_that_is_killed_goes_on_to_the_same_scores(usual, number, seconds, tmp_path):
    path = tmp_path / "s"
    script = CHILD.format(here=str(Path(__file__).parent), path=str(path), seconds=seconds)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout.readline() == b"ready\n"
        began = time.perf_counter()
        while seconds == 0.0 and not path.exists() and time.perf_counter() - began < 30.0:
            time.sleep(0.005)
        time.sleep(0.05 if seconds == 0.0 else 1.0)
        child.send_signal(number)
        _, err = child.communicate(timeout=60)
    assert (child.returncode, err) == (-number, b"")
    measured = len(read_model(path)[0]["trials"])
    assert 0 < measured < 17
    again = found(checkpoint=path)
    assert [(s.candidate, s.loss) for s in again.scores] == [(s.candidate, s.loss) for s in usual.scores]
    assert np.array_equal(again.model.parameters, usual.model.parameters)


def test_the_file_of_another_search_is_refused_and_says_what_differs(tmp_path):
    path = tmp_path / "search.pliant"
    options = {"candidates": 2, "folds": 2, "space": {"learning_rate": [0.1]}, **QUICK}
    pliant.search("y ~ x", TABLE, checkpoint=path, **options)
    with pytest.raises(ArgumentError, match="is of another search: the formula and the rows of the table differ"):
        pliant.search("y ~ z", TABLE, checkpoint=path, **options)
    with pytest.raises(ArgumentError, match="the rows of the table and the folds differ"):
        pliant.search("y ~ x", {k: v[:-1] for k, v in TABLE.items()}, checkpoint=path, **options)
    with pytest.raises(ArgumentError, match="the candidates differs; name another file"):
        pliant.search("y ~ x", TABLE, checkpoint=path, **{**options, "space": {"learning_rate": [0.2]}})
    with pytest.raises(ArgumentError, match="the arguments differs"):
        pliant.search("y ~ x", TABLE, checkpoint=path, **{**options, "epochs": 3})
    model = tmp_path / "model.pliant"
    pliant.fit("y ~ x", TABLE, hidden=()).save(model)
    with pytest.raises(ModelFileError, match="not the file of a search"):
        pliant.search("y ~ x", TABLE, checkpoint=model, **options)
    with pytest.raises(ArgumentError, match="no folder"):
        pliant.search("y ~ x", TABLE, checkpoint=tmp_path / "none" / "s", **options)


def test_a_candidate_without_a_fit_is_left_out_and_the_frame_says_why():
    table = {"x": [0.0] * 20 + [1.0] * 20, "y": [0] * 20 + [1] * 20}
    ours = pliant.search(
        "y ~ x", table, family="binomial", regularisation=0.01, space={"hidden": [()]}, folds=2, members=2
    )
    assert ours.best == {}
    separated = pliant.search("y ~ x", table, family="binomial", folds=2, space={"hidden": [(), (2,)]}, members=2)
    failed = {s.candidate: s.failed for s in separated.scores if s.failed}
    assert [separated.candidates[c] for c in failed] == [{"hidden": ()}]
    assert "separation" in next(iter(failed.values()))
    with pytest.raises(ConvergenceError):
        pliant.search("y ~ x", table, family="binomial", folds=2, hidden=(), space={"regularisation": [0.1]})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"space": {}}, "give a dict such as"),
        ({"space": {"hidden": 4}}, "give a list of choices, or a distribution"),
        ({"space": {"widths": [4]}}, "space: fit has no argument 'widths'"),
        ({"space": {"seed": [1, 2]}}, "seed is an argument of the search itself"),
        ({"space": {"family": ["poisson", "gaussian"]}}, "family cannot vary"),
        ({"space": {"hidden": [4]}, "hidden": 8}, "hidden is given beside the space"),
        ({"hiden": 8}, "fit has no argument 'hiden'"),
        ({"candidates": 1}, "candidates is 1"),
        ({"folds": 1}, "folds is 1"),
        (
            {"space": {"hidden": [2], "learning_rate": [0.1], "optimiser": ["lm"]}, "folds": 2},
            r"candidate 1 \(hidden=2",
        ),
    ],
)
def test_what_cannot_be_searched_is_said(options, message):
    with pytest.raises(ArgumentError, match=message):
        pliant.search("y ~ x", TABLE, **options)


def test_few_rows_are_a_fold_each_and_too_few_are_refused():
    six = {"x": [1.0, 2, 3, 4, 5, 6], "y": [1.0, 3, 2, 5, 4, 6]}
    ours = pliant.search("y ~ x", six, hidden=(), space={"regularisation": [0.1, 1.0]})
    assert ours.levels[-1].folds == 6
    with pytest.raises(ArgumentError, match="too few to search"):
        pliant.search("y ~ x", {"x": [1.0, 2, 3], "y": [1.0, 3, 2]}, hidden=(), space={"regularisation": [0.1]})


def test_progress_is_told_fit_by_fit(monkeypatch):
    told = []

    @contextmanager
    def bar(show):
        yield told.append

    monkeypatch.setattr(MODULE, "progress_bar", bar)
    found(progress=True)
    assert str(told[0]) == f"level 1 of 2, fit 1 of {told[0].epochs}"
    assert [each.epoch for each in told] == list(range(1, len(told) + 1))
    assert str(told[-1]).startswith(f"level 2 of 2, fit {told[-1].epoch} of {told[-1].epochs} · loss ")
