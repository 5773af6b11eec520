"""Reading Parquet, after a look at what the file says it will take.

A few kilobytes can declare gigabytes: runs of one value compress without end. So the footer is read
first, by the small reader of Thrift's compact protocol below, and a file that declares more than the
machine can hold, or far more than its own size can explain, is refused before anything is unpacked.
polars gives no access to these sizes, and pyarrow, which does, is not required.
"""

import contextlib
import io
import os
import tempfile
import threading
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pliant.data.columns import check_names
from pliant.data.files import memory_limit
from pliant.errors import TableError

if TYPE_CHECKING:
    import polars as pl

MAGIC = b"PAR1"
SUSPICIOUS = 2**28  # bytes declared, from which the ratio to the file's size is looked at
RATIO = 1000
_STANDARD_ERROR = threading.Lock()  # held while it is redirected
STOP, TRUE, FALSE, BYTE, DOUBLE, BINARY, LIST, SET, STRUCT = 0, 1, 2, 3, 7, 8, 9, 10, 12
Value = int | bytes | list["Value"] | dict[int, "Value"] | None


@dataclass(frozen=True)
class Declared:
    """What the footer of a Parquet file declares."""

    rows: int
    columns: int
    unpacked: int  # bytes


def read_parquet(content: bytes, source: str, columns: Collection[str] | None = None) -> "pl.DataFrame":
    """Give a Parquet file as a polars frame, only the named columns if names are given.

    Raises
    ------
    TableError
        If the file is damaged or encrypted, or declares more than this machine can hold.
    """
    import polars as pl

    check_declared(declared_sizes(content, source), len(content), source)
    try:
        with _panics_unsaid():
            names = list(pl.read_parquet_schema(io.BytesIO(content)))
            check_names(columns or (), names, source)
            wanted = names if columns is None else [name for name in names if name in columns]
            return pl.read_parquet(io.BytesIO(content), columns=wanted)
    except TableError:
        raise
    except pl.exceptions.DuplicateError:
        raise TableError(f"{source} has two columns of one name; rename one") from None
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError, MemoryError):
        raise TableError(
            f"{source} is damaged, or uses a part of Parquet that cannot be read; write it again"
        ) from None


@contextlib.contextmanager
def _panics_unsaid() -> Iterator[None]:
    """Hold back what is written to standard error, and drop it if the block fails.

    One in eighty damaged files makes a thread of polars panic; Rust then prints a page of its own before
    Python hears of it, and nothing but the file descriptor can be asked to keep quiet. What others
    write meanwhile is passed on when the block succeeds.
    """
    with _STANDARD_ERROR, contextlib.ExitStack() as stack:
        try:
            held = stack.enter_context(tempfile.TemporaryFile())
            saved = os.dup(2)
        except OSError:  # no standard error, or no folder for temporary files: nothing to hold back
            yield
            return
        try:
            os.dup2(held.fileno(), 2)
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
        held.seek(0)
        while said := held.read(1 << 16):
            os.write(2, said)


def check_declared(declared: Declared, size: int, source: str) -> None:
    """Refuse a file that declares more than the machine holds, or 1000 times its own size."""
    needed = max(declared.unpacked, declared.rows * declared.columns * 8)
    if min(declared.rows, declared.columns, declared.unpacked) < 0:
        raise TableError(f"{source} is damaged: its footer declares a negative size; write it again")
    if needed > memory_limit():
        raise TableError(f"{source} declares {needed / 1e9:.1f} GB, over half of this machine's memory")
    if needed > SUSPICIOUS and needed > RATIO * size:
        raise TableError(
            f"{source} has {size / 1e3:.0f} kB and declares {needed / 1e9:.1f} GB; such a file is not read"
        )


