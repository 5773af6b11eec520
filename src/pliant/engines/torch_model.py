"""A fitted model as a plain `torch.nn.Module`: the design matrix in, the mean out, scaling inside.

It needs nothing of pliant to predict or to be trained on. Its parameters go back into a flat vector in the
order that `Network` has, so that what torch learnt pliant can predict with.
"""

from typing import Any

import numpy as np

from pliant.data.embedding import CLIP, Embedding
from pliant.data.scaling import Scaling
from pliant.engines.torch import build_module, import_torch, state_dict
from pliant.errors import ArgumentError
from pliant.functions.likelihood import Likelihood
from pliant.network import Network
from pliant.types import Array


def to_torch(network: Network, chosen: Likelihood, scaling: Scaling, intercept: bool, parameters: Array) -> Any:
    """Give a module that predicts as the model does.

    mu = inverse link(offset + response_centre + response_scale network((X - centre) / scale))

    Parameters
    ----------
    network : Network
    chosen : Likelihood
    scaling : Scaling
        The units of training.
    intercept : bool
        Whether the first column of the design matrix is ones; the network does not see it.
    parameters : ndarray, shape (k,)
        NaN, of an aliased coefficient, counts as zero.

    Returns
    -------
    torch.nn.Module
        In float64 on the processor. `module(X, offset=None)` gives mu (n, C), `module.eta(X, offset=None)` the
        linear predictor (n, q), for the whole design matrix X (n, p) as a tensor or an array, in the units of
        the table: `model.design.matrix(table).X`. `module.flat_parameters()` gives an array (k,), and
        `module.load_flat_parameters(array)` takes one.

    Raises
    ------
    MissingExtraError
        If torch is not installed; says how.
    """
    torch = import_torch()
    first = int(intercept)

    class Model(torch.nn.Module):  # type: ignore[name-defined,misc]  # torch is a value here, not an import
        """A network with its scaling and its link. Made by pliant."""

        def __init__(self) -> None:
            super().__init__()
            self.network = build_module(network)
            for name in ("centre", "scale", "response_centre", "response_scale"):
                self.register_buffer(name, torch.tensor(np.array(getattr(scaling, name), dtype=float)))
            for place, knots in enumerate(() if scaling.embedding is None else scaling.embedding.knots):
                self.register_buffer(f"knots_{place}", torch.tensor(np.array(knots)))

        def eta(self, X: Any, offset: Any = None) -> Any:
            """Give the linear predictor (n, q), from the design matrix (n, p)."""
            X = self._like_mine(X)
            raw = X[:, first:]
            inputs = (raw - self.centre) / self.scale
            if scaling.embedding is not None:
                inputs = torch.cat([inputs, *self._embedded(scaling.embedding, raw)], dim=1)
            eta = self.network(inputs) * self.response_scale + self.response_centre
            return eta if offset is None else eta + self._like_mine(offset)[:, None]

        def forward(self, X: Any, offset: Any = None) -> Any:
            """Give the mean (n, C), in the units of the response."""
            return chosen.link.torch_inverse(torch, self.eta(X, offset))

        def flat_parameters(self) -> Array:
            """Give the parameters (k,) in the order of pliant's network."""
            flat = np.zeros(network.n_parameters)
            held = dict(self.network.named_parameters())
            for name, place in state_dict(network, flat).items():
                place[...] = held[name].detach().cpu().numpy()
            return flat

        def load_flat_parameters(self, flat: Any) -> None:
            """Take parameters (k,) in the order of pliant's network."""
            values = np.nan_to_num(np.array(flat, dtype=float), nan=0.0, posinf=None, neginf=None)
            if values.shape != (network.n_parameters,):
                raise ArgumentError(
                    f"the parameters have shape {values.shape}; this network has {network.n_parameters}"
                )
            self.network.load_state_dict(state_dict(network, torch.tensor(values)))

        def _embedded(self, embedding: Embedding, raw: Any) -> list[Any]:
            """Give the columns of an embedding, input by input: its formula in torch's words."""
            found = []
            for place, j in enumerate(embedding.inputs):
                x, knots = raw[:, j : j + 1], getattr(self, f"knots_{place}")
                if embedding.clipped[place]:
                    z = (x - float(embedding.centre[place])) / float(embedding.unit[place])
                    found.append(z / torch.sqrt(1.0 + (z / CLIP) ** 2))
                if len(knots):
                    found.append(((x - knots[:-1]) / torch.diff(knots)).clamp(0.0, 1.0))
            return found

        def _like_mine(self, values: Any) -> Any:
            given = values if torch.is_tensor(values) else np.array(values, dtype=float)
            return torch.as_tensor(given, dtype=self.centre.dtype, device=self.centre.device)

    module = Model().double()
    module.load_flat_parameters(parameters)
    return module
