"""PyTorch, eager: the loop as people write it, with the fastest of Adam's three settings."""

import time
from typing import Any

import numpy as np
from problems import Job, Train, missing

from pliant.types import Array

NAME = "PyTorch"
SETTINGS: tuple[dict[str, bool], ...] = ({"fused": True}, {"foreach": True}, {"foreach": False})
TRIED = 50  # steps of each setting


def available() -> str | None:
    """Give the reason why it cannot run here."""
    return missing("torch", "torch")


def module(job: Job) -> Any:
    """Give the network as torch's own layers, at the job's initial values."""
    import torch

    layers: list[Any] = []
    for weights, biases in job.network.views(job.start).layers:
        assert biases is not None
        layer = torch.nn.Linear(*weights.shape, dtype=getattr(torch, job.dtype))
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weights.T.copy()))
            layer.bias.copy_(torch.from_numpy(biases.copy()))
        layers += [layer, torch.nn.Tanh()]
    return torch.nn.Sequential(*layers[:-1])


def groups(job: Job, network: Any) -> list[dict[str, Any]]:
    """Give the parameters as torch's optimisers take them: weights with the job's penalty, biases without."""
    if not job.penalty:
        return [{"params": list(network.parameters())}]
    weights, biases = ([each for each in network.parameters() if each.ndim == ndim] for ndim in (2, 1))
    return [{"params": weights, "weight_decay": job.penalty}, {"params": biases}]


def flat(network: Any) -> Array:
    """Give the parameters (k,) in pliant's order."""
    each = [parameter.detach().numpy().T for parameter in network.parameters()]
    return np.concatenate([np.ravel(values) for values in each])


def prepare(job: Job, threads: int) -> Train:
    """Take the data over and keep the setting of Adam that is fastest on the job's first steps."""
    import torch

    torch.set_num_threads(threads)
    X, y, orders = torch.from_numpy(job.X), torch.from_numpy(job.y), torch.from_numpy(job.orders)

    def train(setting: dict[str, bool], epochs: int, steps: int) -> Array:
        network = module(job)
        adam = torch.optim.Adam(groups(job, network), lr=job.rate, **setting)
        done = 0
        for order in orders[:epochs]:
            for rows in order.split(job.batch or job.rows):
                part = (X, y) if job.batch is None else (X[rows], y[rows])
                loss = 0.5 * torch.nn.functional.mse_loss(network(part[0]), part[1])
                adam.zero_grad()
                loss.backward()
                adam.step()
                done += 1
                if done == steps:
                    return flat(network)
        return flat(network)

    def seconds(setting: dict[str, bool]) -> float:
        train(setting, job.epochs, 5)
        began = time.perf_counter()
        train(setting, job.epochs, TRIED)
        return time.perf_counter() - began

    fastest = min(SETTINGS, key=seconds)
    return lambda epochs: train(fastest, epochs, job.steps)
