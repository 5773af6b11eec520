"""Fit the members, each without its fold, and make one model of them.

Each member learns its units, its line and its weights from its own rows. Their out-of-fold values tell how far the
curve is to be trusted: they give the verdict, the share of the curve in the prediction, and the scores of the
intervals. Members do not depend on one another, so neither order nor number of threads changes a digit.

Nor does the order of the rows: they are taken in one that their numbers decide, unless it is that of time. Copies of a
row fall into folds as if they were any rows. (To leave out all copies together was tried: where few rows differ, as in
a table of factors, a fold is then all rows of one response, and what the others say of these is wrong.)
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

import numpy as np

from pliant.data.arrays import Arrays
from pliant.data.design import Design, aliased_columns
from pliant.descent import seed_stream, train_network, train_path
from pliant.ensemble.algebra import in_units, mean_network
from pliant.ensemble.conformal import RANKS, conformity, too_few_note
from pliant.ensemble.coverage import Unseen, claims, reached_by
from pliant.ensemble.curvature import curvature_test
from pliant.ensemble.folds import draw_folds
from pliant.ensemble.jobs import look_up, run_all
from pliant.ensemble.strength import best_share, best_strength, own_fold
from pliant.ensemble.verdict import constant_losses, deviance_out_of_fold, verdict
from pliant.errors import ModelFileError
from pliant.functions.likelihood import Likelihood
from pliant.line.separation import Watch
from pliant.measure import fingerprint, measure
from pliant.model import Fitted, linear_predictor
from pliant.model.members import Members
from pliant.network import Network
from pliant.optimisers.irls import fit_line
from pliant.record import Facts, Settings, Verdict
from pliant.training import Part, Progress, Report
from pliant.types import Array, IntArray

Place = Callable[[int], Part]  # of a member in the checkpoint

FOLDS = 3  # stream of the seed
RIDGE = 1e-4  # of a line that does not exist without one, as with separated classes


@dataclass(frozen=True)
class Task:
    """What the members fit, to which rows, and how."""

    chosen: Likelihood
    design: Design
    arrays: Arrays
    network: Network  # of one member
    settings: Settings


@dataclass(frozen=True)
class Found:
    """What the training of one member found: one fit without its fold, or a path of them, one decay after another."""

    strengths: Array  # (points,), of the decay at each point of the path; NaN: one point, as asked
    parameters: Array  # (points, k), in the units of training of the whole table
    effective_parameters: Array  # (points,)
    evidence: Array  # (points, 3 or 1), decays and dispersion by evidence, in the units of training of its own rows

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], n_parameters: int) -> "Found":
        """Read what a checkpoint kept; a ModelFileError if it is not of a member with so many parameters."""
        if set(arrays) == {each.name for each in fields(cls)}:
            found = cls(**arrays)
            points = found.strengths.shape
            shapes = (found.effective_parameters.shape, found.parameters.shape, found.evidence.shape[:-1])
            if len(points) == 1 and points[0] and shapes == (points, (*points, n_parameters), points):
                return found
        raise ModelFileError("what the checkpoint kept of a member is not one of this fit; the file may be damaged")


@dataclass(frozen=True)
class Member:
    """What was found, and what it and a line without the same fold say of all rows."""

    found: Found
    eta: Array  # (points, n, q), of all rows, in the user's units
    line: Array  # (1 + inputs, q), in the units of training
    line_eta: Array  # (n, q), of all rows


def fit_members(
    task: Task,
    count: int,
    groups: Any = None,
    in_order: bool = False,
    threads: int | None = None,
    report: Report | None = None,
    place: Place | None = None,
) -> Fitted:
    """Fit `count` members and give the model of their mean, shrunk towards the line as far as the folds say.

    Parameters
    ----------
    task : Task
    count : int
        Members, and folds.
    groups : array (n,), optional
        Rows of one group are left out together.
    in_order : bool
        Folds are consecutive rows.
    threads : int, optional
        By default one a processor.
    report : callable, optional
        Told after every member.
    place : callable, optional
        Gives the place of a member in the fit's checkpoint.
    """
    given = task.arrays
    labels = () if groups is None else (np.unique(np.asarray(groups), return_inverse=True)[1],)
    order = np.arange(len(given.y)) if in_order else given.order(*labels)
    task, groups = _taken(task, order), labels[0][order] if labels else None
    chosen, design, arrays, network, settings = task.chosen, task.design, task.arrays, task.network, task.settings
    classes = chosen.family.coding in ("classes", "binary")
    folds = draw_folds(count, arrays.y, seed_stream(settings.seed, FOLDS), classes, groups, in_order)
    members = _fit_all(task, folds, count, threads, report, place)
    paths, line_etas = np.stack([m.eta for m in members]), np.stack([m.line_eta for m in members])
    best = best_strength(chosen, arrays, paths, folds)
    etas = paths[:, best]
    curve, line = own_fold(etas, folds), own_fold(line_etas, folds)
    parameters, lines = np.stack([m.found.parameters[best] for m in members]), np.stack([m.line for m in members])
    whole = _line(chosen, arrays, polished=True)
    said = _judge(task, curve, line, whole, np.mean(paths, axis=1), folds)
    share = 1.0
    if network.has_skip and not (said.kind == "curve" and said.low > 0.0):
        share = best_share(chosen, arrays, etas, line_etas, folds, said.kind == "line")
    rest = None
    if network.has_skip:
        rest = _in_training(design, whole) - share * np.mean(lines, axis=0)
    else:
        lines = 0.0 * lines
    wide, merged = mean_network(network, parameters, share, rest)
    mean = np.mean(etas, axis=0)
    if network.has_skip:
        mean = share * (mean - np.mean(line_etas, axis=0)) + arrays.X @ whole + arrays.offset[:, None]
    mu = chosen.mean(mean)
    eta = line + share * (curve - line) if network.has_skip else curve
    effective = float(np.mean([member.found.effective_parameters[best] for member in members]))
    facts = replace(_facts(task, mu, eta, effective), fingerprint=fingerprint(given, None))
    scores = conformity(chosen, arrays.y, eta, arrays.weights, facts.dispersion, seed_stream(settings.seed, RANKS))
    evidence = np.stack([member.found.evidence[best] for member in members])
    shares = _shares_without_fold(task, folds, etas, line_etas) if claims(chosen, scores) else None
    back = np.argsort(order)
    curve, line, folds, scores = curve[back], line[back], folds[back], scores[back]
    kept = Members(network, parameters, lines, share, folds, scores, said, (curve, line))
    strength = float(members[0].found.strengths[best])
    kept = replace(
        kept, strength=None if np.isnan(strength) else strength, frequencies=given.frequencies, evidence=evidence
    )
    if shares is not None:
        unseen = Unseen(chosen, given, curve, line, folds, shares, facts.dispersion, settings.seed)
        kept = replace(kept, fold_shares=shares, reached=reached_by(unseen))
    notes = design.notes + too_few_note(kept)
    return Fitted(design, wide, chosen, merged, settings, facts, notes, arrays=given, members=kept)


def _taken(task: Task, order: IntArray) -> Task:
    """Give a task with its rows in an order, its units of training to the last bit as these give them."""
    design, arrays = task.design, task.arrays.take(order)
    scaling = design.scaling.learnt_again(
        design.raw_inputs(arrays.X), arrays.y, arrays.offset, design.has_intercept, arrays.frequencies
    )
    return replace(task, arrays=arrays, design=replace(design, scaling=scaling))


def _fit_all(
    task: Task, folds: IntArray, count: int, threads: int | None, report: Report | None, place: Place | None
) -> list[Member]:
    """Fit every member, on threads or as a face has it."""
    began = time.perf_counter()
    done: list[Member] = []
    for k, member in enumerate(run_all(partial(_fit_one, task, folds, place), count, threads), start=1):
        done.append(member)
        if report is not None:
            seconds = max(time.perf_counter() - began, 1e-9)
            rows = k * len(folds) / seconds
            report(Progress(k, count, None, None, rows, seconds / k * (count - k), "member"))
    return done


def _fit_one(task: Task, folds: IntArray, place: Place | None, k: int) -> Member:
    """Fit one member to all rows but its fold's, and predict these; or take from the checkpoint what it found."""
    chosen, design, arrays = task.chosen, task.design, task.arrays
    rows = arrays.take(np.flatnonzero(folds != k))
    part = None if place is None else place(k)
    kept = None if part is None else part.found()
    if kept is not None:
        found = Found.from_arrays(kept, task.network.n_parameters)
    elif task.settings.parametrisation == "ntk":
        found = _by_own_fold(task, rows, arrays.take(np.flatnonzero(folds == k)), k, part)
    else:
        found = _on_rows(task, rows, k, part)
    if part is not None and kept is None:
        part.done(vars(found))
    coefficients = _line(chosen, rows, polished=False)
    return Member(
        found,
        np.stack([linear_predictor(design, task.network, p, arrays.X, arrays.offset) for p in found.parameters]),
        _in_training(design, coefficients),
        arrays.X @ coefficients + arrays.offset[:, None],
    )


