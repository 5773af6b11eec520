"""Frames, arrays and files become the same table, and go back as the frame they came as."""

import datetime as dt
import os
import stat
import subprocess
import sys
import time
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest

from pliant.data.table import (
    FactorColumn,
    NumberColumn,
    Table,
    make_frame,
    named_columns,
    read_rows,
    read_table,
    write_frame,
)
from pliant.errors import TableError

COLUMNS = {
    "x": [1.5, None, -2.0],
    "i": [1, 2, 3],
    "g": ["b", None, "a"],
    "flag": [True, False, None],
    "day": [dt.date(1970, 1, 2), None, dt.date(1969, 12, 31)],
    "time": [dt.datetime(1970, 1, 1, 12), None, dt.datetime(2000, 1, 1)],
}


def make_pandas():
    frame = pd.DataFrame(COLUMNS)
    frame["flag"] = frame["flag"].astype("boolean")
    return frame


MAKERS = {
    "pandas": make_pandas,
    "polars": lambda: pl.DataFrame(COLUMNS),
    "pyarrow": lambda: pa.table(COLUMNS),
    "dict": lambda: COLUMNS,
    "numpy": lambda: {name: np.array(values, object if None in values else None) for name, values in COLUMNS.items()},
}


def values(table: Table, name: str) -> list[float | str | None]:
    column = table[name]
    if isinstance(column, FactorColumn):
        return [None if code < 0 else column.levels[code] for code in column.codes]
    assert column.values.dtype == np.float64
    return [None if np.isnan(value) else float(value) for value in column.values]


@pytest.mark.parametrize("maker", MAKERS)
def test_every_source_gives_the_same_columns(maker):
    table = read_table(MAKERS[maker]())
    assert table.names == tuple(COLUMNS)
    assert table.n_rows == 3
    assert values(table, "x") == [1.5, None, -2.0]
    assert values(table, "i") == [1, 2, 3]
    assert values(table, "g") == ["b", None, "a"]
    assert table["g"].levels == ("a", "b")
    assert values(table, "flag") == ["True", "False", None]
    assert table["flag"].is_boolean
    assert table["flag"].levels == ("False", "True")
    assert values(table, "day") == [1, None, -1]
    assert values(table, "time") == [0.5, None, 10957]
    assert table["day"].is_date
    assert table["time"].is_date
    assert table.notes == ()
    assert table.kind == ("dict" if maker == "numpy" else maker)


def test_a_file_gives_the_same_columns(tmp_path):
    frame = pl.DataFrame(COLUMNS)
    write_frame(frame, tmp_path / "a.csv")
    write_frame(frame, tmp_path / "a.parquet")
    for name in ("a.csv", "a.parquet"):
        table = read_table(str(tmp_path / name))
        assert (table.source, table.kind) == (name, "file")
        for column in COLUMNS:
            assert values(table, column) == values(read_table(frame), column)


def test_a_table_is_given_back_as_it_is():
    table = read_table(COLUMNS)
    assert read_table(table) is table
    assert read_table(table, columns=["i", "x"]).names == ("x", "i")


@pytest.mark.parametrize("dtype", ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "g", ">f8", "O"])
def test_arrays_of_any_number_type_are_numbers(dtype):
    assert values(read_table({"x": np.array([1, 2, 3], dtype)}), "x") == [1, 2, 3]


