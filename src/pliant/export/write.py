"""The doors: write a model to an ONNX or a torch file, whole, and only if it predicts what the model predicts."""

import json
import os
from collections.abc import Callable

from pliant._version import __version__
from pliant.data.files import check_target
from pliant.data.table import Table
from pliant.data.writing import write_file
from pliant.engines.torch import import_torch
from pliant.errors import ArgumentError
from pliant.export.check import Check, Outputs, check, feeds
from pliant.export.graph import Graph
from pliant.export.onnx_file import import_onnx, onnx_bytes
from pliant.export.torch_file import open_torch, torch_bytes
from pliant.export.trace import trace
from pliant.model import Fitted
from pliant.optimisers.checks import check_path


def write_onnx(model: Fitted, path: str | os.PathLike[str], precision: str = "float32", table: object = None) -> Check:
    """Write a model to an ONNX file. See `Fitted.to_onnx`."""
    _, runtime = import_onnx()
    graph = _prepared(model, path, precision, table)
    content = onnx_bytes(graph, precision, _classes(model), metadata(model, graph))
    session = runtime.InferenceSession(content, providers=["CPUExecutionProvider"])

    def ask(rows: Table) -> Outputs:
        return dict(zip(graph.outputs, session.run(list(graph.outputs), feeds(graph, rows, precision)), strict=True))

    return _write(path, content, lambda: check(model, graph, precision, ask, table))


def write_torch(model: Fitted, path: str | os.PathLike[str], precision: str = "float32", table: object = None) -> Check:
    """Write a model to a file that torch opens by itself. See `Fitted.to_torch_file`."""
    import_torch()
    graph = _prepared(model, path, precision, table)
    content = torch_bytes(graph, precision, metadata(model, graph))
    ask = open_torch(content, graph, precision, _classes(model))
    return _write(path, content, lambda: check(model, graph, precision, ask, table))


def metadata(model: Fitted, graph: Graph) -> dict[str, str]:
    """Give what a file says about itself: texts, some of them JSON."""
    response = model.design.response
    columns = {name: "number" if given.levels is None else list(given.levels) for name, given in graph.inputs.items()}
    return {
        "formula": model.formula,
        "family": model.likelihood.family.title,
        "link": model.link,
        "version": __version__,
        "missing": model.design.missing,
        "columns": json.dumps(columns, ensure_ascii=False),
        "response": json.dumps(response.names, ensure_ascii=False),
        "classes": json.dumps(_classes(model), ensure_ascii=False),
    }


def _prepared(model: Fitted, path: str | os.PathLike[str], precision: str, table: object) -> Graph:
    """Trace a model, once it is seen that the file can be written."""
    check_path("path", path)
    check_target(path, *([table] if isinstance(table, str) else []))
    return trace(model, precision)


def _write(path: str | os.PathLike[str], content: bytes, checked: Callable[[], Check]) -> Check:
    """Write a file whole, if it passes its check."""
    found = checked()
    write_file(path, content, ArgumentError)
    return found


def _classes(model: Fitted) -> tuple[str, ...]:
    return model.design.response.levels if model.likelihood.has_classes else ()
