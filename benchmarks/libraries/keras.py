"""Keras on JAX: `fit`, as people call it."""

import os
from typing import Any

import numpy as np
from problems import Job, Train, missing

from pliant.types import Array

NAME = "Keras on JAX"


def available() -> str | None:
    """Give the reason why it cannot run here."""
    return missing("keras", "keras") or missing("jax", "jax")


def prepare(job: Job, threads: int) -> Train:
    """Build the model once; a training sets it back to the start. Threads are held by the process's processors."""
    os.environ["KERAS_BACKEND"] = "jax"
    import keras

    layers = [keras.layers.Dense(width, activation="tanh") for width in job.hidden] + [keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((job.inputs,)), *layers])
    initial = [each for layer in job.network.views(job.start).layers for each in layer if each is not None]

    def half_square(y: Any, eta: Any) -> Any:
        return 0.5 * keras.ops.mean((eta - y) ** 2)

    adam = keras.optimizers.Adam(job.rate, epsilon=1e-8)
    model.compile(adam, half_square, steps_per_execution=min(32, job.steps // job.epochs))  # twice as fast as 1
    adam.build(model.trainable_variables)
    fresh = [np.array(value) for value in adam.variables]

    def train(epochs: int) -> Array:
        model.set_weights(initial)
        for variable, value in zip(adam.variables, fresh, strict=True):
            variable.assign(value)
        if job.batch is None:
            model.fit(job.X, job.y, batch_size=job.rows, epochs=epochs, shuffle=False, verbose=0)
        else:
            for order in job.orders[:epochs]:
                model.fit(job.X[order], job.y[order], batch_size=job.batch, shuffle=False, verbose=0)
        return np.concatenate([np.ravel(each) for each in model.get_weights()])

    return train