def _on_rows(task: Task, rows: Arrays, k: int, part: Part | None) -> Found:
    """Train one member in the units of its own rows, along a path of decays or as asked."""
    chosen, design, network = task.chosen, task.design, task.network
    scaling = design.scaling.learnt_again(
        design.raw_inputs(rows.X), rows.y, rows.offset, design.has_intercept, rows.frequencies
    )
    own = replace(design, scaling=scaling)
    if task.settings.by_folds:
        path = train_path(chosen, own, rows, network, task.settings, k, look_up)
        strengths = [point.strength for point in path]
        points = [(point.parameters, point.effective_parameters, (*point.decays, point.noise)) for point in path]
    else:
        fit = _whole(train_network(chosen, own, rows, None, network, task.settings, look_up, checkpoint=part, member=k))
        strengths = [np.nan]
        points = [(fit.parameters, fit.effective_parameters, (*fit.facts.decays, fit.facts.noise))]
    return Found(
        np.array(strengths),
        np.stack([in_units(network, p, scaling, design.scaling) for p, _, _ in points]),
        np.array([effective for _, effective, _ in points]),
        np.array([evidence for _, _, evidence in points]),
    )


def _whole(fit: Fitted) -> Fitted:
    """Give a member that was trained to its end; one that was interrupted is no member."""
    if fit.interrupted:
        raise KeyboardInterrupt
    return fit


