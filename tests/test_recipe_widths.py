"""How many units the recipe gives: eight, and more where the rows are many for them."""

import pytest

from pliant.recipe import Asked, choose, widen


def asked(hidden=None):
    return Asked(hidden, "reference", None, None, None, None, None, None, None, None, 0, "float64", {})


@pytest.mark.parametrize(("rows", "inputs", "wanted"), [(100, 1, 8), (200, 1, 16), (500, 8, 8), (600, 8, 16)])
def test_sixteen_units_need_rows_for_their_parameters(rows, inputs, wanted):
    plan = widen(choose(asked(), rows), rows, inputs, 1)
    assert plan.hidden == (wanted,)
    assert f"{wanted} hidden units" in plan.settings.reasons[0]


def test_units_that_were_asked_for_stay():
    plan = choose(asked(5), 5_000)
    assert widen(plan, 5_000, 2, 1) == plan