def test_arrays_of_other_types_are_what_they_say():
    table = read_table(
        {
            "text": np.array(["b", "a"]),
            "flag": np.array([True, False]),
            "day": np.array(["1970-01-03", "NaT"], "datetime64[D]"),
            "nano": np.array(["1970-01-01T06", "NaT"], "datetime64[ns]"),
            "masked": np.ma.array([1.0, 2.0], mask=[False, True]),
            "matrix": np.array([[1.0], [2.0]]),
            "range": range(2),
            "tuple": (1, None),
            "series": pd.Series([1, 2]),
            "polars": pl.Series(["u", None]),
            "arrow": pa.array([1, None]),
            "chunks": pa.chunked_array([[1], [2]]),
            "extension": pd.array([1, None], dtype="Int64"),
            "index": pd.Index([3, 4]),
            "categorical": pd.Categorical(["v", "u"]),
        }
    )
    assert values(table, "text") == ["b", "a"]
    assert values(table, "flag") == ["True", "False"]
    assert values(table, "day") == [2, None]
    assert values(table, "nano") == [0.25, None]
    assert values(table, "masked") == [1, None]
    assert values(table, "matrix") == values(table, "chunks") == values(table, "series") == [1, 2]
    assert values(table, "range") == [0, 1]
    assert values(table, "tuple") == values(table, "arrow") == values(table, "extension") == [1, None]
    assert values(table, "polars") == ["u", None]
    assert values(table, "index") == [3, 4]
    assert values(table, "categorical") == ["v", "u"]


def test_lists_are_what_they_hold():
    zone = dt.timezone(dt.timedelta(hours=1))
    table = read_table(
        {
            "numbers": [1, 2.5, None, np.float32(1), Decimal("0.5"), np.int8(3), float("nan"), True],
            "text": ["a", np.str_("b"), None, float("nan"), pd.NA, "", "NA", " a"],
            "flags": [True, np.True_, None, False, pd.NA, np.False_, True, True],
            "dates": [dt.date(1970, 1, 2), None, pd.NaT, np.datetime64("1970-01-03"), *[dt.date(1970, 1, 1)] * 4],
            "zones": [dt.datetime(1970, 1, 1, 13, tzinfo=zone), *[pd.Timestamp(0)] * 7],
            "none": [None] * 8,
        }
    )
    assert values(table, "numbers") == [1, 2.5, None, 1, 0.5, 3, None, 1]
    assert values(table, "text") == ["a", "b", None, None, None, "", "NA", " a"]
    assert values(table, "flags") == ["True", "True", None, "False", None, "False", "True", "True"]
    assert values(table, "dates") == [1, None, None, 2, 0, 0, 0, 0]
    assert values(table, "zones")[0] == 0.5
    assert values(table, "none") == [None] * 8


def test_a_list_of_mixed_types_is_text_and_names_the_row():
    table = read_table({"x": ["u", "v", 3, None]}, name="mine")
    assert values(table, "x") == ["u", "v", "3", None]
    assert table.notes == ("mine: column 'x' is text, since it mixes text and other values (row 3: '3')",)


def test_text_that_is_nearly_all_numbers_names_the_first_row_that_is_not():
    table = read_table(pd.DataFrame({"x": ["12", "13", None, "abc"]}))
    assert table.notes == ("table: column 'x' is text, since 1 of 3 values is not a number (row 4: 'abc')",)
    assert table["x"].why in table.notes[0]


def test_declared_levels_keep_their_order_and_lose_unused_ones():
    kinds = ["low", "high", "low", None]
    pandas = pd.DataFrame({"g": pd.Categorical(kinds, ["low", "none", "high"])})
    ordered = pd.DataFrame({"g": pd.Categorical(kinds, ["low", "none", "high"], ordered=True)})
    polars = pl.DataFrame({"g": pl.Series(kinds, dtype=pl.Enum(["low", "none", "high"]))})
    arrow = pa.table({"g": pa.DictionaryArray.from_arrays([0, 2, 0, None], ["low", "none", "high"])})
    for frame in (pandas, ordered, polars, arrow):
        column = read_table(frame)["g"]
        assert column.levels == ("low", "high")
        assert column.codes.tolist() == [0, 1, 0, -1]
        assert column.is_ordered == (frame is ordered)


def test_levels_of_a_polars_categorical_do_not_depend_on_earlier_frames():
    pl.Series(["zz", "late", "early"], dtype=pl.Categorical)
    frame = pl.DataFrame({"g": pl.Series(["late", "early"], dtype=pl.Categorical)})
    assert read_table(frame)["g"].levels == ("early", "late")


