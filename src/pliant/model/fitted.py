"""The fitted model: what was learnt, and one-line doors to what can be asked of it.

`Fitted` holds the design, the network, the parameters, and what was measured while the training rows were at
hand. It predicts; everything else is computed in `inference`, `plots` and `storage`, which each method opens.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from pliant._version import __version__
from pliant.data.arrays import Arrays
from pliant.data.design import Design
from pliant.data.support import Support
from pliant.data.table import Table, make_frame, read_rows
from pliant.engines.reference import ReferenceEngine
from pliant.errors import ArgumentError, InputError, an
from pliant.functions.likelihood import Likelihood
from pliant.model.export_doors import ExportDoors
from pliant.model.finite import check_eta
from pliant.model.line_doors import LineDoors
from pliant.model.look_doors import LookDoors
from pliant.model.members import Members
from pliant.model.reason_doors import ReasonDoors
from pliant.model.row_doors import RowDoors
from pliant.model.trust_doors import TrustDoors
from pliant.network import Network
from pliant.optimisers.checks import check_path
from pliant.record import Facts, Settings
from pliant.training import TrainingState
from pliant.types import Array, BoolArray

if TYPE_CHECKING:
    import os

    from pliant.training.history import History


NO_DATA = "this model came from a file, which holds no data; give the table again"


@dataclass(frozen=True, repr=False, eq=False)
class Fitted(LineDoors, RowDoors, TrustDoors, ReasonDoors, LookDoors, ExportDoors):
    """A fitted model.

    Made by `pliant.fit` and `pliant.load`. Nothing in it changes: `continue_training` gives a new one.

    Attributes
    ----------
    design : Design
        From a table to the design matrix and back to the user's units.
    network : Network
        Widths and shapes; a line has no hidden layer.
    likelihood : Likelihood
        Family and link.
    parameters : ndarray, shape (k,)
        In the units of training: standardised inputs for a network, the user's for a line.
    settings, facts : Settings, Facts
        What was chosen; what was measured on the training rows.
    notes : tuple of str
        What was done to the data and what to mind, in sentences.
    """

    design: Design
    network: Network
    likelihood: Likelihood
    parameters: Array  # (k,), float64
    settings: Settings
    facts: Facts
    notes: tuple[str, ...] = ()
    training: TrainingState | None = None
    frame_kind: str = "polars"  # what is given back: the kind of table that was given
    stopped: str = "done"  # how the training ended: "done", "early", "interrupted" or "diverged"
    table: Table | None = field(default=None, compare=False)  # as it was given; none once loaded from a file
    arrays: Arrays | None = field(default=None, compare=False)  # the rows trained on, likewise
    members: Members | None = None  # fold members, of which `network` is the mean
    kept_region: Support | None = field(default=None, compare=False)  # where the training rows lay, from a file
    held_out: Arrays | None = field(default=None, compare=False)  # the rows that told which weights to keep
    kept_scores: Array | None = field(default=None, compare=False)  # of these, from a file; see `held_out_scores`

    # What it is ---------------------------------------------------------------------------------------

    @property
    def formula(self) -> str:
        """The formula, as it was given."""
        return self.design.formula.text

    @property
    def family(self) -> str:
        """Name of the family."""
        return self.likelihood.family.name

    @property
    def link(self) -> str:
        """Name of the link."""
        return self.likelihood.link.name

    @property
    def is_line(self) -> bool:
        """Whether there is no hidden layer, so that the model is a generalised linear model."""
        return not self.network.hidden

    @property
    def n_parameters(self) -> int:
        """How many numbers were estimated: without aliased columns, with the line inside a network; of one member."""
        if self.members is not None:
            return int(self.members.parameters.shape[1])
        return int(np.sum(np.isfinite(self.parameters)))

    @property
    def effective_parameters(self) -> float:
        """How many parameters the data determine, given the weight decay; NaN where the fit does not count them.

        sum_k 1 - alpha_k (B^-1)_kk, with B the penalised information (MacKay, 1992).
        """
        return (
            float(self.n_parameters)
            if self.facts.inverse_information is not None
            else (self.facts.effective_parameters)
        )

    @property
    def history(self) -> "History | None":
        """Epoch, loss, validation loss, learning rate and seconds; none for a line fitted by IRLS."""
        return None if self.training is None else self.training.history

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended the training; the state of the last whole epoch was kept."""
        return self.stopped == "interrupted"

    @cached_property
    def layers(self) -> list[tuple[Array, Array | None]]:
        """Weights (fan_in, fan_out) and biases (fan_out,) of each layer, in the units of training."""
        return list(self.network.views(self.parameters).layers)

    @cached_property
    def region(self) -> Support | None:
        """Where the training rows lie; none if the model came from a file that does not say."""
        if self.kept_region is not None or self.arrays is None:
            return self.kept_region
        used = self.arrays.counts * (self.arrays.weights > 0.0)
        return Support.learn(self.design.raw_inputs(self.arrays.X), used)

    @property
    def deviance(self) -> float:
        """Sum of the unit deviances of the training rows, times their weights."""
        return self.facts.deviance

    @property
    def null_deviance(self) -> float:
        """Deviance of the model that knows only the intercept and the offset."""
        return self.facts.null_deviance

    @property
    def log_likelihood(self) -> float:
        """Log-likelihood at the fitted means, with R's conventions."""
        return self.facts.log_likelihood

    @property
    def dispersion(self) -> float:
        """1 where the family fixes it; else Pearson's statistic over the residual degrees of freedom."""
        return self.facts.dispersion

    @property
    def df_residual(self) -> int:
        """Rows with weight less the rank."""
        return self.facts.df_residual

    # Prediction ---------------------------------------------------------------------------------------

    def linear_predictor(self, X: Array, offset: Array) -> Array:
        """Give eta (m, q) on the scale of the link, from a design matrix (m, p) and an offset (m,)."""
        return linear_predictor(self.design, self.network, self.parameters, X, offset)

    def predict(
        self, table: object, type: str = "response", interval: float | None = None, method: str | None = None
    ) -> Any:
        """Predict each row of a table.

        mu = inverse link(offset + line + hidden part)

        Parameters
        ----------
        table : frame, dict of arrays, path, or array (m, p)
            With the columns that the formula reads; the response is not needed. An array (or a list of rows) for
            a model that was fitted to arrays.
        type : {"response", "link"}
            The mean in the units of the response (a probability for classes), or eta on the scale of the link.
        interval : float, optional
            Such as 0.95: the prediction interval of a new row's response. It has weight 1, whatever the weights of
            the training rows. For the interval of its mean see `predict_mean_interval`. Classes, and 0 and 1, of a
            model with members have a prediction set in its place.
        method : {"cv+", "scaled", "split", "laplace"}, optional
            Of the interval of a curve. The first three rest on what each member missed on the rows it did not see.
            "cv+", the usual one: each row's miss about its own member. "scaled": the same with misses relative to
            the spread at x, for responses that scatter unevenly. "split": one miss for all, about the model.
            "laplace": by the curvature of the penalised loss; the only one of a single network. A line has its
            predictive distribution, and takes no method. Where there are too few rows for the level (fewer than 19
            for 0.95, but for "laplace") an end is infinite (for counts and positive responses 0 below), and a
            `PliantWarning` says so.

        Returns
        -------
        frame
            Of the kind that was given (polars for a dict or a path; pandas with its index), one row a row of
            `table`: `prediction`, and for classes also `probability[level]` each; with an interval `lower` and
            `upper`, or `set` (the levels in it, in their order, joined by ", ") and `set_size`; of a network `support`:
            whether the row lies "inside", at the "edge" of or "outside" the training rows (see `support`). A row with a
            missing value is predicted as missing.

        Raises
        ------
        LevelError
            If a column has a level that the training rows did not have.
        TableError
            If a column is absent or of another kind.
        InputError
            If an interval is asked of classes without members, of several responses, of a family without a
            distribution, of a network with neither members nor evidence, or by a method that reads the training rows
            of a model from a file.
        """
        if type not in ("response", "link"):
            raise ArgumentError(f"type={type!r} is not known; choose 'response' or 'link'")
        read = read_rows(table, self.design.reads)
        if method is not None and interval is None:
            raise ArgumentError(f"method={method!r} is of an interval; say which, such as interval=0.95")
        rows = self.design.matrix(read)
        with np.errstate(over="ignore", invalid="ignore"):
            eta = self.linear_predictor(rows.X, rows.offset)
        check_eta(eta, rows.complete, self.likelihood.link)
        if interval is not None:
            from pliant.inference.intervals import prediction_interval

            columns = prediction_interval(self, read, type, interval, method)
        if interval is None:
            columns = self._columns(eta, rows.complete, type)
        if not self.is_line and self.region is not None:
            from pliant.inference.support import judge_rows, words

            columns["support"] = words(judge_rows(self, rows))
        return make_frame(columns, read.kind, read.index)

    def prediction_columns(self, X: Array, offset: Array, complete: BoolArray, type: str) -> dict[str, Any]:
        """Give the columns of `predict` for rows of the design matrix; missing where a row is not complete."""
        return self._columns(self.linear_predictor(X, offset), complete, type)

    def _columns(self, eta: Array, complete: BoolArray, type: str) -> dict[str, Any]:
        """Give the columns of `predict` for rows with eta (m, q)."""
        response = self.design.response
        if type == "link":
            return _named("link", eta, response.levels[1:] if self.likelihood.has_classes else response.names)
        mu = np.full((len(eta), response.n_outputs), np.nan)
        mu[complete] = self.likelihood.mean(eta[complete])
        if not self.likelihood.has_classes:
            return _named("prediction", mu, response.names)
        best = [response.levels[c] if ok else None for c, ok in zip(np.argmax(mu, axis=1), complete, strict=True)]
        return {"prediction": best, **_named("probability", mu, response.levels)}

    # Doors: what is not in the three classes above -----------------------------------------------------

    def __repr__(self) -> str:
        network = self.network if self.members is None else self.members.network
        what = "line" if self.is_line else f"network {self.design.n_inputs}-{'-'.join(map(str, network.hidden))}"
        if self.members is not None:
            what = f"mean of {len(self.members)} networks {what.removeprefix('network ')}"
        return f"<pliant {what}: {self.formula}, {self.family}, {self.facts.n_rows} rows; .summary() says more>"

    def save(self, path: "str | os.PathLike[str]") -> None:
        """Write the model to one file, whole or not at all."""
        from pliant.inference.look import all_notes
        from pliant.storage import save

        check_path("path", path)
        save(self, path, all_notes(self))  # a file holds no table to look at

    def to_torch(self) -> Any:
        """The model as a plain `torch.nn.Module`: design matrix in, mean out, scaling inside."""
        from pliant.engines.torch_model import to_torch

        return to_torch(self.network, self.likelihood, self.design.scaling, self.design.has_intercept, self.parameters)

    def continue_training(self, epochs: int, table: object = None, **options: Any) -> "Fitted":
        """Train further from where the run stood; give the new model.

        Parameters
        ----------
        epochs : int
            How many more.
        table : frame, dict or path, optional
            The training table again; needed after `pliant.load`, since a model file holds no data.

        Returns
        -------
        Fitted
            Equal, bit for bit, to one unbroken run.
        """
        from pliant.fitting import continue_training

        return continue_training(self, epochs, table, **options)

    # To and from a file -------------------------------------------------------------------------------

    def to_state(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Give everything but the data as JSON facts and named arrays."""
        facts, arrays = self.facts.to_dict()
        arrays["parameters"] = self.parameters
        described: dict[str, Any] = {
            "version": __version__,
            "design": self.design.to_dict(),
            "network": self.network.to_dict(),
            **self.likelihood.to_dict(),
            "settings": self.settings.to_dict(),
            "facts": facts,
            "notes": self.notes,
            "frame_kind": self.frame_kind,
            "stopped": self.stopped,
        }
        if self.members is not None:
            asked = vars(self).get("spread", self.members.spread)  # fitted if it was asked for
            described["members"], own = replace(self.members, spread=asked).to_state()
            arrays |= {f"members.{k}": v for k, v in own.items()}
        elif not self.is_line and self.held_out_scores is not None:
            arrays["held_out_scores"] = self.held_out_scores
        if self.region is not None:
            arrays |= {f"region.{k}": v for k, v in self.region.to_state().items()}
        if self.training is not None:
            training, described["training"] = self.training.to_arrays()
            arrays |= {f"training.{k}": v for k, v in training.items()}
        return described, arrays

    @classmethod
    def from_state(cls, described: Mapping[str, Any], arrays: Mapping[str, Any]) -> "Fitted":
        """Build the model again from what `to_state` gave."""
        own = {k.removeprefix("members."): v for k, v in arrays.items() if k.startswith("members.")}
        training = {k.removeprefix("training."): v for k, v in arrays.items() if k.startswith("training.")}
        region = {k.removeprefix("region."): v for k, v in arrays.items() if k.startswith("region.")}
        return cls(
            Design.from_dict(described["design"]),
            Network.from_dict(described["network"]),
            Likelihood.from_dict(described),
            arrays["parameters"],
            Settings.from_dict(described["settings"]),
            Facts.from_dict(described["facts"], arrays),
            tuple(described["notes"]),
            TrainingState.from_arrays(training, described["training"]) if "training" in described else None,
            described["frame_kind"],
            described["stopped"],
            members=Members.from_state(described["members"], own) if "members" in described else None,
            kept_region=Support.from_state(region) if region else None,  # files of before have none
            kept_scores=arrays.get("held_out_scores"),
        )

    def data(self) -> Arrays:
        """Give the training rows, or say that there are none."""
        if self.arrays is None:
            raise InputError(NO_DATA)
        return self.arrays

    def training_table(self) -> Table:
        """Give the training table, or say that there is none."""
        if self.table is None:
            raise InputError(NO_DATA)
        return self.table


def check_fitted(what: str, value: object) -> None:
    """See that an argument is a fitted model, or raise ArgumentError."""
    if not isinstance(value, Fitted):
        raise ArgumentError(f"{what} is of fitted models, and this is {an(value)}; give what pliant.fit or load gave")


def linear_predictor(design: Design, network: Network, parameters: Array, X: Array, offset: Array) -> Array:
    """Give eta (m, q) on the scale of the link, in the user's units; an aliased coefficient counts as zero."""
    known = np.where(np.isnan(parameters), 0.0, parameters)
    eta = ReferenceEngine().forward(network, known, design.inputs(X))
    scaling = design.scaling
    in_units: Array = eta * scaling.response_scale + scaling.response_centre + offset[:, None]
    return in_units


def _named(stem: str, values: Array, names: tuple[str, ...] | list[str]) -> dict[str, Array]:
    """Give one column as `stem`, several as `stem[name]`."""
    if values.shape[1] == 1:
        return {stem: values[:, 0]}
    return {f"{stem}[{name}]": values[:, j] for j, name in enumerate(names)}
