"""scikit-learn's MLPRegressor by its own Adam. It draws initial values and row orders itself, as it always does."""

import warnings

from problems import Job, Train

from libraries.absent import missing

NAME = "scikit-learn"


def available() -> str | None:
    """Give the reason why it cannot run here."""
    return missing("sklearn", "scikit-learn")


def prepare(job: Job, threads: int) -> Train:
    """Set it to the same network, batches and epochs, without penalty or early stop."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPRegressor

    network = MLPRegressor(
        hidden_layer_sizes=job.hidden,
        activation="tanh",
        alpha=0.0,
        batch_size=job.batch or job.rows,
        learning_rate_init=job.rate,
        max_iter=job.epochs,
        tol=0.0,
        n_iter_no_change=job.epochs + 1,
        random_state=0,
    )

    def train() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # it was asked for so many epochs
            network.fit(job.X, job.y.ravel())

    return train