def test_categories_that_are_numbers_become_levels():
    column = read_table(pd.DataFrame({"g": pd.Categorical([3, 1, 3])}))["g"]
    assert column.levels == ("1", "3")
    assert column.codes.tolist() == [1, 0, 1]


def test_levels_are_sorted_by_code_point():
    assert read_table({"g": ["é", "b", "B", "a", "10", "9"]})["g"].levels == ("10", "9", "B", "a", "b", "é")


def test_moments_with_a_zone_are_in_utc():
    moments = pd.to_datetime(["1970-01-01 01:00", None]).tz_localize("Europe/Paris")
    assert values(read_table(pd.DataFrame({"t": moments})), "t") == [0, None]


def test_a_column_that_cannot_be_used_does_no_harm_until_it_is():
    frames = [
        pl.DataFrame({"y": [1.0], "bad": [[1, 2]]}),
        pl.DataFrame({"y": [1.0], "bad": [b"ab"]}),
        pl.DataFrame({"y": [1.0], "bad": [dt.timedelta(1)]}),
        pl.DataFrame({"y": [1.0], "bad": [{"a": 1}]}),
        pd.DataFrame({"y": [1.0], "bad": [[1]]}),
        pd.DataFrame({"y": [1.0], "bad": [1j]}),
        pd.DataFrame({"y": [1.0], "bad": pd.to_timedelta([1], "D")}),
        pa.table({"y": [1.0], "bad": [[1]]}),
        {"y": [1.0], "bad": [object()]},
        {"y": [1.0], "bad": np.array([1j])},
        {"y": [1.0], "bad": np.array([1], "m8[s]")},
        {"y": [1.0], "bad": np.array([b"a"])},
        {"y": [1.0], "bad": [10**400]},
    ]
    for frame in frames:
        table = read_table(frame)
        assert values(table, "y") == [1]
        with pytest.raises(TableError, match="table: column 'bad' holds ") as caught:
            table["bad"]
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["dict", "numpy", "pandas", "nullable", "polars", "pyarrow"])
def test_integers_past_2_to_the_53_are_refused_when_used(kind):
    large = [1, 2**53 + 1]
    data = {
        "dict": {"i": large},
        "numpy": {"i": np.array(large, np.uint64)},
        "pandas": pd.DataFrame({"i": large}),
        "nullable": pd.DataFrame({"i": pd.array(large, dtype="Int64")}),
        "polars": pl.DataFrame({"i": large}),
        "pyarrow": pa.table({"i": large}),
    }[kind]
    with pytest.raises(TableError, match=r"past 2\^53 .*\(row 2: '9007199254740993'\)"):
        read_table(data)["i"]


def test_integers_with_missing_values_are_kept_exactly():
    for frame in (pl.DataFrame, pa.table, dict):
        table = read_table(frame({"i": [2**53, None, -(2**60)]}))
        assert values(table, "i") == [2.0**53, None, -(2.0**60)]


def test_the_table_does_not_share_memory_with_the_array():
    array = np.ones(3)
    table = read_table({"x": array})
    array[0] = 5
    assert values(table, "x") == [1, 1, 1]


def test_rows_are_taken_in_the_order_asked_and_levels_stay():
    table = read_table(COLUMNS).take(np.array([2, 0]))
    assert table.n_rows == 2
    assert values(table, "g") == ["a", "b"]
    assert table["x"].take(np.array([1])).values.tolist() == [1.5]
    assert read_table(COLUMNS).take(np.array([0]))["g"].levels == ("a", "b")


def test_missing_rows_are_marked_in_both_kinds():
    table = read_table(COLUMNS)
    assert table["x"].missing.tolist() == [False, True, False]
    assert table["g"].missing.tolist() == [False, True, False]
    assert table["g"].n_rows == table["x"].n_rows == 3


