"""Take a model file apart, put it together sealed, and give it wrong bytes: for `crafted.py`."""

import copy
import hashlib
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

ZEROS = "0" * 64
AT = slice(8 + 41, 8 + 41 + 64)  # of the SHA-256


@dataclass(frozen=True)
class Parts:
    """A model file taken apart: its metadata as text, and its arrays as the header has them."""

    text: str
    tensors: dict[str, Any]  # name: dtype, shape, data_offsets
    data: bytes

    @property
    def facts(self) -> dict[str, Any]:
        """The metadata, for changing."""
        said: dict[str, Any] = json.loads(self.text)
        return said

    @property
    def arrays(self) -> dict[str, Any]:
        """The arrays, for changing."""
        return {
            name: np.frombuffer(self.data[slice(*said["data_offsets"])], "<f8").reshape(said["shape"]).copy()
            for name, said in self.tensors.items()
        }


def take_apart(content: bytes) -> Parts:
    """Take a good file apart."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    text = header.pop("__metadata__")["pliant"]
    return Parts(text, header, content[8 + length :])


def put_together(parts: Parts) -> bytes:
    """Put a file together and seal it."""
    header = json.dumps({"__metadata__": {"pliant": parts.text}, **parts.tensors}, separators=(",", ":"))
    return framed(header.encode(), parts.data)


def framed(header: bytes, data: bytes, length: int | None = None) -> bytes:
    """Give a file with this header, which may lie about its length, sealed."""
    header += b" " * (-len(header) % 8)
    return sealed(struct.pack("<Q", len(header) if length is None else length) + header + data)


def sealed(content: bytes) -> bytes:
    """Give the content with its own SHA-256 at the fixed place."""
    plain = bytearray(content)
    if len(plain) >= AT.stop:
        plain[AT] = ZEROS.encode()
        plain[AT] = hashlib.sha256(plain).hexdigest().encode()
    return bytes(plain)


def with_facts(parts: Parts, facts: dict[str, Any]) -> bytes:
    """Give the file with other metadata; NaN and infinity as Python writes them."""
    return put_together(replace(parts, text=json.dumps({**facts}, separators=(",", ":"))))


def with_arrays(parts: Parts, arrays: dict[str, Any]) -> bytes:
    """Give the file with other arrays."""
    tensors, data = {}, b""
    names = {"float64": "F64", "float32": "F32", "int64": "I64", "bool": "BOOL", "float16": "F16", "uint8": "U8"}
    for name, values in arrays.items():
        raw = np.ascontiguousarray(values).tobytes()
        offsets = [len(data), len(data) + len(raw)]
        tensors[name] = {"dtype": names[str(values.dtype)], "shape": list(values.shape), "data_offsets": offsets}
        data += raw
    return put_together(replace(parts, tensors=tensors, data=data))


# wrong bytes


def wrong_bytes(parts: Parts) -> Iterator[tuple[str, bytes]]:
    """Headers that lie, JSON that is none, and bombs."""
    good = put_together(parts)
    length = int.from_bytes(good[:8], "little")
    header, data = good[8 : 8 + length], parts.data
    for lie in (0, 1, 40, 200, length - 8, length - 1, length + 1, length + 8, len(good), 2**32, 2**63, 2**64 - 1):
        yield f"a header length of {lie}", framed(header, data, lie)
    for what, extra in (("8 bytes", b"\0" * 8), ("a byte", b"x"), ("a file", good)):
        yield f"{what} behind the last array", sealed(good + extra)
    yield "8 bytes less", sealed(good[:-8])
    yield "half of the numbers", sealed(good[: 8 + length + len(data) // 2])
    yield "no numbers", sealed(good[: 8 + length])
    first = next(iter(parts.tensors))
    tensors = json.dumps(parts.tensors)[1:-1]
    one = json.dumps({first: parts.tensors[first]})[1:-1]
    metadata = f'"__metadata__":{{"pliant":{json.dumps(parts.text)}}}'
    raw = {
        "an array twice": f"{{{metadata},{tensors},{one}}}",
        "metadata twice": f"{{{metadata},{tensors},{metadata}}}",
        "metadata that is empty later": f'{{{metadata},{tensors},"__metadata__":{{}}}}',
        "the entry pliant twice": f'{{"__metadata__":{{"pliant":{json.dumps(parts.text)},"pliant":"{{}}"}},{tensors}}}',
        "an entry beside pliant": f'{{"__metadata__":{{"pliant":{json.dumps(parts.text)},"x":"y"}},{tensors}}}',
        "an entry that is a number": f'{{"__metadata__":{{"pliant":{json.dumps(parts.text)},"x":1}},{tensors}}}',
        "a comma at the end": f"{{{metadata},{tensors},}}",
        "a header without its end": f"{{{metadata},{tensors}",
        "text behind the header": f"{{{metadata},{tensors}}} x",
        "two headers": f"{{{metadata},{tensors}}}{{}}",
        "an array that is null": f'{{{metadata},{tensors},"x":null}}',
        "an array that is a list": f'{{{metadata},{tensors},"x":[]}}',
        "a field in an array": f'{{{metadata},{tensors},"x":{{"dtype":"F64","shape":[0],"data_offsets":[0,0],"y":1}}}}',
        "lists without end in the header": f'{{{metadata},{tensors},"x":{"[" * 100_000}',
        "an array with a name of a megabyte": f'{{{metadata},{tensors},"{"x" * 2**20}":{one.partition(":")[2]}}}',
        "a number of five thousand digits": f'{{{metadata},{tensors},"x":{"9" * 5000}}}',
        "a letter beyond ASCII": f'{{{metadata},{tensors},"é":{one.partition(":")[2]}}}',
    }
    for what, text in raw.items():
        yield what, framed(text.encode(), data)
    yield "bytes that are no UTF-8", framed(header.rstrip()[:-1] + b',"\xff":0}', data)
    yield "a NUL in the header", framed(header.rstrip() + b"\0" * 8, data)
    for what, said in _lies_of_arrays(parts, first):
        yield what, put_together(replace(parts, tensors=said))
    for what, text in _texts(parts.text):
        yield what, put_together(replace(parts, text=text))


def _lies_of_arrays(parts: Parts, first: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Entries of the header that are not true of the bytes."""
    names = list(parts.tensors)
    longest = max(
        names, key=lambda name: parts.tensors[name]["data_offsets"][1] - parts.tensors[name]["data_offsets"][0]
    )
    begin, end = parts.tensors[longest]["data_offsets"]
    shape = parts.tensors[longest]["shape"]
    n = len(parts.data)
    lies = {
        "dtype": ["F32", "F16", "BF16", "I64", "U8", "BOOL", "F128", "f64", "", None, 64, ["F64"]],
        "shape": [[2**31], [2**62], [2**64], [-1], [-1, -1], [0], [1.5], ["3"], [True], None, "3", {}, [[3]],
                  [*shape, 2**30], [1] * 60 + shape, [*shape, 0, 2**62], shape[:-1]],
        "data_offsets": [[begin, end + 8], [begin - 8, end], [begin + 8, end + 8], [end, begin], [0, 2**62], [-8, end],
                         [begin], [begin, end, end], [n, n + end - begin], [2**63, 2**63 + end - begin], [0.0, 1.0],
                         None, [begin, None], "0", [2**64, 2**64]],
    }  # fmt: skip
    for field, values in lies.items():
        for value in values:
            said = copy.deepcopy(parts.tensors)
            said[longest][field] = value
            if said != parts.tensors:
                yield f"{field} of {longest} is {json.dumps(value)[:60]}", said
        said = copy.deepcopy(parts.tensors)
        del said[longest][field]
        yield f"{longest} has no {field}", said
    overlapping = copy.deepcopy(parts.tensors)
    overlapping["again"] = parts.tensors[longest]
    yield "two arrays at the same place", overlapping
    empty = copy.deepcopy(parts.tensors)
    empty["wide"] = {"dtype": "F64", "shape": [0, 2**60], "data_offsets": [0, 0]}
    yield "an array without numbers of 2^60 columns", empty
    many = dict(parts.tensors)
    many |= {f"x{k}": {"dtype": "F64", "shape": [0], "data_offsets": [n, n]} for k in range(50_000)}
    yield "fifty thousand empty arrays", many
    del first


