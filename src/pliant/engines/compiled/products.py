"""Products of small matrices that lie in buffers: loops where one side is short, BLAS where it pays.

Blocks of int64 only, as in blocks.py: addresses and counts. An address of 0 stands for nothing.
"""

from typing import NamedTuple

import numpy as np

from pliant.engines.compiled.blocks import SUMS, Float, compile_block
from pliant.engines.compiled.cache import once
from pliant.engines.compiled.pointers import in_wide_registers, numbers

FEW = 4  # a side so short, and a loop is faster than a call of BLAS
SMALL = 2_000  # products in all, likewise


class Products(NamedTuple):
    """The addresses of the blocks for one dtype."""

    affine: int
    across: int
    sums: int
    back: int


@once
def product_blocks(dtype: Float) -> Products:
    """Give the four products of a layer, of the way there and the way back.

    affine(a, weights, biases, rows, fan_in, fan_out, z)         z = a W + b (rows, fan_out)
    across(a, delta, rows, fan_in, fan_out, gradient)            a' delta (fan_in, fan_out), the gradient of weights
    sums(delta, rows, fan_out, gradient)                         1' delta (fan_out,), the gradient of biases
    back(delta, weights, rows, fan_in, fan_out, before)          delta W' (rows, fan_in), the slope on what came in
    """
    kind = dtype.__name__

    def affine(a, weights, biases, rows, fan_in, fan_out, z):  # type: ignore[no-untyped-def]
        in_wide_registers()
        A, W = numbers(kind, a, (rows, fan_in)), numbers(kind, weights, (fan_in, fan_out))
        Z = numbers(kind, z, (rows, fan_out))
        if fan_in >= FEW and fan_out >= FEW and rows * fan_in * fan_out >= SMALL:
            np.dot(A, W, Z)
            if biases:
                b = numbers(kind, biases, fan_out)
                for i in range(rows):
                    for j in range(fan_out):
                        Z[i, j] += b[j]
        elif fan_in == 1 and biases:
            only, w, b = numbers(kind, a, rows), numbers(kind, weights, fan_out), numbers(kind, biases, fan_out)
            flat = numbers(kind, z, rows * fan_out)
            for i in range(rows):
                for j in range(fan_out):
                    flat[i * fan_out + j] = b[j] + only[i] * w[j]
        elif fan_out == 1:
            w, first = numbers(kind, weights, fan_in), dtype(0)
            if biases:
                first = numbers(kind, biases, 1)[0]
            for i in range(rows):
                total = dtype(0)
                for k in range(fan_in):
                    total += A[i, k] * w[k]
                Z[i, 0] = total + first
        else:
            for i in range(rows):
                for j in range(fan_out):
                    Z[i, j] = 0
                if biases:
                    b = numbers(kind, biases, fan_out)
                    for j in range(fan_out):
                        Z[i, j] = b[j]
                for k in range(fan_in):
                    part = A[i, k]
                    for j in range(fan_out):
                        Z[i, j] += part * W[k, j]

    def across(a, delta, rows, fan_in, fan_out, gradient):  # type: ignore[no-untyped-def]
        in_wide_registers()
        A, D = numbers(kind, a, (rows, fan_in)), numbers(kind, delta, (rows, fan_out))
        G = numbers(kind, gradient, (fan_in, fan_out))
        if fan_in >= FEW and fan_out >= FEW and rows * fan_in * fan_out >= SMALL:
            np.dot(A.T, D, G)
            return
        flat, d = numbers(kind, gradient, fan_in * fan_out), numbers(kind, delta, rows * fan_out)
        flat[:] = 0
        if fan_out == 1:
            for i in range(rows):
                part = d[i]
                for k in range(fan_in):
                    flat[k] += A[i, k] * part
        elif fan_in == 1:
            only = numbers(kind, a, rows)
            for i in range(rows):
                for j in range(fan_out):
                    flat[j] += only[i] * d[i * fan_out + j]
        else:
            for i in range(rows):
                for k in range(fan_in):
                    part = A[i, k]
                    for j in range(fan_out):
                        G[k, j] += part * D[i, j]

    def sums(delta, rows, fan_out, gradient):  # type: ignore[no-untyped-def]
        in_wide_registers()
        d, g = numbers(kind, delta, rows * fan_out), numbers(kind, gradient, fan_out)
        if fan_out == 1:
            total = dtype(0)
            for i in range(rows):
                total += d[i]
            g[0] = total
            return
        g[:] = 0
        for i in range(rows):
            for j in range(fan_out):
                g[j] += d[i * fan_out + j]

    def back(delta, weights, rows, fan_in, fan_out, before):  # type: ignore[no-untyped-def]
        in_wide_registers()
        D, W = numbers(kind, delta, (rows, fan_out)), numbers(kind, weights, (fan_in, fan_out))
        B = numbers(kind, before, (rows, fan_in))
        if fan_in >= FEW and fan_out >= FEW and rows * fan_in * fan_out >= SMALL:
            np.dot(D, W.T, B)
        elif fan_out == 1:
            w, d = numbers(kind, weights, fan_in), numbers(kind, delta, rows)
            for i in range(rows):
                part = d[i]
                for k in range(fan_in):
                    B[i, k] = part * w[k]
        else:
            for i in range(rows):
                for k in range(fan_in):
                    total = dtype(0)
                    for j in range(fan_out):
                        total += D[i, j] * W[k, j]
                    B[i, k] = total

    return Products(
        compile_block(affine, 7, SUMS),
        compile_block(across, 6, SUMS),
        compile_block(sums, 4, SUMS),
        compile_block(back, 6, SUMS),
    )
