"""The table: named columns of one length, from whatever people keep tables in.

`read_table` is the only door. It takes a pandas, polars or pyarrow frame, a dict of arrays, the path of a
CSV or Parquet file, or a table, and gives columns of numbers and factors; every room behind it sees only
those. What had to be detected is said in `Table.notes`. A column that cannot be used (lists, integers too
large for a float64) does no harm until it is asked for.
"""

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pliant.data.columns import Column, FactorColumn, NumberColumn, check_names, shown
from pliant.data.files import read_file
from pliant.data.frame_io import csv_text, make_frame, write_frame
from pliant.errors import TableError, an
from pliant.types import Array, IntArray

__all__ = [
    "Column",
    "FactorColumn",
    "NumberColumn",
    "Table",
    "csv_text",
    "is_array",
    "make_frame",
    "named_columns",
    "read_array",
    "read_rows",
    "read_table",
    "write_frame",
]
NAMED = "fit(X, y), or a dict or frame such as {'x': X[:, 0]}"
TAKES = "give a pandas, polars or pyarrow frame, a dict of arrays, or the path of a CSV or Parquet file"


@dataclass(frozen=True, eq=False)
class Block:
    """The columns of an array of finite numbers, side by side as they came: most of a design matrix."""

    values: Array  # (n, p + 1), ones before the columns
    columns: dict[str, NumberColumn]  # views of the others, in their order


@dataclass(frozen=True, eq=False)
class Table:
    """Named columns of one length.

    Parameters
    ----------
    columns : dict of str to Column
        In the order of the source.
    n_rows : int
    source : str
        How messages call it: 'penguins.csv', 'table'.
    kind : str
        'pandas', 'polars', 'pyarrow', 'dict' or 'file': what predictions are given back as.
    notes : tuple of str
        What was detected and should be said, one sentence each.
    block : Block, optional
        Columns that came as one array; those of `columns` that are no longer the same objects are not of it.
    """

    columns: dict[str, Column]
    n_rows: int
    source: str
    kind: str
    notes: tuple[str, ...] = ()
    index: Any = None  # of a pandas frame
    block: Block | None = None

    def __getitem__(self, name: str) -> Column:
        """Give a column, or raise a TableError: the nearest name if it has none, or why it cannot be used."""
        check_names([name], self.columns, self.source)
        column = self.columns[name]
        if isinstance(column, NumberColumn) and column.problem:
            raise TableError(f"{self.source}: column {shown(name)} {column.problem}")
        return column

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def __repr__(self) -> str:
        return f"Table({self.source}: {self.n_rows} rows, columns {', '.join(self.names)})"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in the order of the source."""
        return tuple(self.columns)

    def in_block(self, name: str) -> bool:
        """Say whether a column is one of the block's: its numbers are all there and finite."""
        return self.block is not None and name in self.columns and self.block.columns.get(name) is self.columns[name]

    def take(self, rows: IntArray) -> "Table":
        """Give the table of these rows, counted from 0; the levels of factors stay."""
        columns = {name: column.take(rows) for name, column in self.columns.items()}
        index = None if self.index is None else self.index[rows]
        return Table(columns, len(rows), self.source, self.kind, self.notes, index)


def is_array(data: object) -> bool:
    """Say whether rows came without names: an array or a list, and not one of records."""
    return isinstance(data, list | tuple) or (isinstance(data, np.ndarray) and not data.dtype.names)


def named_columns(X: Any) -> dict[str, Any]:
    """Give the columns of an array (n, p) or (n,) by the names x1, x2 ...

    Raises
    ------
    TableError
        If it has more than two dimensions, or rows that differ in length.
    """
    try:
        values = np.asanyarray(X)  # the mask of a masked array stays
    except ValueError:
        raise TableError("the rows of the array differ in length; give one value a column in each") from None
    if values.dtype.kind in "US" and not isinstance(X, np.ndarray):
        values = np.array(X, dtype=object)  # numbers beside text stay numbers
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim != 2:
        raise TableError(f"an array of {values.ndim} dimensions is not a table; give one with rows and columns")
    return {f"x{j + 1}": values[:, j] for j in range(values.shape[1])}


def read_array(X: Any) -> Table:
    """Give the table of an array (n, p) or (n,), its columns named x1, x2 ...; finite floats stay one block.

    Raises
    ------
    TableError
        If the array cannot be read as columns.
    """
    columns = named_columns(X)
    if type(X) is np.ndarray and X.ndim == 2 and X.dtype.kind == "f" and columns:
        values = np.empty((len(X), len(columns) + 1))
        values[:, 0] = 1.0
        with np.errstate(over="ignore", invalid="ignore"):
            values[:, 1:] = X
            finite = np.isfinite(np.sum(values))  # one number that is not finite makes the sum so
        if finite:
            views = {name: NumberColumn(name, values[:, j + 1]) for j, name in enumerate(columns)}
            return Table(dict(views), len(X), "table", "dict", block=Block(values, views))
    return read_table(columns)


def read_rows(data: object, reads: Collection[str]) -> Table:
    """Give the table that is in anything `read_table` takes, or in an array whose columns were x1, x2 ... in `fit`.

    Raises
    ------
    TableError
        If an array has a column that the model does not read.
    """
    if not is_array(data):
        return read_table(data)
    columns = named_columns(data)
    if not set(columns) <= set(reads):
        raise TableError(
            f"the array's columns are called {', '.join(list(columns)[:3])}{' ...' if len(columns) > 3 else ''}, but "
            f"the model reads {', '.join(map(shown, list(reads)[:8])) or 'nothing'}; give a table or an array of these"
        )
    return read_table(columns)


