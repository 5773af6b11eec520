"""Bits of one number in compiled text, without the widening of Numba's own types; and LLVM's own functions.

With Numba's integers an int32 becomes an int64, and a loop of float32 does half as many numbers at once.

Each is an intrinsic: usable inside compiled text only.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic


@dataclass(frozen=True)
class _Layout:
    """How the bits of a number are laid out."""

    whole: Any  # LLVM's integer of the same width
    digits: int  # bits after the point
    root_half: int  # the bits of sqrt(1/2)
    one: int  # the bits of 1
    grid: int  # the bits of 2^digits, from where on the numbers are whole

    def constant(self, value: int) -> Any:
        """Give an integer of this width."""
        return ir.Constant(self.whole, value)


def _bits(value: np.floating[Any]) -> int:
    """Give the bits of a number as an integer."""
    return int(value.view(f"u{value.itemsize}"))


def _layout(real: type[np.floating[Any]], digits: int) -> _Layout:
    """Give the layout of float64 or float32."""
    width = 8 * np.dtype(real).itemsize
    root_half, one, grid = (_bits(real(v)) for v in (math.sqrt(0.5), 1.0, 2.0**digits))
    return _Layout(ir.IntType(width), digits, root_half, one, grid)


LAYOUTS = {types.float64: _layout(np.float64, 52), types.float32: _layout(np.float32, 23)}


def _bitwise(build: Callable[[Any, Any, _Layout], Any]) -> Any:
    """Make an intrinsic of one number, of its bits and to bits, from what it builds."""

    @intrinsic
    def made(typing_context: Any, x: Any) -> Any:
        layout = LAYOUTS[x]

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            bits = build(builder, builder.bitcast(arguments[0], layout.whole), layout)
            return builder.bitcast(bits, arguments[0].type)

        return x(x), generate

    return made


def _build_two_to(builder: Any, bits: Any, layout: _Layout) -> Any:
    """2^n from a number whose lowest bits are n and the bias."""
    return builder.shl(bits, layout.constant(layout.digits))


def _build_exponent(builder: Any, bits: Any, layout: _Layout) -> Any:
    """2^digits + bias + k for a positive x = 2^k f with f from sqrt(1/2) to sqrt 2."""
    moved = builder.add(bits, layout.constant(layout.one - layout.root_half))
    return builder.or_(builder.lshr(moved, layout.constant(layout.digits)), layout.constant(layout.grid))


def _build_fraction(builder: Any, bits: Any, layout: _Layout) -> Any:
    """The f of x = 2^k f."""
    moved = builder.add(bits, layout.constant(layout.one - layout.root_half))
    within = builder.and_(moved, layout.constant((1 << layout.digits) - 1))
    return builder.add(within, layout.constant(layout.root_half))


two_to, exponent, fraction = (_bitwise(build) for build in (_build_two_to, _build_exponent, _build_fraction))


def _instruction(name: str, n_arguments: int) -> Any:
    """Make an intrinsic of one of LLVM's own functions of one or two numbers."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        number = arguments[0].type
        shape = ir.FunctionType(number, [number] * n_arguments)
        called = builder.module.declare_intrinsic(f"llvm.{name}", [number], shape)
        return builder.call(called, arguments)

    if n_arguments == 2:
        return intrinsic(lambda typing_context, x, y: (x(x, x), generate))
    return intrinsic(lambda typing_context, x: (x(x), generate))


copysign, fabs, sqrt, floor = (
    _instruction(name, n) for name, n in (("copysign", 2), ("fabs", 1), ("sqrt", 1), ("floor", 1))
)
