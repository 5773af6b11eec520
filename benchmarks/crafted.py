"""Craft model files whose SHA-256 is right and whose content is not, from a good one.

Three kinds: wrong bytes (headers that lie, JSON that is none, bombs), wrong fields (each field of the metadata removed,
renamed, of another type, or out of its range), and wrong arrays (each removed, renamed, of another shape or dtype, with
numbers that cannot be). Whatever is made here is wrong by the page `docs/model-file.md`, not by what pliant refuses.
"""

import copy
import hashlib
import json
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

ZEROS = "0" * 64
AT = slice(8 + 41, 8 + 41 + 64)  # of the SHA-256
NULLABLE = {  # null says something there: "not a number", "all", "numbers"
    "deviance",
    "null_deviance",
    "log_likelihood",
    "dispersion",
    "parameter_error",
    "effective_parameters",
    "noise",
    "bends",
    "offset_column",
    "batch",
    "validation",
    "patience",
    "asked",
    "p_value",
    "mean_width",
    "strength",
    "weights",
    "offset",
    "frequencies",
}
FREE = {"asked"}  # a summary is written from it, and nothing else
MAY_MISS = ("scores", "losses", "history_", "best_loss", "limits")  # arrays that may have NaN
UNBOUNDED = (*MAY_MISS, "parameters", "inverse_information")  # beyond this file, or for a line


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


