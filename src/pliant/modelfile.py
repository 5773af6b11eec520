"""Write and read one fitted model as one file.

A `.pliant` file is a safetensors file, so any safetensors reader opens it: the arrays, and one metadata entry
`pliant` whose text is JSON. That text begins with the SHA-256 of the whole file (its own 64 characters counted
as zeros), at a fixed place, so the content is checked before anything is parsed. A hash says that the file is what was
written, not that it was written well: so sizes are looked at before they are believed, and the content is held to a
schema. The reader is pliant's own, since that of safetensors takes what pliant would not have written.

Knows bytes, arrays and JSON. What they mean is said by `Fitted.to_state` and `Fitted.from_state`; what they have to be
like, by the `check` that comes from there.
"""

import hashlib
import json
import math
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pliant.data.files import nearest_file
from pliant.data.writing import write_file
from pliant.errors import ModelFileError
from pliant.schema import Field, Unfit, choice, listed, parse_json, record, short_text, shown, value, whole
from pliant.types import Array

FORMAT = 2  # of the file; raised when an older reader could not understand a newer file
MAX_BYTES = 2**31  # a file beyond this is no model of a table
MAX_HEADER = 2**25  # bytes before the numbers: names, levels and knots of some hundred thousand columns
MAX_DIMENSIONS = 3
AGAIN = "use another copy, or fit again"
_HEAD = b'{"__metadata__":{"pliant":"{\\"sha256\\":\\"'
_HASH = slice(8 + len(_HEAD), 8 + len(_HEAD) + 64)

Check = Callable[[Mapping[str, Any], Mapping[str, Array]], None]  # raises Unfit

_TENSOR = record(
    "dtype, shape and data_offsets",
    {
        "dtype": Field(choice("F64"), "the numbers are float64"),
        "shape": Field(listed(whole(0, MAX_BYTES), most=MAX_DIMENSIONS), "the sizes"),
        "data_offsets": Field(listed(whole(0, MAX_BYTES), 2, 2), "begin and end, behind the header"),
    },
)
_METADATA = record("one text", {"pliant": Field(value("text", lambda found: isinstance(found, str)), "JSON")})
_FORMAT = whole(1)
_VERSION = short_text(40)


class _NewerFormat(Exception):
    """The format of a file is none that this version knows."""


def write_model(
    path: str | os.PathLike[str], facts: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], check: Check
) -> Path:
    """Write a model file; the old file stands until the new one is complete and has been read back.

    Parameters
    ----------
    path : path
    facts : mapping
        Whatever JSON can say, floats exactly.
    arrays : mapping of str to ndarray
        Of float64.
    check : callable
        Holds facts and arrays to what belongs in such a file, as it will when the file is read.

    Returns
    -------
    Path
        Where it lies.

    Raises
    ------
    ModelFileError
        If the file cannot be written, or could not be read; says why. What stood at `path` is untouched.
    """
    from safetensors.numpy import save

    target = Path(path)
    text = json.dumps({"sha256": "0" * 64, "format": FORMAT, **facts}, separators=(",", ":"))
    plain = {name: np.asarray(values, order="C") for name, values in arrays.items()}
    try:
        check(parse_json(text, "the metadata", constants=True), plain)
        content = bytearray(save(plain, metadata={"pliant": text}))
        _parsed(content)
    except Unfit as problem:
        raise ModelFileError(f"cannot write {target}: no pliant could read it, for {problem}") from None
    content[_HASH] = hashlib.sha256(content).hexdigest().encode()
    write_file(target, content, ModelFileError)
    return target


def read_model(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, Array]]:
    """Read a model file, checked against its SHA-256 before anything in it is parsed.

    Returns
    -------
    facts, arrays
        As they were given to `write_model`. Whether they are those of a model has not been looked at: see `hold`.

    Raises
    ------
    ModelFileError
        If the file is missing, is no model, is damaged, or was written by a newer version.
    """
    name = Path(path).name
    content = _read(Path(path))
    if content[8 : _HASH.start] != _HEAD or len(content) < _HASH.stop:
        raise ModelFileError(f"{name} is not a pliant model; a model is made by `pliant fit ... --out {name}`")
    said = bytes(content[_HASH])
    content[_HASH] = b"0" * 64
    if hashlib.sha256(content).hexdigest().encode() != said:
        raise ModelFileError(f"{name} is damaged: its content does not match its SHA-256; {AGAIN}")
    try:
        return _parsed(content)
    except Unfit as problem:
        raise _foreign(name, problem) from None
    except _NewerFormat as problem:
        raise ModelFileError(f"{name} was written by a newer pliant ({problem}); update pliant to read it") from None


