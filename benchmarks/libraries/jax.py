"""JAX: the whole run in one jitted scan, all data on the device. Adam as optax writes it."""

from typing import Any

import numpy as np
from problems import Job, Train, missing

from pliant.types import Array

NAME = "JAX"


def available() -> str | None:
    """Give the reason why it cannot run here."""
    return missing("jax", "jax")


def prepare(job: Job, threads: int) -> Train:
    """Put the arrays on the device; the first run compiles. Threads are held by the process's processors."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", job.dtype == "float64")
    size = job.batch or job.rows
    whole, left = job.rows // size * size, job.rows % size
    X, y, orders = jnp.asarray(job.X), jnp.asarray(job.y), jnp.asarray(job.orders.astype(np.int32))
    start = [(jnp.asarray(w), jnp.asarray(b)) for w, b in job.network.views(job.start).layers]
    nothing = jax.tree.map(jnp.zeros_like, start)

    def loss(parameters: Any, X: Any, y: Any) -> Any:
        a = X
        for weights, biases in parameters[:-1]:
            a = jnp.tanh(a @ weights + biases)
        weights, biases = parameters[-1]
        each = 0.5 * jnp.mean((a @ weights + biases - y) ** 2)
        if job.penalty:
            each += 0.5 * job.penalty * sum(jnp.sum(weights**2) for weights, _ in parameters)
        return each

    def step(carry: Any, rows: Any) -> Any:
        parameters, mean, square, t = carry
        part = (X, y) if rows is None else (X[rows], y[rows])
        gradient = jax.grad(loss)(parameters, *part)
        mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, mean, gradient)
        square = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, square, gradient)
        t = t + 1.0
        first, second = 1.0 / (1.0 - 0.9**t), 1.0 / (1.0 - 0.999**t)
        parameters = jax.tree.map(
            lambda p, m, v: p - job.rate * (m * first) / (jnp.sqrt(v * second) + 1e-8), parameters, mean, square
        )
        return (parameters, mean, square, t), None

    def epoch(carry: Any, order: Any) -> Any:
        carry, _ = jax.lax.scan(step, carry, order[:whole].reshape(-1, size))
        return step(carry, order[whole:]) if left else (carry, None)

    @jax.jit
    def run(parameters: Any, orders: Any, epochs: Any) -> Any:
        carry = (parameters, nothing, nothing, jnp.zeros((), job.dtype))
        if job.batch is None:  # a scan over nothing, of any length
            return jax.lax.fori_loop(0, epochs, lambda _, carry: step(carry, None)[0], carry)[0]
        return jax.lax.scan(epoch, carry, orders)[0][0]

    def train(epochs: int) -> Array:
        layers = jax.block_until_ready(run(start, None if job.batch is None else orders[:epochs], epochs))
        return np.concatenate([np.ravel(each) for layer in layers for each in layer])

    return train
