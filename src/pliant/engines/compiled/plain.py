"""Plain functions made ready for the compiler: as they stand, with `np` replaced, and known by a digest.

A kernel calls a plain function by its key, `call(key, x)`. The key holds the names that a reader knows and a digest
of all code and constants that the function reaches, in whatever file. The key is part of the kernel, and so of the
name under which Numba's cache keeps it: a helper that is edited gives another key, and never the old machine code.
"""

import hashlib
import math
from collections.abc import Callable, Iterator
from dis import get_instructions
from functools import cache, partial
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload, register_jitable

from pliant.engines.compiled import fast
from pliant.engines.compiled.series import OPTIONS

_PLAIN: dict[str, Callable[..., Any]] = {}


def call(key: str, *arguments: Any) -> Any:
    """Call a plain function by its key; inside a kernel only."""
    raise NotImplementedError("plain functions are called by key in kernels; call the function itself")


@overload(call, prefer_literal=True, jit_options=OPTIONS)
def _call(key, *arguments):  # type: ignore[no-untyped-def]  # Numba compares signatures, annotations included
    if not isinstance(key, types.StringLiteral):
        return None
    plain = _PLAIN[key.literal_value]

    def implementation(key, *arguments):  # type: ignore[no-untyped-def]
        return plain(*arguments)

    return implementation


def step_by(key: str, parameters: Any, gradient: Any, moments: Any, step: Any, rate: Any, settings: Any) -> Any:
    """Call the update of an optimiser's rule by its key, its settings a tuple; inside a kernel only."""
    raise NotImplementedError("plain functions are called by key in kernels; call the function itself")


@overload(step_by, prefer_literal=True, jit_options=OPTIONS)
def _step_by(key, parameters, gradient, moments, step, rate, settings):  # type: ignore[no-untyped-def]
    if not isinstance(key, types.StringLiteral):
        return None
    plain = _PLAIN[key.literal_value]

    def implementation(key, parameters, gradient, moments, step, rate, settings):  # type: ignore[no-untyped-def]
        return plain(parameters, gradient, moments, step, rate, *settings)

    return implementation


def key_of(function: Callable[..., Any], dtype: Any) -> str:
    """Give the key under which a kernel calls a plain function whose numbers have that type.

    Parameters
    ----------
    function : callable
        Of arithmetic, comparisons and NumPy's elementwise functions. A `functools.partial` stands for its function.
    dtype : type
        `numpy.float64` or `numpy.float32`: constants of the text are taken in it.
    """
    if isinstance(function, partial):
        function = function.func
    key = f"{function.__module__}.{function.__qualname__}:{dtype.__name__}:{digest(function)}"
    if key not in _PLAIN:
        _PLAIN[key] = _ready(function, dtype)
    return key


@cache
def digest(function: Any) -> str:
    """Give a digest of the code and the constants that a function reaches."""
    found = hashlib.sha256()
    for part in _parts(function, set()):
        found.update(repr(part).encode())
    return found.hexdigest()[:16]


def _parts(value: Any, seen: set[int]) -> Iterator[Any]:
    """Give what a value means: of a function its instructions, names and constants, and what those names hold."""
    if isinstance(value, FunctionType):
        if id(value) in seen:
            return
        seen.add(id(value))
        yield from _parts(value.__code__, seen)
        for name, held in _reached(value):
            yield name
            yield from _parts(held, seen)
    elif isinstance(value, CodeType):
        yield value.co_code, value.co_names, value.co_varnames
        for constant in value.co_consts:
            yield from _parts(constant, seen)
    elif isinstance(value, ModuleType | BuiltinFunctionType | np.ufunc | type):
        yield value.__name__
    elif isinstance(value, bool | int | float | str | tuple | None):
        yield value
    else:
        raise TypeError(f"plain text names {value!r}, which cannot be compiled; bind its functions and numbers first")


def _reached(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Give the globals and the captured values that a function's text names."""
    loaded = {step.argval for step in get_instructions(function.__code__) if step.opname == "LOAD_GLOBAL"}
    for name in sorted(loaded & set(function.__globals__)):
        yield name, function.__globals__[name]
    yield from zip(function.__code__.co_freevars, [c.cell_contents for c in function.__closure__ or ()], strict=True)


def _ready(value: Any, dtype: Any) -> Any:
    """Give a value of plain text as the compiler wants it: `np` is `fast`, constants have the dtype."""
    if value is np or value is math:
        return fast
    if isinstance(value, float):
        return dtype(value)
    if isinstance(value, tuple) and all(isinstance(v, float) for v in value):
        return np.array(value, dtype)  # a loop over a tuple is not unrolled: gelu took 120 ns instead of 10
    if not isinstance(value, FunctionType) or value.__module__.startswith(fast.__name__):
        return value
    return _ready_function(value, dtype)


@cache
def _ready_function(function: FunctionType, dtype: Any) -> Any:
    """Build a function anew over what it names."""
    code = function.__code__
    held = {name: _ready(value, dtype) for name, value in _reached(function)}
    # What was captured becomes global too: the compiler takes both as constants.
    code = code.replace(co_consts=tuple(_ready(constant, dtype) for constant in code.co_consts))
    cells = tuple(CellType(held[name]) for name in code.co_freevars)
    names = function.__globals__ | held
    return register_jitable(**OPTIONS)(FunctionType(code, names, function.__name__, function.__defaults__, cells))
