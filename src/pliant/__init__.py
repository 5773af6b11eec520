"""Neural networks for tables, from a straight line to any curve.

The names below load on first use, so that `import pliant` stays quick: `tests/test_import.py` holds it
to loading none of torch, numba, matplotlib, scipy.stats, scikit-learn and polars.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pliant._version import __version__

if TYPE_CHECKING:
    from pliant import datasets as datasets

_HOMES: dict[str, str] = {}

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'pliant' has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)
