"""onnxruntime: prediction of a network written as an ONNX graph."""

from collections.abc import Callable
from typing import Any

from problems import Job, missing

from pliant.types import Array

NAME = "onnxruntime"
OPSET, IR = 17, 8  # old enough for every onnxruntime of today


def available() -> str | None:
    """Give the reason why it cannot run here."""
    return missing("onnx", "onnx") or missing("onnxruntime", "onnxruntime")


def predictor(job: Job, threads: int) -> Callable[[Array], Array]:
    """Give a callable from rows (m, inputs) to eta (m, 1)."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = threads
    session = onnxruntime.InferenceSession(graph(job).SerializeToString(), options, providers=["CPUExecutionProvider"])

    def predict(X: Array) -> Array:
        eta: Array = session.run(None, {"X": X})[0]
        return eta

    return predict


def graph(job: Job) -> Any:
    """Write the network at the job's initial values: a Gemm and a Tanh a layer."""
    from onnx import TensorProto, helper, numpy_helper

    layers = job.network.views(job.start).layers
    nodes, values, at = [], [], "X"
    for l, (weights, biases) in enumerate(layers):
        values += [numpy_helper.from_array(weights, f"w{l}"), numpy_helper.from_array(biases, f"b{l}")]
        last = l == len(layers) - 1
        nodes.append(helper.make_node("Gemm", [at, f"w{l}", f"b{l}"], ["eta" if last else f"z{l}"]))
        if not last:
            nodes.append(helper.make_node("Tanh", [f"z{l}"], [f"a{l}"]))
        at = f"a{l}"
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["rows", columns])
        for name, columns in (("X", job.inputs), ("eta", 1))
    ]
    network = helper.make_graph(nodes, "network", ends[:1], ends[1:], values)
    return helper.make_model(network, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
