"""Fit the members, each without its fold, and make one model of them.

Each member learns its units, its line and its weights from its own rows. Their out-of-fold values tell how far the
curve is to be trusted: they give the verdict, the share of the curve in the prediction, and the scores of the
intervals. Members do not depend on one another, so neither order nor number of threads changes a digit.
"""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from pliant.data.arrays import Arrays
from pliant.data.design import Design, aliased_columns
from pliant.descent import seed_stream, train_network
from pliant.ensemble.algebra import in_units, mean_network
from pliant.ensemble.conformal import conformity
from pliant.ensemble.curvature import curvature_test
from pliant.ensemble.folds import draw_folds
from pliant.ensemble.verdict import verdict
from pliant.functions.likelihood import Likelihood
from pliant.measure import fingerprint, measure
from pliant.model import Fitted, linear_predictor
from pliant.model.members import Members
from pliant.network import Network
from pliant.optimisers.irls import fit_line
from pliant.record import Settings, Verdict
from pliant.training import Progress, Report
from pliant.types import Array, IntArray

FOLDS, RANKS = 3, 4  # streams of the seed: for the folds, and for ranks within a count
SHARES = np.linspace(0.0, 1.0, 101)
RIDGE = 1e-4  # of a line that does not exist without one, as with separated classes


@dataclass(frozen=True)
class Member:
    """One fit without its fold."""

    parameters: Array  # (k,), in the units of training of the whole table
    line: Array  # (1 + inputs, q), likewise
    effective_parameters: float
    curve_eta: Array  # (rows of the fold, q), in the user's units
    line_eta: Array


def fit_members(
    chosen: Likelihood,
    design: Design,
    arrays: Arrays,
    network: Network,
    settings: Settings,
    count: int,
    *,
    groups: Any = None,
    in_order: bool = False,
    threads: int | None = None,
    report: Report | None = None,
) -> Fitted:
    """Fit `count` members and give the model of their mean, shrunk towards the line as far as the folds say.

    Parameters
    ----------
    chosen, design, arrays, network, settings
        What to fit, to which rows, and how; the network is that of one member.
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
    """
    classes = chosen.family.coding in ("classes", "binary")
    folds = draw_folds(count, arrays.y, seed_stream(settings.seed, FOLDS), classes, groups, in_order)
    members = _fit_all(chosen, design, arrays, network, settings, folds, count, threads, report)
    parameters, lines = (np.stack([getattr(m, name) for m in members]) for name in ("parameters", "line"))
    curve, line = np.empty((2, len(arrays.y), network.outputs))
    for k, member in enumerate(members):
        curve[folds == k], line[folds == k] = member.curve_eta, member.line_eta
    whole, rank = _line(chosen, arrays, polished=True)
    said = _judge(chosen, design, arrays, network, curve, line, whole, rank)
    share = _share(chosen, arrays, curve, line, said) if network.has_skip else 1.0
    rest = None
    if network.has_skip:
        rest = _in_training(design, whole) - share * np.mean(lines, axis=0)
    else:
        lines = 0.0 * lines
    wide, merged = mean_network(network, parameters, share, rest)
    mu = chosen.mean(linear_predictor(design, wide, merged, arrays.X, arrays.offset))
    effective = float(np.mean([member.effective_parameters for member in members]))
    spent = effective if np.isfinite(effective) else float(network.n_parameters)
    facts = measure(chosen, arrays, mu, int(np.ceil(spent / network.outputs)), design.has_intercept)
    facts = replace(facts, effective_parameters=effective, fingerprint=fingerprint(arrays, None))
    eta = line + share * (curve - line) if network.has_skip else curve
    scores = conformity(chosen, arrays.y, eta, arrays.weights, facts.dispersion, seed_stream(settings.seed, RANKS))
    kept = Members(network, parameters, lines, share, folds, scores, said, (curve, line), arrays.frequencies)
    return Fitted(design, wide, chosen, merged, settings, facts, design.notes, arrays=arrays, members=kept)


