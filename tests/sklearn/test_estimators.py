"""The estimators say what `pliant.fit` says: of frames and arrays, weights and exposures, intervals and sets."""

import inspect
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.exceptions import DataConversionWarning, NotFittedError
from sklearn.metrics import r2_score

import pliant
from pliant.errors import ArgumentError, InputError, LevelError, PliantWarning, SeparationError
from pliant.sklearn import PliantClassifier, PliantPreprocessor, PliantRegressor
from pliant.sklearn.base import HANDED_ON

PENGUINS = pliant.datasets.penguins().to_pandas().dropna(subset=["body_mass_g", "sex"]).reset_index(drop=True)
COLUMNS = ["flipper_length_mm", "bill_length_mm", "species", "sex"]
X, MASS, SPECIES = PENGUINS[COLUMNS], PENGUINS["body_mass_g"], PENGUINS["species"]
NUMBERS = X[["flipper_length_mm", "bill_length_mm"]].to_numpy()
RNG = np.random.default_rng(3)
SMALL = {"hidden": 2, "members": 3}


def counts(n=120):
    x, exposure = RNG.normal(size=(n, 2)), RNG.uniform(0.5, 4.0, n)
    return x, exposure, RNG.poisson(exposure * np.exp(0.3 + 0.8 * x[:, 0]))


# What is fitted --------------------------------------------------------------------------------------------


def test_a_frame_is_fitted_as_pliant_fits_it():
    ours = PliantRegressor(**SMALL).fit(X, MASS)
    theirs = pliant.fit("body_mass_g ~ .", PENGUINS[[*COLUMNS, "body_mass_g"]], missing="impute", **SMALL)
    assert np.array_equal(ours.result_.parameters, theirs.parameters)
    assert ours.result_.formula == "body_mass_g ~ ."
    assert np.array_equal(ours.predict(X), theirs.predict(X)["prediction"])
    assert ours.feature_names_in_.tolist() == COLUMNS


def test_an_array_is_fitted_as_pliant_fits_it():
    ours = PliantRegressor(**SMALL, random_state=4).fit(NUMBERS, MASS.to_numpy())
    theirs = pliant.fit(NUMBERS, MASS.to_numpy(), seed=4, **SMALL)
    assert np.array_equal(ours.result_.parameters, theirs.parameters)
    assert np.array_equal(ours.predict(NUMBERS), theirs.predict(NUMBERS)["prediction"])
    assert ours.n_features_in_ == 2
    assert not hasattr(ours, "feature_names_in_")


@pytest.mark.parametrize("estimator", [PliantRegressor, PliantClassifier])
def test_arguments_have_the_names_and_the_defaults_of_fit(estimator):
    ours, theirs = inspect.signature(estimator).parameters, inspect.signature(pliant.fit).parameters
    elsewhere = {"missing": "impute"}  # a row that is asked for has to be answered
    assert set(HANDED_ON) <= set(ours)
    for name in HANDED_ON:
        assert ours[name].default == elsewhere.get(name, theirs[name].default), name
    renamed = {"random_state", "n_jobs", "verbose", "family", "formula"}
    assert set(ours) - set(HANDED_ON) == renamed - ({"family"} if estimator is PliantClassifier else set())
    assert ours["random_state"].default == theirs["seed"].default


def test_polars_and_pandas_give_one_model():
    by_pandas, by_polars = PliantRegressor(**SMALL).fit(X, MASS), PliantRegressor(**SMALL).fit(pl.from_pandas(X), MASS)
    assert np.array_equal(by_pandas.predict(X), by_polars.predict(pl.from_pandas(X)))


def test_a_formula_says_which_columns_and_how():
    model = PliantRegressor(formula="~ flipper_length_mm * species", hidden=()).fit(X, MASS)
    assert "flipper_length_mm:species[T.Gentoo]" in model.result_.coefficients
    with pytest.raises(ArgumentError, match="right side alone"):
        PliantRegressor(formula="mass ~ sex").fit(X, MASS)
    with pytest.raises(ArgumentError, match="not a text"):
        PliantRegressor(formula=3).fit(X, MASS)


def test_a_column_called_as_the_response_does_no_harm():
    frame = pd.DataFrame({"y": [1.0, 2.0, 4.0, 3.0], "offset": [0.0, 1.0, 0.0, 1.0]})
    model = PliantRegressor(hidden=()).fit(frame, pd.Series([2.0, 4.0, 8.0, 6.0], name="y"), offset=np.zeros(4))
    assert model.result_.formula == "y_ ~ ."
    np.testing.assert_allclose(model.predict(frame, offset=0.0), [2.0, 4.0, 8.0, 6.0])


