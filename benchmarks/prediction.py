"""Time prediction, of one row and of 100,000, beside onnxruntime and torch; arrays in, arrays out, on one thread.

    python benchmarks/prediction.py            a minute; writes its table in README.md
    python benchmarks/prediction.py --smoke    1,000 rows, and nothing written

The network is 8-64-64-1 with tanh units, in float32. That all predict the same is checked first. `model.predict` is
of a model that `pliant.fit` gave, from arrays in the user's units to means in the user's units.
"""

import statistics
from collections.abc import Callable
from functools import partial

import numpy as np
from digits import write_between
from libraries import onnx_runtime, pliant_engine, pytorch
from problems import Job
from turns import in_child, in_turn, parser, ratio, say_absent

import pliant
from pliant.engines import engine
from pliant.types import Array

ROWS, ROUNDS, AGREEMENT = 100_000, 9, 1e-5
BETWEEN = ("<!-- prediction -->\n", "<!-- /prediction -->")
MINE, MODEL = "pliant, compiled engine", "pliant, model.predict"
Predict = Callable[[Array], Array]


def by_engine(job: Job) -> Predict:
    """The engine's own forward: eta."""
    compiled, parameters = engine(pliant_engine.ENGINE, job.dtype), job.start.astype(np.float64)
    return lambda X: compiled.forward(job.network, parameters, X)


def by_model(job: Job) -> Predict:
    """A fitted model's means."""
    how = partial(pliant.fit, hidden=job.hidden, skip=False, optimiser="adam", epochs=3, members=1, progress=False)
    predict: Predict = how(job.X, job.y.ravel()).predict
    return predict


def by_torch(job: Job) -> Predict:
    """Torch's own layers, from NumPy and back."""
    import torch

    torch.set_num_threads(1)
    network = pytorch.module(job)

    def predict(X: Array) -> Array:
        with torch.inference_mode():
            eta: Array = network(torch.from_numpy(X)).numpy()
            return eta

    return predict


def measure(rows: int, rounds: int) -> list[tuple[str, float, float, float, float]]:
    """Give the name, and seconds and ratio to the engine for one row and for all, of every program that is here."""
    job = Job("prediction", 1_000, 8, (64, 64), None, 1)
    X = np.random.default_rng(6).normal(size=(rows, job.inputs)).astype(np.float32)
    programs = {MINE: by_engine(job), MODEL: by_model(job)}
    if onnx_runtime.available() is None:
        programs["onnxruntime"] = onnx_runtime.predictor(job, 1)
    if pytorch.available() is None:
        programs["PyTorch"] = by_torch(job)
    expected = programs[MINE](X)
    for name, predict in programs.items():
        off = np.max(np.abs(predict(X) - expected)) if name != MODEL else len(predict(X)) - rows
        if off > AGREEMENT:
            raise SystemExit(f"{name} does not predict the same: {off} away")
    both = [in_turn({name: partial(p, part) for name, p in programs.items()}, rounds) for part in (X[:1].copy(), X)]
    return [
        (name, *(number for taken in both for number in (statistics.median(taken[name]), ratio(taken, name, MINE))))
        for name in programs
    ]


def table(rows: int, rounds: int) -> str:
    """Measure and give the table in Markdown."""
    lines = [f"| program | 1 row: us (ratio) | {rows:,} rows: ms (ratio) |", "|---|---|---|"]
    for name, one, ratio_one, all_rows, ratio_all in in_child(measure, 1, rows, rounds):
        lines.append(f"| {name} | {1e6 * one:.1f} ({ratio_one:.2f}) | {1e3 * all_rows:.1f} ({ratio_all:.2f}) |")
        print(lines[-1], flush=True)
    return "\n".join(lines) + "\n\nRatios are to the compiled engine.\n"


def main() -> None:
    """Print the table and write it."""
    asked = parser(__doc__, "1,000 rows").parse_args()
    say_absent((onnx_runtime.available(), pytorch.available()))
    if asked.smoke:
        table(1_000, 1)
    else:
        write_between(table(ROWS, ROUNDS), BETWEEN)


if __name__ == "__main__":
    main()