def declared_sizes(content: bytes, source: str) -> Declared:
    """Read the sizes from the footer: FileMetaData of the Parquet format, by the numbers of its fields."""
    if content[-4:] == b"PARE":
        raise TableError(f"{source} is encrypted; save it without encryption")
    length = int.from_bytes(content[-8:-4], "little")
    if len(content) < 12 or content[:4] != MAGIC or content[-4:] != MAGIC or length > len(content) - 12:
        raise TableError(f"{source} is not a Parquet file, or its end is missing; copy or write it again")
    try:
        footer = _Thrift(content[-8 - length : -8]).struct()
        schema, groups = _list(footer[2]), _list(footer[4])
        leaves = sum(5 not in _struct(element) for element in schema)  # 5: number of children
        unpacked = rows = 0
        for group in map(_struct, groups):
            chunks = [_struct(_struct(chunk)[3]) for chunk in _list(group[1])]
            sizes = [_chunk_sizes(content, chunk) for chunk in chunks]
            rows += max(_int(group[3]), *(values for values, _ in sizes), 0)
            unpacked += sum(size for _, size in sizes)
        return Declared(max(_int(footer[3]), rows), leaves, unpacked)
    except (IndexError, KeyError, TypeError, RecursionError, ValueError):
        raise TableError(f"{source} is damaged: its footer or a page of it cannot be read; write it again") from None


def is_parquet(content: bytes) -> bool:
    """Tell a Parquet file by its first bytes."""
    return content[:4] in (MAGIC, b"PARE")


def _chunk_sizes(content: bytes, chunk: dict[int, Value]) -> tuple[int, int]:
    """Give the values and unpacked bytes of a column chunk, the larger of what footer and pages declare.

    A footer can lie, so the header of every page is read as well; pages must lie inside the file.
    """
    starts = [_int(chunk[number]) for number in (9, 11) if number in chunk]  # first data and dictionary page
    at = min(start for start in starts if start)
    end = at + _int(chunk[7])  # 7: total_compressed_size
    if at < 4 or max(starts) > end or end > len(content):
        raise ValueError("a chunk outside the file")
    values = unpacked = 0
    while at < end:
        reader = _Thrift(content, at)
        page = reader.struct()  # 2: unpacked size, 3: packed size, 5 and 8: headers of data pages
        data = _struct(page.get(5) or page.get(8) or {1: 0})
        packed = _int(page[3])
        if min(packed, _int(page[2]), _int(data[1])) < 0 or reader.at + packed > end:
            raise ValueError("a page outside its chunk")
        values, unpacked, at = values + _int(data[1]), unpacked + _int(page[2]), reader.at + packed
    return max(values, _int(chunk[5])), max(unpacked, _int(chunk[6]))


class _Thrift:
    """Reads one struct of Thrift's compact protocol; IndexError or ValueError if the bytes make no sense."""

    def __init__(self, content: bytes, at: int = 0) -> None:
        self.content = content
        self.at = at

    def byte(self) -> int:
        self.at += 1
        return self.content[self.at - 1]

    def varint(self) -> int:
        result = 0
        for shift in range(0, 70, 7):
            byte = self.byte()
            result |= (byte & 0x7F) << shift
            if byte < 0x80:
                return result
        raise ValueError("a varint of over ten bytes")

    def zigzag(self) -> int:
        number = self.varint()
        return (number >> 1) ^ -(number & 1)

    def struct(self, depth: int = 0) -> dict[int, Value]:
        if depth > 20:
            raise ValueError("nested too deeply")
        fields: dict[int, Value] = {}
        number = 0
        while head := self.byte():
            number = number + (head >> 4) if head >> 4 else self.zigzag()
            kind = head & 0x0F
            fields[number] = int(kind == TRUE) if kind in (TRUE, FALSE) else self.value(kind, depth)
        return fields

    def value(self, kind: int, depth: int) -> Value:
        if kind in (TRUE, FALSE, BYTE):  # in a list a boolean takes a byte, in a struct it never comes here
            return self.byte()
        if kind < DOUBLE:
            return self.zigzag()
        if kind in (DOUBLE, BINARY):
            size = 8 if kind == DOUBLE else self.varint()
            if size > len(self.content) - self.at:
                raise ValueError("bytes past the end")
            self.at += size
            return self.content[self.at - size : self.at]
        if kind in (LIST, SET):
            head = self.byte()
            size = head >> 4 if head >> 4 < 15 else self.varint()
            if size > len(self.content) - self.at:  # an element takes at least a byte
                raise ValueError("a list past the end")
            return [self.value(head & 0x0F, depth + 1) for _ in range(size)]
        if kind == STRUCT:
            return self.struct(depth + 1)
        raise ValueError(f"kind {kind} is not used by Parquet")


def _int(value: Value) -> int:
    if not isinstance(value, int):
        raise TypeError("not a number")
    return value


def _list(value: Value) -> list[Value]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return value


def _struct(value: Value) -> dict[int, Value]:
    if not isinstance(value, dict):
        raise TypeError("not a struct")
    return value
