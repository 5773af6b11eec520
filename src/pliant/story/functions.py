"""A layer, its loss, its gradient and its training, as small functions on arrays.

They are the reference engine's own parts (its layer, its backward walk, the gaussian family's delta, the rules
of `optimisers/`), with the weights held as the story holds them: for each layer one array whose first row
belongs to the column of ones. They know no tables, families or engines; `pliant.fit` does.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from pliant.engines.reference import backward, forward, linear
from pliant.errors import ArgumentError
from pliant.functions.activations import ACTIVATIONS
from pliant.functions.likelihood import likelihood
from pliant.network import Layer, Network
from pliant.optimisers import Rule, gd
from pliant.optimisers import optimiser as find_optimiser
from pliant.optimisers.checks import check_choice, check_count, check_number
from pliant.types import Array

Weights = Array | Sequence[Array]  # of a line; of a network, layer by layer

GAUSSIAN = likelihood("gaussian")


class Path(NamedTuple):
    """Where a training went.

    Attributes
    ----------
    weights : ndarray, shape (epochs + 1, ...), or list of them
        The weights before each epoch and after the last; for a network one array a layer.
    losses : ndarray, shape (epochs,)
        The loss of each epoch, at the weights before its step.
    """

    weights: Any
    losses: Array


def layer(input: Any, weights: Any, activation: str | Callable[[Array], Array] = "identity") -> Array:
    """Give one layer: an activation of a linear predictor.

    a = activation([1, input] weights)

    Parameters
    ----------
    input : array, shape (n,) or (n, fan_in)
        Without the column of ones.
    weights : array, shape (1 + fan_in,) or (1 + fan_in, fan_out)
        The first row belongs to the column of ones: intercepts, also called biases.
    activation : str or callable
        A name of `pliant.functions.activations.ACTIVATIONS`, or a function of an array.

    Returns
    -------
    ndarray, shape (n,) or (n, fan_out)
        One column for each column of the weights.

    Raises
    ------
    ArgumentError
        If shapes do not belong together, or there is no such activation.

    Examples
    --------
    >>> layer([0.0, 1.0, 2.0], [3.0, 2.0])
    array([3., 5., 7.])
    """
    a, w = _columns("input", input), np.asarray(weights, dtype=float)
    if w.ndim not in (1, 2) or len(w) != a.shape[1] + 1:
        raise ArgumentError(
            f"weights have shape {w.shape}; an input of {a.shape[1]} columns takes {a.shape[1] + 1} rows of them, "
            "the first for the column of ones"
        )
    table = w[:, None] if w.ndim == 1 else w
    z = linear(Layer(table[1:], table[0]), a)
    bend = activation if callable(activation) else ACTIVATIONS[_named_activation(activation)].value
    return np.asarray(bend(z[:, 0] if w.ndim == 1 else z))


def squared_loss(prediction: Any, y: Any) -> Any:
    """Give the sum of the squared distances between prediction and response.

    loss = sum_i (y_i - prediction_i)^2

    Parameters
    ----------
    prediction, y : array or torch tensor, of one shape

    Returns
    -------
    float, or a torch tensor where tensors were given

    Raises
    ------
    ArgumentError
        If the shapes differ: (n,) against (n, 1) would be stretched to n times n distances.

    Examples
    --------
    >>> squared_loss([1.0, 2.0], [1.0, 4.0])
    4.0
    """
    given, wanted = _like_array(prediction), _like_array(y)
    if tuple(given.shape) != tuple(wanted.shape):
        raise ArgumentError(
            f"the prediction has shape {tuple(given.shape)} and y {tuple(wanted.shape)}; give both the same"
        )
    distance = wanted - given
    loss = (distance * distance).sum()
    return float(loss) if isinstance(loss, np.generic) else loss


def gradient_step(learning_rate: float, weights: Any, gradient: Any) -> Array:
    """Go one step of gradient descent: against the slope, which points uphill.

    weights - learning_rate gradient

    Examples
    --------
    >>> gradient_step(0.1, [1.0, 1.0], [10.0, -10.0])
    array([0., 2.])
    """
    moved, _ = gd().step(np.asarray(weights, float), np.asarray(gradient, float), (), 1, learning_rate)
    return np.asarray(moved)


def network_gradient(x: Any, y: Any, w: Weights, activation: str = "tanh") -> Any:
    """Give the gradient of the summed squared loss, derived by hand.

    For a line -2 [1, x]' (y - [1, x] w); for a network the walk back through its layers.

    Parameters
    ----------
    x : array, shape (n,) or (n, inputs)
        Without the column of ones.
    y : array, shape (n,) or (n, outputs)
    w : array, shape (1 + inputs,) or (1 + inputs, outputs), or a sequence of such arrays
        The weights of a line, or those of each layer; the first row of each is for the column of ones.
    activation : str
        Of the hidden layers.

    Returns
    -------
    ndarray or list of ndarray
        In the shapes of `w`.

    Raises
    ------
    ArgumentError
        If shapes do not belong together, or there is no such activation.

    Examples
    --------
    >>> network_gradient([0.0, 1.0], [3.0, 5.0], [3.0, 1.0])
    array([-2., -2.])
    """
    X, response = _columns("x", x), _columns("y", y)
    network, parameters = _network(X, response, w, activation)
    return _as_given(network, _loss_and_gradient(network, parameters, X, response)[1], w)


def training_loop(
    x: Any,
    y: Any,
    weights: Weights,
    epochs: int,
    learning_rate: float,
    optimiser: str | Rule = "gd",
    activation: str = "tanh",
) -> Path:
    """Train by stepping against the gradient of the summed squared loss; keep every weight and every loss.

    Parameters
    ----------
    x, y, weights, activation
        As in `network_gradient`; the weights are where the training starts.
    epochs : int
        Steps, each over all rows.
    learning_rate : float
    optimiser : str
        A name of `pliant.optimisers.OPTIMISERS`; by default gradient descent.

    Returns
    -------
    Path
        `weights` (epochs + 1, ...) and `losses` (epochs,). A rate that is too high ends in inf or NaN.

    Raises
    ------
    ArgumentError
        If shapes do not belong together, or an argument cannot be used.

    Examples
    --------
    >>> path = training_loop([0.0, 1.0], [3.0, 5.0], [3.0, 1.0], epochs=2, learning_rate=0.1)
    >>> path.losses.round(4), path.weights.round(4).tolist()
    (array([1. , 0.4]), [[3.0, 1.0], [3.2, 1.2], [3.28, 1.32]])
    """
    X, response = _columns("x", x), _columns("y", y)
    network, parameters = _network(X, response, weights, activation)
    rule, rate = find_optimiser(optimiser), check_number("learning_rate", learning_rate, above=0.0)
    moments = tuple(np.zeros(len(parameters)) for _ in range(rule.n_moments))
    visited, losses = [parameters], []
    with np.errstate(all="ignore"):  # a run that diverges says so by its losses
        for step in range(1, check_count("epochs", epochs) + 1):
            loss, gradient = _loss_and_gradient(network, parameters, X, response)
            parameters, moments = rule.step(parameters, gradient, moments, step, rate)
            visited.append(parameters)
            losses.append(loss)
    each = [_as_given(network, flat, weights) for flat in visited]
    kept = [np.stack(same) for same in zip(*each, strict=True)] if _has_layers(weights) else np.stack(each)
    return Path(kept, np.array(losses))


def _loss_and_gradient(network: Network, parameters: Array, X: Array, y: Array) -> tuple[float, Array]:
    """Give the summed squared loss and its gradient (k,): twice the gaussian family's."""
    kept = forward(network, parameters, X)
    return squared_loss(kept.eta, y), backward(network, parameters, X, kept, 2.0 * GAUSSIAN.delta(y, kept.eta))


