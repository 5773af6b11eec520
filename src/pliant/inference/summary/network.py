"""The summary of a network, and how a model was trained."""

from typing import TYPE_CHECKING

import numpy as np

from pliant.inference.glance import deviance_explained
from pliant.inference.summary.content import Summary
from pliant.inference.summary.numbers import count, short
from pliant.optimisers import DRIVERS

if TYPE_CHECKING:
    from pliant.model import Fitted
    from pliant.model.members import Members
    from pliant.training import History


def summarise_network(model: "Fitted", facts: tuple[str, ...]) -> Summary:
    """Say what was trained, how, and how close it came; of members first what they say of rows they did not see."""
    if model.members is not None:
        facts = (model.members.verdict.sentence, *facts)
    return Summary(_network_title(model), facts, (), _network_lines(model), model.notes)


def _network_title(model: "Fitted") -> str:
    network = model.network if model.members is None else model.members.network
    widths = ", ".join(str(width) for width in network.hidden)
    line = " beside a line" if network.skip else ""
    what = "A network" if model.members is None else f"The mean of {count(len(model.members), 'network')}"
    return f"{what} of {widths} {network.activation} units{line}"


def _network_lines(model: "Fitted") -> tuple[str, ...]:
    """Say what was trained, how, and how close it came on the rows it saw."""
    rows, k, kept = model.facts.n_rows, model.n_parameters, model.members
    explained = deviance_explained(model)
    lines = [
        *([] if kept is None else [_what_predicts(kept), _out_of_fold(kept)]),
        f"{count(model.network.inputs, 'input')} of the design matrix, {count(k, 'parameter')}"
        f"{'' if kept is None else ' a network'}, {rows / k:.1f} rows a parameter" + _determined(model),
        f"trained by {how_trained(model)}",
    ]
    history = model.history
    if history is not None and len(history):
        lines.append(_training_line(history))
    lines.append(
        f"deviance {short(model.deviance)} of {short(model.null_deviance)} without any input"
        + ("" if np.isnan(explained) else f" ({100 * explained:.1f} % explained, on the rows it was trained on)")
    )
    lines += [f"chosen for you: {reason}" for reason in model.settings.reasons]
    return tuple(lines)


def _what_predicts(members: "Members") -> str:
    """Say how far the curve is shrunk towards the line."""
    if not members.network.has_skip or members.share == 1.0:
        return "predicts with the mean of the networks, as they are"
    if members.share == 0.0:
        return "predicts with the line: out of fold any share of the curve does worse"
    return (
        f"predicts with {100 * members.share:.0f} % of the curve and {100 - 100 * members.share:.0f} % of the line, "
        "the share with the lowest loss out of fold"
    )


def _out_of_fold(members: "Members") -> str:
    """Say what the folds are, and the gain that the verdict rests on."""
    said = members.verdict
    low, high = short(said.low, 3), short(said.high, 3)
    return (
        f"each network is fitted without one of {len(members)} folds and judged on it: the curve saves "
        f"{short(said.gain, 3)} in deviance a row, 95 % confidence interval {low} to {high}"
    )


def _determined(model: "Fitted") -> str:
    """Say how many of the parameters the data determine, where that was counted."""
    effective = model.facts.effective_parameters
    return (
        ""
        if np.isnan(effective)
        else f"; the data determine {effective:.1f} of {count(model.n_parameters, 'parameter')}"
    )


def _training_line(history: "History") -> str:
    """Say how long it trained, and the losses at the end."""
    what = "step" if np.isnan(history["learning_rate"][-1]) else "epoch"
    text = f"{count(int(history['epoch'][-1]), what)}, last loss {short(history['loss'][-1])}"
    measured = history["validation_loss"][np.isfinite(history["validation_loss"])]
    return text + (f", lowest loss on rows held out {short(measured.min())}" if len(measured) else "")


def how_trained(model: "Fitted") -> str:
    """Say by what and in which engine a network or a line was trained."""
    s = model.settings
    if s.optimiser == "irls":
        return f"iteratively reweighted least squares with regularisation {s.regularisation:g}"
    if s.optimiser in DRIVERS:
        by = {"lm": "damped Gauss-Newton (lm)", "lbfgs": "L-BFGS (lbfgs)"}[s.optimiser]
        decay = "weight decay by evidence" if s.evidence else f"regularisation {s.regularisation:g}"
        strength = None if model.members is None else model.members.strength
        if strength is not None:
            decay = (
                f"{decay} times {strength:g}, by the folds" if s.evidence else f"weight decay {strength:g} by the folds"
            )
        return f"{by}, {decay}; seed {s.seed}; in the {s.engine} engine"
    batch = "all rows a step" if s.batch is None else f"{s.batch} rows a step"
    decay = f", regularisation {s.regularisation:g}" if s.regularisation else ""
    return (
        f"{s.optimiser} (learning rate {s.learning_rate:g}, {s.schedule}; {batch}{decay}; seed {s.seed}) "
        f"in the {s.engine} engine"
    )
