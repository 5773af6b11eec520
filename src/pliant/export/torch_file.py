"""Operations as a file that torch opens by itself: `torch.export`, without pliant and without pickled code.

A .pt2 file holds a graph of torch's own operators as JSON and the constants as bytes, so to open it runs nothing that a
file brings along (docs/decisions/0021-exported-files.md). torch has no texts: a factor comes as the place of its level
in the list that the file holds, from 0; -1 is missing.
"""

import io
import json
import warnings
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pliant.data.table import Table
from pliant.engines.torch import import_torch
from pliant.errors import InputError
from pliant.export.check import Outputs, feeds
from pliant.export.graph import Graph, Operation
from pliant.export.trace import PREDICTION

ABOUT = "pliant.json"  # beside the graph in the file
EXAMPLE_ROWS = 3  # to export with: neither 0 nor 1, which torch takes for constants

Compute = Callable[..., Any]
SAME: dict[str, Callable[[Any], Compute]] = {  # by the kind of an operation, of the module torch
    "Add": lambda torch: torch.add,
    "Sub": lambda torch: torch.sub,
    "Mul": lambda torch: torch.mul,
    "Div": lambda torch: torch.div,
    "Pow": lambda torch: torch.pow,
    "Neg": lambda torch: torch.neg,
    "Abs": lambda torch: torch.abs,
    "Sqrt": lambda torch: torch.sqrt,
    "Exp": lambda torch: torch.exp,
    "Log": lambda torch: torch.log,
    "Sin": lambda torch: torch.sin,
    "Cos": lambda torch: torch.cos,
    "Tanh": lambda torch: torch.tanh,
    "Floor": lambda torch: torch.floor,
    "Atan": lambda torch: torch.atan,
    "Min": lambda torch: torch.minimum,
    "Max": lambda torch: torch.maximum,
    "MatMul": lambda torch: torch.matmul,
    "IsNaN": lambda torch: torch.isnan,
    "IsInf": lambda torch: torch.isinf,
    "Less": lambda torch: torch.lt,
    "LessOrEqual": lambda torch: torch.le,
    "Greater": lambda torch: torch.gt,
    "GreaterOrEqual": lambda torch: torch.ge,
    "Equal": lambda torch: torch.eq,
    "And": lambda torch: torch.logical_and,
    "Or": lambda torch: torch.logical_or,
    "Not": lambda torch: torch.logical_not,
    "Where": lambda torch: torch.where,
    "Gather": lambda torch: lambda values, places, axis: torch.index_select(values, axis, places),
    "Concat": lambda torch: lambda *parts, axis: torch.cat(parts, dim=axis),
    "ReduceSum": lambda torch: lambda values: torch.sum(values, dim=1, keepdim=True),
    "ReduceMax": lambda torch: lambda values: torch.amax(values, dim=1, keepdim=True),
    "ArgMax": lambda torch: lambda values: torch.argmax(values, dim=1, keepdim=True),
    "Rows": lambda torch: lambda codes, table: torch.index_select(table, 0, codes[:, 0]),
    "Cast": lambda torch: (
        lambda values, to: values.to({"number": torch.float64, "whole": torch.int64, "truth": torch.bool}[to])
    ),
}


