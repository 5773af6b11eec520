"""What other programs predict for a table, each with its own defaults; those that are not installed are left out.

A peer takes training rows and new rows and gives means (n,), or probabilities (n, levels) for classes.

Numbers are filled by their median with an indicator; trees of gradient boosting get missing values as they are. Factors
have one column a level, and a missing level is one of them; RealMLP and TabM code the levels in their own way. (Trees
with native categories were no better: on adult, california, auto_sev and auto_freq boosting and LightGBM gain at most
0.5 % and lose up to 2.6 %, XGBoost loses on all four.) A date is year, month, weekday and days. Inputs, and a gaussian
response, are standardised for scikit-learn's network, which without the latter is far from done after its 200 epochs
(engel: 674 for 109).

Counts: boosting, XGBoost, LightGBM and scikit-learn's network minimise their Poisson loss over rates, counts over
exposure, with the exposure as weight, which is the likelihood of the counts; a forest averages the same rates with the
same weights. The network's rates are over their mean. RealMLP and TabM have neither that loss nor weights: they get the
exposure as one more input, and the count as it is or, where its mean is above 1, its square root.

Positive responses: a program without a gamma loss is fitted to their logarithms; a forest, which averages, to the
responses. What comes back from logarithms and roots is scaled to the mean of the response.
"""

import importlib.util
import logging
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from suite import Task

Peer = Callable[[Task, Any, Any], np.ndarray]  # of a task and two data frames
Maker = Callable[[Task], Any]
LIMITS = {"TabM": 400, "RealMLP-TD-S": 25_000}  # rows; beyond, a fit takes too long: five minutes, twenty minutes
UNRANKED = ("TabM",)  # on too few tables
TREES = ("boosting, scikit-learn", "forest, scikit-learn", "XGBoost", "LightGBM")
SLOW = ("RealMLP-TD-S", "TabM")  # left out of a smoke run


def _dated(task: Task, frame: Any) -> tuple[list[str], Any]:
    """Give the names of the numbers and the frame, with columns for every date."""
    columns, added = list(task.numbers), {}
    for name in task.dates:
        when = frame[name]
        days = (when - np.datetime64("1970-01-01")).dt.days
        parts = {"year": when.dt.year, "month": when.dt.month, "weekday": when.dt.weekday, "days": days}
        added |= {f"{name}.{part}": values for part, values in parts.items()}
    return columns + list(added), frame.assign(**added)


def _matrices(task: Task, train: Any, new: Any, scaled: bool, filled: bool) -> tuple[np.ndarray, np.ndarray]:
    """Give the inputs of training rows and of new rows, as numbers."""
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    columns, train = _dated(task, train)
    _, new = _dated(task, new)
    steps = [SimpleImputer(strategy="median", add_indicator=True)] if filled else []
    steps += [StandardScaler()] if scaled else []
    numbers = make_pipeline(*steps) if steps else "passthrough"
    factors = OneHotEncoder(sparse_output=False, handle_unknown="ignore")
    both = ColumnTransformer([("numbers", numbers, columns), ("factors", factors, list(task.factors))])
    return both.fit_transform(train), both.transform(new)


def _codes(task: Task, train: Any) -> np.ndarray:
    """Give the response: numbers, or the place of each level."""
    y = train[task.target]
    return (y.map({level: k for k, level in enumerate(task.levels)}) if task.levels else y).to_numpy()


def _peer(make: Maker, scaled: bool = False, filled: bool = True, logs: bool = False) -> Peer:
    """Give a peer from what makes its estimator; with logs, positive responses are fitted by their logarithms."""

    def predict(task: Task, train: Any, new: Any) -> np.ndarray:
        rows, fresh = _matrices(task, train, new, scaled, filled)
        y, model = _codes(task, train), make(task)
        if task.levels:
            return np.asarray(model.fit(rows, y).predict_proba(fresh))
        if task.family == "gamma" and logs:
            model.fit(rows, np.log(y))
            return _back(np.exp, y, model.predict, rows, fresh)
        if task.family != "poisson":
            return np.asarray(model.fit(rows, y).predict(fresh), dtype=float)
        exposed = task.exposures(train)
        mean = y.sum() / exposed.sum()
        beside = {} if task.exposure is None else {"sample_weight": exposed}
        model.fit(rows, y / exposed / mean, **beside)
        return np.asarray(model.predict(fresh), dtype=float) * mean * task.exposures(new)

    return _quiet(predict)


def _back(inverse: Any, y: np.ndarray, predict: Any, rows: Any, fresh: Any) -> np.ndarray:
    """Give means from what was predicted on another scale, scaled so that the training rows keep their mean."""
    seen, found = (inverse(np.asarray(predict(at), dtype=float).ravel()) for at in (rows, fresh))
    return np.asarray(found * np.mean(y) / np.mean(seen))


