"""A table with a column of every kind, and what reads it: onnxruntime and torch, as a user would call them."""

import datetime as dt
import warnings

import numpy as np
import polars as pl

RNG = np.random.default_rng(7)
N = 90
X, Z = RNG.normal(3.0, 2.0, N), RNG.uniform(0.1, 4.0, N)
LEVELS = np.array(["a", "b b", "ç"])
GROUP = LEVELS[RNG.integers(0, 3, N)]
FLAG = RNG.random(N) < 0.4
SIGNAL = 0.5 * np.sin(X) + 0.3 * Z + (GROUP == "ç") * 0.7
HOLES = RNG.random(N) < 0.2
TEXT_HOLES = RNG.random(N) < 0.2
TABLE = pl.DataFrame(
    {
        "x": X,
        "z": Z,
        "an odd name": RNG.normal(size=N),
        "g": GROUP,
        "h": np.array(["u", "v"])[RNG.integers(0, 2, N)],
        "flag": FLAG,
        "rank": pl.Series(np.array(["low", "mid", "top"])[RNG.integers(0, 3, N)], dtype=pl.Enum(["low", "mid", "top"])),
        "k": RNG.integers(1, 5, N),
        "tenth": np.array([0.1, 0.2, 0.7])[RNG.integers(0, 3, N)],
        "day": [dt.date(2024, 1, 1) + dt.timedelta(days=int(i)) for i in RNG.integers(0, 3, N)],
        "exposure": RNG.uniform(1.0, 9.0, N),
        "xm": pl.Series(X + 1.0).scatter(np.flatnonzero(HOLES), None),
        "tenths": [None if i % 7 == 0 else (0.1, 0.1, 0.2)[i % 3] for i in range(N)],
        "gm": [None if hole else text for hole, text in zip(TEXT_HOLES, GROUP, strict=True)],
        "number": 10.0 + 4.0 * SIGNAL + RNG.normal(size=N),
        "yes": RNG.random(N) < 1.0 / (1.0 + np.exp(1.0 - SIGNAL)),
        "count": RNG.poisson(np.exp(0.5 * SIGNAL + 0.3)),
        "positive": RNG.gamma(4.0, np.exp(0.3 * SIGNAL) / 4.0),
        "two": np.array(["no", "yes"])[RNG.integers(0, 2, N)],
        "three": np.array(["p", "q", "r"])[RNG.integers(0, 3, N)],
    }
)


def onnx_session(path):
    import onnxruntime

    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def answer(path, table, precision="float32"):
    """Give the outputs of an ONNX file for a frame, fed as a user would: a column a time, by its name."""
    session = onnx_session(path)
    given = {}
    for each in session.get_inputs():
        column = table[each.name]
        if each.type == "tensor(string)":
            values = np.array(["" if v is None else str(v) for v in column.to_list()], dtype=object)
        elif column.dtype == pl.Date:
            values = column.to_physical().to_numpy().astype(precision)
        else:
            values = column.to_numpy().astype(precision)
        given[each.name] = values[:, None]
    return dict(zip([o.name for o in session.get_outputs()], session.run(None, given), strict=True))


def torch_answer(path, table, precision="float32"):
    """Give the outputs of a torch file for a frame: numbers, and the places of levels that the file lists."""
    import json

    import torch

    said = {"pliant.json": ""}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = torch.export.load(str(path), extra_files=said).module()
    given = {}
    for name, levels in json.loads(json.loads(said["pliant.json"])["columns"]).items():
        column = table[name]
        if levels == "number":
            values = column.to_physical().to_numpy() if column.dtype == pl.Date else column.to_numpy()
            given[name] = torch.tensor(values.astype(precision)[:, None])
        else:
            places = {level: place for place, level in enumerate(levels)} | {None: -1}
            codes = [places.get(v if v is None else str(v), len(levels)) for v in column.to_list()]
            given[name] = torch.tensor(codes)[:, None]
    return {name: values.numpy() for name, values in module(given).items()}


def numbers(frame):
    """Give the predicted numbers (n, q): means, or of classes their probabilities."""
    names = [n for n in frame.columns if n.startswith(("prediction[", "probability["))] or ["prediction"]
    return frame[names].to_numpy().astype(float)


def apart(found, wanted):
    """Give the largest relative difference; infinite where one alone is missing.

    A number smaller than the standard deviation of its column is measured by that: a mean may be zero.
    """
    if found.shape != wanted.shape or not np.array_equal(np.isnan(found), np.isnan(wanted)):
        return np.inf
    there = ~np.isnan(wanted).any(axis=1)
    if not there.any():
        return 0.0
    found, wanted = found[there], wanted[there]
    return float(np.max(np.abs(found - wanted) / np.maximum(np.abs(wanted), np.std(wanted, axis=0))))
