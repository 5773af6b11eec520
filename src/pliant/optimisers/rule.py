"""What an optimiser's rule is: one step from a gradient to new parameters.

A rule knows nothing of networks, losses or batches. Its `update` is a plain function at module level that
treats every parameter alike and uses arithmetic and `** 0.5` only, so that the same text moves NumPy arrays,
single numbers (in a Numba kernel) and torch tensors. The settings come to it as trailing arguments, not by
closure: a kernel built over `update` then serves every setting, and a digest of its source is complete.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Moments = tuple[Any, ...]


@dataclass(frozen=True)
class Rule:
    """One optimiser with its settings.

    Attributes
    ----------
    name : str
        As listed in `OPTIMISERS`.
    settings : dict of str to float
        In the order in which `update` takes them; `optimiser(name, **settings)` gives the rule again.
    n_moments : int
        How many running values each parameter carries. They start at zero.
    update : callable
        `update(parameters, gradient, moments, step, rate, *settings) -> (parameters, moments)`.
    """

    name: str
    settings: Mapping[str, float]
    n_moments: int
    update: Callable[..., tuple[Any, Moments]]

    def step(
        self, parameters: Any, gradient: Any, moments: Moments, step: int, rate: Any, decays: Any = 1.0
    ) -> tuple[Any, Moments]:
        """Give the parameters and moments after one step; what comes in is left as it is.

        Parameters
        ----------
        parameters, gradient : ndarray, tensor or float, shape (k,) or ()
        moments : tuple of `n_moments` of the same shape
        step : int
            Number of this step, from 1.
        rate : float, ndarray or tensor, shape () or (k,)
            Learning rate of this step, or of each parameter in it. At rate 0 a parameter stays as it is, weight decay
            included; its moments move.
        decays : ndarray, tensor or float, shape (k,) or ()
            1 where weight decay applies, 0 where not; by default everywhere, as in torch.
            Means nothing to a rule without the setting `weight_decay`.

        Returns
        -------
        tuple
            New parameters (k,), and a tuple of new moments.
        """
        settings = [v * decays if s == "weight_decay" else v for s, v in self.settings.items()]
        return self.update(parameters, gradient, moments, step, rate, *settings)