def _network(X: Array, y: Array, weights: Weights, activation: str) -> tuple[Network, Array]:
    """Give the network whose weights these are, and its flat vector of parameters (k,)."""
    tables = [np.asarray(w, dtype=float) for w in (weights if _has_layers(weights) else [weights])]
    tables = [w[:, None] if w.ndim == 1 else w for w in tables]
    fan_in = [X.shape[1], *(w.shape[-1] for w in tables[:-1])]
    if any(w.ndim != 2 or len(w) != n + 1 for w, n in zip(tables, fan_in, strict=True)):
        wanted = ", ".join(f"({n + 1}, ...)" for n in fan_in)
        raise ArgumentError(
            f"weights have shapes {', '.join(str(w.shape) for w in tables)}; they should be {wanted}, "
            "with the first row for the column of ones"
        )
    if y.shape != (len(X), tables[-1].shape[1]):
        raise ArgumentError(f"y has shape {y.shape}; the prediction has {(len(X), tables[-1].shape[1])}")
    widths = tuple(w.shape[1] for w in tables)
    network = Network(X.shape[1], widths[-1], widths[:-1], _named_activation(activation), skip=False)
    parameters = np.zeros(network.n_parameters)
    for place, w in zip(network.views(parameters).layers, tables, strict=True):
        assert place.biases is not None
        place.weights[:], place.biases[:] = w[1:], w[0]
    return network, parameters


def _as_given(network: Network, flat: Array, weights: Weights) -> Any:
    """Lay a flat vector (k,) out in the shapes of `weights`."""
    tables = [np.vstack([biases, w]) for w, biases in network.views(flat).layers if biases is not None]
    if _has_layers(weights):
        return [w.reshape(np.shape(like)) for w, like in zip(tables, weights, strict=True)]
    return tables[0].reshape(np.shape(weights))


def _has_layers(weights: Weights) -> bool:
    """Whether these are the weights of several layers: a sequence of arrays, not of numbers."""
    return not isinstance(weights, np.ndarray) and len(weights) > 0 and all(np.ndim(w) > 0 for w in weights)


def _columns(name: str, values: Any) -> Array:
    """Give values as (n, columns)."""
    array = np.asarray(values, dtype=float)
    if array.ndim not in (1, 2):
        raise ArgumentError(f"{name} has {array.ndim} dimensions; give (n,), or rows and columns")
    return array[:, None] if array.ndim == 1 else array


def _like_array(values: Any) -> Any:
    """Leave what has a shape, tensors above all; make an array of the rest."""
    return values if hasattr(values, "shape") else np.asarray(values, dtype=float)


def _named_activation(name: str) -> str:
    return check_choice("activation", name, ACTIVATIONS)
