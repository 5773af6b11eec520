"""Products of small matrices that lie in buffers: loops where one side is short, BLAS where it pays.

All take addresses and the array `like`, whose type the numbers have. An address of 0 stands for nothing.
"""

from typing import Any

import numpy as np
from numba.extending import register_jitable

from pliant.engines.compiled.pointers import numbers

FEW = 4  # a side so short, and a loop is faster than a call of BLAS
SMALL = 2_000  # products in all, likewise


@register_jitable
def affine(like: Any, a: int, weights: int, biases: int, rows: int, fan_in: int, fan_out: int, z: int) -> None:
    """Write z = a W + b (rows, fan_out)."""
    A, W = numbers(like, a, (rows, fan_in)), numbers(like, weights, (fan_in, fan_out))
    Z = numbers(like, z, (rows, fan_out))
    if fan_in >= FEW and fan_out >= FEW and rows * fan_in * fan_out >= SMALL:
        np.dot(A, W, Z)
        if biases:
            b = numbers(like, biases, fan_out)
            for i in range(rows):
                for j in range(fan_out):
                    Z[i, j] += b[j]
    elif fan_out == 1:
        w, first = numbers(like, weights, fan_in), like.dtype.type(0)
        if biases:
            first = numbers(like, biases, 1)[0]
        for i in range(rows):
            total = like.dtype.type(0)
            for k in range(fan_in):
                total += A[i, k] * w[k]
            Z[i, 0] = total + first
    else:
        for i in range(rows):
            if biases:
                b = numbers(like, biases, fan_out)
                for j in range(fan_out):
                    Z[i, j] = b[j]
            else:
                for j in range(fan_out):
                    Z[i, j] = 0
            for k in range(fan_in):
                part = A[i, k]
                for j in range(fan_out):
                    Z[i, j] += part * W[k, j]


@register_jitable
def across(like: Any, a: int, delta: int, rows: int, fan_in: int, fan_out: int, gradient: int) -> None:
    """Write a' delta (fan_in, fan_out), the gradient of weights."""
    A, D = numbers(like, a, (rows, fan_in)), numbers(like, delta, (rows, fan_out))
    G = numbers(like, gradient, (fan_in, fan_out))
    if fan_in >= FEW and fan_out >= FEW and rows * fan_in * fan_out >= SMALL:
        np.dot(A.T, D, G)
        return
    flat, d = numbers(like, gradient, fan_in * fan_out), numbers(like, delta, rows * fan_out)
    flat[:] = 0
    if fan_out == 1:
        for i in range(rows):
            part = d[i]
            for k in range(fan_in):
                flat[k] += A[i, k] * part
    else:
        for i in range(rows):
            for k in range(fan_in):
                part = A[i, k]
                for j in range(fan_out):
                    G[k, j] += part * D[i, j]


@register_jitable
def products(like: Any, a: int, delta: int, rows: int, fan_in: int, fan_out: int, target: int, stride: int) -> None:
    """Write a_i' delta_i (fan_in, fan_out) of every row by itself, at `target` + i `stride` numbers."""
    A, D = numbers(like, a, (rows, fan_in)), numbers(like, delta, (rows, fan_out))
    for i in range(rows):
        into = numbers(like, target + i * stride * like.itemsize, fan_in * fan_out)
        if fan_out == 1:
            part = D[i, 0]
            for k in range(fan_in):
                into[k] = A[i, k] * part
        else:
            for k in range(fan_in):
                part = A[i, k]
                for j in range(fan_out):
                    into[k * fan_out + j] = part * D[i, j]


@register_jitable
def sums(like: Any, delta: int, rows: int, fan_out: int, gradient: int) -> None:
    """Write the sum over rows of delta (fan_out,), the gradient of biases."""
    D, g = numbers(like, delta, (rows, fan_out)), numbers(like, gradient, fan_out)
    g[:] = 0
    for i in range(rows):
        for j in range(fan_out):
            g[j] += D[i, j]


@register_jitable
def back(like: Any, delta: int, weights: int, rows: int, fan_in: int, fan_out: int, before: int) -> None:
    """Write delta W' (rows, fan_in), the slope on what came in."""
    D, W = numbers(like, delta, (rows, fan_out)), numbers(like, weights, (fan_in, fan_out))
    B = numbers(like, before, (rows, fan_in))
    if fan_in >= FEW and fan_out >= FEW and rows * fan_in * fan_out >= SMALL:
        np.dot(D, W.T, B)
    elif fan_out == 1:
        w, d = numbers(like, weights, fan_in), numbers(like, delta, rows)
        for i in range(rows):
            part = d[i]
            for k in range(fan_in):
                B[i, k] = part * w[k]
    else:
        for i in range(rows):
            for k in range(fan_in):
                total = like.dtype.type(0)
                for j in range(fan_out):
                    total += D[i, j] * W[k, j]
                B[i, k] = total
