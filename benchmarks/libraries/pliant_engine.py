"""pliant, by its compiled engine: the same contract as every engine, whole epochs in one call."""

import numpy as np
from problems import Job, Train

from pliant.engines import engine
from pliant.engines.contract import State
from pliant.optimisers import optimiser
from pliant.types import Array

NAME = "pliant"
ENGINE = "compiled"


def available() -> str | None:
    """Give the engine's own reason."""
    return engine(ENGINE, "float32").available()


def prepare(job: Job, threads: int) -> Train:
    """Load the problem once; every training begins at the same state. Its BLAS is held by the environment."""
    program = engine(ENGINE, job.dtype).load(job.problem, optimiser("adam"), job.batch)
    start = State(job.start.astype(np.float64), np.zeros((2, job.network.n_parameters)))

    def train(epochs: int) -> Array:
        return program.run(start, job.orders[:epochs], job.rates[:epochs]).parameters

    return train
