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
    from pliant.model import Fitted
    from pliant.storage import load

_HOMES = {
    "Fitted": "pliant.model",
    "PliantError": "pliant.errors",
    "continue_training": "pliant.fitting",
    "fit": "pliant.fitting",
    "load": "pliant.storage",
}
_ROOMS = ("datasets", "errors")

__all__ = [
    "Fitted",
    "PliantError",
    "__version__",
    "continue_training",
    "datasets",
    "errors",
    "fit",
    "load",
]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"pliant.{name}")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'pliant' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