def _quiet(predict: Peer) -> Peer:
    """Silence warnings, such as that 200 epochs were too few."""

    def quietly(task: Task, train: Any, new: Any) -> np.ndarray:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return predict(task, train, new)

    return quietly


def _mlp(task: Task) -> Any:
    """Make scikit-learn's network."""
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.preprocessing import StandardScaler

    if task.levels:
        return MLPClassifier(random_state=0)
    if task.family == "poisson":
        return MLPRegressor(loss="poisson", random_state=0)
    return TransformedTargetRegressor(MLPRegressor(random_state=0), transformer=StandardScaler())


def _boosting(task: Task) -> Any:
    """Make scikit-learn's gradient boosting."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    if task.levels:
        return HistGradientBoostingClassifier(random_state=0)
    loss = "squared_error" if task.family == "gaussian" else task.family
    return HistGradientBoostingRegressor(loss=loss, random_state=0)


def _forest(task: Task) -> Any:
    """Make scikit-learn's forest."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    return (RandomForestClassifier if task.levels else RandomForestRegressor)(random_state=0)


def _xgboost(task: Task) -> Any:
    """Make XGBoost."""
    from xgboost import XGBClassifier, XGBRegressor

    if task.levels:
        return XGBClassifier(n_jobs=1)
    objectives = {"gaussian": "reg:squarederror", "gamma": "reg:gamma", "poisson": "count:poisson"}
    return XGBRegressor(n_jobs=1, objective=objectives[task.family])


def _lightgbm(task: Task) -> Any:
    """Make LightGBM."""
    from lightgbm import LGBMClassifier, LGBMRegressor

    if task.levels:
        return LGBMClassifier(n_jobs=1, verbose=-1)
    objective = "regression" if task.family == "gaussian" else task.family
    return LGBMRegressor(n_jobs=1, verbose=-1, objective=objective)


def _pytabkit(kind: str) -> Peer:
    """Give a peer of pytabkit: "RealMLP_TD_S" or "TabM_D"."""

    def frame_of(task: Task, frame: Any, medians: Any, holes: list[str]) -> Any:
        """Give the inputs as a frame: filled numbers, indicators, and factors as categories."""
        columns, frame = _dated(task, frame)
        marks = {f"{name} is missing": frame[name].isna().astype(float) for name in holes}
        levels = {name: frame[name].fillna("missing").astype("category") for name in task.factors}
        return frame[columns].astype(float).fillna(medians).assign(**marks, **levels)

    def predict(task: Task, train: Any, new: Any) -> np.ndarray:
        import pytabkit

        for name in ("lightning.pytorch", "pytorch_lightning"):
            logging.getLogger(name).setLevel(logging.ERROR)
        medians = train[list(task.numbers)].median()
        holes = [name for name in task.numbers if train[name].isna().any()]
        rows, fresh = (frame_of(task, frame, medians, holes) for frame in (train, new))
        maker = getattr(pytabkit, f"{kind}_{'Classifier' if task.levels else 'Regressor'}")
        model, y = maker(random_state=0, n_threads=1, device="cpu"), _codes(task, train)
        if task.exposure is not None:
            exposed = task.exposures(train)
            kept = np.random.default_rng(0).random(len(y)) < exposed / exposed.max()
            model.fit(rows[kept], y[kept] / exposed[kept], cat_col_names=list(task.factors))
            return np.asarray(model.predict(fresh), dtype=float).ravel() * task.exposures(new)
        there, back = _scale(task, y)
        model.fit(rows, there(y), cat_col_names=list(task.factors))
        if task.levels:
            return np.asarray(model.predict_proba(fresh))
        if there is back:
            return np.asarray(model.predict(fresh), dtype=float).ravel()
        return _back(back, y, model.predict, rows, fresh)

    return _quiet(predict)


def _scale(task: Task, y: np.ndarray) -> tuple[Any, Any]:
    """Give the scale on which a program with squared error alone is fitted, and the way back."""
    if task.family == "gamma":
        return np.log, np.exp
    if task.family == "poisson" and np.mean(y) > 1.0:
        return np.sqrt, lambda root: np.maximum(root, 0.0) ** 2
    return np.asarray, np.asarray


def peers() -> dict[str, Peer]:
    """Give the peers that are installed, by name."""
    every = {
        "MLP, scikit-learn": ("sklearn", _peer(_mlp, scaled=True, logs=True)),
        "boosting, scikit-learn": ("sklearn", _peer(_boosting, filled=False)),
        "forest, scikit-learn": ("sklearn", _peer(_forest)),
        "XGBoost": ("xgboost", _peer(_xgboost, filled=False)),
        "LightGBM": ("lightgbm", _peer(_lightgbm, filled=False)),
        "RealMLP-TD-S": ("pytabkit", _pytabkit("RealMLP_TD_S")),
        "TabM": ("pytabkit", _pytabkit("TabM_D")),
    }
    return {name: peer for name, (module, peer) in every.items() if importlib.util.find_spec(module)}
