"""Operations as an ONNX model: one named input a column, float or double or text, and a free number of rows.

Operator set 17 and its partner ai.onnx.ml 3, of 2022: nothing newer is needed, and old runtimes read them.
"""

import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from pliant.errors import InputError, MissingExtraError
from pliant.export.columns import marks, spellings
from pliant.export.graph import NUMBER, TRUTH, WHOLE, Graph, Operation
from pliant.export.trace import PREDICTION, PROBABILITIES

OPSET, ML_OPSET, IR = 17, 3, 8
SECOND_AXIS, CLASSES = "pliant.second_axis", "pliant.classes"  # constants of the file's own, called as no column is
HOW = "an ONNX file needs onnx and onnxruntime, which are not installed; pip install 'pliant[onnx]'"


def import_onnx() -> tuple[Any, Any]:
    """Give the modules onnx and onnxruntime, the latter told to keep to itself: else it calls home as it is imported.

    Raises
    ------
    MissingExtraError
        If one is not installed; says how.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # read once, by native code, before any call could be made
    try:
        import onnx
        import onnxruntime
    except ImportError as error:
        raise MissingExtraError(HOW) from error
    return onnx, onnxruntime


def onnx_bytes(graph: Graph, precision: str, classes: tuple[str, ...], said: Mapping[str, str]) -> bytes:
    """Give the file of a graph, checked by onnx.

    Parameters
    ----------
    graph : Graph
    precision : {"float32", "float64"}
        Of the numbers that go in and come out; between them all is float64.
    classes : tuple of str
        The texts of `prediction`; none for a mean.
    said : mapping of str to str
        The metadata.

    Raises
    ------
    InputError
        If a column has the name of an output.
    """
    onnx, _ = import_onnx()
    clash = [name for name in graph.inputs if name in (PREDICTION, PROBABILITIES)]
    if clash:
        raise InputError(f"the column {clash[0]!r} has the name of an output of the file; rename it and fit again")
    writer = _Writer(onnx, graph, precision)
    for operation in graph.needed():
        WRITERS.get(operation.kind, _same)(writer, operation)
    _outputs(writer, classes)
    helper, number = onnx.helper, writer.number
    inputs = [
        helper.make_tensor_value_info(name, number if given.levels is None else onnx.TensorProto.STRING, ["rows", 1])
        for name, given in graph.inputs.items()
    ]
    initial = [onnx.numpy_helper.from_array(values, name) for name, values in writer.constants.items()]
    drawn = helper.make_graph(writer.nodes, "pliant", inputs, writer.outputs, initial)
    sets = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", ML_OPSET)]
    model = helper.make_model(
        drawn, opset_imports=sets, ir_version=IR, producer_name="pliant", producer_version=said["version"]
    )
    helper.set_model_props(model, dict(said))
    onnx.checker.check_model(model, full_check=True)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


class _Writer:
    """The nodes and constants of a file as they come."""

    def __init__(self, onnx: Any, graph: Graph, precision: str) -> None:
        self.onnx, self.graph = onnx, graph
        self.constants: dict[str, Any] = dict(graph.of_constants())
        self.nodes: list[Any] = []
        self.outputs: list[Any] = []
        self.lines: dict[str, str] = {}  # (rows, 1) -> (rows,)
        self.single = precision == "float32"
        types = onnx.TensorProto
        self.number = types.FLOAT if self.single else types.DOUBLE
        self.types = {NUMBER: types.DOUBLE, WHOLE: types.INT64, TRUTH: types.BOOL}

    def node(self, kind: str, inputs: tuple[str, ...], output: str, **options: Any) -> str:
        """Add a node; give what comes out of it."""
        self.nodes.append(self.onnx.helper.make_node(kind, list(inputs), [output], **options))
        return output

    def constant(self, name: str, values: Any) -> str:
        """Keep a constant of the file's own."""
        self.constants[name] = values
        return name

    def one_dimension(self, name: str) -> str:
        """Give (rows, 1) as (rows,)."""
        if name not in self.lines:
            axes = self.constant(SECOND_AXIS, np.array([1], dtype=np.int64))
            self.lines[name] = self.node("Squeeze", (name, axes), f"{name}.line")
        return self.lines[name]