def test_several_responses_share_a_network_and_a_line_has_one():
    both = PENGUINS[["body_mass_g", "bill_depth_mm"]]
    model = PliantRegressor(**SMALL).fit(X, both)
    assert model.predict(X).shape == (len(X), 2)
    assert model.result_.formula == "cbind(body_mass_g, bill_depth_mm) ~ ."
    assert model.score(X, both) == pytest.approx(r2_score(both, model.predict(X)))
    assert model.__sklearn_tags__().target_tags.multi_output
    assert not PliantRegressor(hidden=()).__sklearn_tags__().target_tags.multi_output
    with pytest.raises(InputError, match="one response"):
        PliantRegressor(hidden=()).fit(X, both)
    with pytest.raises(InputError, match="several responses"):
        model.predict(X, interval=0.9)
    with pytest.warns(DataConversionWarning):
        assert PliantRegressor(hidden=()).fit(X, both[["body_mass_g"]]).predict(X).shape == (len(X),)


def test_the_seed_is_a_number_a_generator_or_anything():
    one, other = (PliantRegressor(**SMALL, random_state=np.random.RandomState(7)).fit(NUMBERS, MASS) for _ in range(2))
    assert np.array_equal(one.predict(NUMBERS), other.predict(NUMBERS))
    third, fourth = (PliantRegressor(**SMALL, random_state=None).fit(NUMBERS, MASS) for _ in range(2))
    assert not np.array_equal(third.predict(NUMBERS), fourth.predict(NUMBERS))


def test_a_single_training_has_its_curve():
    model = PliantRegressor(hidden=2, optimiser="adam", epochs=5).fit(NUMBERS, MASS)
    assert model.n_iter_ == len(model.loss_curve_) == 5
    assert model.loss_curve_[-1] < model.loss_curve_[0]
    for other, why in ((PliantRegressor(hidden=()), "a line is solved"), (PliantRegressor(**SMALL), "each member")):
        with pytest.raises(AttributeError, match=why):
            _ = other.fit(NUMBERS, MASS).loss_curve_


# Holes and levels ------------------------------------------------------------------------------------------


def test_holes_are_filled_and_marked_or_refused():
    holes = X.copy()
    holes.loc[3, "flipper_length_mm"] = np.nan
    holes.loc[5, "species"] = None
    model = PliantRegressor(hidden=()).fit(holes, MASS)
    assert {"flipper_length_mm[missing]", "species[missing]"} <= set(model.result_.coefficients)
    assert np.isfinite(model.predict(holes)).all()
    array = NUMBERS.copy()
    array[2, 1] = np.nan
    assert np.isfinite(PliantRegressor(hidden=()).fit(array, MASS).predict(array)).all()
    for table in (holes, array):
        with pytest.raises(ValueError, match=r"missing|NaN"):
            PliantRegressor(hidden=(), missing="error").fit(table, MASS)
    assert PliantRegressor().__sklearn_tags__().input_tags.allow_nan
    assert not PliantRegressor(missing="error").__sklearn_tags__().input_tags.allow_nan
    with pytest.raises(ArgumentError, match="every row has to be answered"):
        PliantRegressor(missing="drop").fit(X, MASS)


@pytest.mark.parametrize("missing", ["impute", "error"])
def test_infinite_values_are_refused(missing):
    frame, array = X.copy(), NUMBERS.copy()
    frame.loc[0, "bill_length_mm"] = array[0, 1] = np.inf
    model = PliantRegressor(hidden=(), missing=missing)
    for good, bad in ((X, frame), (NUMBERS, array)):
        with pytest.raises(ValueError, match="infinit"):
            model.fit(bad, MASS)
        with pytest.raises(ValueError, match="infinit"):
            model.fit(good, MASS).predict(bad)


def test_levels_that_training_did_not_have_are_missing_values_or_refused():
    new = X.head(3).assign(species="Emperor")
    with pytest.warns(PliantWarning, match="'species' has levels.*'Emperor'") as said:
        got = PliantRegressor(hidden=()).fit(X, MASS).predict(new)
    assert said[0].filename == __file__
    assert np.array_equal(got, PliantRegressor(hidden=()).fit(X, MASS).predict(X.head(3).assign(species="Adelie")))
    with pytest.raises(LevelError, match="Emperor"):
        PliantRegressor(hidden=(), missing="error").fit(X, MASS).predict(new)


def test_a_frame_of_numbers_and_its_array_may_stand_for_each_other():
    frame = X[["flipper_length_mm", "bill_length_mm"]]
    by_frame, by_array = PliantRegressor(hidden=()).fit(frame, MASS), PliantRegressor(hidden=()).fit(NUMBERS, MASS)
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        assert np.array_equal(by_frame.predict(NUMBERS), by_frame.predict(frame))
    with pytest.warns(UserWarning, match="fitted without feature names"):
        assert np.array_equal(by_array.predict(frame), by_array.predict(NUMBERS))


