"""scikit-learn's MLPRegressor by its own Adam. It draws initial values and row orders itself, as it always does."""

import warnings

import numpy as np
from problems import Job, Train, missing

from pliant.types import Array

NAME = "scikit-learn"
SAME_START = False


def available() -> str | None:
    """Give the reason why it cannot run here."""
    return missing("sklearn", "scikit-learn")


def prepare(job: Job, threads: int, solver: str = "adam") -> Train:
    """Set it to the same network, batches and epochs, with the job's penalty, without early stop."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPRegressor

    network = MLPRegressor(
        hidden_layer_sizes=job.hidden,
        activation="tanh",
        solver=solver,
        alpha=job.penalty * job.rows,
        batch_size=job.batch or job.rows,
        learning_rate_init=job.rate,
        tol=0.0,
        n_iter_no_change=10**9,
        max_fun=10**9,
        random_state=job.seed,
    )

    def train(epochs: int) -> Array:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # it was asked for so many epochs
            network.set_params(max_iter=epochs).fit(job.X, job.y.ravel())
        layers = zip(network.coefs_, network.intercepts_, strict=True)
        return np.concatenate([np.ravel(each) for layer in layers for each in layer])

    return train