def hold(path: str | os.PathLike[str], facts: Mapping[str, Any], arrays: Mapping[str, Array], check: Check) -> None:
    """Hold what was read from a file to what belongs there.

    Raises
    ------
    ModelFileError
        If it is something else; names the file, the field, and what belongs there.
    """
    try:
        check(facts, arrays)
    except Unfit as problem:
        raise _foreign(Path(path).name, problem) from None


def _foreign(name: str, problem: Unfit) -> ModelFileError:
    return ModelFileError(f"{name} is not a pliant model that this version can read: {problem}; {AGAIN}")


def _parsed(content: bytearray) -> tuple[dict[str, Any], dict[str, Array]]:
    """Give facts and arrays of a file's content; sizes are looked at before anything is made of them."""
    length = int.from_bytes(content[:8], "little")
    if length > min(MAX_HEADER, len(content) - 8):
        raise Unfit(f"its header of {length:,} bytes is longer than the file, or than {MAX_HEADER:,}")
    header = bytes(content[8 : 8 + length])
    if not header.startswith(_HEAD):
        raise Unfit("its header does not begin with the metadata")
    if not header.isascii() or b"\\u" in header.replace(b"\\\\", b""):  # an escape of the outer JSON
        raise Unfit("its metadata has characters beyond ASCII that are not escaped")
    tensors = parse_json(header.decode("ascii"), "its header")
    metadata = tensors.pop("__metadata__")
    _METADATA.test(metadata, "__metadata__")
    facts = parse_json(metadata["pliant"], "the metadata")
    if not isinstance(facts, dict):
        raise Unfit("the metadata is no object")
    _FORMAT.test(facts.get("format"), "format")
    if facts["format"] > FORMAT:
        version = facts.get("version", "?")
        _VERSION.test(version, "version")
        raise _NewerFormat(version if version.isprintable() else "?")
    return facts, _arrays(tensors, content, 8 + length)


def _arrays(tensors: Mapping[str, Any], content: bytearray, first: int) -> dict[str, Array]:
    """Give the arrays, each a copy; between them they take every byte from `first` on, and none twice."""
    for name, said in tensors.items():
        _TENSOR.test(said, f"the array {shown(name)}")
    at = 0
    found: dict[str, Array] = {}
    for name, said in sorted(tensors.items(), key=lambda item: item[1]["data_offsets"]):
        (begin, end), shape = said["data_offsets"], said["shape"]
        if begin != at or end - begin != 8 * math.prod(shape):
            raise Unfit(
                f"the array {shown(name)} lies at bytes {begin:,} to {end:,}, where {8 * math.prod(shape):,} bytes "
                f"from {at:,} on belong"
            )
        at = end
        if end > len(content) - first:
            raise Unfit(f"the array {shown(name)} ends behind the file")
        values = np.frombuffer(content, "<f8", math.prod(shape), first + begin)
        found[name] = values.reshape(shape).astype(np.float64)
    if at != len(content) - first:
        raise Unfit(f"{len(content) - first - at:,} bytes lie behind its last array")
    return found


def _read(path: Path) -> bytearray:
    """Read a regular file of a sensible size; of one that does not begin like a model, the beginning only."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise ModelFileError(f"{path} is not a file; give the path of a model")
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # not there on every system
        with os.fdopen(os.open(path, flags), "rb") as file:
            facts = os.fstat(file.fileno())
            if not stat.S_ISREG(facts.st_mode):
                raise ModelFileError(f"{path} is not a file; give the path of a model")
            if facts.st_size > MAX_BYTES:
                raise ModelFileError(f"{path.name} has {facts.st_size} bytes, more than a model can have ({MAX_BYTES})")
            start = file.read(_HASH.stop)
            if start[8 : _HASH.start] != _HEAD:
                return bytearray(start)
            content = bytearray(facts.st_size)
            content[: len(start)] = start
            there = len(start) + file.readinto(memoryview(content)[len(start) :])
            return content if there == len(content) else content[:there]
    except (OSError, ValueError) as problem:
        if isinstance(problem, ModelFileError):
            raise
        reason = getattr(problem, "strerror", None) or str(problem)
        hint = nearest_file(os.fspath(path)) if isinstance(problem, FileNotFoundError) else ""
        raise ModelFileError(f"cannot read the model {path}: {reason}{hint}") from problem
