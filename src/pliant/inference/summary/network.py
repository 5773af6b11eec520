"""The summary of a network, and how a model was trained."""

from typing import TYPE_CHECKING

import numpy as np

from pliant.inference.glance import deviance_explained
from pliant.inference.summary.content import Summary
from pliant.inference.summary.numbers import count, short

if TYPE_CHECKING:
    from pliant.model import Fitted
    from pliant.training import History


def summarise_network(model: "Fitted", facts: tuple[str, ...]) -> Summary:
    """Say what was trained, how, and how close it came on the rows it saw."""
    return Summary(_network_title(model), facts, (), _network_lines(model), model.notes)


def _network_title(model: "Fitted") -> str:
    widths = ", ".join(str(width) for width in model.network.hidden)
    line = " beside a line" if model.network.skip else ""
    return f"A network of {widths} {model.network.activation} units{line}"


def _network_lines(model: "Fitted") -> tuple[str, ...]:
    """Say what was trained, how, and how close it came on the rows it saw."""
    rows, k = model.facts.n_rows, model.n_parameters
    explained = deviance_explained(model)
    lines = [
        f"{count(model.network.inputs, 'input')} of the design matrix, {count(k, 'parameter')}, "
        f"{rows / k:.1f} rows a parameter",
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


def _training_line(history: "History") -> str:
    """Say how long it trained, and the losses at the end."""
    text = f"{count(int(history['epoch'][-1]), 'epoch')}, last loss {short(history['loss'][-1])}"
    measured = history["validation_loss"][np.isfinite(history["validation_loss"])]
    return text + (f", lowest loss on rows held out {short(measured.min())}" if len(measured) else "")


def how_trained(model: "Fitted") -> str:
    """Say by what and in which engine a network or a line was trained."""
    s = model.settings
    if s.optimiser == "irls":
        return f"iteratively reweighted least squares with regularisation {s.regularisation:g}"
    batch = "all rows a step" if s.batch is None else f"{s.batch} rows a step"
    decay = f", regularisation {s.regularisation:g}" if s.regularisation else ""
    return (
        f"{s.optimiser} (learning rate {s.learning_rate:g}, {s.schedule}; {batch}{decay}; seed {s.seed}) "
        f"in the {s.engine} engine"
    )
