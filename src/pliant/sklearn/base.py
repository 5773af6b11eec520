"""What the regressor and the classifier share: one call of `pliant.fit`, and what is read off the model it gives."""

from typing import Any

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from pliant.data.columns import Column, NumberColumn
from pliant.data.formula import Name
from pliant.data.table import Table
from pliant.ensemble.jobs import Job, run_by
from pliant.errors import ArgumentError
from pliant.fitting import fit
from pliant.model import Fitted
from pliant.sklearn.rows import Counted, free_name, levels_of, read_offset, read_X
from pliant.types import Array

# arguments that go to `pliant.fit` as they are
HANDED_ON = (
    "link",
    "hidden",
    "activation",
    "skip",
    "engine",
    "optimiser",
    "optimiser_settings",
    "learning_rate",
    "schedule",
    "epochs",
    "batch",
    "regularisation",
    "validation",
    "patience",
    "missing",
    "standardise",
    "precision",
    "members",
    "in_order",
)
LEAST_ROWS = 2


class PliantModel(BaseEstimator):
    """A model of pliant under scikit-learn's names."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = isinstance(self.missing, str) and self.missing == "impute"
        return tags

    def _training_table(self, X: Any, y: Any) -> Table:
        """Read X of the training."""
        if y is None:
            raise ValueError(f"This {type(self).__name__} estimator requires y to be passed, but the target y is None.")
        if self.missing not in ("impute", "error"):
            raise ArgumentError(
                f"missing={self.missing!r}: choose 'impute' or 'error', since every row has to be answered"
            )
        return read_X(self, X, least=LEAST_ROWS, fresh=True)

    def _fit(
        self,
        table: Table,
        response: dict[str, Column],
        counted: Counted,
        offset: Array | None,
        groups: Any,
        family: str,
        **instead: Any,
    ) -> Fitted:
        """Call `pliant.fit`, and remember what the columns were called; rows that count nothing are left out.

        `instead` are arguments of `pliant.fit` in place of the estimator's own.
        """
        rows = np.arange(table.n_rows) if counted.keep is None else np.flatnonzero(counted.keep)
        if len(rows) < LEAST_ROWS:
            raise ValueError(
                f"Found array with {len(rows)} sample(s) of non-zero sample_weight while a minimum of {LEAST_ROWS} is "
                "required."
            )
        names = table.names
        beside: dict[str, Any] = {"weights": counted.weights, "frequencies": counted.frequencies}
        columns: dict[str, Column] = dict(table.columns) | response
        if offset is not None:
            beside["offset"] = free_name("offset", tuple(columns), "offset")
            columns[beside["offset"]] = NumberColumn(beside["offset"], offset)
        if groups is not None:
            labels = np.asarray(groups)
            if labels.shape != (table.n_rows,):
                raise ArgumentError(
                    f"groups has the shape {labels.shape}; give one label for each of the {table.n_rows} rows of X"
                )
            beside["groups"] = labels[rows]
        whole = Table(columns, table.n_rows, table.source, table.kind, table.notes, table.index, table.block)
        part = whole if counted.keep is None else whole.take(rows)
        kept = Table({name: part.columns[name] for name in names}, part.n_rows, part.source, part.kind)
        seed = self.random_state
        if not isinstance(seed, int | np.integer) or isinstance(seed, bool):
            seed = check_random_state(seed).randint(np.iinfo(np.int32).max)
        with run_by(self._run):
            model = fit(
                f"{_left(tuple(response))} ~ {right_side(self.formula)}",
                part,
                family=family,
                seed=int(seed),
                progress=bool(self.verbose),
                **{name: getattr(self, name) for name in HANDED_ON} | beside | instead,
            )
        self._names, self._levels, self._offset = names, levels_of(kept), beside.get("offset")
        return model

    def _run(self, job: Job, numbers: Any) -> Any:
        """Run the members as joblib has it: on threads, unless `joblib.parallel_config` names another backend."""
        return Parallel(n_jobs=self.n_jobs, prefer="threads")(delayed(job)(k) for k in numbers)

    def _new_table(self, X: Any, offset: Any, exposure: Any) -> Table:
        """Read X of a prediction."""
        check_is_fitted(self, "result_")
        table = read_X(self, X)
        known = read_offset(offset, exposure, table.n_rows)
        if (known is None) != (self._offset is None):
            had, gets = ("with", "none is given") if known is None else ("without", "one is given")
            raise ArgumentError(
                f"the model was fitted {had} an offset or exposure, and {gets}: it is part of every mean; predict "
                f"{'without one' if self._offset is None else 'with one'}"
            )
        if known is None or self._offset is None:
            return table
        columns: dict[str, Column] = dict(table.columns) | {self._offset: NumberColumn(self._offset, known)}
        return Table(columns, table.n_rows, table.source, table.kind, table.notes, table.index, table.block)

    def _eta(self, table: Table) -> Array:
        """Give the linear predictor (m, q) of a table."""
        rows = self.result_.design.matrix(table)
        return np.asarray(self.result_.linear_predictor(rows.X, rows.offset))

    @property
    def loss_curve_(self) -> list[float]:
        """Training loss after each epoch."""
        return [float(each) for each in self._history("loss_curve_")["loss"]]

    @property
    def n_iter_(self) -> int:
        """Epochs, or steps of a driver, that the training took."""
        return len(self._history("n_iter_"))

    def _history(self, asked: str) -> Any:
        """Give the history of the training, or say why there is none."""
        check_is_fitted(self, "result_")
        if self.result_.history is None:
            what = "a line is solved" if self.result_.is_line else "each member has a training of its own"
            raise AttributeError(f"{asked} is of a single training, as with members=1 or optimiser='adam'; here {what}")
        return self.result_.history


def _left(names: tuple[str, ...]) -> str:
    """Write the left side of a formula."""
    said = [str(Name(name)) for name in names]
    return said[0] if len(said) == 1 else f"cbind({', '.join(said)})"


def right_side(formula: Any) -> str:
    """Give the right side of a formula, which may begin with '~'; by default all columns."""
    if formula is None:
        return "."
    if not isinstance(formula, str):
        raise ArgumentError(f"formula={formula!r} is not a text such as '~ age + sex'")
    left, tilde, right = formula.rpartition("~")
    if left.strip():
        raise ArgumentError(f"formula={formula!r}: the response is y; write the right side alone, as in '~ age + sex'")
    return right if tilde else formula
