"""Dates in a formula: year, month, weekday and hour; and what a date stands for that is a term by its name."""

import json

import numpy as np
import pandas as pd
import pytest

import pliant
from pliant.data.derivative import design_slope
from pliant.data.design import Design, learn_design
from pliant.data.formula import parse
from pliant.data.table import read_table
from pliant.errors import FormulaError, LevelError, TableError
from pliant.storage.before import upgraded

RNG = np.random.default_rng(11)
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
N = 800
DAYS = np.datetime64("2021-01-01") + np.sort(RNG.permutation(1095)[:N])
YEARS = {"y": RNG.normal(size=N), "x": RNG.normal(size=N), "day": DAYS}


def learn(text, frame=YEARS, **options):
    return learn_design(parse(text), read_table(frame), **options)


def again(design):
    return Design.from_dict(json.loads(json.dumps(design.to_dict())))


def hourly(start, hours):
    times = pd.date_range(start, periods=hours, freq="h")
    return {"y": RNG.normal(size=hours), "t": times}


# the functions


def test_the_parts_of_a_date_are_those_that_pandas_gives():
    times = pd.Series(pd.date_range("1899-12-30 00:00:00", "2105-03-01", periods=5_000).round("s"))
    frame = {"y": np.arange(5_000.0), "t": times}
    design, arrays = learn("y ~ 0 + year(t) + hour(t) + month(t) + weekday(t)", frame)
    X = dict(zip(design.names, arrays.X.T, strict=True))
    assert np.array_equal(X["year(t)"], times.dt.year)
    assert np.array_equal(X["hour(t)"], times.dt.hour)
    for number, name in enumerate(MONTHS, start=1):
        assert np.array_equal(X[f"month(t)[{name}]"], times.dt.month == number)
    for number, name in enumerate(WEEKDAYS[1:], start=1):
        assert np.array_equal(X[f"weekday(t)[T.{name}]"], times.dt.day_of_week == number)


def test_every_full_hour_is_itself_and_not_the_one_before():
    times = pd.date_range("2024-02-28", periods=5_000, freq="h")
    _, arrays = learn("y ~ hour(t)", {"y": np.arange(5_000.0), "t": times})
    assert np.array_equal(arrays.X[:, 1], times.hour)


def test_levels_are_in_the_order_of_the_calendar_and_take_a_contrast():
    design, _ = learn('y ~ month(day) + C(weekday(day), ref="Sun")')
    assert design.names[1:12] == tuple(f"month(day)[T.{name}]" for name in MONTHS[1:])
    assert design.names[12:] == tuple(f'C(weekday(day), ref = "Sun")[T.{name}]' for name in WEEKDAYS[:6])
    assert design.r_names()[1:3] == ("month(day)Feb", "month(day)Mar")
    sums, _ = learn('y ~ C(month(day), contrast = "sum")')
    assert sums.names[1] == 'C(month(day), contrast = "sum")[S.Jan]'


def test_a_month_without_rows_is_no_level():
    summer = {"y": [1.0, 2, 3], "day": np.array(["2024-06-01", "2024-07-01", "2024-08-01"], "datetime64[D]")}
    assert learn("y ~ month(day)", summer)[0].names == ("Intercept", "month(day)[T.Jul]", "month(day)[T.Aug]")


@pytest.mark.parametrize("text", ["y ~ month(day)", 'y ~ C(month(day), contrast="helmert")', "y ~ 0 + month(day)"])
def test_a_month_that_no_training_row_has_counts_as_the_average_of_those_that_have(text):
    frame = {"y": [1.0, 2, 6, 3], "day": np.array(["2024-06-01", "2024-07-01", "2024-08-01", "2025-06-01"], "M8[D]")}
    line = pliant.fit(text, frame, hidden=())
    new = {"day": np.array(["2025-06-09", "2025-07-09", "2025-08-09", "2025-12-01"], "M8[D]")}
    for model in (line, again_model(line)):
        june, july, august, december = np.asarray(model.predict(new)["prediction"])
        assert december == pytest.approx((june + july + august) / 3)
    assert np.isnan(line.design.matrix(read_table({"day": np.array(["NaT"], "M8[D]")})).X).all()


def again_model(model):
    return pliant.Fitted.from_state(*model.to_state())


