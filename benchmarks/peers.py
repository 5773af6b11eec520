"""What other programs predict for a table, each with its own defaults; those that are not installed are left out.

A peer takes training rows and new rows and gives means (n,), or probabilities (n, levels) for classes. Numbers are
filled by their median with an indicator, factors by one column a level; inputs and response are standardised for
scikit-learn's network, which without the latter is far from done after its 200 epochs (engel: 674 for 108); trees of gradient boosting get missing values as they are. A peer without a loss of its own for positive responses is
fitted to their logarithms, and its predictions are scaled to the mean of the response.
"""

import importlib.util
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Task:
    """What is predicted from what."""

    name: str
    family: str  # "gaussian", "gamma", "binomial" or "multinomial"
    target: str
    numbers: tuple[str, ...]
    factors: tuple[str, ...]
    levels: tuple[str, ...]  # of the response; () for a number


Peer = Callable[[Task, Any, Any], np.ndarray]  # of a task and two data frames
Maker = Callable[[Task, bool], Any]  # of the task and whether the response is a logarithm


def _inputs(task: Task, scaled: bool, filled: bool) -> Any:
    """Give what makes a matrix of a frame: filled and one-hot, or as it is but for codes of levels."""
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = [SimpleImputer(strategy="median", add_indicator=True)] if filled else []
    numbers += [StandardScaler()] if scaled else []
    factors = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(sparse_output=False))
    return ColumnTransformer(
        [
            ("n", make_pipeline(*numbers) if numbers else "passthrough", list(task.numbers)),
            ("f", factors, list(task.factors)),
        ]
    )


def _peer(make: Maker, scaled: bool = False, filled: bool = True, own_gamma: bool = False) -> Peer:
    """Give a peer from what makes its estimator."""

    def predict(task: Task, train: Any, new: Any) -> np.ndarray:
        from sklearn.pipeline import make_pipeline

        logs = task.family == "gamma" and not own_gamma
        y = train[task.target]
        y = y.map({level: k for k, level in enumerate(task.levels)}) if task.levels else y
        y = np.log(y.to_numpy(dtype=float)) if logs else y.to_numpy()
        model = make_pipeline(_inputs(task, scaled, filled), make(task, logs))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(train, y)
            if task.levels:
                return np.asarray(model.predict_proba(new))
            mu = np.asarray(model.predict(new), dtype=float).ravel()
            if logs:
                seen = np.exp(np.asarray(model.predict(train), dtype=float).ravel())
                mu = np.exp(mu) * np.mean(np.exp(y)) / np.mean(seen)
        return mu

    return predict


def _mlp(task: Task, logs: bool) -> Any:
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.preprocessing import StandardScaler

    if task.levels:
        return MLPClassifier(random_state=0)
    return TransformedTargetRegressor(MLPRegressor(random_state=0), transformer=StandardScaler())


def _boosting(task: Task, logs: bool) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    if task.levels:
        return HistGradientBoostingClassifier(random_state=0)
    loss = "gamma" if task.family == "gamma" else "squared_error"
    return HistGradientBoostingRegressor(loss=loss, random_state=0)


def _forest(task: Task, logs: bool) -> Any:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    return (RandomForestClassifier if task.levels else RandomForestRegressor)(random_state=0)


def _xgboost(task: Task, logs: bool) -> Any:
    from xgboost import XGBClassifier, XGBRegressor

    if task.levels:
        return XGBClassifier(n_jobs=1)
    return XGBRegressor(n_jobs=1, objective="reg:gamma" if task.family == "gamma" else "reg:squarederror")


def _lightgbm(task: Task, logs: bool) -> Any:
    from lightgbm import LGBMClassifier, LGBMRegressor

    if task.levels:
        return LGBMClassifier(n_jobs=1, verbose=-1)
    return LGBMRegressor(n_jobs=1, verbose=-1, objective="gamma" if task.family == "gamma" else "regression")


def _realmlp(task: Task, logs: bool) -> Any:
    from pytabkit import RealMLP_TD_S_Classifier, RealMLP_TD_S_Regressor

    maker = RealMLP_TD_S_Classifier if task.levels else RealMLP_TD_S_Regressor
    return maker(random_state=0, n_threads=1, device="cpu")


def peers() -> dict[str, Peer]:
    """Give the peers that are installed, by name."""
    every = {
        "MLP, scikit-learn": ("sklearn", _peer(_mlp, scaled=True)),
        "boosting, scikit-learn": ("sklearn", _peer(_boosting, filled=False, own_gamma=True)),
        "forest, scikit-learn": ("sklearn", _peer(_forest, own_gamma=True)),
        "XGBoost": ("xgboost", _peer(_xgboost, filled=False, own_gamma=True)),
        "LightGBM": ("lightgbm", _peer(_lightgbm, filled=False, own_gamma=True)),
        "RealMLP-TD-S": ("pytabkit", _peer(_realmlp)),
    }
    return {name: peer for name, (module, peer) in every.items() if importlib.util.find_spec(module)}