# Weights, offsets and groups -------------------------------------------------------------------------------


def test_whole_weights_are_equal_rows_and_zero_is_none():
    weights = RNG.integers(0, 3, len(X))
    rows = RNG.permutation(np.repeat(np.arange(len(X)), weights))
    weighted = PliantRegressor(**SMALL).fit(X, MASS, sample_weight=weights)
    repeated = PliantRegressor(**SMALL).fit(X.iloc[rows], MASS.iloc[rows])
    for ours, theirs in zip(weighted.predict(X, interval=0.9), repeated.predict(X, interval=0.9), strict=True):
        assert np.array_equal(ours, theirs)
    weighted = PliantClassifier(**SMALL).fit(NUMBERS, SPECIES, sample_weight=weights)
    repeated = PliantClassifier(**SMALL).fit(NUMBERS[rows], SPECIES.iloc[rows])
    assert np.array_equal(weighted.predict_proba(NUMBERS), repeated.predict_proba(NUMBERS))


def test_other_weights_weigh_rows_against_one_another():
    weights = RNG.uniform(0.2, 3.0, len(X))
    model = PliantRegressor(**SMALL).fit(X, MASS, sample_weight=weights)
    assert model.result_.facts.n_rows == len(X)
    again = PliantRegressor(**SMALL).fit(X, MASS, sample_weight=weights * 1e-3)
    np.testing.assert_allclose(model.predict(X), again.predict(X), rtol=1e-9)
    theirs = pliant.fit(
        "body_mass_g ~ .", PENGUINS[[*COLUMNS, "body_mass_g"]], weights=weights / np.mean(weights), **SMALL
    )
    np.testing.assert_allclose(model.predict(X), theirs.predict(X)["prediction"], rtol=1e-9)
    for wrong, why in ((-weights, "Negative"), (0.0 * weights, "non-zero"), (weights[:3], "expected")):
        with pytest.raises(ValueError, match=why):
            model.fit(X, MASS, sample_weight=wrong)


def test_counts_have_their_exposure_from_start_to_end():
    x, exposure, y = counts()
    model = PliantRegressor("poisson", **SMALL).fit(x, y, exposure=exposure)
    table = {"x1": x[:, 0], "x2": x[:, 1], "y": y, "log_e": np.log(exposure)}
    theirs = pliant.fit("y ~ x1 + x2", table, family="poisson", offset="log_e", **SMALL)
    np.testing.assert_allclose(model.predict(x, exposure=exposure), theirs.predict(table)["prediction"], rtol=1e-12)
    np.testing.assert_allclose(model.predict(x, exposure=2.0), 2.0 * model.predict(x, exposure=1.0), rtol=1e-12)
    ours, said = model.predict(x, interval=0.8, exposure=exposure), theirs.predict(table, interval=0.8)
    assert np.array_equal(ours[1], said["lower"])
    assert np.array_equal(ours[2], said["upper"])
    assert np.mean((ours[1] <= y) & (y <= ours[2])) > 0.75
    with pytest.raises(ValueError, match=r"with an offset or exposure, and none"):
        model.predict(x)
    with pytest.raises(ValueError, match="without an offset"):
        PliantRegressor("poisson", hidden=()).fit(x, y).predict(x, exposure=exposure)
    with pytest.raises(ArgumentError, match="link log"):
        PliantRegressor(hidden=()).fit(x, y, exposure=exposure)
    with pytest.raises(ValueError, match="above zero"):
        model.fit(x, y, exposure=0.0 * exposure)


@pytest.mark.parametrize("family", ["poisson", "gamma", "negative_binomial(theta=2)"])
def test_the_score_is_the_share_of_the_deviance_explained(family):
    x, exposure, y = counts()
    y = y + 0.5 if family == "gamma" else y
    weights = RNG.integers(0, 3, len(y))
    model = PliantRegressor(family, link="log", hidden=()).fit(x, y, sample_weight=weights, exposure=exposure)
    facts = model.result_.facts
    explained = 1.0 - facts.deviance / facts.null_deviance
    assert model.score(x, y, sample_weight=weights, exposure=exposure) == pytest.approx(explained, rel=1e-9)


def test_groups_are_left_out_together():
    groups = RNG.integers(0, 30, len(X))
    model = PliantRegressor(**SMALL).fit(X, MASS, groups=groups)
    folds = model.result_.members.folds
    assert all(len(set(folds[groups == group])) == 1 for group in set(groups))


