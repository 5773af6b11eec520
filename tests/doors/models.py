"""Bad model files. What may stand inside one is tested beside `pliant.modelfile`; here is what the door says."""

from collections.abc import Callable
from pathlib import Path

from tests.doors.catalogue import Case
from tests.doors.makers import (
    changed,
    checkpoint,
    doubled,
    flipped,
    folder,
    loop,
    pipe,
    resealed,
    safetensors,
    spliced,
    with_another_hash,
)

PICKLE = (  # it would run `touch canary`
    b"\x80\x05\x95\x1a\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c"
    b"\x0ctouch canary\x94\x85\x94R\x94."
)


def model(
    title: str,
    content: bytes | Callable[[Path], None] | None,
    error: str,
    says: tuple[str, ...],
    name: str = "odd.pliant",
) -> Case:
    """Give the case of a file that is loaded."""
    return Case(
        f"pliant.load({name!r})",
        error,
        says,
        ("predict", name, "table.csv", "--out", "new.csv"),
        () if content is None else ((name, content),),
        title,
    )


MODELS = (
    model(
        "a path that is not there",
        None,
        "ModelFileError",
        ("cannot read the", "such file or directory"),
        name="absent.pliant",
    ),
    model(
        "a name that is nearly that of a model",
        None,
        "ModelFileError",
        ("cannot read the", "such file or directory"),
        name="lin.pliant",
    ),
    model("an empty file", b"", "ModelFileError", ("odd.pliant is not", "a model is made by")),
    model("a folder", folder, "ModelFileError", ("folder is not", "give the path of a"), name="folder"),
    model("a named pipe", pipe, "ModelFileError", ("pipe.pliant is not", "give the path of a"), name="pipe.pliant"),
    model(
        "a link to itself", loop, "ModelFileError", ("cannot read the", "levels of symbolic links"), name="loop.pliant"
    ),
    model("a device", None, "ModelFileError", ("/dev/zero is not", "give the path of a"), name="/dev/zero"),
    model("nothing at all", None, "ModelFileError", ("/dev/null is not", "give the path of a"), name="/dev/null"),
    model("a name that is too long", None, "ModelFileError", ("cannot read the model", "too long"), name="x" * 300),
    model(
        "a file below a file",
        None,
        "ModelFileError",
        ("cannot read the", "table.csv/m.pliant: Not a directory"),
        name="table.csv/m.pliant",
    ),
    model("a CSV file", None, "ModelFileError", ("table.csv is not", "a model is made by"), name="table.csv"),
    model("a text", b"hello\n", "ModelFileError", ("odd.pliant is not", "a model is made by")),
    model("a pickle", PICKLE, "ModelFileError", ("odd.pliant is not", "a model is made by")),
    model(
        "a joblib file",
        b"\x80\x03csklearn.linear_model\nLinearRegression\nq\x00)\x81q\x01.",
        "ModelFileError",
        ("odd.pliant is not", "a model is made by"),
    ),
    model(
        "a torch file",
        b"PK\x03\x04" + b"archive/data.pkl" + bytes(200),
        "ModelFileError",
        ("odd.pliant is not", "a model is made by"),
    ),
    model(
        "an ONNX file",
        b"\x08\x08\x12\x06pliant" + bytes(100),
        "ModelFileError",
        ("odd.pliant is not", "a model is made by"),
    ),
    model(
        "a NumPy file",
        b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }" + bytes(60),
        "ModelFileError",
        ("odd.pliant is not", "a model is made by"),
    ),
    model(
        "an HDF5 file", b"\x89HDF\r\n\x1a\n" + bytes(300), "ModelFileError", ("odd.pliant is not", "a model is made by")
    ),
    model("JSON", b'{"format": 1}', "ModelFileError", ("odd.pliant is not", "a model is made by")),
    model("a script", b"#!/bin/sh\ntouch canary\n", "ModelFileError", ("odd.pliant is not", "a model is made by")),
    model("HTML", b"<!DOCTYPE html><html></html>", "ModelFileError", ("odd.pliant is not", "a model is made by")),
    model(
        "safetensors of another program",
        safetensors(None),
        "ModelFileError",
        ("odd.pliant is not", "a model is made by"),
    ),
    model(
        "safetensors with metadata of another",
        safetensors({"format": "pt"}),
        "ModelFileError",
        ("odd.pliant is not", "a model is made by"),
    ),
    model("NUL bytes", bytes(1000), "ModelFileError", ("odd.pliant is not", "a model is made by")),
    model(
        "8 bytes that promise a header of 2^62",
        (2**62).to_bytes(8, "little") + b"{}",
        "ModelFileError",
        ("odd.pliant is not", "a model is made by"),
    ),
    model(
        "random bytes",
        bytes((i * 7919 + 13) % 256 for i in range(3000)),
        "ModelFileError",
        ("odd.pliant is not", "a model is made by"),
    ),
    model(
        "a model cut in half",
        changed(lambda content: content[: len(content) // 2]),
        "ModelFileError",
        ("odd.pliant is damaged", "use another copy, or fit"),
    ),
    model(
        "a model without its last byte",
        changed(lambda content: content[:-1]),
        "ModelFileError",
        ("odd.pliant is damaged", "use another copy, or fit"),
    ),
    model(
        "a model with one byte more",
        changed(lambda content: content + b"x"),
        "ModelFileError",
        ("odd.pliant is damaged", "use another copy, or fit"),
    ),
    model(
        "a model without its first byte",
        changed(lambda content: content[1:]),
        "ModelFileError",
        ("odd.pliant is not", "a model is made by"),
    ),
    model(
        "a model with its first byte twice",
        changed(lambda content: content[:1] + content),
        "ModelFileError",
        ("odd.pliant is not", "a model is made by"),
    ),
    model(
        "a model of the first 100 bytes",
        changed(lambda content: content[:100]),
        "ModelFileError",
        ("odd.pliant is not", "a model is made by"),
    ),
    model(
        "one bit flipped in the header",
        flipped(150),
        "ModelFileError",
        ("odd.pliant is damaged", "use another copy, or fit"),
    ),
    model(
        "one bit flipped in the numbers",
        flipped(-9),
        "ModelFileError",
        ("odd.pliant is damaged", "use another copy, or fit"),
    ),
    model(
        "one bit flipped in the hash",
        flipped(60),
        "ModelFileError",
        ("odd.pliant is damaged", "use another copy, or fit"),
    ),
    model(
        "the hash of another model",
        with_another_hash,
        "ModelFileError",
        ("odd.pliant is damaged", "use another copy, or fit"),
    ),
    model(
        "the header of another model", spliced, "ModelFileError", ("odd.pliant is damaged", "use another copy, or fit")
    ),
    model(
        "a model of a newer format, its hash right",
        resealed(lambda facts, arrays: facts.update(format=99, version="9.9")),
        "ModelFileError",
        ("odd.pliant was written", "update pliant to read it"),
    ),
    model(
        "a model whose formula is cut out, its hash right",
        resealed(lambda facts, arrays: facts["design"].pop("formula")),
        "ModelFileError",
        ("formula", "design.formula is missing"),
    ),
    model(
        "a model whose parameters are left out, its hash right",
        resealed(lambda facts, arrays: arrays.pop("parameters")),
        "ModelFileError",
        ("parameters", "array parameters is missing"),
    ),
    model("a checkpoint", checkpoint, "ModelFileError", ("odd.pliant is a", "give it to fit as")),
    model(
        "a report",
        b"<!doctype html>\n<title>pliant</title>",
        "ModelFileError",
        ("odd.pliant is not", "a model is made by"),
    ),
    model(
        "two models, one after the other",
        doubled,
        "ModelFileError",
        ("odd.pliant is damaged", "use another copy, or fit"),
    ),
)
