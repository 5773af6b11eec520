"""The shipped and the simulated tables are what their pages say."""

import csv

import numpy as np
import polars
import pytest

from pliant import datasets
from pliant.errors import ArgumentError


def test_line_is_two_x_plus_three_with_noise_of_two() -> None:
    frame = datasets.line(20_000, seed=3)
    x, y = frame["x"].to_numpy(), frame["y"].to_numpy()
    slope, intercept = np.polyfit(x, y, 1)
    # Standard errors at this n: 0.0024 for the slope, 0.014 for the intercept, 0.01 for the deviation.
    assert slope == pytest.approx(2.0, abs=0.0125)
    assert intercept == pytest.approx(3.0, abs=0.07)
    assert np.std(y - 2.0 * x - 3.0) == pytest.approx(2.0, abs=0.05)


def test_sine_is_four_times_the_sine_with_noise_of_one() -> None:
    frame = datasets.sine(20_000, seed=3)
    x, y, truth = (frame[name].to_numpy() for name in ("x", "y", "truth"))
    np.testing.assert_array_equal(truth, 4.0 * np.sin(x))
    assert np.mean(y - truth) == pytest.approx(0.0, abs=0.035)
    assert np.std(y - truth) == pytest.approx(1.0, abs=0.025)


def test_simulated_x_is_evenly_spaced_between_its_ends() -> None:
    assert datasets.line(5)["x"].to_list() == [-10.0, -5.0, 0.0, 5.0, 10.0]
    assert datasets.sine(5)["x"].to_list() == [-5.0, -2.5, 0.0, 2.5, 5.0]


@pytest.mark.parametrize("make", [datasets.line, datasets.sine])
def test_a_seed_decides_the_table(make) -> None:
    assert make(50, seed=1).equals(make(50, seed=1))
    assert not make(50, seed=1).equals(make(50, seed=2))
    assert make().height == 100


@pytest.mark.parametrize("make", [datasets.line, datasets.sine])
@pytest.mark.parametrize(("wrong", "said"), [({"n": 1}, "n=1"), ({"seed": -1}, "seed=-1")])
def test_a_table_that_cannot_be_drawn_is_refused(make, wrong, said) -> None:
    with pytest.raises(ArgumentError, match=said):
        make(**wrong)


def test_penguins_have_the_columns_and_counts_of_the_published_table() -> None:
    frame = datasets.penguins()
    assert frame.columns == [
        "species",
        "island",
        "bill_length_mm",
        "bill_depth_mm",
        "flipper_length_mm",
        "body_mass_g",
        "sex",
        "year",
    ]
    assert dict(frame["species"].value_counts().iter_rows()) == {
        "Adelie": 152,
        "Chinstrap": 68,
        "Gentoo": 124,
    }
    assert dict(frame["island"].value_counts().iter_rows()) == {"Biscoe": 168, "Dream": 124, "Torgersen": 52}
    assert frame.null_count().row(0) == (0, 0, 2, 2, 2, 2, 11, 0)
    # The means that the package's own page prints for the year, the flipper and the body mass.
    assert frame["body_mass_g"].mean() == pytest.approx(4201.754, abs=5e-4)
    assert frame["flipper_length_mm"].mean() == pytest.approx(200.915, abs=5e-4)
    assert frame["flipper_length_mm"].dtype == frame["year"].dtype == polars.Int64


def test_penguins_file_holds_plain_rows_of_eight_cells() -> None:
    with datasets.penguins_path().open(newline="", encoding="ascii") as file:
        rows = list(csv.reader(file))
    assert len(rows) == 345
    assert {len(row) for row in rows} == {8}
    assert rows[1] == ["Adelie", "Torgersen", "39.1", "18.7", "181", "3750", "male", "2007"]