def _same(writer: _Writer, operation: Operation) -> None:
    """Write an operation that ONNX has under this name."""
    writer.node(operation.kind, operation.inputs, operation.output, **operation.options)


def _input(writer: _Writer, operation: Operation) -> None:
    column = operation.options["column"]
    writer.node("Cast", (column,), operation.output, to=writer.onnx.TensorProto.DOUBLE)


def _encoder(writer: _Writer, operation: Operation, codes: Mapping[str, int], otherwise: int, output: str) -> None:
    options = {"keys_strings": list(codes), "values_int64s": list(codes.values()), "default_int64": otherwise}
    writer.node("LabelEncoder", (operation.options["column"],), output, domain="ai.onnx.ml", **options)


def _level(writer: _Writer, operation: Operation) -> None:
    levels = operation.options["levels"]
    codes = spellings(levels) | dict.fromkeys(marks(levels), operation.options["missing"])
    _encoder(writer, operation, codes, len(levels), operation.output)


def _absent(writer: _Writer, operation: Operation) -> None:
    whole = f"{operation.output}.whole"
    _encoder(writer, operation, dict.fromkeys(marks(operation.options["levels"]), 1), 0, whole)
    writer.node("Cast", (whole,), operation.output, to=writer.types[NUMBER])


def _rows(writer: _Writer, operation: Operation) -> None:
    codes, table = operation.inputs
    writer.node("Gather", (table, writer.one_dimension(codes)), operation.output, axis=0)


def _cast(writer: _Writer, operation: Operation) -> None:
    writer.node("Cast", operation.inputs, operation.output, to=writer.types[operation.options["to"]])


def _sum(writer: _Writer, operation: Operation) -> None:
    axes = writer.constant(SECOND_AXIS, np.array([1], dtype=np.int64))
    writer.node("ReduceSum", (*operation.inputs, axes), operation.output, keepdims=1)


def _largest(writer: _Writer, operation: Operation) -> None:
    writer.node("ReduceMax", operation.inputs, operation.output, axes=[1], keepdims=1)


def _place(writer: _Writer, operation: Operation) -> None:
    writer.node("ArgMax", operation.inputs, operation.output, axis=1, keepdims=1)


def _arctan(writer: _Writer, operation: Operation) -> None:
    """Write the angle in float32, which `rules` makes whole."""
    types = writer.onnx.TensorProto
    single = writer.node("Cast", operation.inputs, f"{operation.output}.single", to=types.FLOAT)
    angle = writer.node("Atan", (single,), f"{operation.output}.angle")
    writer.node("Cast", (angle,), operation.output, to=types.DOUBLE)


WRITERS: dict[str, Callable[[_Writer, Operation], None]] = {
    "Input": _input,
    "Level": _level,
    "Absent": _absent,
    "Rows": _rows,
    "Cast": _cast,
    "ReduceSum": _sum,
    "ReduceMax": _largest,
    "ArgMax": _place,
    "Atan": _arctan,
}


def _outputs(writer: _Writer, classes: tuple[str, ...]) -> None:
    """Write `prediction`, and `probabilities` of classes."""
    info, types, graph = writer.onnx.helper.make_tensor_value_info, writer.onnx.TensorProto, writer.graph
    for name, symbol in graph.outputs.items():
        if name == PREDICTION and classes:
            texts = writer.constant(CLASSES, np.array([*classes, ""], dtype=object))
            writer.node("Gather", (texts, writer.one_dimension(symbol.name)), name, axis=0)
            writer.outputs.append(info(name, types.STRING, ["rows"]))
        else:
            writer.node("Cast", (symbol.name,), name, to=writer.number)
            writer.outputs.append(info(name, writer.number, ["rows", symbol.width]))
