"""Arrays by address: what a kernel needs to lay many matrices into few buffers, and to call a block that it was told.

An address is an int64. Whoever passes one keeps the array alive and knows that it is long enough.
"""

from typing import Any

from llvmlite import ir
from numba import carray, types
from numba.extending import intrinsic, overload


def _pointer(dtype: Any) -> Any:
    """Give the intrinsic that takes an address for a pointer to numbers of that type."""

    @intrinsic
    def pointer(typing: Any, address: Any) -> Any:
        """Take an address for a pointer."""

        def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

        return types.CPointer(dtype)(types.int64), build

    return pointer


float64_at, float32_at, int64_at = (_pointer(dtype) for dtype in (types.float64, types.float32, types.int64))


@intrinsic
def call_at(typing: Any, address: Any, arguments: Any) -> Any:
    """Call the function at an address with a tuple of int64; it returns nothing."""

    def build(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        whole = ir.IntType(64)
        values = [builder.extract_value(given[1], i) for i in range(len(signature.args[1]))]
        kind = ir.FunctionType(ir.VoidType(), [whole] * len(values))
        builder.call(builder.inttoptr(given[0], kind.as_pointer()), values)
        return context.get_dummy_value()

    return types.void(types.int64, arguments), build


def numbers(kind: Any, address: int, shape: Any) -> Any:
    """Give the array of that shape at an address; inside a kernel only.

    `kind` is "float64", "float32", "int64", or a number of that type.
    """
    raise NotImplementedError("addresses are for kernels")


@overload(numbers, prefer_literal=True, jit_options={"forceinline": True})
def _numbers(kind, address, shape):  # type: ignore[no-untyped-def]  # Numba compares signatures, annotations included
    if isinstance(kind, types.Float):
        name = str(kind)
    elif isinstance(kind, types.StringLiteral):
        name = kind.literal_value
    else:
        return None
    at = {"float64": float64_at, "float32": float32_at, "int64": int64_at}[name]

    def implementation(kind, address, shape):  # type: ignore[no-untyped-def]
        return carray(at(address), shape)

    return implementation


def size_of(like: Any) -> int:
    """Give the bytes of a number; inside a kernel only."""
    raise NotImplementedError("addresses are for kernels")


@overload(size_of, jit_options={"forceinline": True})
def _size_of(like):  # type: ignore[no-untyped-def]
    size = like.bitwidth // 8
    return lambda like: size


@intrinsic
def in_wide_registers(typing: Any) -> Any:
    """Let the function that calls this use registers of 512 bits, if there are: LLVM keeps to 256 by itself."""

    def build(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        set.add(builder.function.attributes, '"prefer-vector-width"="512"')  # llvmlite knows no such name, LLVM does
        return context.get_dummy_value()

    return types.void(), build