def _facts(task: Task, mu: Array, eta: Array, effective: float) -> Facts:
    """Give what was measured on the training rows, at means mu (n, C); `eta` (n, q) is out of fold.

    Members that were stopped by their own folds have more parameters than rows, and no count of those that the data
    determine: their dispersion is that of the rows out of fold.
    """
    chosen, arrays, design = task.chosen, task.arrays, task.design
    stopped = task.settings.parametrisation == "ntk"
    spent = effective if np.isfinite(effective) else float(task.network.n_parameters)
    rank = design.n_inputs + design.has_intercept if stopped else int(np.ceil(spent / task.network.outputs))
    dispersion = None
    if stopped and not chosen.family.dispersion_known:
        pearson = float(arrays.totals @ chosen.pearson(arrays.y, chosen.mean(eta)))
        dispersion = pearson / (float(np.sum(arrays.counts[arrays.weights > 0.0])) * task.network.outputs)
    facts = measure(chosen, arrays, mu, rank, design.has_intercept, dispersion=dispersion)
    return replace(facts, effective_parameters=effective)


def _by_own_fold(task: Task, rows: Arrays, fold: Arrays, k: int, part: Part | None) -> Found:
    """Train one member by small steps and keep the weights that did best on its fold.

    The units of training, medians and knots among them, are those of the whole table: the fold has told them where its
    inputs lie, and the mean and deviation of a gaussian response.
    """
    network = replace(task.network, gains=True)
    trained = _whole(
        train_network(task.chosen, task.design, rows, fold, network, task.settings, look_up, checkpoint=part, member=k)
    )
    parameters = trained.network.absorb(trained.parameters)[1]
    return Found(np.array([np.nan]), parameters[None], np.array([np.nan]), np.array([[np.nan]]))