def torch_bytes(graph: Graph, precision: str, said: Mapping[str, str]) -> bytes:
    """Give the file of a graph.

    Parameters
    ----------
    graph : Graph
    precision : {"float32", "float64"}
        Of the numbers that go in and come out.
    said : mapping of str to str
        What the file says about itself.

    Raises
    ------
    InputError
        If a column has a name with quotes, which torch would write into a text that it runs; if this version of torch
        would put pickled parts into the file.
    """
    torch = import_torch()
    odd = [name for name in graph.inputs if not name.isprintable() or set(name) & set("'\"\\")]
    if odd:
        raise InputError(f"a torch file cannot call a column {odd[0]!r}; rename it without quotes and fit again")
    example = {
        name: torch.zeros(
            (EXAMPLE_ROWS, 1), dtype=torch.int64 if given.levels is not None else _number(torch, precision)
        )
        for name, given in graph.inputs.items()
    }
    rows = torch.export.Dim("rows", min=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns of its own parts, as it walks through them
        exported = torch.export.export(
            _module(graph, precision), (example,), dynamic_shapes=({name: {0: rows} for name in example},)
        )
        for node in exported.graph_module.graph.nodes:
            node.meta.pop("stack_trace", None)  # the paths of this machine
        file = io.BytesIO()
        torch.export.save(exported, file, extra_files={ABOUT: json.dumps(said, ensure_ascii=False)})
    content = file.getvalue()
    pickled = _pickled_parts(content)
    if pickled:
        raise InputError(f"this version of torch would pickle {pickled[0]}, and such a file is not written")
    return content


def open_torch(content: bytes, graph: Graph, precision: str, classes: tuple[str, ...]) -> Callable[[Table], Outputs]:
    """Open a file as its readers do; give what it answers for the rows of a table, classes as texts."""
    torch = import_torch()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = torch.export.load(io.BytesIO(content)).module()

    def ask(rows: Table) -> Outputs:
        given = feeds(graph, rows, precision)
        tensors = {name: torch.tensor(_codes(graph, name, values)) for name, values in given.items()}
        found = {name: values.numpy() for name, values in module(tensors).items()}
        if classes:
            found[PREDICTION] = np.array([*classes, ""], dtype=object)[found[PREDICTION]]
        return found

    return ask


def _module(graph: Graph, precision: str) -> Any:
    """Give the operations as a module of torch, which takes and gives dictionaries."""
    torch = import_torch()
    compute = {kind: make(torch) for kind, make in SAME.items()}
    number = _number(torch, precision)
    steps, outputs = graph.needed(), dict(graph.outputs)

    class Exported(torch.nn.Module):  # type: ignore[name-defined,misc]  # torch is a value here, not an import
        """A model of pliant, from columns to its prediction."""

        def __init__(self) -> None:
            super().__init__()
            for name, values in graph.of_constants().items():
                self.register_buffer(name, torch.tensor(values))
            for step in steps:
                if step.kind in TABLES:
                    self.register_buffer(step.output, torch.tensor(TABLES[step.kind](step)))

        def forward(self, columns: dict[str, Any]) -> dict[str, Any]:
            """Give `prediction`, and `probabilities` of classes."""
            known: dict[str, Any] = {}
            for step in steps:
                if step.kind == "Input":
                    known[step.output] = columns[step.options["column"]].to(torch.float64)
                elif step.kind in TABLES:
                    known[step.output] = _looked_up(torch, getattr(self, step.output), columns[step.options["column"]])
                else:
                    parts = [known[name] if name in known else getattr(self, name) for name in step.inputs]
                    known[step.output] = compute[step.kind](*parts, **step.options)
            found = {name: known[symbol.name] for name, symbol in outputs.items()}
            return {k: v.to(number) if v.is_floating_point() else v[:, 0] for k, v in found.items()}

    return Exported()


def _looked_up(torch: Any, table: Any, codes: Any) -> Any:
    """Give what stands for each code (rows, 1): the last but one entry for -1, the last for what is no level."""
    last = len(table) - 1
    known = torch.logical_and(codes >= 0, codes < last - 1)
    missing = torch.where(codes == -1, last - 1, last)
    return torch.index_select(table, 0, torch.where(known, codes, missing)[:, 0])[:, None]


TABLES: dict[str, Callable[[Operation], NDArray[Any]]] = {
    "Level": lambda step: np.array(
        [*range(len(step.options["levels"])), step.options["missing"], len(step.options["levels"])], dtype=np.int64
    ),
    "Absent": lambda step: np.array([0.0] * len(step.options["levels"]) + [1.0, 0.0]),
}


def _codes(graph: Graph, name: str, values: NDArray[Any]) -> NDArray[Any]:
    """Give texts (rows, 1) as the places of their levels; numbers as they are."""
    levels = graph.inputs[name].levels
    if levels is None:
        return values
    place = {level: code for code, level in enumerate(levels)} | {"": -1}
    return np.array([[place.get(text, len(levels))] for text in values[:, 0]], dtype=np.int64)


def _number(torch: Any, precision: str) -> Any:
    return torch.float32 if precision == "float32" else torch.float64


def _pickled_parts(content: bytes) -> list[str]:
    """Name the parts of a file that `torch.export.load` would unpickle; its example is read as tensors alone."""
    found = []
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            if name.endswith("_config.json"):
                held = json.loads(archive.read(name))["config"]
                found += [part for part, about in held.items() if about["use_pickle"] or not about["tensor_meta"]]
    return found