# Intervals and sets ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("hidden", [2, ()])
def test_an_interval_is_that_of_the_model(hidden):
    model = PliantRegressor(hidden=hidden).fit(X, MASS)
    prediction, lower, upper = model.predict(X, interval=0.9)
    said = model.result_.predict(X, interval=0.9)
    for ours, name in ((prediction, "prediction"), (lower, "lower"), (upper, "upper")):
        assert np.array_equal(ours, said[name])
    assert 0.85 < np.mean((lower <= MASS) & (upper >= MASS)) < 0.96
    with pytest.raises(ArgumentError, match="which, such as interval"):
        model.predict(X, method="scaled")


@pytest.mark.parametrize("which", ["species", "sex"])
def test_a_set_holds_the_classes_of_the_model_s(which):
    y = PENGUINS[which]
    model = PliantClassifier(**SMALL).fit(NUMBERS, y)
    best, inside = model.predict(NUMBERS, interval=0.9)
    assert np.array_equal(best, model.predict(NUMBERS))
    said = model.result_.predict(NUMBERS, interval=0.9)["set"]
    assert [", ".join(model.classes_[row]) for row in inside] == list(said)
    held = inside[np.arange(len(y)), np.searchsorted(model.classes_, y)]
    assert np.mean(held) > 0.87
    with pytest.raises(InputError, match="sets of classes rest on"):
        PliantClassifier(hidden=()).fit(NUMBERS, PENGUINS["sex"]).predict(NUMBERS, interval=0.9)


def test_too_few_rows_for_a_set_are_said_where_it_was_asked():
    model = PliantClassifier(**SMALL).fit(NUMBERS[140:155], SPECIES[140:155])
    with pytest.warns(PliantWarning, match="holds every class") as said:
        _, inside = model.predict(NUMBERS, interval=0.99)
    assert inside.all()
    assert said[0].filename == __file__


# Classes ---------------------------------------------------------------------------------------------------


def test_probabilities_are_of_the_classes_in_their_order():
    y = np.where(PENGUINS["sex"] == "male", 7, 12)
    model = PliantClassifier(hidden=()).fit(NUMBERS, y)
    assert model.classes_.tolist() == [7, 12]
    said = model.result_.predict(NUMBERS)["prediction"]
    assert np.array_equal(model.predict_proba(NUMBERS)[:, 1], said)
    assert np.array_equal(model.predict(NUMBERS), np.where(said > 0.5, 12, 7))
    np.testing.assert_allclose(np.exp(model.predict_log_proba(NUMBERS)), model.predict_proba(NUMBERS))
    three = PliantClassifier(hidden=()).fit(NUMBERS, SPECIES.to_numpy())
    np.testing.assert_allclose(three.predict_proba(NUMBERS).sum(axis=1), 1.0)
    assert three.result_.design.response.levels == ("Adelie", "Chinstrap", "Gentoo")


def test_separated_classes_have_a_ridge_of_which_a_note_says_so():
    x, y = np.arange(10.0)[:, None], np.arange(10) > 4
    model = PliantClassifier(hidden=()).fit(x, y)
    assert model.result_.settings.regularisation == 0.1
    assert "LogisticRegression" in model.result_.notes[-1]
    assert model.score(x, y) == 1.0
    with pytest.raises(SeparationError):
        PliantClassifier(hidden=(), regularisation=0.0).fit(x, y)
    firth = PliantClassifier(hidden=(), regularisation="firth").fit(x, y)
    assert "firth" in str(firth.result_.summary()).lower()


def test_classes_are_for_the_classifier():
    with pytest.raises(ArgumentError, match="take PliantClassifier"):
        PliantRegressor("multinomial").fit(NUMBERS, MASS)


def test_a_known_part_of_the_linear_predictor_is_asked_for_again():
    model = PliantClassifier(hidden=()).fit(NUMBERS, PENGUINS["sex"], offset=NUMBERS[:, 0] / 100.0)
    near, far = (model.predict_proba(NUMBERS[:5], offset=value)[:, 1] for value in (0.0, 1.0))
    np.testing.assert_allclose(np.log(far / (1 - far)) - np.log(near / (1 - near)), 1.0, rtol=1e-9)
    with pytest.raises(ValueError, match="none is given"):
        model.predict(NUMBERS)


def test_one_class_is_said_to_be_one():
    with pytest.raises(ValueError, match="there is one class: "):
        PliantClassifier().fit(NUMBERS, np.ones(len(X), dtype=int))


# At the door -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("estimator", [PliantRegressor(), PliantClassifier(), PliantPreprocessor()])
def test_nothing_is_said_before_fit(estimator):
    with pytest.raises(NotFittedError):
        getattr(estimator, "transform" if hasattr(estimator, "transform") else "predict")(NUMBERS)


def test_without_scikit_learn_the_room_says_how_to_have_it():
    code = "import sys; sys.modules['sklearn'] = None\nimport pliant\nimport pliant.sklearn"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "MissingExtraError: pliant.sklearn needs scikit-learn; pip install 'pliant[sklearn]'" in done.stderr