def _line(chosen: Likelihood, arrays: Arrays, polished: bool) -> Array:
    """Give the coefficients (p, q) of the line in the user's units, aliased ones zero.

    Where it has no finite coefficients a small ridge stands in: on the slopes, and where that is not enough, as when a
    class has no row, on the intercept too. A line that only says what a fold does not see needs no last digits
    (`polished`).
    """
    aliased = aliased_columns(arrays.X, arrays.weights)
    data = (arrays.X, arrays.y, arrays.totals, arrays.offset)
    watch = Watch(chosen, arrays.X, arrays.y, arrays.totals, aliased)  # or a line that runs off takes all its steps
    line = fit_line(chosen, *data, aliased=aliased, polished=polished, watch=watch)
    slopes = np.var(arrays.X, axis=0)
    for squares in (slopes, np.where(slopes > 0.0, slopes, np.mean(arrays.X**2, axis=0))):
        if not line.converged:
            ridge = RIDGE * np.sum(arrays.totals) * squares
            line = fit_line(chosen, *data, aliased=aliased, ridge=ridge, polished=polished)
    return np.asarray(np.nan_to_num(line.coefficients))


def _in_training(design: Design, coefficients: Array) -> Array:
    """Give a line (1 + inputs, q), its intercept first, in the units of training."""
    intercept = coefficients[0] if design.has_intercept else np.zeros(coefficients.shape[1])
    slopes, top = design.scaling.scale_line(coefficients[design.has_intercept :], intercept)
    return np.vstack([top, slopes])


def _judge(task: Task, curve: Array, line: Array, whole: Array, found: Array, folds: IntArray) -> Verdict:
    """Give the verdict between the line and the curve; `found` (K, n, q) is before anybody chose."""
    chosen, arrays, y = task.chosen, task.arrays, task.arrays.y
    of_line, of_curve = (deviance_out_of_fold(chosen, y, eta) for eta in (line, curve))
    at = np.flatnonzero(task.design.input_bends)
    eta = arrays.X @ whole + arrays.offset[:, None]
    p_value = curvature_test(chosen, arrays, eta, task.design.line_inputs(arrays.X)[:, at], found, folds)
    nothing = constant_losses(chosen, arrays, folds)
    mean_line, mean_nothing = (float(arrays.totals @ each / np.sum(arrays.totals)) for each in (of_line, nothing))
    return verdict(of_line - of_curve, arrays, mean_line, p_value, mean_nothing)


def _shares_without_fold(task: Task, folds: IntArray, etas: Array, lines: Array) -> Array:
    """Give the share of the curve (K,) that the other folds choose, for each fold; `etas` and `lines` (K, n, q)."""
    chosen, arrays = task.chosen, task.arrays
    shares = np.ones(len(etas))
    if not task.network.has_skip:
        return shares
    of_line, of_curve = (deviance_out_of_fold(chosen, arrays.y, own_fold(each, folds)) for each in (lines, etas))
    for k in range(len(etas)):
        kept = np.flatnonzero(folds != k)
        rows = arrays.take(kept)
        mean_line = float(rows.totals @ of_line[kept] / np.sum(rows.totals))
        kind = verdict((of_line - of_curve)[kept], rows, mean_line, float("nan")).kind
        if kind != "curve":
            shares[k] = best_share(chosen, rows, etas[:, kept], lines[:, kept], folds[kept], kind == "line")
    return shares
