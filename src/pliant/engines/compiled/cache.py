"""Compiling with a cache on disk that is never stale and never in the way.

Numba keeps machine code beside the source, or under the user's home, and looks only at the file of the kernel itself.
Every kernel here therefore holds `SOURCES`, a digest of this whole folder, and the keys of the plain functions it calls
(plain.py). Where nothing can be written, or what is there cannot be read, the kernel is compiled without the cache.
"""

import hashlib
import pickle
from collections.abc import Callable
from pathlib import Path
from types import CellType, FunctionType
from typing import Any, TypeVar

T = TypeVar("T")

# What Numba raises where its cache has no place, cannot be written, or holds what is no code.
TROUBLE = (RuntimeError, OSError, EOFError, pickle.PickleError, AttributeError, ImportError, ValueError, IndexError)


def _digest_of_sources() -> str:
    """Give a digest of the text of all files of this folder, whatever their order on disk."""
    found = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()[:16]


SOURCES = _digest_of_sources()


def compiled(decorate: Callable[..., Callable[[Callable[..., Any]], T]], function: Callable[..., Any], **how: Any) -> T:
    """Compile a function with the cache; without it where the cache is of no use here.

    Parameters
    ----------
    decorate : callable
        `numba.njit` or `numba.cfunc`; called with `how`, a signature among it, so that it compiles at once.
    function : callable
    """
    function = _named(function)
    try:
        return decorate(cache=True, **how)(function)
    except TROUBLE:
        return decorate(cache=False, **how)(function)


def _named(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give the function again, with `SOURCES` among what it captures, which is its name in the cache.

    Numba's name for a function is its instructions and what it captures, not the text of what it calls.
    """
    code = function.__code__.replace(co_freevars=(*function.__code__.co_freevars, "sources"))
    cells = (*(function.__closure__ or ()), CellType(SOURCES))
    named = FunctionType(code, function.__globals__, function.__name__, function.__defaults__, cells)
    named.__qualname__, named.__module__ = function.__qualname__, function.__module__
    return named