def test_what_is_no_date_has_no_month():
    with pytest.raises(TableError, match=r"column 'x' holds numbers; month\(x\) needs dates, such as 2024-12-31"):
        learn("y ~ month(x)")
    frame = {"y": [1.0, 2.0], "d": ["31/12/2024", "1/1/2025"]}
    with pytest.raises(TableError, match=r"column 'd' is text.*'31/12/2024'.*; hour\(d\) needs dates"):
        learn("y ~ hour(d)", frame)
    with pytest.raises(FormulaError, match="month"):
        learn("y ~ I(month(day) + 1)")
    for wrong, right in {"weekdays": "weekday", "months": "month", "quarter": "month"}.items():
        with pytest.raises(FormulaError, match=right):
            parse(f"y ~ {wrong}(day)")


def test_numbers_far_beyond_any_calendar_are_refused():
    design, _ = learn("y ~ month(day)")
    with pytest.raises(TableError, match=r"month\(day\).*row 1"):
        design.matrix(read_table({"day": [1.7e12]}))


def test_arithmetic_on_a_date_is_a_date():
    _, arrays = learn("y ~ year(I(day + 365))")
    assert np.array_equal(arrays.X[:, 1], pd.Series(DAYS + 365).dt.year)


def test_a_weekday_that_was_learnt_is_refused_under_other_levels():
    with pytest.raises(LevelError, match="'Mon'"):
        learn('y ~ C(weekday(day), levels = c("Sat", "Sun"))')


# a date that is a term by its name


def test_a_date_stands_for_its_trend_and_the_parts_that_say_more():
    for text in ("y ~ day", "y ~ . - x"):
        design, arrays = learn(text)
        wanted = [f"month(day)[T.{name}]" for name in MONTHS[1:]] + [f"weekday(day)[T.{name}]" for name in WEEKDAYS[1:]]
        assert design.names == ("Intercept", "day", *wanted)
        assert np.array_equal(arrays.X[:, 1], DAYS.astype(np.int64))
        said = "day is a date: it stands for its trend (days since 1970), month(day) and weekday(day); "
        assert f"{said}write I(day) for the trend alone" in design.notes


def test_the_trend_alone_is_written_with_i():
    design, arrays = learn("y ~ I(day)")
    assert design.names == ("Intercept", "I(day)")
    assert np.array_equal(arrays.X[:, 1], DAYS.astype(np.int64))
    assert not any("is a date" in note for note in design.notes)


def test_a_formula_that_names_a_part_gets_no_other():
    assert learn("y ~ day + year(day)")[0].names == ("Intercept", "day", "year(day)")
    assert learn("y ~ day - month(day)")[0].names == ("Intercept", "day")


def test_a_date_in_a_product_is_its_trend():
    assert learn("y ~ day:x")[0].names == ("Intercept", "day:x")
    names = learn("y ~ day*x")[0].names
    assert names[:3] == ("Intercept", "day", "month(day)[T.Feb]")
    assert names[-2:] == ("x", "day:x")


def test_a_season_needs_two_years_in_which_to_be_seen():
    one = {"y": RNG.normal(size=365), "day": np.datetime64("2023-01-01") + np.arange(365)}
    assert [name for name in learn("y ~ day", one)[0].names if "month" in name] == []
    two = {"y": RNG.normal(size=730), "day": np.datetime64("2022-01-01") + np.arange(730)}
    assert "month(day)[T.Dec]" in learn("y ~ day", two)[0].names


def test_a_part_needs_ten_rows_a_level():
    few = {"y": RNG.normal(size=60), "day": np.datetime64("2014-01-01") + 37 * np.arange(60)}
    assert learn("y ~ day", few)[0].names == ("Intercept", "day")


def test_dates_that_stand_for_months_have_no_weekday():
    firsts = np.arange("2008-01", "2020-01", dtype="M8[M]").astype("M8[D]")
    for days in (firsts, firsts - 1):
        names = learn("y ~ day", {"y": RNG.normal(size=144), "day": days})[0].names
        assert len(names) == 13
        assert names[2] == "month(day)[T.Feb]"


def test_the_hour_comes_in_where_times_of_day_differ():
    design, _ = learn("y ~ t", hourly("2024-02-01", 24 * 21))
    assert design.names == ("Intercept", "t", *(f"weekday(t)[T.{name}]" for name in WEEKDAYS[1:]), "hour(t)")
    assert "hour(t)" not in learn("y ~ t", hourly("2024-02-01", 24))[0].names