def read_table(data: object, *, name: str = "table", columns: Collection[str] | None = None) -> Table:
    """Give the table that is in a frame, a dict of arrays, or a file.

    Parameters
    ----------
    data : frame, dict, Table, str or os.PathLike
        A frame of pandas, polars or pyarrow; arrays or lists by name; the path of a local CSV or Parquet
        file, told apart by its content. A table is given back as it is.
    name : str
        How messages call a table that is not a file.
    columns : collection of str, optional
        Read these columns only.

    Returns
    -------
    Table
        A number column has NaN where a value is missing, a factor the code -1.

    Raises
    ------
    TableError
        One line that names the file, the line or row, and the column.

    Examples
    --------
    >>> table = read_table({"y": [1, 2, None], "g": ["b", "a", "b"]})
    >>> table["y"].values, table["g"].levels
    (array([ 1.,  2., nan]), ('a', 'b'))
    """
    if isinstance(data, Table):
        table = data
    elif isinstance(data, (str, os.PathLike)):
        table = _from_file(os.fsdecode(data), columns)
    elif isinstance(data, Mapping):
        table = _from_arrays(data, name)
    elif isinstance(data, np.ndarray) and data.dtype.names:
        table = _from_arrays({field: data[field] for field in data.dtype.names}, name)
    else:
        table = _from_frame(data, name, columns)
    return table if columns is None else _only(table, columns)


def _only(table: Table, names: Collection[str]) -> Table:
    """Give the table of the named columns, in the order of the table."""
    check_names(names, table.columns, table.source)
    wanted = set(names)
    columns = {name: column for name, column in table.columns.items() if name in wanted}
    return replace(table, columns=columns)


def _from_file(path: str, columns: Collection[str] | None) -> Table:
    """Read a CSV or Parquet file."""
    from pliant.data.csv import split_csv
    from pliant.data.fields import columns_from_text
    from pliant.data.parquet import is_parquet, read_parquet

    content = read_file(path)
    source = os.path.basename(path)
    if is_parquet(content) or path.lower().endswith((".parquet", ".pq")):
        frame = read_parquet(content, source, columns)
        return _from_frame(frame, source, columns, kind="file")
    text = split_csv(content, source)
    check_names(columns or (), text.names, source)
    found, notes = columns_from_text(text.names, text.frame, source, text.separator, columns)
    return Table(found, text.frame.height, source, "file", (*text.notes, *notes))


def _from_frame(data: object, source: str, columns: Collection[str] | None, kind: str = "") -> Table:
    """Read a frame that narwhals knows, only the wanted columns of it."""
    import narwhals.stable.v2 as nw

    from pliant.data.frames import column_from_series

    try:
        frame: Any = nw.from_native(data, eager_only=True)
        names = frame.columns
    except nw.exceptions.DuplicateError:
        raise TableError(f"{source} has two columns of one name; rename one") from None
    except TypeError:
        lazy = "; collect the lazy frame first" if hasattr(data, "collect") else ""
        if isinstance(data, np.ndarray):
            raise TableError(f"{an(data)} has no names of columns for a formula; give {NAMED}") from None
        raise TableError(f"{an(data)} is not a table{lazy or '; ' + TAKES}") from None
    wanted = set(map(str, names) if columns is None else columns)
    check_names(columns or (), list(map(str, names)), source)
    found: dict[str, Column] = {}
    for name, series in zip(map(str, names), frame.iter_columns(), strict=True):
        if name in wanted:
            _add(found, name, column_from_series(name, series), source)
    kinds = ("pandas", "polars", "pyarrow")
    maker = str(frame.implementation.name).lower()
    table = _checked(found, len(frame), source, kind or (maker if maker in kinds else "polars"))
    return replace(table, index=nw.maybe_get_index(frame))


def _from_arrays(data: Mapping[Any, object], source: str) -> Table:
    """Read a dict of arrays, lists or series."""
    from pliant.data.frames import column_from_array

    found: dict[str, Column] = {}
    for key, values in data.items():
        try:
            column = column_from_array(str(key), values)
        except TableError as error:
            raise TableError(f"{source}: {error}") from None
        _add(found, str(key), column, source)
    lengths = {name: column.n_rows for name, column in found.items()}
    longest = max(lengths.values(), default=0)
    for name, length in lengths.items():
        if length != longest:
            other = next(name for name, length in lengths.items() if length == longest)
            raise TableError(
                f"{source}: column {shown(name)} has {length} rows, but column {shown(other)} has {longest}"
            )
    return _checked(found, longest, source, "dict")


def _add(columns: dict[str, Column], name: str, column: Column, source: str) -> None:
    """Add a column, unless its name, written as text, is there already."""
    if name in columns:
        raise TableError(f"{source}: two columns are called {shown(name)}; rename one")
    columns[name] = column


def _checked(columns: dict[str, Column], n_rows: int, source: str, kind: str) -> Table:
    """Make the table and say why columns that look like numbers are text."""
    if not columns:
        raise TableError(f"{source} has no columns; give the response and at least one other")
    notes = tuple(
        f"{source}: column {shown(name)} is {column.why}"
        for name, column in columns.items()
        if isinstance(column, FactorColumn) and column.why
    )
    return Table(columns, n_rows, source, kind, notes)
