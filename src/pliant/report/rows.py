"""Which rows a report speaks of: those of the training, also for a model from a file, or others.

A model file holds no data. Given the table of the training again it has them again, and with them what its members
say of the rows that each did not see; any other table is one of new rows.
"""

from dataclasses import dataclass, replace

import numpy as np

from pliant.data.arrays import Arrays
from pliant.data.given import written_out
from pliant.data.table import Table, read_table
from pliant.descent import split, training_rows
from pliant.measure import fingerprint
from pliant.model import Fitted, linear_predictor
from pliant.model.members import Members
from pliant.types import Array

SAME = 1e-9  # of the deviance: two tables with one are taken for one, where the model has no fingerprint


@dataclass(frozen=True)
class Subject:
    """What a report is about."""

    model: Fitted  # with its training rows, where these are known
    new: Arrays | None = None  # rows that are not those of the training
    table: Table | None = None  # in which they are

    @property
    def has_rows(self) -> bool:
        """Whether the training rows are at hand."""
        return self.model.arrays is not None


def subject_of(model: Fitted, table: object = None) -> Subject:
    """Give a model with its training rows if the table is theirs, else with the table's as new rows.

    Parameters
    ----------
    model : Fitted
    table : frame, dict or path, optional

    Raises
    ------
    InputError
        If the table lacks a column that the model reads or the response, or has levels that the training had not.
    """
    if table is None:
        return Subject(model)
    read = read_table(table)
    named = {what: column for what, column in model.settings.given.items() if column is not None}
    arrays = model.design.arrays(read, **named)
    if model.members is not None:
        read, arrays = written_out(read, arrays, named.get("frequencies"))
    settings = model.settings
    rows, held_out = split(arrays, training_rows(read.n_rows, settings.validation, settings.seed))
    if not _are_the_training_rows(model, rows, held_out):
        return Subject(model, arrays, read)
    members = None if model.members is None else _with_out_of_fold(model, model.members, rows)
    return Subject(replace(model, table=read, arrays=rows, held_out=held_out, members=members))


def _are_the_training_rows(model: Fitted, rows: Arrays, held_out: Arrays | None) -> bool:
    """Say whether these are the rows of the training: by their fingerprint, or else by number and deviance."""
    if model.facts.fingerprint:
        return fingerprint(rows, held_out) == model.facts.fingerprint
    if round(float(np.sum(rows.counts[rows.weights > 0.0]))) != model.facts.n_rows:
        return False
    mu = model.likelihood.mean(model.linear_predictor(rows.X, rows.offset))
    found = float(rows.totals @ model.likelihood.deviance(rows.y, mu))
    return abs(found - model.deviance) <= SAME * abs(model.deviance)


def _with_out_of_fold(model: Fitted, kept: Members, rows: Arrays) -> Members:
    """Give the members with eta of each row by the member that did not see it, which a file does not hold."""
    if kept.out_of_fold is not None or not kept.network.has_skip:
        return kept
    curve, line = np.empty((2, len(rows.y), kept.network.outputs))
    for k, (parameters, own) in enumerate(zip(kept.parameters, kept.lines, strict=True)):
        out = kept.folds == k
        X, offset = rows.X[out], rows.offset[out]
        curve[out] = linear_predictor(model.design, kept.network, parameters, X, offset)
        line[out] = _line_eta(model, own, X, offset)
    return replace(kept, out_of_fold=(curve, line))


def _line_eta(model: Fitted, line: Array, X: Array, offset: Array) -> Array:
    """Give eta (m, q) of a line (1 + inputs, q) in the units of training."""
    scaling = model.design.scaling
    eta = model.design.line_inputs(X) @ line[1:] + line[0]
    return np.asarray(eta * scaling.response_scale + scaling.response_centre + offset[:, None])