def test_what_varies_is_asked_of_the_training_rows_alone():
    training = np.arange(N) < 200  # less than a year
    design, _ = learn("y ~ day", training=training)
    assert design.names == ("Intercept", "day", *(f"weekday(day)[T.{name}]" for name in WEEKDAYS[1:]))


def test_the_parts_bend_where_the_date_bends():
    design, _ = learn("y ~ net(x) + day")
    assert {name: bends for name, bends in zip(design.names[1:], design.input_bends, strict=True) if bends} == {
        "x": True
    }
    design, _ = learn("y ~ x + net(day)")
    assert sum(design.input_bends) == 18


def test_a_file_keeps_the_parts_and_a_file_without_them_is_read_as_it_was():
    design, _ = learn("y ~ day")
    new = read_table({"day": DAYS[:40] + 3000})
    assert np.array_equal(again(design).matrix(new).X, design.matrix(new).X)
    said = learn("y ~ I(day)")[0].to_dict()
    said = {k: v for k, v in said.items() if k != "dates"} | {"formula": "y ~ day", "names": ("Intercept", "day")}
    old = Design.from_dict(upgraded({"format": 1, "design": json.loads(json.dumps(said))})["design"])
    assert old.matrix(new).X.shape == (40, 2)


def test_a_table_of_arrays_with_a_date_among_them_is_no_block():
    frame = pd.DataFrame({"a": RNG.normal(size=N), "day": DAYS, "y": RNG.normal(size=N)})
    assert len(learn("y ~ .", frame)[0].names) == 20


def test_missing_dates_are_filled_and_the_parts_with_them():
    days = DAYS.astype("M8[D]").copy()
    days[3] = np.datetime64("NaT")
    design, arrays = learn("y ~ day", YEARS | {"day": days}, missing="impute")
    assert design.names[-1] == "day[missing]"
    assert np.isfinite(arrays.X).all()
    assert np.isfinite(design.matrix(read_table({"day": [None]})).X).all()


def test_the_trend_carries_the_slope_and_the_parts_are_flat():
    frame = hourly("2020-01-01", 24 * 800)
    design, _ = learn("y ~ t + 0", frame)
    slopes, _ = design_slope(design, read_table(frame), "t")
    assert slopes[:, 0].tolist() == [1.0] * len(slopes)
    assert not slopes[:, 1:].any()
    other, _ = learn("y ~ log(year(t))", frame)
    assert not design_slope(other, read_table(frame), "t")[0].any()


def test_a_line_finds_the_season_and_goes_on_beyond_the_years_that_it_has_seen():
    season = np.cos(2 * np.pi * (np.arange(12) - 6) / 12)
    month = DAYS.astype("M8[M]").astype(int) % 12
    weekend = (DAYS.astype(int) + 3) % 7 >= 5
    truth = 0.002 * (DAYS.astype(int) - 18600) + 3 * season[month] - 2.0 * weekend
    line = pliant.fit("y ~ day", YEARS | {"y": truth + 0.1 * RNG.normal(size=N)}, hidden=())
    assert line.coefficients["day"] == pytest.approx(0.002, rel=0.05)
    assert line.coefficients["weekday(day)[T.Sat]"] == pytest.approx(-2, abs=0.1)
    new = np.datetime64("2026-07-14")  # a Tuesday
    assert line.predict({"day": [new]})["prediction"][0] == pytest.approx(0.002 * (20648 - 18600) + 3, abs=0.3)
    table = pliant.anova(line)
    assert all(f"\n{name}  " in str(table) for name in ("day", "month(day)", "weekday(day)"))
    assert len(line.effects("day")) > 0


def test_a_network_of_dates_has_its_effects_and_predicts_later_dates(tmp_path):
    business = DAYS[(DAYS.astype(int) + 3) % 7 < 5]
    frame = {"y": np.sin(business.astype(int) / 58.1) + 0.1 * RNG.normal(size=len(business)), "day": business}
    model = pliant.fit("y ~ day", frame, members=3)
    path = tmp_path / "dates.pliant"
    model.save(path)
    later = {"day": np.datetime64("2024-03-01") + np.arange(7)}  # with a Saturday and a Sunday
    found = np.asarray(model.predict(later)["prediction"])
    assert np.isfinite(found).all()
    assert np.array_equal(found, np.asarray(pliant.load(path).predict(later)["prediction"]))
    assert len(model.effects("day")) > 0
    assert "month(day)" in str(model.summary())
