"""Neural networks for tables, from a straight line to any curve.

The names below load on first use, so that `import pliant` and `pliant --help` stay quick: `tests/test_import.py`
holds the import to loading none of torch, numba, matplotlib, scipy.stats, scikit-learn and polars. The module of
`fit` is called `fitting`, since loading a module called `fit` would put it where the function is looked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pliant._version import __version__

if TYPE_CHECKING:
    from pliant import datasets, errors
    from pliant.errors import PliantError
    from pliant.fitting import continue_training, fit
    from pliant.gradient import check_gradient
    from pliant.inference.anova import anova
    from pliant.inference.look import look
    from pliant.model import Fitted
    from pliant.storage import load
    from pliant.story import (
        gradient_step,
        layer,
        network_gradient,
        squared_loss,
        train_torch,
        training_loop,
    )
    from pliant.study import compare, search

_HOMES = {
    "Fitted": "pliant.model",
    "PliantError": "pliant.errors",
    "anova": "pliant.inference.anova",
    "check_gradient": "pliant.gradient",
    "compare": "pliant.study",
    "continue_training": "pliant.fitting",
    "fit": "pliant.fitting",
    "gradient_step": "pliant.story",
    "layer": "pliant.story",
    "load": "pliant.storage",
    "look": "pliant.inference.look",
    "network_gradient": "pliant.story",
    "search": "pliant.study",
    "squared_loss": "pliant.story",
    "train_torch": "pliant.story",
    "training_loop": "pliant.story",
}
_ROOMS = ("datasets", "errors")

__all__ = [
    "Fitted",
    "PliantError",
    "__version__",
    "anova",
    "check_gradient",
    "compare",
    "continue_training",
    "datasets",
    "errors",
    "fit",
    "gradient_step",
    "layer",
    "load",
    "look",
    "network_gradient",
    "search",
    "squared_loss",
    "train_torch",
    "training_loop",
]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"pliant.{name}")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'pliant' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
