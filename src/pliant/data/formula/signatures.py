"""Which functions a formula may call, and with what: the table that the parser checks and transforms go by.

A call has one or more *expressions* (arithmetic on columns) and then *settings* (constants: numbers, texts,
TRUE or FALSE). A setting can never read a column, so that what it means does not depend on the rows.
What the functions compute is not known here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pliant.data.formula.nearest import did_you_mean, nearest, quote
from pliant.data.formula.nodes import Call, Node, Number, Text, Truth, Unary, Vector
from pliant.errors import FormulaError

Setting = bool | int | float | str | tuple[float, ...] | tuple[str, ...]
MAX_COUNT = 100  # a degree or a number of knots beyond this is a slip of the finger or an attack


@dataclass(frozen=True)
class Signature:
    """What a function takes and what it gives.

    Attributes
    ----------
    name : str
        The canonical name; `centre` is listed twice, under both spellings.
    gives : str
        "number": one number a row, may stand inside arithmetic. "basis": several columns.
        "factor": levels. "offset", "net" and "responses" (`cbind`): only where the grammar has them.
    least, most : int or None
        How many expressions; None is no bound.
    settings : mapping of str to str
        Name and kind of each setting, in the order in which they are taken by position.
        Kinds: count, number, numbers, breaks, flag, level, levels, contrast.
    required : tuple of str
        Settings that have no default.
    stateful : bool
        Whether it learns something from the training rows that the model file has to keep.
    """

    name: str
    gives: str = "number"
    least: int = 1
    most: int | None = 1
    settings: Mapping[str, str] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    stateful: bool = False

    @property
    def keywords(self) -> tuple[str, ...]:
        """Names of the settings."""
        return tuple(self.settings)


_SIGNATURES = (
    Signature("I"),
    Signature("log", settings={"base": "number"}),
    *(Signature(name) for name in ("log1p", "log2", "log10", "exp", "sqrt", "abs", "sin", "cos", "tanh")),
    Signature("poly", "basis", settings={"degree": "count", "raw": "flag"}, stateful=True),
    Signature(
        "bs",
        "basis",
        settings={"df": "count", "knots": "numbers", "degree": "count", "intercept": "flag"},
        stateful=True,
    ),
    Signature("ns", "basis", settings={"df": "count", "knots": "numbers", "intercept": "flag"}, stateful=True),
    Signature("cr", "basis", settings={"df": "count", "knots": "numbers"}, stateful=True),
    Signature("scale", settings={"center": "flag", "scale": "flag"}, stateful=True),
    Signature("center", stateful=True),
    Signature("factor", "factor", settings={"levels": "levels"}, stateful=True),
    Signature(
        "cut",
        "factor",
        settings={"breaks": "breaks", "labels": "levels", "include_lowest": "flag", "right": "flag"},
        required=("breaks",),
        stateful=True,
    ),
    Signature(
        "C",
        "factor",
        settings={"contrast": "contrast", "ref": "level", "levels": "levels"},
        stateful=True,
    ),
    Signature("year"),
    Signature("month", "factor", stateful=True),
    Signature("weekday", "factor", stateful=True),
    Signature("hour"),
    Signature("offset", "offset"),
    Signature("net", "net", most=None),
    Signature("cbind", "responses", least=2, most=None),
)
FUNCTIONS: dict[str, Signature] = {signature.name: signature for signature in _SIGNATURES}
FUNCTIONS["centre"] = FUNCTIONS["center"]

CONTRASTS = ("treatment", "sum", "helmert", "poly")
_SPELLINGS = {
    "centre": "center",
    "include.lowest": "include_lowest",
    "include_intercept": "intercept",
    "reference": "ref",
    "contrasts": "contrast",
}
_WANTED = {
    "count": f"a whole number from 1 to {MAX_COUNT}",
    "number": "a number",
    "numbers": "numbers, such as c(1, 2, 3)",
    "breaks": "cut points, such as c(1, 2, 3), or a number of intervals",
    "flag": "TRUE or FALSE",
    "level": 'a level between quotes, such as "a"',
    "levels": 'levels, such as c("a", "b")',
    "contrast": "one of " + ", ".join(f'"{name}"' for name in CONTRASTS),
}


def expressions(call: Call) -> tuple[Node, ...]:
    """Give the arguments of a call that are read from the table."""
    most = FUNCTIONS[call.function].most
    return call.arguments if most is None else call.arguments[:most]


def settings(call: Call, text: str | None = None) -> dict[str, Setting]:
    """Give the settings of a call by their canonical names, as Python values; those not given are absent.

    Parameters
    ----------
    call : Call
        Of a function listed in `FUNCTIONS`.
    text : str, optional
        The user's formula, for the caret of an error.

    Returns
    -------
    dict
        count: int from 1 to 100. number: float. numbers: tuple of float. breaks: int or tuple of float.
        flag: bool. level: str or float. levels: tuple of str or of float. contrast: str.

    Raises
    ------
    FormulaError
        If a setting is unknown, is given twice, is missing, or is not of its kind.
    """
    signature = FUNCTIONS[call.function]
    spare = call.arguments[len(expressions(call)) :]
    if len(spare) > len(signature.settings):
        extra = spare[len(signature.settings)]
        raise FormulaError(f"{call.function}() has too many arguments", text, extra.position)
    given = list(zip(signature.settings, spare, strict=False))
    given += [(_SPELLINGS.get(name, name), node) for name, node in call.keywords]
    values: dict[str, Setting] = {}
    for name, node in given:
        if name not in signature.settings:
            raise FormulaError(_unknown_setting(call.function, name), text, node.position)
        if name in values:
            raise FormulaError(f"{call.function}() is given {name!r} twice", text, node.position)
        kind = signature.settings[name]
        value = _READERS[kind](node)
        if value is None:
            raise FormulaError(f"{name!r} of {call.function}() must be {_WANTED[kind]}", text, node.position)
        values[name] = value
    for name in signature.required:
        if name not in values:
            raise FormulaError(f"{call.function}() needs {name!r}", text, call.position)
    return values


def _unknown_setting(function: str, name: str) -> str:
    known = FUNCTIONS[function].keywords
    if not known:
        return f"{function}() has no setting {quote(name)}: it takes columns only"
    return f"{function}() has no setting {quote(name)}{did_you_mean(name, known)}"


def _number(node: Node) -> float | None:
    if isinstance(node, Unary) and isinstance(node.operand, Number):
        return -node.operand.value if node.operator == "-" else node.operand.value
    return node.value if isinstance(node, Number) else None


def _count(node: Node) -> int | None:
    value = _number(node)
    return int(value) if value is not None and value in range(1, MAX_COUNT + 1) else None


def _numbers(node: Node) -> tuple[float, ...] | None:
    values = [_number(item) for item in (node.items if isinstance(node, Vector) else (node,))]
    known = tuple(value for value in values if value is not None)
    return known if known and len(known) == len(values) else None


def _breaks(node: Node) -> Setting | None:
    return _numbers(node) if isinstance(node, Vector) else _count(node)


def _flag(node: Node) -> bool | None:
    return node.value if isinstance(node, Truth) else None


def _level(node: Node) -> str | float | None:
    return node.value if isinstance(node, Text) else _number(node)


def _levels(node: Node) -> Setting | None:
    items = node.items if isinstance(node, Vector) else (node,)
    texts = tuple(item.value for item in items if isinstance(item, Text))
    return texts if texts and len(texts) == len(items) else _numbers(node)


def _contrast(node: Node) -> str | None:
    return node.value if isinstance(node, Text) and node.value in CONTRASTS else None


_READERS: dict[str, Callable[[Node], Setting | None]] = {
    "count": _count,
    "number": _number,
    "numbers": _numbers,
    "breaks": _breaks,
    "flag": _flag,
    "level": _level,
    "levels": _levels,
    "contrast": _contrast,
}


_WRITE_INSTEAD = {
    "ln": "log(x)",
    "pow": "I(x^2)",
    "square": "I(x^2)",
    "as.factor": "factor(x)",
    "as.ordered": 'C(x, contrast="poly")',
    "ordered": 'C(x, contrast="poly")',
    "relevel": 'C(x, ref="a")',
    "as.numeric": "the name of the column itself",
    "interaction": "a:b",
    "s": "ns(x), or just x: hidden units bend by themselves",
    "te": "x*z: hidden units bend by themselves",
    "standardize": "scale(x)",
    "standardise": "scale(x)",
    "Q": "the name between backticks",
    "months": "month(d)",
    "quarter": "month(d), or make such a column in the table first",
    "quarters": "month(d), or make such a column in the table first",
    "wday": "weekday(d)",
    "weekdays": "weekday(d)",
    "day": "weekday(d), or the name of the date itself",
    "as.Date": "the name of the date itself",
}


def unknown_function(name: str) -> str:
    """Say that a function is not known, and what to write instead."""
    last = name.rpartition(".")[2]
    if name in _WRITE_INSTEAD:
        return f"unknown function {quote(name)}; write {_WRITE_INSTEAD[name]}"
    if last != name and last in FUNCTIONS:
        return f"unknown function {quote(name)}; write {last}(...)"
    close = nearest(name, FUNCTIONS)
    if close is not None:
        return f"unknown function {quote(name)}; did you mean {quote(close)}?"
    return f"unknown function {quote(name)}; the functions are {' '.join(FUNCTIONS)}"
