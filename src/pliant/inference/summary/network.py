"""The summary of a network, and how a model was trained."""

from typing import TYPE_CHECKING

import numpy as np

from pliant.inference.call import python_call
from pliant.inference.coverage import coverage_sentence
from pliant.inference.glance import deviance_explained
from pliant.inference.look import all_notes
from pliant.inference.out_of_fold import Line, out_of_fold_lines, worse_than_nothing
from pliant.inference.summary.content import Grid, Summary
from pliant.inference.summary.numbers import count, short
from pliant.optimisers import DRIVERS

if TYPE_CHECKING:
    from pliant.model import Fitted
    from pliant.model.members import Members
    from pliant.training import History


def summarise_network(model: "Fitted", facts: tuple[str, ...]) -> Summary:
    """Say what was trained, how, and how close it came; of members first what they say of rows they did not see.

    Parameters
    ----------
    model : Fitted
    facts : tuple of str
        What is said of every model: its family and rows.
    """
    verdict = "" if model.members is None else model.members.verdict.sentence
    facts = (f"Call: {python_call(model)}", *facts)
    return Summary(network_title(model), facts, _grids(model), _network_lines(model), all_notes(model), verdict=verdict)


def _grids(model: "Fitted") -> tuple[Grid, ...]:
    """Give what no input, the line and the curve lose on rows that they did not see."""
    lines = tuple(map(cells, out_of_fold_lines(model)))
    heads = ("", "deviance a row", "gain", "95 % interval")
    return (Grid("On rows that the fits did not see", heads, lines),) if lines else ()


def cells(line: Line) -> tuple[str, str, str, str]:
    """Write a line as cells of text."""
    if np.isnan(line.gain):
        return line.name, short(line.loss, 5), "", ""
    return line.name, short(line.loss, 5), short(line.gain, 4), f"{short(line.low, 4)} to {short(line.high, 4)}"


def network_title(model: "Fitted") -> str:
    """Say in a line what the network is."""
    network = model.network if model.members is None else model.members.network
    widths = ", ".join(str(width) for width in network.hidden)
    line = " beside a line" if network.skip else ""
    what = "A network" if model.members is None else f"The mean of {count(len(model.members), 'network')}"
    return f"{what} of {widths} {network.activation} units{line}"


def _network_lines(model: "Fitted") -> tuple[str, ...]:
    """Say what was trained, how, and how close it came on the rows it saw."""
    rows, k, kept = model.facts.n_rows, model.n_parameters, model.members
    explained, covered = deviance_explained(model), coverage_sentence(model)
    lines = [
        *([] if kept is None else [what_predicts(kept), _out_of_fold(kept)]),
        *([] if covered is None else [covered]),
        f"{count(model.design.n_inputs, 'input')} of the design matrix{_embedded(model)}, {count(k, 'parameter')}"
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
    nothing = worse_than_nothing(out_of_fold_lines(model))
    if nothing:
        lines.insert(0, nothing)
    lines += [f"chosen for you: {reason}" for reason in model.settings.reasons]
    return tuple(lines)


def what_predicts(members: "Members") -> str:
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


def _embedded(model: "Fitted") -> str:
    """Say how many columns the hidden layers see, where the inputs are embedded."""
    embedding = model.design.scaling.embedding
    return "" if embedding is None else f", embedded in {count(embedding.n_columns, 'column')} for the hidden layers"


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
        if strength is not None and s.evidence:
            decay += (
                ", which the folds left as it was"
                if strength == 1.0
                else f", made {strength:g} times as strong by the folds"
            )
        elif strength is not None:
            decay = f"weight decay {strength:g} by the folds"
        return f"{by}, {decay}; seed {s.seed}; in the {s.engine} engine"
    batch = "all rows a step" if s.batch is None else f"{s.batch} rows a step"
    decay = f", regularisation {s.regularisation:g}" if s.regularisation else ""
    how = f"{s.optimiser} in NTK parametrisation" if s.parametrisation == "ntk" else s.optimiser
    digits = "" if s.precision == "float64" else f", in {s.precision}"
    return (
        f"{how} (learning rate {s.learning_rate:g}, {s.schedule}; {batch}{decay}; seed {s.seed}) "
        f"in the {s.engine} engine{digits}"
    )
