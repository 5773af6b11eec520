"""From the bytes of a text file to UTF-8 with plain line ends; or a word on why they are not text."""

import re

import numpy as np

from pliant.errors import TableError

MAGIC = (
    (b"\x1f\x8b", "is compressed with gzip; unpack it first"),
    (b"PK\x03\x04", "is a zip archive or an Excel workbook; unpack it, or save the sheet as CSV"),
    (b"PK\x05\x06", "is an empty zip archive; save the table as CSV"),
    (b"BZh", "is compressed with bzip2; unpack it first"),
    (b"\xfd7zXZ\x00", "is compressed with xz; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "is compressed with zstd; unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "is a 7z archive; unpack it first"),
    (b"ARROW1", "is an Arrow (Feather) file; save it as Parquet or CSV"),
    (b"\xd0\xcf\x11\xe0", "is an old Excel workbook; save the sheet as CSV"),
    (b"\x89HDF", "is an HDF5 file; save the table as Parquet or CSV"),
    (b"SQLite format 3", "is an SQLite database; export the table as CSV"),
    (b"%PDF", "is a PDF; it holds no table that can be read"),
)
MARKS = (  # byte order marks, the longer first
    (b"\xef\xbb\xbf", "utf-8", "UTF-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le", "UTF-32"),
    (b"\x00\x00\xfe\xff", "utf-32-be", "UTF-32"),
    (b"\xff\xfe", "utf-16-le", "UTF-16"),
    (b"\xfe\xff", "utf-16-be", "UTF-16"),
)
CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")


def decode(content: bytes, source: str) -> tuple[bytes, list[str]]:
    """Give text as UTF-8 with lines that end in a line feed, also the last one, and notes on what was done.

    UTF-8 is taken as it is; UTF-16 and UTF-32 need their byte order mark; what is not UTF-8 and has no
    control characters is read as Windows-1252, which holds latin-1, and a note says so.

    Raises
    ------
    TableError
        If the bytes are not text; names the kind of file, or the line.
    """
    for magic, what in MAGIC:
        if content.startswith(magic):
            raise TableError(f"{source} {what}")
    notes: list[str] = []
    for mark, codec, name in MARKS:
        if content.startswith(mark):
            content = _from_marked(content[len(mark) :], codec, name, source)
            if name != "UTF-8":
                notes.append(f"{source}: read as {name}")
            break
    content = content.rstrip(b"\x1a")  # end of file in DOS
    if b"\0" in content:
        raise TableError(_nul_bytes(content, source))
    try:
        if not content.isascii():
            content.decode()
    except UnicodeDecodeError as error:
        content = _from_windows(content, source, error.start, notes)
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return content if content.endswith(b"\n") else content + b"\n", notes


def _line(content: bytes, offset: int) -> int:
    """Give the line, from 1, that holds this byte."""
    return 1 + max(content.count(b"\n", 0, offset), content.count(b"\r", 0, offset))


def _from_marked(content: bytes, codec: str, name: str, source: str) -> bytes:
    """Give text that announces its encoding as UTF-8."""
    try:
        return content if codec == "utf-8" and content.isascii() else content.decode(codec).encode()
    except UnicodeError as error:
        place = f", byte {error.start + 1}" if isinstance(error, UnicodeDecodeError) else ""
        raise TableError(f"{source}{place}: announced as {name} but damaged; save it as UTF-8") from None


def _nul_bytes(content: bytes, source: str) -> str:
    """Say what NUL bytes mean: another encoding, a binary file, or a damaged line."""
    sample = np.frombuffer(content[: 1 << 12], np.uint8) == 0
    if sample[0::2].mean() > 0.4 or sample[1::2].mean() > 0.4:
        return f"{source} looks like UTF-16 without a byte order mark; save it as UTF-8"
    place = content.index(b"\0")
    if len(CONTROL.findall(content[: 1 << 12])) > 8:
        return f"{source} is a binary file, not CSV; save the table as CSV or Parquet"
    return f"{source}, line {_line(content, place)}: a NUL byte; the file is damaged or is not text"


def _from_windows(content: bytes, source: str, place: int, notes: list[str]) -> bytes:
    """Give text that is not UTF-8 as if it were Windows-1252, with a note; refuse what looks binary."""
    line = _line(content, place)
    if CONTROL.search(content):
        raise TableError(f"{source} is a binary file, or damaged at line {line}; save the table as UTF-8")
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError as error:
        line = _line(content, error.start)
        raise TableError(f"{source}, line {line}: neither UTF-8 nor Windows-1252 (latin-1); save it as UTF-8") from None
    notes.append(f"{source}: not UTF-8 (line {line}), read as Windows-1252 (latin-1); check its accents")
    return text.encode()
