"""The regressor: any family of pliant whose response is numbers."""

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import check_array, column_or_1d
from sklearn.utils.validation import check_consistent_length

from pliant.data.arrays import Arrays
from pliant.data.columns import Column, NumberColumn
from pliant.errors import ArgumentError
from pliant.functions.likelihood import likelihood
from pliant.inference.intervals import prediction_interval
from pliant.measure import null_deviance
from pliant.sklearn.base import PliantModel
from pliant.sklearn.rows import free_name, is_frame, read_offset, read_weights
from pliant.types import Array


class PliantRegressor(RegressorMixin, PliantModel):
    """Regression by a line that bends only as far as the data insist.

    `fit` calls `pliant.fit`, with its arguments under its names but for those that scikit-learn calls otherwise.

    Parameters
    ----------
    family : str
        "gaussian", "poisson", "gamma", "negative_binomial", "tweedie", "inverse_gaussian", "binomial" (for shares), or
        another of `pliant.fit`.
    link : str, optional
        By default the family's own: identity for gaussian, else log mostly.
    formula : str, optional
        The right side of a formula, such as "~ age * sex + bs(year)". None: all columns.
    hidden : int or tuple of int, optional
        Widths of the hidden layers. (): the line alone, a generalised linear model. None: the recipe decides.
    activation, skip, engine, optimiser, optimiser_settings, learning_rate, schedule, epochs, batch, regularisation
        As in `pliant.fit`; None: the recipe decides.
    validation, patience, standardise, precision, members, in_order
        Likewise.
    missing : {"impute", "error"}
        What is missing in X is filled by the median or the commonest level, and marked by an indicator column where
        the training rows had holes; levels that these did not have are then taken as missing, with a warning. Or both
        are refused.
    random_state : int, RandomState instance or None
        The seed. None draws one from NumPy's global generator.
    n_jobs : int, optional
        Members that are fitted at once, as joblib has it: on threads, unless `joblib.parallel_config` names another
        backend. The result does not depend on it.
    verbose : bool
        Whether to show progress.

    Attributes
    ----------
    result_ : pliant.Fitted
        The full model: `summary()`, `coefficients`, `effects()`, `report()`, `save()` and all else.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Where X was a frame.
    loss_curve_ : list of float
        Of a single training, as with `members=1` or `optimiser="adam"`.
    n_iter_ : int
        Likewise.

    Examples
    --------
    >>> import numpy as np
    >>> from pliant.sklearn import PliantRegressor
    >>> x = np.arange(8.0)[:, None]
    >>> PliantRegressor(hidden=()).fit(x, 2.0 * x[:, 0] + 1.0).predict([[10.0]]).round(6)
    array([21.])
    """

    def __init__(
        self,
        family: str = "gaussian",
        *,
        link: str | None = None,
        formula: str | None = None,
        hidden: Any = None,
        activation: str | None = None,
        skip: bool = True,
        engine: str = "auto",
        optimiser: str | None = None,
        optimiser_settings: Any = None,
        learning_rate: float | None = None,
        schedule: str | None = None,
        epochs: int | None = None,
        batch: int | None = None,
        regularisation: float | str | None = None,
        validation: float | None = None,
        patience: int | None = None,
        missing: str = "impute",
        standardise: bool = True,
        precision: str | None = None,
        members: int | None = None,
        in_order: bool = False,
        random_state: Any = 0,
        n_jobs: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.family = family
        self.link = link
        self.formula = formula
        self.hidden = hidden
        self.activation = activation
        self.skip = skip
        self.engine = engine
        self.optimiser = optimiser
        self.optimiser_settings = optimiser_settings
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.epochs = epochs
        self.batch = batch
        self.regularisation = regularisation
        self.validation = validation
        self.patience = patience
        self.missing = missing
        self.standardise = standardise
        self.precision = precision
        self.members = members
        self.in_order = in_order
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = not (isinstance(self.hidden, int | tuple | list) and self.hidden in (0, (), []))
        return tags

    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, offset: Any = None, exposure: Any = None, groups: Any = None
    ) -> "PliantRegressor":
        """Fit the model.

        Parameters
        ----------
        X : frame or array, shape (n, p)
            A pandas or polars frame keeps its text columns, as factors, and its column names.
        y : array, shape (n,) or (n, q)
            q responses share the hidden layers of a network; a line takes one.
        sample_weight : array (n,), optional
            Whole numbers say how many equal rows a row stands for, and the fit is that of the table with its rows
            repeated, in every number (`frequencies` of `pliant.fit`). Where one of them is not whole they say how much
            rows count relative to each other (`weights` of `pliant.fit`, scaled to the mean 1): n rows stay n rows.
            A row of weight 0 is left out.
        offset, exposure : array (n,) or float, optional
            A known part of the linear predictor; what a mean is proportional to, whose logarithm is such a part.
            The model asks for it again when it predicts.
        groups : array (n,), optional
            Rows of one group are left out together by the members.

        Returns
        -------
        self
        """
        table = self._training_table(X, y)
        if getattr(getattr(y, "dtype", None), "kind", "") in ("U", "S"):
            raise ArgumentError("y is text, and a regression is of numbers; convert it, or take PliantClassifier")
        values = np.asarray(check_array(y, ensure_2d=False, dtype=np.float64, input_name="y", estimator=self))
        if values.ndim == 2 and values.shape[1] == 1:
            values = column_or_1d(values, warn=True)
        check_consistent_length(np.empty(table.n_rows), values)
        self._check_likelihood(exposure)
        several = values.reshape(len(values), -1).T
        named: list[Any] = list(y.columns) if is_frame(y) else [getattr(y, "name", None)]
        response: dict[str, Column] = {}
        for j, numbers in enumerate(several):
            otherwise = "y" if len(several) == 1 else f"y{j + 1}"
            wanted = named[j] if len(named) == len(several) else None
            name = free_name(wanted, (*table.names, *response), otherwise)
            response[name] = NumberColumn(name, numbers)
        counted, shift = read_weights(sample_weight, table.n_rows), read_offset(offset, exposure, table.n_rows)
        self.result_ = self._fit(table, response, counted, shift, groups, self.family)
        self._is_flat = values.ndim == 1
        return self

    def predict(
        self,
        X: Any,
        interval: float | None = None,
        method: str | None = None,
        offset: Any = None,
        exposure: Any = None,
    ) -> Any:
        """Give the mean of each row, and on request the prediction interval of a new response there.

        Parameters
        ----------
        X : frame or array, shape (m, p)
        interval : float, optional
            Such as 0.9: the share of new responses that are to lie inside.
        method : str, optional
            Of the interval: "cv+", "scaled", "split" or "laplace"; see `Fitted.predict`.
        offset, exposure : array (m,) or float, optional
            Where the model was fitted with one.

        Returns
        -------
        ndarray, shape (m,) or (m, q); or with an interval three of shape (m,): prediction, lower and upper end
        """
        table = self._new_table(X, offset, exposure)
        if interval is not None:
            found = prediction_interval(self.result_, table, "response", interval, method)
            return tuple(np.asarray(found[name], np.float64) for name in ("prediction", "lower", "upper"))
        if method is not None:
            raise ArgumentError(f"method={method!r} is of an interval; say which, such as interval=0.95")
        mu = np.asarray(self.result_.likelihood.mean(self._eta(table)))
        return mu[:, 0] if self._is_flat else mu

    def score(self, X: Any, y: Any, sample_weight: Any = None, offset: Any = None, exposure: Any = None) -> float:
        """Give R^2 of the predictions; of another family than gaussian the share of the deviance explained, D^2.

        1 - deviance(y, prediction) / deviance(y, the best constant beside offset and exposure)
        """
        mu = self.predict(X, offset=offset, exposure=exposure)
        chosen = self.result_.likelihood
        if chosen.family.name == "gaussian":
            return float(r2_score(y, mu, sample_weight=sample_weight))
        values = np.asarray(check_array(y, ensure_2d=False, dtype=np.float64, input_name="y"))
        n = len(values)
        shift = read_offset(offset, exposure, n)
        counted = read_weights(sample_weight, n)
        keep = np.arange(n) if counted.keep is None else np.flatnonzero(counted.keep)
        weights = np.ones(len(keep)) if counted.weights is None else counted.weights
        at: Array = np.zeros(len(keep)) if shift is None else shift[keep]
        responses = values.reshape(n, -1)[keep]
        rows = Arrays(np.ones((len(keep), 1)), responses, weights, at, keep, counted.frequencies)
        deviance = float(rows.totals @ chosen.deviance(responses, mu.reshape(n, -1)[keep]))
        return 1.0 - deviance / null_deviance(chosen, rows, intercept=True)

    def _check_likelihood(self, exposure: Any) -> None:
        """See that responses are numbers, and that a mean can be proportional to an exposure."""
        chosen = likelihood(self.family, self.link)
        if chosen.has_classes:
            raise ArgumentError(f"the family {chosen.family.name} is of classes; take PliantClassifier")
        if exposure is not None and chosen.link.name != "log":
            raise ArgumentError(f"exposure goes with the link log, and this is {chosen.link.name}; give an offset")