def _texts(text: str) -> Iterator[tuple[str, str]]:
    """Metadata that is no JSON, or a bomb."""
    end = text[:-1]
    yield "metadata without its end", end
    yield "metadata of two objects", text + text
    yield "metadata with text behind it", text + "x"
    yield "metadata with lists without end", end + ',"x":' + "[" * 100_000 + "}"
    yield "metadata with lists a thousand deep", end + ',"x":' + "[" * 900 + "]" * 900 + "}"
    yield "metadata with objects a thousand deep", end + ',"x":' + '{"a":' * 900 + "1" + "}" * 900 + "}"
    yield "metadata with a name twice", end + ',"stopped":"done"}'
    yield "metadata with a name twice inside", text.replace('"inputs":', '"inputs":1,"inputs":', 1)
    yield "metadata with a number of five thousand digits", end + ',"x":' + "9" * 5000 + "}"
    yield "metadata with a letter beyond ASCII", end + ',"x":"é"}'
    yield "metadata with a letter beyond the first plane", end + ',"x":"😀"}'
    yield "a million empty lists", end + ',"x":[' + "[]," * 2**20 + "[]]}"
    yield "ten million empty lists", end + ',"x":[' + "[]," * 10**7 + "[]]}"
    yield "half a million objects", end + ',"x":[' + '{"a":1},' * 2**18 + "{}]}"
    yield "five million objects", end + ',"x":[' + '{"a":1},' * (5 * 10**6) + "{}]}"
    yield "a million different names", end + ',"x":{' + ",".join(f'"{k}":0' for k in range(10**6)) + "}}"
    yield "a text of twenty megabytes", end + ',"x":"' + "y" * (20 * 2**20) + '"}'
    yield "a text of forty megabytes", end + ',"x":"' + "y" * (40 * 2**20) + '"}'
    for value in ("NaN", "Infinity", "-Infinity", "1e999", "-1e999"):
        yield f"a deviance of {value}", _swapped(text, "deviance", value)
        yield f"a seed of {value}", _swapped(text, "seed", value)


def _swapped(text: str, name: str, value: str) -> str:
    """Give the text with one number replaced, as text."""
    before, rest = text.split(f'"{name}":', 1)
    return f'{before}"{name}":{value},{rest.partition(",")[2]}'
