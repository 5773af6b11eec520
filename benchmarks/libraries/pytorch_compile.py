"""PyTorch with torch.compile: forward, backward and Adam are one compiled graph, called once a step."""

import shutil
from typing import Any

from problems import Job, Train, missing

from libraries.pytorch import flat, module
from pliant.types import Array

NAME = "PyTorch, torch.compile"


def available() -> str | None:
    """Give the reason why it cannot run here."""
    if any(map(shutil.which, ("g++", "clang++"))):
        return missing("torch", "torch")
    return "there is no C++ compiler, and torch.compile is left out"


def suits(job: Job) -> bool:
    """Say whether a job is long enough to compile for it, which takes most of a minute."""
    return job.steps >= 100


def prepare(job: Job, threads: int) -> Train:
    """Write the step as a function, for an optimiser object would break the graph; the first call compiles."""
    import torch

    torch.set_num_threads(threads)
    X, y, orders = torch.from_numpy(job.X), torch.from_numpy(job.y), torch.from_numpy(job.orders)
    network = module(job)
    names = tuple(name for name, _ in network.named_parameters())

    def loss(parameters: Any, X: Any, y: Any) -> Any:
        eta = torch.func.functional_call(network, dict(zip(names, parameters, strict=True)), (X,))
        return 0.5 * torch.nn.functional.mse_loss(eta, y)

    @torch.compile(dynamic=False)
    def step(parameters: Any, means: Any, squares: Any, t: Any, X: Any, y: Any) -> None:
        gradients = torch.func.grad(loss)(parameters, X, y)
        t += 1.0
        first, second = 1.0 - 0.9**t, (1.0 - 0.999**t).sqrt()
        for parameter, mean, square, gradient in zip(parameters, means, squares, gradients, strict=True):
            mean.lerp_(gradient, 0.1)
            square.mul_(0.999).addcmul_(gradient, gradient, value=0.001)
            parameter.sub_(job.rate / first * mean / (square.sqrt() / second + 1e-8))

    def train(epochs: int) -> Array:
        trained = module(job)
        parameters = tuple(parameter.detach() for parameter in trained.parameters())
        means, squares = (tuple(torch.zeros_like(each) for each in parameters) for _ in range(2))
        t = torch.zeros(())
        with torch.no_grad():
            for order in orders[:epochs]:
                for rows in order.split(job.batch or job.rows):
                    part = (X, y) if job.batch is None else (X[rows], y[rows])
                    step(parameters, means, squares, t, *part)
        return flat(trained)

    return train