def test_an_unknown_column_is_refused_with_the_nearest_name(tmp_path):
    (tmp_path / "p.csv").write_text("body_mass,Species\n1,a\n")
    write_frame(pl.DataFrame({"body_mass": [1]}), tmp_path / "p.parquet")
    with pytest.raises(TableError, match=r"^p.csv has no column 'bodymass'; did you mean 'body_mass'\?$"):
        read_table(tmp_path / "p.csv")["bodymass"]
    with pytest.raises(TableError, match=r"no column 'species'; did you mean 'Species'\?$"):
        read_table(tmp_path / "p.csv", columns=["species"])
    with pytest.raises(TableError, match=r"did you mean 'body_mass'\?$"):
        read_table(tmp_path / "p.parquet", columns=["body_mas"])
    with pytest.raises(TableError, match=r"it has 'x', 'i', 'g', 'flag', 'day', 'time'$"):
        read_table(COLUMNS, columns=["zzzzz"])


@pytest.mark.parametrize("maker", MAKERS)
def test_only_the_columns_asked_for_are_read(maker):
    assert read_table(MAKERS[maker](), columns=["g", "x"]).names == ("x", "g")


def test_an_infinite_value_is_named_when_checked():
    with pytest.raises(TableError, match=r"table: column 'x' has an infinite value \(row 2\)"):
        read_table({"x": [1.0, np.inf]})["x"].check_finite("table")
    assert read_table({"x": [1.0, np.nan]})["x"].check_finite("table") is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (3, "an int is not a table"),
        (np.ones((2, 2)), "an ndarray has no names of columns"),
        ([{"a": 1}], "a list is not a table"),
        (None, "a NoneType is not a table"),
        (pd.Series([1]), "a Series is not a table"),
        (pl.LazyFrame({"a": [1]}), "collect the lazy frame first"),
        ({}, "table has no columns"),
        (pd.DataFrame(), "table has no columns"),
        ({"a": [1, 2], "b": [1]}, "column 'b' has 1 rows, but column 'a' has 2"),
        ({"a": 5}, "column 'a' is an int; give a list or an array"),
        ({"a": "text"}, "column 'a' is a str"),
        ({"a": np.ones((2, 3))}, r"column 'a' has the shape \(2, 3\)"),
        ({"a": iter([1])}, "column 'a' is a list_iterator"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "two columns of one name"),
        (pa.table([[1], [2]], names=["a", "a"]), "two columns of one name"),
        ({1: [1], "1": [2]}, "two columns are called '1'"),
    ],
)
def test_what_is_no_table_is_refused_in_one_line(data, message):
    with pytest.raises(TableError, match=message) as caught:
        read_table(data)
    assert "\n" not in str(caught.value)


def test_names_that_are_not_text_become_text():
    assert read_table(pd.DataFrame([[1, 2]])).names == ("0", "1")


def test_a_record_array_is_a_table():
    assert values(read_table(np.array([(1, 2.0)], [("a", int), ("b", float)])), "b") == [2]


def test_a_frame_without_rows_is_a_table():
    assert read_table(pl.DataFrame({"x": [], "g": []}, schema={"x": pl.Float64, "g": pl.String})).n_rows == 0


@pytest.mark.parametrize(("kind", "expected"), [("pandas", pd.DataFrame), ("pyarrow", pa.Table)])
def test_a_frame_goes_back_as_the_kind_it_came(kind, expected):
    frame = make_frame({"p": np.array([1.0, np.nan]), "g": ["a", None], "k": np.arange(2)}, kind)
    assert isinstance(frame, expected)
    table = read_table(frame)
    assert table.kind == kind
    assert values(table, "p") == [1, None]
    assert values(table, "g") == ["a", None]


@pytest.mark.parametrize("kind", ["polars", "dict", "file"])
def test_other_kinds_go_back_as_polars_with_null_for_missing(kind):
    frame = make_frame({"p": np.array([1.0, np.nan]), "g": np.array(["a", None], object)}, kind)
    assert frame.to_dict(as_series=False) == {"p": [1.0, None], "g": ["a", None]}
    assert make_frame({"p": np.array([np.nan])}, "pyarrow")["p"].null_count == 1


