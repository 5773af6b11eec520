"""The ways of training whose time to a loss is measured: drivers of whole batches, and every Adam on all rows."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from problems import Job, Train

from libraries import jax, pliant_engine, pytorch, sklearn
from libraries.pliant_engine import ENGINE
from pliant.engines import engine
from pliant.engines.contract import State
from pliant.optimisers import optimiser
from pliant.training.solve import solve_lbfgs, solve_lm
from pliant.types import Array

MEMORY = 20  # pairs of steps, as pliant's L-BFGS remembers


@dataclass(frozen=True)
class Method:
    """One way: `most` is the number of steps it is given at most."""

    most: int
    available: Callable[[], str | None]
    prepare: Callable[[Job], Train]


def _start(job: Job) -> State:
    """Give the state that the drivers begin at; they have no moments."""
    return State(job.start.astype(np.float64), np.zeros((0, job.network.n_parameters)))


def pliant_lm(job: Job) -> Train:
    """Damped Gauss-Newton with the job's penalty."""
    program = engine(ENGINE).load(job.problem, optimiser("gd"))
    return lambda steps: solve_lm(program, job.problem, _start(job), steps, evidence=False).result.parameters


def pliant_lbfgs(job: Job) -> Train:
    """L-BFGS by SciPy."""
    program = engine(ENGINE).load(job.problem, optimiser("gd"))
    return lambda steps: solve_lbfgs(program, job.problem, _start(job), steps).result.parameters


def pytorch_lbfgs(job: Job) -> Train:
    """L-BFGS by torch, with strong Wolfe line search, in one call of `step`."""
    import torch

    torch.set_num_threads(1)
    X, y = torch.from_numpy(job.X), torch.from_numpy(job.y)

    def train(steps: int) -> Array:
        network = pytorch.module(job)
        weights = [each for each in network.parameters() if each.ndim == 2]
        lbfgs = torch.optim.LBFGS(
            network.parameters(),
            max_iter=steps,
            max_eval=20 * steps,
            tolerance_grad=0.0,
            tolerance_change=0.0,
            history_size=MEMORY,
            line_search_fn="strong_wolfe",
        )

        def closure() -> object:
            lbfgs.zero_grad()
            loss = 0.5 * torch.nn.functional.mse_loss(network(X), y)
            loss = loss + 0.5 * job.penalty * sum((each**2).sum() for each in weights)
            loss.backward()
            return loss

        lbfgs.step(closure)
        return pytorch.flat(network)

    return train


ADAM, LBFGS, LM = 4_096, 1_024, 256
METHODS = {
    "pliant, lm": Method(LM, pliant_engine.available, pliant_lm),
    "pliant, lbfgs": Method(LBFGS, pliant_engine.available, pliant_lbfgs),
    "pliant, adam": Method(ADAM, pliant_engine.available, lambda job: pliant_engine.prepare(job, 1)),
    "PyTorch, LBFGS": Method(LBFGS, pytorch.available, pytorch_lbfgs),
    "PyTorch, Adam": Method(ADAM, pytorch.available, lambda job: pytorch.prepare(job, 1)),
    "JAX, Adam": Method(ADAM, jax.available, lambda job: jax.prepare(job, 1)),
    "scikit-learn, lbfgs": Method(LBFGS, sklearn.available, lambda job: sklearn.prepare(job, 1, "lbfgs")),
    "scikit-learn, adam": Method(ADAM, sklearn.available, lambda job: sklearn.prepare(job, 1)),
}
