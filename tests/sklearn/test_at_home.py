"""At home in scikit-learn: pipelines, searches, clones, pickles, routing of metadata, joblib, and `set_output`."""

import copy
import io
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import pliant
import sklearn
from pliant.errors import PliantWarning
from pliant.sklearn import PliantClassifier, PliantPreprocessor, PliantRegressor

WHOLE = pliant.datasets.penguins().to_pandas().dropna(subset=["body_mass_g", "sex"])
PENGUINS = WHOLE.sample(frac=1.0, random_state=1).reset_index(drop=True)  # they come by species
X = PENGUINS[["flipper_length_mm", "bill_length_mm", "sex"]]
MASS, SPECIES = PENGUINS["body_mass_g"], PENGUINS["species"]
NUMBERS = X[["flipper_length_mm", "bill_length_mm"]].to_numpy()
LINE, CURVE = PliantRegressor(hidden=()), PliantRegressor(hidden=2, members=3)


@pytest.fixture
def routing():
    """Metadata routing, for one test."""
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def test_scores_over_folds_and_in_a_pipeline():
    assert np.all(cross_val_score(LINE, X, MASS, cv=3) > 0.4)
    assert cross_val_score(make_pipeline(StandardScaler(), CURVE), NUMBERS, MASS, cv=3).mean() > 0.5
    assert np.all(cross_val_score(PliantClassifier(hidden=()), NUMBERS, SPECIES, cv=3, scoring="neg_log_loss") > -0.7)
    probability = cross_val_predict(PliantClassifier(hidden=()), NUMBERS, SPECIES, cv=3, method="predict_proba")
    assert probability.shape == (len(X), 3)


def test_a_level_that_a_fold_lacks_does_not_end_a_cross_validation():
    frame = X.assign(island=np.where(np.arange(len(X)) == 5, "Atka", "Dream"))
    with pytest.warns(PliantWarning, match="'island' has levels"):
        assert np.isfinite(cross_val_score(LINE, frame, MASS, cv=3)).all()


def test_grid_and_halving_search():
    grid = GridSearchCV(CURVE, {"hidden": [2, (1, 1)], "regularisation": [0.001, 0.1]}, cv=3).fit(X, MASS)
    assert set(grid.best_params_) == {"hidden", "regularisation"}
    assert grid.best_estimator_.result_.facts.n_rows == len(X)
    halving = HalvingGridSearchCV(LINE, {"regularisation": [1e-3, 1e-2, 1.0]}, cv=3, min_resources=60).fit(X, MASS)
    assert halving.best_params_["regularisation"] < 1.0
    piped = make_pipeline(StandardScaler(), LINE)
    found = GridSearchCV(piped, {"pliantregressor__formula": ["~ x1", "~ x1 + x2"]}, cv=3).fit(NUMBERS, MASS)
    assert found.best_score_ > 0.5


def test_a_transformed_target():
    model = TransformedTargetRegressor(LINE, func=np.log, inverse_func=np.exp).fit(X, MASS)
    np.testing.assert_allclose(model.predict(X), np.exp(clone(LINE).fit(X, np.log(MASS)).predict(X)))


@pytest.mark.parametrize(
    "estimator", [CURVE, LINE, PliantClassifier(hidden=2, members=3), PliantPreprocessor()], ids=lambda each: repr(each)
)
def test_a_fitted_one_is_pickled_copied_and_dumped(estimator):
    table, y = (X, MASS) if isinstance(estimator, PliantRegressor) else (NUMBERS, SPECIES)
    fitted = clone(estimator).fit(table, y)
    what = "transform" if hasattr(fitted, "transform") else "predict"
    buffer = io.BytesIO()
    joblib.dump(fitted, buffer)
    buffer.seek(0)
    for again in (pickle.loads(pickle.dumps(fitted)), copy.deepcopy(fitted), joblib.load(buffer)):
        assert np.array_equal(getattr(again, what)(table), getattr(fitted, what)(table))
        if what == "predict":
            assert str(again.result_.summary()) == str(fitted.result_.summary())
    assert clone(fitted).get_params() == estimator.get_params()
    assert not hasattr(clone(fitted), "result_")


