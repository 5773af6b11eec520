"""Giving frames back: in the kind the user came with, and as files written whole or not at all."""

import io
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.data.columns import Column, NumberColumn, shown
from pliant.data.files import URL
from pliant.data.writing import write_file
from pliant.errors import TableError, an

if TYPE_CHECKING:
    import polars as pl


def make_frame(columns: Mapping[str, Any], kind: str, index: Any = None) -> Any:
    """Give named arrays as a frame of the kind that a table came from.

    Parameters
    ----------
    columns : mapping of str to array or list
        All of one length. NaN is missing: null in polars and pyarrow, NaN in pandas.
    kind : str
        'pandas' or 'pyarrow' give such a frame; anything else gives a polars one.
    index : pandas index, optional
        Of the pandas frame, so that its rows line up with the table they were made from.
    """
    if kind == "pandas":
        import narwhals.stable.v2 as nw

        made = nw.from_dict(dict(columns), backend="pandas").to_native()
        return made if index is None else made.set_axis(index)
    import polars as pl

    frame = pl.DataFrame({name: _series(name, values) for name, values in columns.items()})
    if kind != "pyarrow":
        return frame
    import narwhals.stable.v2 as nw

    return nw.from_dict(frame.to_dict(as_series=False), backend="pyarrow").to_native()


def plain_values(column: Column) -> Any:
    """Give a column as a frame can hold it: numbers, dates, booleans or text, None where a level is missing."""
    if isinstance(column, NumberColumn):
        return column.values if not column.is_date else column.values.astype("datetime64[D]")
    levels: list[Any] = [level == "True" for level in column.levels] if column.is_boolean else list(column.levels)
    return [levels[code] if code >= 0 else None for code in column.codes.tolist()]


def _series(name: str, values: Any) -> "pl.Series":
    """Give a polars series with null where a value is NaN."""
    import polars as pl

    kept = values.tolist() if isinstance(values, np.ndarray) and values.dtype.kind == "O" else values
    series = pl.Series(name, kept, strict=False)
    if isinstance(values, np.ndarray) and values.dtype.kind == "f" and not np.isnan(values).any():
        return series  # polars plans a query to fill none: 0.8 ms
    return series.fill_nan(None) if series.dtype.is_float() else series


def write_frame(frame: Any, path: str | os.PathLike[str]) -> None:
    """Write a frame as CSV or Parquet, by the ending of the path.

    The file is written whole or not at all: a failure leaves an old file as it was, and nothing beside it.
    Missing values are empty fields in CSV ('NA' if there is only one column, since a line may not be blank).

    Parameters
    ----------
    frame : pandas, polars or pyarrow frame, or a mapping of arrays
    path : str or os.PathLike
        Ends in .csv, .tsv, .parquet or .pq.

    Raises
    ------
    TableError
        If the ending is another, or the file cannot be written.
    """
    target = os.fsdecode(path)
    ending = os.path.splitext(target)[1].lower()
    if URL.match(target):
        raise TableError(f"{shown(target, 80)} is a URL; tables are written to local files only")
    if ending not in (".csv", ".tsv", ".parquet", ".pq"):
        raise TableError(f"{shown(target, 80)}: a table is written as .csv, .tsv or .parquet; name it so")
    write_file(target, _as_bytes(_as_polars(frame), ending), TableError)


def csv_text(frame: Any) -> str:
    """Give a frame as the text that `write_frame` writes to a .csv file."""
    return _as_bytes(_as_polars(frame), ".csv").decode()


def _as_bytes(frame: "pl.DataFrame", ending: str) -> bytes:
    """Give the content of the file."""
    import polars as pl

    buffer = io.BytesIO()
    try:
        if ending in (".parquet", ".pq"):
            frame.write_parquet(buffer)
        else:
            separator = "\t" if ending == ".tsv" else ","
            frame.write_csv(buffer, separator=separator, null_value="NA" if frame.width == 1 else "")
    except pl.exceptions.PolarsError:
        odd = [shown(name) for name, kind in frame.schema.items() if kind.is_nested()]
        raise TableError(f"column {odd[0] if odd else '?'} holds lists, which cannot be written") from None
    return buffer.getvalue()


def _as_polars(frame: Any) -> "pl.DataFrame":
    """Give any frame as a polars one, without needing pyarrow for pandas."""
    import narwhals.stable.v2 as nw
    import polars as pl

    if isinstance(frame, Mapping):
        return pl.DataFrame({str(name): _series(str(name), values) for name, values in frame.items()})
    if isinstance(frame, pl.DataFrame):
        return frame
    try:
        known: Any = nw.from_native(frame, eager_only=True)
    except TypeError:
        raise TableError(f"{an(frame)} is not a table and cannot be written") from None
    return pl.DataFrame({str(name): _plain(known[name]) for name in known.columns})


def _plain(series: Any) -> "pl.Series":
    """Give a narwhals series as a polars one: numbers as arrays, anything else as a list."""
    import narwhals.stable.v2 as nw

    name, kind = str(series.name), series.dtype
    if kind.is_float() or (kind.is_integer() and not series.null_count()):
        return _series(name, np.asarray(series.to_numpy()))
    missing = series.is_null().to_list()
    values = [None if gone else value for value, gone in zip(series.to_list(), missing, strict=True)]
    if kind in (nw.Categorical, nw.Enum):
        values = [None if value is None else str(value) for value in values]
    return _series(name, values)
