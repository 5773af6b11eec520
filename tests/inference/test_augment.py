"""`augment`: beside the rows it belongs to, with what was given as an argument."""

import numpy as np
import pandas as pd
import pytest

import pliant

FRAME = pd.DataFrame(
    {"x": [1.0, 2, 3, 5, 6, np.nan], "y": [1, 3, 2, 5, 9, 4], "g": list("aabbcc")}, index=[10, 20, 30, 40, 50, 60]
)


@pytest.mark.parametrize("options", [{"hidden": ()}, {"hidden": 2, "epochs": 3}], ids=str)
def test_predictions_and_augmented_rows_keep_the_index_of_a_pandas_frame(options):
    model = pliant.fit("y ~ x", FRAME, **options)
    assert list(model.augment().index) == list(FRAME.index)
    some = FRAME.loc[[50, 10]]
    for frame in (model.predict(some), model.augment(some)):
        assert list(frame.index) == [50, 10]
    assert model.predict(some)["prediction"].equals(model.predict(FRAME)["prediction"].loc[[50, 10]])
    assert np.allclose(some["y"] - model.predict(some)["prediction"], model.augment(some)[".resid"])


@pytest.mark.parametrize("validation", [None, 0.4])
def test_fitted_means_hold_the_offset_that_was_given_as_numbers(validation):
    offset = np.array([0.5, -0.2, 0.3, 0.9, -0.4, 0.1])
    how = {"hidden": ()} if validation is None else {"hidden": 2, "epochs": 20, "validation": validation}
    model = pliant.fit("y ~ x", FRAME, family="poisson", offset=offset, **how)
    without = model.predict(FRAME)["prediction"]
    assert np.allclose(model.augment()[".fitted"], without * np.exp(offset), rtol=1e-12, equal_nan=True)


@pytest.mark.parametrize("y", [[2.0, 4, 6, 10], [1.0, 5, 2, 7]], ids=["perfect", "any"])
def test_leverage_needs_no_dispersion(y):
    perfect = pliant.fit("y ~ x", {"x": [1.0, 2, 3, 5], "y": y}, hidden=())
    assert perfect.augment()[".hat"].sum() == pytest.approx(2.0, rel=1e-12)
    saturated = pliant.fit("y ~ poly(x, 3)", {"x": [1.0, 2, 3, 5], "y": y}, hidden=())
    assert np.isnan(saturated.dispersion)
    assert np.allclose(saturated.augment()[".hat"], 1.0, rtol=1e-12)


def test_classes_on_the_scale_of_the_link_have_the_names_of_their_levels():
    table = {"x": np.arange(12.0), "g": list("abcabcabcbca")}
    model = pliant.fit("g ~ x", table, family="multinomial", hidden=())
    assert model.predict(table, type="link").columns == ["link[b]", "link[c]"]
    assert model.predict(table).columns == ["prediction", "probability[a]", "probability[b]", "probability[c]"]
