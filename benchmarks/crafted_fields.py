"""Wrong fields and wrong arrays for `crafted.py`: removed, renamed, of another type or shape, or out of range."""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from crafted_bytes import Parts, with_arrays, with_facts

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


# wrong fields


def wrong_fields(parts: Parts) -> Iterator[tuple[str, bytes]]:
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
        elif path[-2] not in ("columns", "reached"):  # lists of any length: what `.` would stand for, levels
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


def wrong_ranges(parts: Parts) -> Iterator[tuple[str, bytes]]:
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


def wrong_arrays(parts: Parts) -> Iterator[tuple[str, bytes]]:
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
    return name in ("region.gaps", "held_out_scores")