@pytest.mark.parametrize("maker", ["pandas", "polars", "pyarrow", "dict"])
@pytest.mark.parametrize("ending", [".csv", ".tsv", ".parquet", ".PQ"])
def test_what_is_written_reads_the_same(tmp_path, maker, ending):
    path = tmp_path / f"out{ending}"
    write_frame(MAKERS[maker](), path)
    table, before = read_table(path), read_table(COLUMNS)
    for name in COLUMNS:
        assert values(table, name) == values(before, name)
    assert os.listdir(tmp_path) == [path.name]


def test_numbers_are_written_to_the_last_bit(tmp_path):
    numbers = np.random.default_rng(0).normal(size=1000) * 10.0 ** np.random.default_rng(1).integers(-300, 300, 1000)
    write_frame({"x": numbers}, tmp_path / "a.csv")
    assert np.array_equal(read_table(tmp_path / "a.csv")["x"].values, numbers)


def test_a_missing_value_in_a_single_column_is_not_a_blank_line(tmp_path):
    write_frame({"x": np.array([1, np.nan, 3])}, tmp_path / "a.csv")
    assert values(read_table(tmp_path / "a.csv"), "x") == [1, None, 3]


def test_difficult_text_is_written_so_that_it_reads_the_same(tmp_path):
    texts = ['a "b"', "c, d", "e\nf", "é", "#g", "x;y"]
    write_frame({"t": texts, "n": [1, 2, 3, 4, 5, 6]}, tmp_path / "a.csv")
    assert values(read_table(tmp_path / "a.csv"), "t") == texts


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text("old")
    for broken in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, broken, lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
            with pytest.raises(TableError, match=r"cannot write '.*a.csv': no space left on device"):
                write_frame(COLUMNS, path)
        assert path.read_text() == "old"
        assert os.listdir(tmp_path) == ["a.csv"]


def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text("old")

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_frame(COLUMNS, path)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.csv"]


def test_a_file_keeps_its_mode_and_a_link_its_target(tmp_path):
    path, link = tmp_path / "a.csv", tmp_path / "link.csv"
    path.write_text("old")
    path.chmod(0o640)
    link.symlink_to(path)
    write_frame(COLUMNS, link)
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert read_table(path).n_rows == 3


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.xlsx", "is written as .csv, .tsv or .parquet"),
        ("a", "is written as .csv"),
        ("no/such/a.csv", "cannot write '.*': no such file or directory"),
        ("folder.csv", "it exists and is not a regular file"),
        ("pipe.csv", "it exists and is not a regular file"),
        ("x" * 300 + ".csv", "too long"),
        ("a\0.csv", "cannot write"),
    ],
)
def test_what_cannot_be_written_is_refused_in_one_line(tmp_path, name, message):
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(TableError, match=message) as caught:
        write_frame(COLUMNS, f"{tmp_path}/{name}")
    assert "\n" not in str(caught.value)
    assert len(os.listdir(tmp_path)) == 2


def test_nested_columns_and_other_objects_are_not_written(tmp_path):
    with pytest.raises(TableError, match="column 'l' holds lists"):
        write_frame(pl.DataFrame({"l": [[1]]}), tmp_path / "a.csv")
    with pytest.raises(TableError, match="an int is not a table"):
        write_frame(3, tmp_path / "a.csv")
    with pytest.raises(TableError, match="is a URL"):
        write_frame(COLUMNS, "s3://bucket/a.csv")
    assert os.listdir(tmp_path) == []


def test_a_table_knows_its_columns():
    table = read_table(COLUMNS)
    assert "x" in table
    assert "z" not in table
    assert repr(table) == "Table(table: 3 rows, columns x, i, g, flag, day, time)"
    assert isinstance(table["x"], NumberColumn)


