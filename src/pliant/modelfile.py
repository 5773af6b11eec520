"""Write and read one fitted model as one file.

A `.pliant` file is a safetensors file, so any safetensors reader opens it: the arrays, and one metadata entry
`pliant` whose text is JSON. That text begins with the SHA-256 of the whole file (its own 64 characters counted
as zeros), at a fixed place, so the content is checked before anything is parsed.

Knows bytes, arrays and JSON. What they mean is said by `Fitted.to_state` and `Fitted.from_state`.
"""

import hashlib
import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pliant.data.writing import write_file
from pliant.errors import ModelFileError

FORMAT = 1  # of the file; raised when an older reader could not understand a newer file
MAX_BYTES = 2**31  # a file beyond this is no model of a table
_HEAD = b'{"__metadata__":{"pliant":"{\\"sha256\\":\\"'
_HASH = slice(8 + len(_HEAD), 8 + len(_HEAD) + 64)


def write_model(path: str | os.PathLike[str], facts: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Path:
    """Write a model file; the old file stands until the new one is complete and has been read back.

    Parameters
    ----------
    path : path
    facts : mapping
        Whatever JSON can say, floats exactly.
    arrays : mapping of str to ndarray

    Returns
    -------
    Path
        Where it lies.

    Raises
    ------
    ModelFileError
        If the file cannot be written; says why. What stood at `path` is untouched.
    """
    from safetensors.numpy import save

    target = Path(path)
    text = json.dumps({"sha256": "0" * 64, "format": FORMAT, **facts}, separators=(",", ":"), allow_nan=False)
    content = bytearray(save({k: np.asarray(a, order="C") for k, a in arrays.items()}, metadata={"pliant": text}))
    if content[8 : _HASH.start] != _HEAD:
        raise ModelFileError(f"cannot write {target}: this version of safetensors orders its header differently")
    content[_HASH] = hashlib.sha256(content).hexdigest().encode()
    write_file(target, content, ModelFileError)
    return target


def read_model(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read a model file, checked against its SHA-256 before anything in it is parsed.

    Returns
    -------
    facts, arrays
        As they were given to `write_model`.

    Raises
    ------
    ModelFileError
        If the file is missing, is no model, is damaged, or was written by a newer version.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    content = bytearray(_read(Path(path)))
    name = Path(path).name
    if content[8 : _HASH.start] != _HEAD or len(content) < _HASH.stop:
        raise ModelFileError(f"{name} is not a pliant model; a model is made by `pliant fit ... --out {name}`")
    said = bytes(content[_HASH])
    content[_HASH] = b"0" * 64
    if hashlib.sha256(content).hexdigest().encode() != said:
        raise ModelFileError(
            f"{name} is damaged: its content does not match its SHA-256; use another copy or fit again"
        )
    try:
        length = int.from_bytes(content[:8], "little")
        facts = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["pliant"])
        if facts["format"] > FORMAT:
            raise ModelFileError(
                f"{name} was written by a newer pliant ({facts.get('version')}); update pliant to read it"
            )
        return facts, load(bytes(content))
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError) as problem:
        if isinstance(problem, ModelFileError):
            raise
        raise ModelFileError(f"{name} is not a pliant model that this version can read") from problem


def _read(path: Path) -> bytes:
    """Read a regular file of a sensible size."""
    try:
        facts = os.stat(path)
        if not stat.S_ISREG(facts.st_mode):
            raise ModelFileError(f"{path} is not a file; give the path of a model")
        if facts.st_size > MAX_BYTES:
            raise ModelFileError(f"{path.name} has {facts.st_size} bytes, more than a model can have ({MAX_BYTES})")
        return path.read_bytes()
    except (OSError, ValueError) as problem:
        if isinstance(problem, ModelFileError):
            raise
        reason = getattr(problem, "strerror", None) or str(problem)
        raise ModelFileError(f"cannot read the model {path}: {reason}") from problem