def _fit_all(
    chosen: Likelihood,
    design: Design,
    arrays: Arrays,
    network: Network,
    settings: Settings,
    folds: IntArray,
    count: int,
    threads: int | None,
    report: Report | None,
) -> list[Member]:
    """Fit every member, on threads."""
    began = time.perf_counter()
    done: list[Member] = []
    workers = min(count, threads or os.cpu_count() or 1)
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(workers) as pool:
        jobs = [pool.submit(_fit_one, chosen, design, arrays, network, settings, folds, k) for k in range(count)]
        try:
            for k, job in enumerate(jobs, start=1):
                done.append(job.result())
                if report is not None:
                    seconds = max(time.perf_counter() - began, 1e-9)
                    rows = k * len(arrays.y) / seconds
                    report(Progress(k, count, float("nan"), None, rows, seconds / k * (count - k)))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return done


def _fit_one(
    chosen: Likelihood,
    design: Design,
    arrays: Arrays,
    network: Network,
    settings: Settings,
    folds: IntArray,
    k: int,
) -> Member:
    """Fit one member to all rows but its fold's, and predict these."""
    rows, out = arrays.take(np.flatnonzero(folds != k)), np.flatnonzero(folds == k)
    scaling = design.scaling.learnt_again(
        design.raw_inputs(rows.X), rows.y, rows.offset, design.has_intercept, rows.frequencies
    )
    own = replace(design, scaling=scaling)
    fit = train_network(chosen, own, rows, None, network, settings, member=k)
    parameters = in_units(network, fit.parameters, scaling, design.scaling)
    X, offset = arrays.X[out], arrays.offset[out]
    coefficients, _ = _line(chosen, rows, polished=False)
    return Member(
        parameters,
        _in_training(design, coefficients),
        fit.effective_parameters,
        linear_predictor(design, network, parameters, X, offset),
        X @ coefficients + offset[:, None],
    )


def _line(chosen: Likelihood, arrays: Arrays, polished: bool) -> tuple[Array, int]:
    """Give the coefficients (p, q) of the line in the user's units, aliased ones zero, and its rank.

    Where it has no finite coefficients a small ridge stands in. A line that only says what a fold does not see needs no
    last digits (`polished`).
    """
    aliased = aliased_columns(arrays.X, arrays.weights)
    data = (arrays.X, arrays.y, arrays.totals, arrays.offset)
    line = fit_line(chosen, *data, aliased=aliased, polished=polished)
    if not line.converged:
        ridge = RIDGE * np.sum(arrays.totals) * np.var(arrays.X, axis=0)
        line = fit_line(chosen, *data, aliased=aliased, ridge=ridge, polished=polished)
    return np.nan_to_num(line.coefficients), line.rank


def _in_training(design: Design, coefficients: Array) -> Array:
    """Give a line (1 + inputs, q), its intercept first, in the units of training."""
    intercept = coefficients[0] if design.has_intercept else np.zeros(coefficients.shape[1])
    slopes, top = design.scaling.scale_line(coefficients[design.has_intercept :], intercept)
    return np.vstack([top, slopes])


def _judge(
    chosen: Likelihood,
    design: Design,
    arrays: Arrays,
    network: Network,
    curve: Array,
    line: Array,
    whole: Array,
    rank: int,
) -> Verdict:
    """Give the verdict between the line and the curve."""
    y = arrays.y
    of_line = chosen.deviance(y, chosen.mean(line))
    of_curve = chosen.deviance(y, chosen.mean(curve))
    at = np.arange(network.inputs) if network.bending is None else np.array(network.bending)
    eta = arrays.X @ whole + arrays.offset[:, None]
    p_value = curvature_test(chosen, arrays, eta, design.inputs(arrays.X)[:, at], curve - line)
    mean_line = float(arrays.totals @ of_line / np.sum(arrays.totals))
    return verdict(of_line - of_curve, arrays, mean_line, p_value)


def _share(chosen: Likelihood, arrays: Arrays, curve: Array, line: Array, said: Verdict) -> float:
    """Give the share of the curve with the lowest deviance out of fold; all of it where it earns its keep."""
    if said.kind == "curve":
        return 1.0
    losses = [
        float(arrays.totals @ chosen.deviance(arrays.y, chosen.mean(line + share * (curve - line)))) for share in SHARES
    ]
    return float(SHARES[int(np.argmin(losses))])