def test_importing_the_table_loads_no_frame_library():
    code = "import sys, pliant.data.table; print({'polars', 'narwhals', 'pandas', 'pyarrow'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "set()\n"


def test_reading_csv_and_dicts_needs_neither_pandas_nor_pyarrow(tmp_path):
    write_frame(COLUMNS, tmp_path / "a.csv")
    write_frame(COLUMNS, tmp_path / "a.parquet")
    code = (
        "import sys; sys.modules['pandas'] = sys.modules['pyarrow'] = None\n"
        "import numpy as np\n"
        "from pliant.data.table import read_table, make_frame, write_frame\n"
        "for name in ('a.csv', 'a.parquet'):\n"
        "    table = read_table(name)\n"
        "    write_frame(make_frame({'x': table['x'].values}, table.kind), 'b.csv')\n"
        "print(table['g'].levels, read_table({'g': ['a', None]})['g'].codes)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert result.stdout == "('a', 'b') [ 0 -1]\n"


def test_two_hundred_thousand_rows_are_read_in_seconds(tmp_path):
    rng = np.random.default_rng(0)
    n = 200_000
    frame = pl.DataFrame({f"x{i}": rng.normal(size=n) for i in range(8)})
    frame = frame.with_columns(g=pl.Series(rng.choice(["a", "b", "c"], n)), id=pl.Series(map(str, range(n))))
    write_frame(frame.with_columns(id="i" + pl.col("id")), tmp_path / "a.csv")
    start = time.perf_counter()
    table = read_table(tmp_path / "a.csv")
    assert time.perf_counter() - start < 10  # 0.5 s on a quiet machine
    assert table.n_rows == n
    assert np.array_equal(table["x3"].values, frame["x3"].to_numpy())


def test_the_index_of_a_pandas_frame_goes_with_its_rows():
    table = read_table(pd.DataFrame({"x": [1.0, 2, 3], "y": [4.0, 5, 6]}, index=["a", "b", "c"]))
    assert list(table.take(np.array([2, 0])).index) == ["c", "a"]
    assert list(read_table(table, columns=["y"]).index) == ["a", "b", "c"]
    assert list(make_frame({"p": [1.0, 2, 3]}, table.kind, table.index).index) == ["a", "b", "c"]
    assert read_table(pl.DataFrame({"x": [1]})).index is None


def test_columns_that_were_read_are_taken_as_they_are():
    columns = read_table(pd.DataFrame({"g": pd.Categorical(["b", "a"], ["b", "a"]), "x": [1, 2]})).columns
    assert read_table(columns).columns == columns


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (np.zeros((2, 2, 2)), "3 dimensions"),
        (np.array(3.0), "0 dimensions"),
        ([[1, 2], [3]], "differ in length"),
        ([], None),
    ],
)
def test_rows_without_names_are_a_table_or_refused(rows, says):
    if says is None:
        assert list(named_columns(rows)) == ["x1"]
    else:
        with pytest.raises(TableError, match=says):
            named_columns(rows)


def test_numbers_beside_text_in_a_list_of_rows_stay_numbers():
    table = read_table(named_columns([[1, "b"], [2.5, "a"]]))
    assert values(table, "x1") == [1, 2.5]
    assert values(table, "x2") == ["b", "a"]


def test_masked_values_of_an_array_are_missing():
    table = read_rows(np.ma.masked_greater(np.array([[1.0, 2], [3, 4]]), 3.0), ["x1", "x2"])
    assert values(table, "x2") == [2, None]


def test_an_array_with_more_columns_than_the_model_reads_is_refused():
    with pytest.raises(TableError, match=r"columns are called x1, x2, x3, but the model reads 'x1', 'x2'"):
        read_rows(np.ones((2, 3)), ["x1", "x2"])
    with pytest.raises(TableError, match=r"columns are called x1, but the model reads 'speed'"):
        read_rows([1.0, 2.0], ["speed"])
