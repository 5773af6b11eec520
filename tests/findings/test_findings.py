"""The look before the fit: what is found, what is left alone, and where it is said."""

from pathlib import Path

import numpy as np
import pytest

import pliant
from pliant.errors import InputError
from pliant.inference.look import look_of

GOLDEN = Path(__file__).parents[1] / "golden"
N = 200


@pytest.fixture(scope="module")
def plain():
    """Rows with nothing to mind."""
    rng = np.random.default_rng(8)
    x, z = rng.normal(10.0, 3.0, N), rng.standard_normal(N)
    return {"y": x + np.sin(x) + rng.standard_normal(N), "x": x, "z": z, "g": rng.choice(list("abc"), N)}


def kinds(found):
    return [(each.kind, *each.columns) for each in found]


@pytest.mark.parametrize(
    ("kind", "make", "says"),
    [
        ("copy of the response", lambda t: 2.54 * t["y"] + 1.0, "'new' is a copy of it"),
        ("copy of the response", lambda t: np.exp(t["y"] / 5.0), "in the order of the response"),
        ("copy of the response", lambda t: -(t["y"] ** 3) - t["y"], "without an exception"),
        ("identifier", lambda t: np.arange(1.0, N + 1.0), "counts the rows, 1 to 200"),
        ("identifier", lambda t: np.array([f"r{i}" for i in range(N)]), "'new' has 200 levels in 200 rows"),
        ("constant", lambda t: np.full(N, 3.5), "is 3.5 in every row"),
        ("constant", lambda t: np.full(N, "same"), "new has one level, 'same'"),
        ("duplicate", lambda t: 1.8 * t["x"] + 32.0, "'new' is 1.8 x + 32 in every row"),
        ("duplicate", lambda t: np.char.add("level ", t["g"]), "'new' has the groups of 'g'"),
        ("mostly missing", lambda t: np.where(t["z"] > 0.5, t["z"] ** 2, np.nan), "is missing in 7"),
        ("code for missing", lambda t: np.where(t["z"] > 2.0, 999.0, 40.0 + 3.0 * t["z"] ** 2), "is 999 in "),
        ("wild row", lambda t: np.where(np.arange(N) == 17, 1e6, t["z"] ** 3), "1e+06 in row 18"),
        ("lone level", lambda t: np.where(np.arange(N) == 4, "rare", t["g"]), "a level with one row ('rare')"),
        ("few values", lambda t: np.arange(N) % 3 + 1.0, "the values 1, 2 and 3"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_column_is_found_and_nothing_else(plain, kind, make, says):
    found = pliant.look("y ~ .", plain | {"new": make(plain)})
    assert {each.kind for each in found} - {"few rows"} == {kind}  # a level a row is a coefficient a row
    assert says in str(found)
    assert "\n" not in found.notes[0]
    assert "new" in found.found[0].columns


@pytest.mark.parametrize("name", ["id", "customer_id", "CustomerID", "Index", "row", "case.no"])
def test_a_column_that_is_called_an_identifier_is_one_if_no_value_comes_twice(plain, name):
    rng = np.random.default_rng(1)
    numbers = rng.permutation(5_000)[:N] * 1.0
    assert kinds(pliant.look("y ~ .", plain | {name: numbers})) == [("identifier", name)]
    assert not len(pliant.look("y ~ .", plain | {name: numbers // 50}))


def test_what_a_formula_names_or_counts_time_is_no_identifier(plain):
    counts = np.arange(1.0, N + 1.0)
    assert not len(pliant.look("y ~ v", plain | {"v": counts}))
    for name in ("year", "time", "t", "Day", "dose_mg"):
        assert not len(pliant.look("y ~ .", plain | {name: counts}))


def test_parts_of_a_total_are_found_together(plain):
    parts = plain | {"a": plain["z"] ** 2, "b": plain["x"] * 2.0}
    parts["y"] = parts["a"] + parts["b"]
    del parts["x"]
    assert kinds(pliant.look("y ~ .", parts))[0] == ("copy of the response", "a", "b")


def test_a_response_among_its_own_columns_is_found(plain):
    table = plain | {"y": np.exp(plain["z"])}
    assert kinds(pliant.look("log(y) ~ x + y", table)) == [("copy of the response", "y")]


def test_a_factor_that_knows_the_response_is_found(plain):
    table = plain | {"y": np.where(plain["g"] == "a", 1.5, np.where(plain["g"] == "b", 2.5, 4.0))}
    assert ("copy of the response", "g") in kinds(pliant.look("y ~ .", table))
    named = plain | {"code": np.unique(plain["g"], return_inverse=True)[1] * 2.0 + 1.0}
    assert kinds(pliant.look("g ~ .", named, family="multinomial")) == [("copy of the response", "code")]


def test_a_response_of_another_family_is_found(plain):
    rng = np.random.default_rng(2)
    two = plain | {"y": (plain["y"] > 10.0) * 1.0}
    assert "family='binomial'" in str(pliant.look("y ~ .", two))
    assert not len(pliant.look("y ~ .", two, family="binomial"))
    few = plain | {"y": rng.integers(0, 4, N)}
    assert [each.kind for each in pliant.look("y ~ .", few)] == ["few responses"]
    assert "is 3 in every row" in str(pliant.look("y ~ .", plain | {"y": np.full(N, 3.0)}))
    rare = plain | {"y": np.array(["a", "b"] * (N // 2 - 1) + ["b", "rare"])}
    assert "'rare' has 1 row:" in str(pliant.look("y ~ x", rare, family="multinomial"))


def test_rows_too_few_are_counted_against_what_is_estimated():
    rng = np.random.default_rng(3)
    X, y = rng.standard_normal((20, 8)), rng.standard_normal(20)
    table = {f"x{j}": X[:, j] for j in range(8)} | {"y": y, "c": (np.arange(20) < 4) * 1.0}
    assert str(pliant.look("y ~ . - c", table)).startswith("20 rows for 9 coefficients, 2.2 each")
    found = str(pliant.look("c ~ x1 + x2", table, family="binomial"))
    assert found.startswith("4 rows of the rarer outcome for 3 coefficients, 1.3 each")
    curve = pliant.fit("y ~ x1", table, hidden=8, optimiser="adam", epochs=2)
    assert "20 rows for 26 weights, 0.8 each" in str(curve.look())


@pytest.mark.parametrize(
    ("file", "formula", "family", "expected"),
    [
        ("birthwt", "low ~ .", "binomial", []),
        ("cars", "dist ~ speed", "gaussian", []),
        ("clotting", "lot1 ~ log(u)", "gamma", []),
        ("housing", "Sat ~ Infl + Type + Cont", "multinomial", []),
        ("insurance", "Claims ~ District + Group + Age + offset(log(Holders))", "poisson", []),
        ("iris", "Species ~ .", "multinomial", []),
        ("iris", "Sepal.Length ~ .", "gaussian", []),
        ("mtcars", "mpg ~ wt + cyl + gear + am", "gaussian", []),
        ("mtcars", "am ~ wt", "gaussian", ["two responses"]),
        ("mtcars", "mpg ~ .", "gaussian", ["few rows"]),
        ("quine", "Days ~ .", "negative_binomial", []),
        ("warpbreaks", "breaks ~ wool * tension", "poisson", []),
        ("women", "weight ~ height", "gaussian", []),
    ],
)
def test_classic_tables_raise_no_false_alarm(file, formula, family, expected):
    assert [each.kind for each in pliant.look(formula, GOLDEN / f"{file}.csv", family=family)] == expected


def test_simulated_tables_raise_no_false_alarm():
    alarms = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(40, 120))
        table = {
            "normal": rng.standard_normal(n),
            "skewed": rng.lognormal(0.0, 1.0, n),
            "count": rng.poisson(2.0, n),
            "flag": rng.integers(0, 2, n),
            "tailed": rng.standard_t(3, n),
            "group": rng.choice(list("abcd"), n),
            "y": rng.standard_normal(n),
        }
        alarms += kinds(pliant.look("y ~ .", table))
    assert not alarms


def test_many_rows_are_asked_as_all_are():
    """What some rows suspect is put to all; the wild row is among those that nobody asked first."""
    rng = np.random.default_rng(4)
    X = rng.standard_normal((40_000, 3))
    y = X @ np.ones(3) + rng.standard_normal(40_000)
    assert not len(look_of(pliant.fit(X, y, hidden=())))
    X[13_331, 1] = -1e5
    assert kinds(look_of(pliant.fit(X, y, hidden=()))) == [("wild row", "x2")]
    constant = np.zeros(40_000)
    constant[13_331] = 1.0
    assert not len(pliant.look("y ~ c", {"y": y, "c": constant}))


def test_findings_are_in_summary_comparison_and_file(plain, tmp_path):
    table = {name: values[:40] for name, values in plain.items()} | {"twice": 2.0 * plain["x"][:40]}
    line = pliant.fit("y ~ x + twice", table, hidden=())
    said = "'twice' is 2 x in every row"
    assert said in str(line.look())
    assert said in str(line.summary())
    assert line.look().to_frame()["kind"].to_list() == ["duplicate"]
    assert "<li>" in line.look()._repr_html_()
    line.save(tmp_path / "line.pliant")
    again = pliant.load(tmp_path / "line.pliant")
    assert str(again.summary()) == str(line.summary())
    with pytest.raises(InputError, match="holds no data"):
        again.look()
    assert said in str(pliant.compare("y ~ x + twice", table, hidden=1, members=2))
    assert str(pliant.look("y ~ x", table)) == "nothing to mind was found"


def test_a_terminal_hears_of_findings_before_the_fit(plain, tmp_path, monkeypatch, capsys):
    import polars as pl

    from pliant.cli import run

    pl.DataFrame(plain | {"id": np.arange(N)}).write_csv(tmp_path / "t.csv")
    monkeypatch.chdir(tmp_path)
    for terminal in (True, False):
        monkeypatch.setattr("pliant.cli.look.is_terminal", lambda found=terminal: found)
        assert run(["fit", "t.csv", "y ~ .", "--line"]) == 0
        out, err = capsys.readouterr()
        assert "column 'id' counts the rows" in out
        assert ("look: column 'id' counts the rows" in err) == terminal
