"""What lies in the folder of a case: things that are no files, and files that are made of others."""

import hashlib
import io
import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from safetensors.numpy import save

import pliant

HEAD = len(b'{"__metadata__":{"pliant":"{\\"sha256\\":\\"') + 8
HASH = slice(HEAD, HEAD + 64)
Maker = Callable[[Path], None]


def folder(path: Path) -> None:
    """Make a folder."""
    path.mkdir()


def pipe(path: Path) -> None:
    """Make a named pipe, into which nobody writes."""
    os.mkfifo(path)


def loop(path: Path) -> None:
    """Make a link that points to itself."""
    path.symlink_to(path.name)


def nowhere(path: Path) -> None:
    """Make a link to a file that is not there."""
    path.symlink_to("absent.csv")


def terabyte(path: Path) -> None:
    """Make a file of a terabyte of nothing, which takes no room."""
    with path.open("wb") as file:
        file.write(b"y,x\n1,2\n")
        file.truncate(10**12)


def parquet(columns: Mapping[str, Any], change: Callable[[bytes], bytes] = bytes) -> Maker:
    """Make a Parquet file of columns, and change its bytes."""

    def write(path: Path) -> None:
        content = io.BytesIO()
        pl.DataFrame(columns).write_parquet(content)
        path.write_bytes(change(content.getvalue()))

    return write


def changed(change: Callable[[bytes], bytes]) -> Maker:
    """Make a file of the bytes of line.pliant, changed."""

    def write(path: Path) -> None:
        path.write_bytes(change((path.parent / "line.pliant").read_bytes()))

    return write


def flipped(position: int) -> Maker:
    """Make a model file with one bit flipped."""

    def flip(content: bytes) -> bytes:
        other = bytearray(content)
        other[position] ^= 1
        return bytes(other)

    return changed(flip)


def with_another_hash(path: Path) -> None:
    """Make a model file with the hash of another."""
    content = bytearray((path.parent / "line.pliant").read_bytes())
    content[HASH] = (path.parent / "network.pliant").read_bytes()[HASH]
    path.write_bytes(content)


def spliced(path: Path) -> None:
    """Make a model file with the header of another."""
    ours, theirs = ((path.parent / name).read_bytes() for name in ("line.pliant", "network.pliant"))
    cut = 8 + int.from_bytes(theirs[:8], "little")
    path.write_bytes(theirs[:cut] + ours[8 + int.from_bytes(ours[:8], "little") :])


def resealed(change: Callable[[dict[str, Any], dict[str, Any]], None]) -> Maker:
    """Make a model file whose facts and arrays are changed, with the hash that belongs to them."""

    def write(path: Path) -> None:
        from safetensors.numpy import load

        content = (path.parent / "line.pliant").read_bytes()
        length = int.from_bytes(content[:8], "little")
        facts = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["pliant"])
        arrays = load(content)
        change(facts, arrays)
        text = json.dumps(facts | {"sha256": "0" * 64}, separators=(",", ":"))
        new = bytearray(save(arrays, metadata={"pliant": text}))
        new[HASH] = b"0" * 64
        new[HASH] = hashlib.sha256(new).hexdigest().encode()
        path.write_bytes(new)

    return write


def safetensors(metadata: dict[str, str] | None) -> Maker:
    """Make a safetensors file of another program."""
    return lambda path: path.write_bytes(save({"weight": np.ones(3)}, metadata=metadata)) and None


def checkpoint(path: Path) -> None:
    """Make the checkpoint of a training."""
    table = str(path.parent / "table.csv")
    pliant.fit("y ~ x", table, hidden=2, optimiser="adam", epochs=2, engine="reference", checkpoint=path)


def doubled(path: Path) -> None:
    """Make a file of two models, one after the other."""
    shutil.copy(path.parent / "line.pliant", path)
    with path.open("ab") as file:
        file.write((path.parent / "network.pliant").read_bytes())