def crafted(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Give every crafted file of one good one, with what is wrong with it."""
    parts = take_apart(content)
    yield from _bytes(parts)
    yield from _fields(parts)
    yield from _ranges(parts)
    yield from _arrays(parts)


# wrong bytes


def _bytes(parts: Parts) -> Iterator[tuple[str, bytes]]:
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


# wrong fields


def _fields(parts: Parts) -> Iterator[tuple[str, bytes]]:
    """Each field removed, renamed, and of every other type; and each object with one more."""
    for path, value in list(_walk(parts.facts)):
        place = ".".join(map(str, path)) or "the metadata"
        if isinstance(value, dict) and path and path[-1] not in (*FREE, "optimiser_settings"):
            yield f"{place} has one field more", _changed(parts, path, lambda _, old: {**old, "more": 1})
        if not path or path == ("sha256",):  # at its fixed place
            continue
        if isinstance(path[-1], str):
            yield f"{place} is missing", _changed(parts, path, None)
            yield f"{place} has another name", _changed(parts, path, None, rename=True)
        elif "columns" not in path:  # which name what `.` would stand for
            yield f"{place} is missing", _changed(parts, path, None)
        for other in (None, True, 7, 0.5, "?", [], {}, [None], 2**70, "\ud800", [[[]]], -3, ""):
            if _is_other(path, value, other):
                yield f"{place} is {json.dumps(other)}", _changed(parts, path, lambda _, __, o=other: o)


def _is_other(path: tuple[Any, ...], value: Any, other: Any) -> bool:
    """Say whether a value is of another type than belongs there, or can never be there."""
    name = next(step for step in reversed(path) if isinstance(step, str))
    if other is None and (name in NULLABLE or (value is None and name in NULLABLE)):
        return False
    if value is None:
        return name not in FREE and (isinstance(other, dict) or (isinstance(other, list) and other == [None]))
    if isinstance(value, bool) or isinstance(other, bool):
        return type(value) is not type(other)
    if isinstance(value, int | float) and isinstance(other, int | float):
        return isinstance(value, int) and not _is_real(name) and (isinstance(other, float) or other == 2**70)
    if isinstance(value, str) and isinstance(other, str):
        return other == "\ud800"
    if isinstance(value, list) and isinstance(other, list):
        return other in ([None], [[[]]])
    return type(value) is not type(other)


def _is_real(name: str) -> bool:
    """Say whether a field's number is real, though it may be whole here."""
    return name not in (
        "format", "inputs", "outputs", "hidden", "blocks", "bends", "term_of", "epochs", "batch", "n_rows",
        "df_residual", "df_null", "rows", "inside", "degree",
    )  # fmt: skip


def _walk(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Give every value of the metadata with its path; of a list the first and the last."""
    if path and path[-1] in FREE:
        return
    yield path, value
    if isinstance(value, dict):
        for name in value:
            yield from _walk(value[name], (*path, name))
    elif isinstance(value, list) and value and path[-1] not in ("notes", "reasons"):
        for index in sorted({0, len(value) - 1}):
            yield from _walk(value[index], (*path, index))


def _changed(
    parts: Parts, path: tuple[Any, ...], change: Callable[[Any, Any], Any] | None, rename: bool = False
) -> bytes:
    """Give the file with one value of its metadata changed, or taken away."""
    facts = parts.facts
    holder: Any = facts
    for step in path[:-1]:
        holder = holder[step]
    if change is not None:
        holder[path[-1]] = change(holder, holder[path[-1]])
    else:
        value = holder.pop(path[-1])
        if rename:
            holder[f"{path[-1]}_"] = value
    return with_facts(parts, facts)


# values out of range, and parts that disagree


def _ranges(parts: Parts) -> Iterator[tuple[str, bytes]]:
    """Values of the right type that cannot be there, or that disagree with another."""
    facts = parts.facts
    huge = [2**31, 2**40, 2**62]
    wrong: dict[str, list[Any]] = {
        "format": [0, -1, "1", 1.0, [1]],
        "version": ["x" * 100],
        "family": ["gauss", "GAUSSIAN", "os.system", "gaussian ", "negative_binomial(theta=1)", "multinomial"],
        "link": ["ident", "softmax", "cauchit"],
        "frame_kind": ["numpy", "Pandas"],
        "stopped": ["finished"],
        "network.activation": ["softmax", "Tanh", "__import__('os')"],
        "network.hidden": [[0], [-3], huge, [2**40], [1] * 5000, [7]],
        "network.inputs": [0, -1, 99, *huge],
        "network.outputs": [0, -1, 2, 3, *huge],
        "network.blocks": [0, -1, 7, *huge],
        "network.bends": [[-1], [99], [0, 0], [1, 0], [2**40]],
        "network.bias": [False],
        "network.gains": [True],
        "design.formula": ["", "y", "y ~", "~ x", "y ~ nothere", "y ~ x +", "y ~ __import__('os')", "y ~ " + "(" * 500,
                           "y ~ " + "x+" * 9000 + "x", "y ~ (" + "+".join(f"x{k}" for k in range(60)) + ")^9"],
        "design.columns": [[], ["x", "x"]],
        "design.offset_column": ["nothere", "y"],
        "design.missing": ["omit", "Drop"],
        "design.names": [[], ["Intercept"] * 3],
        "design.term_of": [[], [-2], [99]],
        "design.dates": [{"x": ["month"]}, {"x": []}, {"x": ["quarter"]}, {"nothere": ["month"]}],
        "design.fills": [{"x": [0.0, False]}, {"nothere": [0.0, True]}, {"x": ["a", True]}],
        "design.states": [{"nothere": {"levels": ["a"]}}, {"x": {"levels": ["a", "b"]}}, {"poly(x, 2)": {}}],
        "design.full": [[["x"]], [["nothere"]]],
        "design.response.coding": ["classes", "binary", "numbers"],
        "design.response.levels": [["a", "a"], ["a"], ["a", "b"]],
        "design.response.names": [["other"], ["y", "y"]],
        "design.scaling.scale": [[], [0.0], [-1.0]],
        "design.scaling.response_scale": [[0.0], [-1.0], [1.0, 1.0, 1.0, 1.0], []],
        "design.scaling.response_centre": [[0.0, 0.0, 0.0, 0.0]],
        "settings.engine": ["numpy", "os"],
        "settings.optimiser": ["rmsprop", "Adam"],
        "settings.schedule": ["linear"],
        "settings.precision": ["float16"],
        "settings.epochs": [-1, 2**64],
        "settings.batch": [0, -1],
        "settings.learning_rate": [-0.1],
        "settings.regularisation": [-1.0],
        "settings.validation": [-0.1, 1.1],
        "settings.seed": [-1, 2**200],
        "settings.given": [{"else": "x"}],
        "settings.parametrisation": ["mup"],
        "facts.n_rows": [-1, 2**80],
        "facts.dispersion": [-1.0],
        "facts.fingerprint": ["0" * 63, "z" * 64],
        "members.share": [-0.1, 1.1],
        "members.verdict.kind": ["curves", ""],
        "members.verdict.p_value": [-0.1, 1.5],
        "members.verdict.low": [1e30],
        "members.reached.0.inside": [10**9],
        "members.reached.0.level": [2.0],
        "members.network.hidden": [[0], [99], [2, 2]],
        "members.network.activation": ["relu"],
        "members.network.skip": [False],
        "training": ["", "{", "[]", "null", '{"step":0}', '{"step":0,"epoch":0,"best_epoch":0,"rng":0}',
                     '{"step":-1,"epoch":0,"best_epoch":0,"rng":null}', "[" * 100_000],
    }  # fmt: skip
    for place, values in wrong.items():
        path = tuple(int(step) if step.isdigit() else step for step in place.split("."))
        there, old = _found(facts, path)
        for value in values if there else ():
            if value != old:
                what = json.dumps(value)
                yield f"{place} is {what[:60]}", _changed(parts, path, lambda _, __, v=value: v)
    for what, change in _of_states(facts):
        yield what, with_facts(parts, change)
    for extra in ("parameter", "estimated", "members", "training", "checkpoint", "search", "__class__"):
        if extra not in facts:
            yield f"{extra} in addition", with_facts(parts, {**facts, extra: {} if extra in ("members",) else 1.5})


def _found(facts: Any, path: tuple[Any, ...]) -> tuple[bool, Any]:
    """Say whether there is such a place, and give what is there."""
    for step in path:
        inside = len(facts) > step if isinstance(step, int) and isinstance(facts, list) else False
        if inside or (isinstance(step, str) and isinstance(facts, dict) and step in facts):
            facts = facts[step]
        else:
            return False, None
    return True, facts


def _of_states(facts: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What splines, polynomials and factors cannot have learnt."""
    for key, state in facts["design"]["states"].items():
        for name, value in state.items():
            for what, wrong in _wrong_states(name, value):
                changed = copy.deepcopy(facts)
                changed["design"]["states"][key][name] = wrong
                yield f"{name} of {key} {what}", changed


def _wrong_states(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Wrong values of one thing that was learnt."""
    if name in ("levels", "labels"):
        yield "twice the same", [value[0], *value]
        yield "one less", value[1:]
        yield "one more", [*value, "another"]
        yield "a hundred thousand", [str(k) for k in range(100_000)]
    elif name in ("knots", "breaks"):
        yield "falling", value[::-1]
        yield "one more", [*value, value[-1] + 1.0]
        yield "one less", value[1:]
        yield "two hundred thousand", [float(k) for k in range(200_000)]
    elif name in ("combine", "curvatures"):
        yield "a line less", value[1:]
        yield "lines of other lengths", [value[0][1:], *value[1:]]
        yield "another number", [[value[0][0] + 0.5, *value[0][1:]], *value[1:]]
    elif name == "degree":
        for wrong in (0, -1, 99, 2**40):
            yield f"of {wrong}", wrong
    elif name in ("alpha", "norm2"):
        yield "one less", value[1:]
        yield "one more", [*value, 1.0]
    elif name in ("raw", "intercept", "right", "include_lowest"):
        yield "the other way", not value
    elif name == "scale":
        yield "of zero", 0.0
        yield "below zero", -value


# wrong arrays


def _arrays(parts: Parts) -> Iterator[tuple[str, bytes]]:
    """Each array removed, renamed, of another shape or dtype, and with numbers that cannot be."""
    good = parts.arrays
    for name, values in good.items():
        rest = {other: each for other, each in good.items() if other != name}
        yield f"the array {name} is missing", with_arrays(parts, rest)
        yield f"the array {name} has another name", with_arrays(parts, rest | {f"{name}_": values})
        shapes = {
            "one dimension more": values[None],
            "one row more": np.concatenate([values, values[:1]]) if values.ndim and len(values) else np.zeros(3),
            "no numbers": np.zeros(0) if values.shape != (0,) else np.zeros((0, 3)),
            "four dimensions": np.zeros((1, 1, 1, 1)),
        }
        if values.ndim and len(values):
            shapes["one row less"] = values[1:]
        for what, other in shapes.items():
            if _may_have_rows(name) and what in ("one row more", "one row less"):
                continue
            yield f"the array {name} has {what}", with_arrays(parts, rest | {name: other})
        for dtype in ("float32", "int64", "bool", "uint8"):
            with np.errstate(invalid="ignore"):
                yield f"the array {name} is of {dtype}", with_arrays(parts, rest | {name: values.astype(dtype)})
        numbers = {"NaN": np.nan, "infinity": np.inf}
        if any(mark in name for mark in ("folds", "paired", "numbers", "unmet", "epoch")):
            numbers |= {"-1": -1.0, "a half": 0.5, "1e300": 1e300}
        for what, number in numbers.items() if values.size else ():
            if any(mark in name for mark in MAY_MISS) or (name == "region.limits"):
                continue
            changed = values.copy()
            changed.flat[0] = number
            yield f"the array {name} begins with {what}", with_arrays(parts, rest | {name: changed})
    yield "an array more", with_arrays(parts, good | {"more": np.zeros(3)})
    yield "an array of the training more", with_arrays(parts, good | {"training.more": np.zeros(3)})


def _may_have_rows(name: str) -> bool:
    """Say whether as many rows more or less tell nothing wrong, since nothing else says how many there are."""
    return name in ("region.gaps", "held_out_scores", "training.losses")


def good_files(folder: Path) -> list[bytes]:
    """Give the model files that the others are made from."""
    return [path.read_bytes() for path in sorted(folder.glob("*.pliant"))]
