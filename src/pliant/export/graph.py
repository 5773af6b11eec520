"""What a model computes, written down: a list of operations on columns, which a file of any kind can hold.

A `Symbol` stands for numbers that are not there yet, (rows, width). It takes part in NumPy's arithmetic and elementwise
functions and notes what is done to it. So what pliant computes with arrays (an activation, a link, the walk through a
network, the units of training) is given a symbol in place of an array, and comes out as operations; nothing about it is
stated twice. What has no operation is an `InputError` that names it.

All numbers inside are float64, whatever a file takes and gives: the row of a table has few numbers, and `x - centre` of
a year in float32 would cost four digits. Operations are called as ONNX calls them, but for four that each kind of file
writes in its own way: Input, Level and Absent (which read a column) and Rows (which looks up rows of a constant).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray

from pliant.errors import InputError
from pliant.types import Array

NUMBER, WHOLE, TRUTH = "number", "whole", "truth"  # what a symbol is of: float64, int64, bool


@dataclass(frozen=True)
class Operation:
    """One step: a kind, the names of what goes in, the name of what comes out."""

    kind: str
    inputs: tuple[str, ...]
    output: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Symbol(NDArrayOperatorsMixin):
    """Numbers to come, (rows, width). One number a row, (rows,) in NumPy, has the width 1."""

    graph: "Graph"
    name: str
    width: int
    of: str = NUMBER

    @property
    def real(self) -> "Symbol":
        """Itself: there are no complex symbols."""
        return self

    def __len__(self) -> int:
        """Give 1: rows are alike, so one of them stands for all."""
        return 1

    def __getitem__(self, index: Any) -> "Symbol":
        """Give some of the columns; all rows."""
        rows, columns = index if isinstance(index, tuple) else (index, slice(None))
        if rows is not Ellipsis and rows != slice(None) and rows != slice(0, None):
            raise InputError(f"rows {rows} of a column cannot be taken in an exported file")
        if columns is None:
            return self
        places = np.arange(self.width)[columns] if isinstance(columns, slice) else np.asarray(columns, dtype=np.int64)
        if np.array_equal(places, np.arange(self.width)):
            return self
        return self.graph.add("Gather", self, self.graph.constant(places), width=len(places), of=self.of, axis=1)

    def __bool__(self) -> bool:
        """Refuse: a branch would be taken once, for all rows to come."""
        raise InputError("what depends on the value of a column cannot be decided in an exported file")

    def __array__(self, *arguments: Any, **options: Any) -> Any:
        """Refuse: there are no numbers yet."""
        raise InputError("a column of an exported file has no values to make an array of")

    def astype(self, dtype: Any) -> "Symbol":
        """Give whole numbers, or numbers."""
        return self.graph.cast(self, WHOLE if np.issubdtype(dtype, np.integer) else NUMBER)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        from pliant.export.rules import UFUNCS

        rule = UFUNCS.get(ufunc)
        if rule is None or method != "__call__" or options:
            raise InputError(f"numpy.{ufunc.__name__} has no operation in an exported file")
        return rule(self.graph, *inputs)

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        from pliant.export.rules import FUNCTIONS

        if function not in FUNCTIONS:
            raise InputError(f"numpy.{function.__name__} has no operation in an exported file")
        return FUNCTIONS[function](self.graph, *arguments, **options)


@dataclass(frozen=True)
class Input:
    """One column that a file asks for."""

    name: str  # of the column
    levels: tuple[str, ...] | None  # of a factor; None: numbers


class Graph:
    """Operations in order, with constants and the columns that are read.

    Attributes
    ----------
    inputs : dict of str to Input
        By the name of the column, in the order in which they were asked for.
    constants : dict of str to ndarray
    operations : list of Operation
        Each reads only what stands before it.
    outputs : dict of str to Symbol
    """

    def __init__(self, reserved: tuple[str, ...]) -> None:
        self.inputs: dict[str, Input] = {}
        self.constants: dict[str, NDArray[Any]] = {}
        self.operations: list[Operation] = []
        self.outputs: dict[str, Symbol] = {}
        self._taken = set(reserved)
        self._known: dict[Any, Symbol] = {}  # the same step is taken once

    def add(
        self, kind: str, *parts: Any, width: int | None = None, of: str = NUMBER, reads: str = "", **options: Any
    ) -> Symbol:
        """Add one operation, or find it, and give what comes out of it.

        Parameters
        ----------
        kind : str
        *parts : Symbol or str
            What goes in: symbols, or names of constants.
        width : int, optional
            By default that of the widest part.
        of : str
        reads : str
            The column that Input, Level and Absent read.
        **options
            Of the operation.
        """
        names = tuple(part.name if isinstance(part, Symbol) else str(part) for part in parts)
        key = (kind, names, reads, tuple(sorted(options.items())))
        if key not in self._known:
            widths = [part.width if isinstance(part, Symbol) else self._width(part) for part in parts]
            found = Symbol(self, self._fresh(kind), max(widths, default=1) if width is None else width, of)
            said = {**options, "column": reads} if reads else options
            self.operations.append(Operation(kind, names, found.name, said))
            self._known[key] = found
        return self._known[key]

    def constant(self, values: Any) -> str:
        """Keep an array, once; give its name."""
        array = np.ascontiguousarray(values)
        array = array.reshape(np.shape(values))
        key = ("constant", array.dtype.str, array.shape, array.tobytes())
        if key not in self._known:
            name = self._fresh("constant")
            self.constants[name] = array
            self._known[key] = Symbol(self, name, 0)
        return self._known[key].name

    def number(self, value: Any) -> Any:
        """Give a part of an operation on numbers: a symbol of numbers, or the name of a constant."""
        if isinstance(value, Symbol):
            return self.cast(value, NUMBER)
        return self.constant(np.asarray(value, dtype=np.float64))

    def cast(self, symbol: Symbol, of: str) -> Symbol:
        """Give a symbol as numbers, whole numbers or truths."""
        if symbol.of == of:
            return symbol
        return self.add("Cast", symbol, width=symbol.width, of=of, to=of)

    def rows(self, table: NDArray[Any], codes: Symbol) -> Symbol:
        """Give table[codes] for whole numbers (rows, 1): (rows, columns of the table)."""
        of = WHOLE if table.dtype.kind == "i" else NUMBER
        return self.add("Rows", codes, self.constant(table), width=table.shape[1], of=of)

    def beside(self, parts: list[Symbol]) -> Symbol:
        """Put columns side by side."""
        if len(parts) == 1:
            return parts[0]
        return self.add("Concat", *parts, width=sum(part.width for part in parts), of=parts[0].of, axis=1)

    def needed(self) -> "list[Operation]":
        """Give the operations that an output rests on, in order."""
        wanted = {symbol.name for symbol in self.outputs.values()}
        kept = []
        for operation in reversed(self.operations):
            if operation.output in wanted:
                wanted.update(operation.inputs)
                kept.append(operation)
        return kept[::-1]

    def of_constants(self) -> dict[str, NDArray[Any]]:
        """Give the constants that an output rests on."""
        wanted = {name for operation in self.needed() for name in operation.inputs}
        return {name: values for name, values in self.constants.items() if name in wanted}

    def _width(self, name: str) -> int:
        """Give the columns of a constant."""
        shape = self.constants[name].shape
        return shape[-1] if shape else 1

    def _fresh(self, kind: str) -> str:
        """Give a name that nothing has, no column either."""
        at = len(self.operations) + len(self.constants)
        name = f"{kind}_{at}"
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return name


Rule = Callable[..., Any]


def as_symbol(value: Any) -> Symbol:
    """Give a value that must be a symbol."""
    if not isinstance(value, Symbol):
        raise InputError(f"a {type(value).__name__} stands where an exported file needs a column")
    return value


def not_a_number() -> Array:
    """Give the constant that means missing."""
    return np.array(np.nan)
