"""Everything in pliant that writes a file, each with two contents: `write(path, 0)` and `write(path, 1)`.

What is slow to make and has nothing to do with the writing, such as a page or a traced network, is made once.
"""

import io
import os
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from unittest import mock

import numpy as np
import polars as pl

import pliant
from pliant.data.table import read_table, write_frame
from pliant.errors import ArgumentError, InputError, ModelFileError, TableError
from pliant.modelfile import read_model, write_model
from pliant.study.ledger import Ledger, Measured, Trial

IDENTITY = {"what": "a test"}
X = np.linspace(0.0, 1.0, 12)


@dataclass(frozen=True)
class Writer:
    """One door that writes."""

    name: str
    file: str  # its name
    write: object  # takes a path and 0 or 1
    error: type[InputError]
    read: object  # takes a path; fails if the file is not complete


@cache
def models():
    """Give two lines."""
    return [pliant.fit("y ~ x", {"x": X, "y": slope * X + np.sin(9.0 * X)}, hidden=()) for slope in (1.0, 2.0)]


def frame(which):
    return {"prediction": X + which, "class": [f"level {which}"] * len(X)}


def checkpoint(path, which):
    """As a training writes it; there it is a warning if it cannot be."""
    facts = {"checkpoint": IDENTITY, "state": str(which)}
    write_model(path, facts, {"parameters": X + which}, lambda facts, arrays: None)


def search(path, which):
    ledger = Ledger(path, IDENTITY)
    ledger.trials = {Trial(which, 10, 0).key: Measured(X + which, 1.0)}
    ledger.waiting = True
    ledger.write()


def report(path, which):
    from pliant.report import write

    with mock.patch.object(write, "report_page", return_value=f"<!doctype html>{which}</html>"):
        write.write_report(models()[which], path)


@cache
def onnx_content(which):
    from pliant.export import write
    from pliant.export.onnx_file import onnx_bytes
    from pliant.export.trace import trace

    graph = trace(models()[which], "float32")
    return onnx_bytes(graph, "float32", (), write.metadata(models()[which], graph))


def onnx(path, which):
    from pliant.export import write

    with (
        mock.patch.object(write, "onnx_bytes", return_value=onnx_content(which)),
        mock.patch.object(write, "check", return_value=None),
    ):
        write.write_onnx(models()[which], path)


@cache
def torch_content(which):
    import torch

    buffer = io.BytesIO()
    torch.save({"x": torch.full((3,), float(which))}, buffer)
    return buffer.getvalue()


def torch(path, which):
    from pliant.export import write

    with (
        mock.patch.object(write, "torch_bytes", return_value=torch_content(which)),
        mock.patch.object(write, "open_torch", return_value=None),
        mock.patch.object(write, "check", return_value=None),
    ):
        write.write_torch(models()[which], path)


def picture(path, which):
    from pliant.plots import save_figure

    def draw(buffer, **_):
        buffer.write(f"<svg>{which}</svg>".encode())

    save_figure(SimpleNamespace(savefig=draw), path)


def tour(path, which):
    from pliant.tour.write import Tour

    Tour((), f"<!doctype html>{which}</html>", {}).save(os.path.dirname(path))


def ends_with(ending):
    def read(path):
        with open(path, "rb") as file:
            assert file.read().endswith(ending)

    return read


def read_onnx(path):
    import onnxruntime

    onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def read_torch(path):
    import torch

    torch.load(path, weights_only=True)


WRITERS = (
    Writer("model", "m.pliant", lambda path, which: models()[which].save(path), ModelFileError, pliant.load),
    Writer("checkpoint", "c.checkpoint", checkpoint, ModelFileError, read_model),
    Writer("search", "s.search", search, ModelFileError, lambda path: Ledger(path, IDENTITY)),
    Writer("CSV", "p.csv", lambda path, which: write_frame(frame(which), path), TableError, read_table),
    Writer("Parquet", "p.parquet", lambda path, which: write_frame(frame(which), path), TableError, pl.read_parquet),
    Writer("report", "r.html", report, ArgumentError, ends_with(b"</html>")),
    Writer("ONNX", "m.onnx", onnx, ArgumentError, read_onnx),
    Writer("torch", "m.pt2", torch, ArgumentError, read_torch),
    Writer("picture", "f.svg", picture, ArgumentError, ends_with(b"</svg>")),
    Writer("tour", "tour.html", tour, ArgumentError, ends_with(b"</html>")),
)