@pytest.mark.parametrize("backend", ["sequential", "threading", "loky"])
def test_joblib_runs_the_members_and_no_digit_depends_on_it(backend):
    plain = clone(CURVE).fit(NUMBERS, MASS).predict(NUMBERS)
    with joblib.parallel_config(backend=backend, n_jobs=2):
        assert np.array_equal(clone(CURVE).fit(NUMBERS, MASS).predict(NUMBERS), plain)
    assert np.array_equal(clone(CURVE).set_params(n_jobs=2).fit(NUMBERS, MASS).predict(NUMBERS), plain)


@pytest.mark.usefixtures("routing")
def test_exposure_is_routed_to_fit_and_score():
    rng = np.random.default_rng(2)
    x, exposure = rng.normal(size=(150, 1)), rng.uniform(0.5, 4.0, 150)
    y = rng.poisson(exposure * np.exp(0.2 + x[:, 0]))
    model = PliantRegressor("poisson", hidden=()).set_fit_request(exposure=True).set_score_request(exposure=True)
    with_exposure = cross_validate(model, x, y, cv=3, params={"exposure": exposure})["test_score"]
    without = cross_val_score(PliantRegressor("poisson", hidden=()), x, y, cv=3)
    assert np.all(with_exposure > without)
    piped = make_pipeline(StandardScaler(), model).fit(x, y, exposure=exposure)
    assert piped.score(x, y, exposure=exposure) > 0.4


@pytest.mark.usefixtures("routing")
def test_weights_groups_and_levels_of_intervals_are_routed():
    model = clone(CURVE).set_fit_request(sample_weight=True, groups=True).set_predict_request(interval=True)
    groups = np.arange(len(X)) // 8
    scaler = StandardScaler().set_fit_request(sample_weight=False)
    piped = make_pipeline(scaler, model).fit(NUMBERS, MASS, groups=groups, sample_weight=np.ones(len(X)))
    assert len(piped.predict(NUMBERS, interval=0.9)) == 3
    scored = clone(LINE).set_fit_request(sample_weight=False, groups=False).set_score_request(sample_weight=True)
    weights = np.linspace(0.5, 2.0, len(X))
    params = {"sample_weight": weights, "groups": groups}
    assert len(cross_validate(scored, X, MASS, cv=GroupKFold(3), params=params)["test_score"]) == 3


def test_the_preprocessor_gives_the_design_matrix_of_the_model():
    holes = X.copy()
    holes.loc[4, "bill_length_mm"] = np.nan
    plain = PliantPreprocessor(standardise=False).fit(holes)
    line = clone(LINE).fit(holes, MASS).result_
    assert plain.get_feature_names_out().tolist() == list(line.coefficients)[1:]
    np.testing.assert_allclose(plain.transform(holes), line.data().X[:, 1:])
    scaled = PliantPreprocessor().fit_transform(holes)
    np.testing.assert_allclose(scaled.mean(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(scaled.std(axis=0), 1.0)
    curved = PliantPreprocessor("~ bs(bill_length_mm, df=4):sex").fit(X)
    assert len(curved.get_feature_names_out()) == curved.transform(X).shape[1] == 8


def test_the_preprocessor_names_what_it_gives():
    frame = PliantPreprocessor().set_output(transform="pandas").fit_transform(X)
    assert isinstance(frame, pd.DataFrame)
    assert frame.columns.tolist() == ["flipper_length_mm", "bill_length_mm", "sex[T.male]"]
    array = PliantPreprocessor("~ x0 * x1").fit(NUMBERS)
    assert array.get_feature_names_out().tolist() == ["x0", "x1", "x0:x1"]
    assert array.get_feature_names_out(["a", "b"]).tolist() == ["a", "b", "a:b"]
    with pytest.raises(ValueError, match="input_features is not equal"):
        PliantPreprocessor().fit(X).get_feature_names_out(["a", "b", "c"])


def test_the_preprocessor_stands_before_other_estimators():
    piped = make_pipeline(PliantPreprocessor(), LinearRegression()).fit(X, MASS)
    np.testing.assert_allclose(piped.predict(X), clone(LINE).fit(X, MASS).predict(X))
    beside = make_column_transformer((PliantPreprocessor(), ["sex"]), remainder="passthrough").fit(X)
    assert "pliantpreprocessor__sex[T.male]" in beside.get_feature_names_out()
    with pytest.raises(ValueError, match="choose 'impute' or 'error'"):
        PliantPreprocessor(missing="drop").fit(X)
