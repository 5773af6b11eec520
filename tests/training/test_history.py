"""History: rows in, columns out, and through JSON unchanged."""

import json
import math
from typing import Any

import numpy as np
import pytest

from pliant.errors import ModelFileError
from pliant.training import History


def filled() -> History:
    history = History()
    history.append(1, 0.1 + 0.2, math.nan, 0.1, 0.5)
    history.append(2, 5e-324, 0.25, 1 / 3, 0.75)
    history.append(3, math.inf, math.nan, 0.1, 1.0)
    return history


def test_columns_are_arrays_of_one_row_an_epoch() -> None:
    history = filled()
    assert len(history) == 3
    assert history["epoch"].tolist() == [1.0, 2.0, 3.0]
    assert history.elapsed == 1.0
    assert repr(history) == "History(3 epochs)"


def test_json_keeps_every_bit_and_is_standard() -> None:
    text = json.dumps(filled().to_dict(), allow_nan=False)
    again = History.from_dict(json.loads(text))
    for name, values in filled().to_arrays().items():
        np.testing.assert_array_equal(again[name], values)


def test_arrays_are_read_back() -> None:
    again = History.from_dict(filled().to_arrays())
    np.testing.assert_array_equal(again["loss"], filled()["loss"])


def test_the_lowest_epoch_is_the_first_of_the_lowest_finite_losses() -> None:
    history = filled()
    assert history.lowest_epoch() == 2
    history.append(4, 5e-324, math.nan, 0.1, 2.0)
    history.append(5, math.nan, math.nan, 0.1, 2.0)
    assert history.lowest_epoch() == 2
    assert History().lowest_epoch() is None


def test_parts_and_copies_grow_apart() -> None:
    history = filled()
    part, copy = history.until(2), history.copy()
    copy.append(4, 0.0, 0.0, 0.0, 0.0)
    assert (len(part), len(history), len(copy)) == (2, 3, 4)


@pytest.mark.parametrize(
    "damaged",
    [{}, {**filled().to_dict(), "loss": [1.0]}, {**filled().to_dict(), "loss": "none"}, {"epoch": 3}],
)
def test_a_damaged_history_is_refused(damaged: Any) -> None:
    with pytest.raises(ModelFileError, match="may be damaged"):
        History.from_dict(damaged)
