"""The classifier: two classes are binomial, more are multinomial."""

from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils import assert_all_finite, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length

from pliant.data.columns import Column, FactorColumn
from pliant.ensemble.sets import probabilities
from pliant.errors import InputError, SeparationError
from pliant.inference.delta import places
from pliant.inference.member_intervals import in_sets
from pliant.sklearn.base import PliantModel
from pliant.sklearn.rows import free_name, read_offset, read_weights
from pliant.types import Array

USER = 4  # frames between a warning and whoever called predict


class PliantClassifier(ClassifierMixin, PliantModel):
    """Classification by a line that bends only as far as the data insist.

    Two classes have the binomial family, more the multinomial; the second of two is the success.

    A line (`hidden=()`) has no finite fit where columns separate the classes. Where that is so, and nobody asked for a
    regularisation, the line is fitted with that of scikit-learn's `LogisticRegression`, half of the squared
    coefficients (here in standardised units) beside the summed loss; `.result_.notes` says so.

    Parameters
    ----------
    link : str, optional
        Of two classes: "logit" by default, "probit", "cloglog" or another of the binomial family.
    formula : str, optional
        The right side of a formula, such as "~ age * sex + bs(year)". None: all columns.
    hidden : int or tuple of int, optional
        Widths of the hidden layers. (): the line alone. None: the recipe decides.
    activation, skip, engine, optimiser, optimiser_settings, learning_rate, schedule, epochs, batch, regularisation
        As in `pliant.fit`; None: the recipe decides.
    validation, patience, standardise, precision, members, in_order
        Likewise.
    missing : {"impute", "error"}
        See `PliantRegressor`.
    random_state : int, RandomState instance or None
        The seed. None draws one from NumPy's global generator.
    n_jobs : int, optional
        Members that are fitted at once; see `PliantRegressor`.
    verbose : bool
        Whether to show progress.

    Attributes
    ----------
    classes_ : ndarray
        In their order; of rows with a weight above zero.
    result_, n_features_in_, feature_names_in_, loss_curve_, n_iter_
        See `PliantRegressor`.

    Examples
    --------
    >>> import numpy as np
    >>> from pliant.sklearn import PliantClassifier
    >>> x, y = np.array([[1.0], [2.0], [3.0], [4.0]]), ["no", "yes", "no", "yes"]
    >>> PliantClassifier(hidden=()).fit(x, y).predict([[0.0], [9.0]]).tolist()
    ['no', 'yes']
    """

    def __init__(
        self,
        link: str | None = None,
        *,
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

    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, offset: Any = None, groups: Any = None
    ) -> "PliantClassifier":
        """Fit the model; see `PliantRegressor.fit`. The classes are the distinct values of y.

        Raises
        ------
        ValueError
            If there is one class alone.
        """
        table = self._training_table(X, y)
        values = column_or_1d(y, warn=True)
        assert_all_finite(values, input_name="y")
        check_classification_targets(values)
        check_consistent_length(np.empty(table.n_rows), values)
        counted = read_weights(sample_weight, table.n_rows)
        kept = values if counted.keep is None else values[counted.keep]
        self.classes_ = np.unique(kept)
        if len(self.classes_) < 2:
            raise ValueError(
                f"PliantClassifier needs rows of at least 2 classes with weight, and there is one class: "
                f"{self.classes_[0]!r}"
            )
        codes = np.zeros(table.n_rows, dtype=np.int64)
        codes[slice(None) if counted.keep is None else counted.keep] = np.searchsorted(self.classes_, kept)
        name = free_name(getattr(y, "name", None), table.names, "y")
        levels = tuple(str(each) for each in self.classes_.tolist())
        response: dict[str, Column] = {name: FactorColumn(name, codes, levels)}
        shift = read_offset(offset, None, table.n_rows)
        family = "binomial" if len(self.classes_) == 2 else "multinomial"
        given = (table, response, counted, shift, groups, family)
        try:
            self.result_ = self._fit(*given)
        except SeparationError as problem:
            if self.regularisation is not None:
                raise
            rows = float(len(kept) if counted.frequencies is None else np.sum(counted.frequencies))
            model = self._fit(*given, regularisation=1.0 / rows)
            note = f"{problem}; PliantClassifier has taken {1.0 / rows:.4g}, as scikit-learn's LogisticRegression does"
            self.result_ = replace(model, notes=(*model.notes, note))
        return self

    def predict(self, X: Any, interval: float | None = None, offset: Any = None) -> Any:
        """Give the most probable class of each row, and on request the set of classes that it may be.

        Parameters
        ----------
        X : frame or array, shape (m, p)
        interval : float, optional
            Such as 0.9: the share of new rows whose class is to lie in their set. It rests on the members, or on rows
            held out.
        offset : array (m,) or float, optional
            Where the model was fitted with one.

        Returns
        -------
        ndarray, shape (m,); or with an interval two: it, and a bool array (m, classes), a column each of `classes_`

        Raises
        ------
        InputError
            If sets are asked of a line, or of one network that held out no rows.
        """
        table = self._new_table(X, offset, None)
        best = self.classes_[np.argmax(probabilities(self.result_.likelihood, self._eta(table)), axis=1)]
        if interval is None:
            return best
        if self.result_.members is None and (self.result_.is_line or self.result_.held_out_scores is None):
            raise InputError(
                "sets of classes rest on what members missed on rows that they did not see, and this model has none; "
                "fit with hidden=None, with members=10, or with validation=0.2"
            )
        return best, in_sets(self.result_, places(self.result_, table), interval, USER)

    def predict_proba(self, X: Any, offset: Any = None) -> Array:
        """Give the probability (m, classes) of each of `classes_`."""
        table = self._new_table(X, offset, None)
        return np.asarray(probabilities(self.result_.likelihood, self._eta(table)))

    def predict_log_proba(self, X: Any, offset: Any = None) -> Array:
        """Give the logarithm of the probability (m, classes) of each of `classes_`; -inf where that is 0."""
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(self.predict_proba(X, offset)))
