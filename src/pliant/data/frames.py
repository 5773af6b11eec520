"""Columns from frames and arrays in memory: pandas, polars and pyarrow through narwhals, NumPy, lists.

A frame says what its columns are, so nothing is guessed here: text stays text, even if it reads '12'.
Neither pandas nor pyarrow is imported; narwhals speaks to whichever made the frame.
"""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from pliant.data.columns import (
    Column,
    FactorColumn,
    NumberColumn,
    exact_problem,
    integers_to_floats,
    shown,
    shown_rows,
    unusable,
)
from pliant.data.fields import MICROSECONDS_A_DAY, boolean, factor_from_text, why_text
from pliant.errors import TableError, an
from pliant.types import Array

NUMBERS = (int, float, np.integer, np.floating, Decimal, Fraction)


def column_from_series(name: str, series: Any) -> Column:
    """Give a narwhals series as a column; what cannot be one says so when it is used."""
    import narwhals.stable.v2 as nw

    kind = series.dtype
    if kind.is_integer():
        return _integers(name, series)
    if kind.is_numeric():
        return NumberColumn(name, _floats(series))
    if kind == nw.Boolean:
        return boolean(name, _codes([None if v is None else v for v in series.to_list()]))
    if kind in (nw.Categorical, nw.Enum):
        return _categories(name, series)
    if kind in (nw.Date, nw.Datetime):
        stamps = series.cast(nw.Datetime("us")) if kind == nw.Date else series
        microseconds = _floats(stamps.dt.timestamp("us"))
        return NumberColumn(name, microseconds / MICROSECONDS_A_DAY, is_date=True)
    if kind in (nw.String, nw.Object) or kind == nw.Unknown:
        return column_from_objects(name, series.to_list())
    return unusable(name, len(series), f"holds values of type {kind}; make them numbers, text or dates")


def column_from_array(name: str, values: object) -> Column:
    """Give a NumPy array, a list, or a series of any library as a column; a column as it is."""
    if isinstance(values, (NumberColumn, FactorColumn)):
        return values
    if isinstance(values, np.ndarray):
        if values.ndim == 2 and values.shape[1] == 1:
            values = values[:, 0]
        if values.ndim != 1:
            raise TableError(f"column {shown(name)} has the shape {values.shape}; give one value a row")
        return _from_numpy(name, values)
    if isinstance(values, (str, bytes, dict, set)) or not hasattr(values, "__len__"):
        raise TableError(f"column {shown(name)} is {an(values)}; give a list or an array")
    if isinstance(values, Sequence):
        return column_from_objects(name, list(values))
    import narwhals.stable.v2 as nw

    try:
        return column_from_series(name, nw.from_native(values, series_only=True))
    except TypeError:  # arrays of pandas and pyarrow, and whatever else can be listed
        listed = values.tolist() if hasattr(values, "tolist") else list(values)  # type: ignore[call-overload]
        return column_from_objects(name, listed)


def _from_numpy(name: str, values: "np.ndarray[Any, Any]") -> Column:
    """Give an array of one dimension as a column, by its dtype."""
    masked = np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else None
    if masked is not None and masked.any():
        listed = np.ma.getdata(values).tolist()
        return column_from_objects(name, [None if m else v for v, m in zip(listed, masked, strict=True)])
    values, kind = np.asarray(values), values.dtype.kind
    if kind in "iu":
        floats, problem = integers_to_floats(values)
        return NumberColumn(name, floats, problem=problem)
    if kind == "f":
        with np.errstate(over="ignore"):
            return NumberColumn(name, np.array(values, np.float64))
    if kind == "b":
        return boolean(name, values.astype(np.int64))
    if kind == "M":
        days = values.astype("datetime64[us]").astype(np.int64) / MICROSECONDS_A_DAY
        return NumberColumn(name, np.where(np.isnat(values), np.nan, days), is_date=True)
    if kind in "OUT":
        return column_from_objects(name, values.tolist())
    what = {"c": "complex numbers", "m": "lengths of time", "S": "bytes", "V": "records"}.get(kind, "objects")
    return unusable(name, len(values), f"holds {what}; make them numbers, text or dates")


def _floats(series: Any) -> Array:
    """Give a numeric series as float64, NaN where it is missing."""
    import narwhals.stable.v2 as nw

    return np.array(series.cast(nw.Float64).to_numpy(), np.float64)


def _integers(name: str, series: Any) -> Column:
    """Give a series of integers; those past 2^53 are looked at one by one."""
    try:
        floats = _floats(series)
    except ValueError:  # pyarrow casts none past 2^53, not even those that a float64 holds
        return column_from_objects(name, series.to_list())
    with np.errstate(invalid="ignore"):
        large = np.flatnonzero(np.abs(floats) >= 2.0**53)
    if len(large):
        for position, value in zip(large, series[large.tolist()].to_list(), strict=True):
            if int(value) != int(floats[position]):
                return NumberColumn(name, floats, problem=exact_problem(int(position), value))
    return NumberColumn(name, floats)


def _categories(name: str, series: Any) -> FactorColumn:
    """Give a categorical as a factor: declared levels in their order, unused ones left out.

    The categories of a polars Categorical are shared by the whole process, in the order in which any
    frame met them; that is not an order anyone declared, so its levels are sorted like text.
    """
    import narwhals.stable.v2 as nw
    import polars as pl

    listed = [None if _is_missing(value) else str(value) for value in series.to_list()]
    text = pl.Series(listed, dtype=pl.String)
    factor = factor_from_text(name, text)
    if series.implementation.is_polars() and series.dtype != nw.Enum:
        return factor
    declared = [str(level) for level in series.cat.get_categories().to_list()]
    present = set(factor.levels)
    levels = tuple(dict.fromkeys(level for level in declared if level in present))
    place = {level: index for index, level in enumerate(levels)}
    moved = np.array([place[level] for level in factor.levels] + [-1], np.int64)  # -1 stays -1
    ordered = series.dtype == nw.Enum and series.implementation.is_pandas_like()
    return FactorColumn(name, moved[factor.codes], levels, is_ordered=ordered)


def column_from_objects(name: str, values: list[Any]) -> Column:
    """Give a list of Python values as a column: by the types that are in it, missing ones apart."""
    kinds = {kind: _kind_of(kind) for kind in set(map(type, values))}
    present = set(kinds.values()) - {"missing"}
    if present == {"text", "number"} and all(_is_missing(v) for v in values if kinds[type(v)] == "number"):
        present = {"text"}  # pandas marks missing text by a float NaN
    if other := sorted(kind.__name__ for kind, what in kinds.items() if what == "other"):
        return unusable(name, len(values), f"holds values of type {other[0]}; make them numbers, text or dates")
    if present <= {"number"} or present == {"number", "boolean"}:
        return _numbers(name, values)
    if present == {"boolean"}:
        return boolean(name, _codes(values))
    if present == {"date"}:
        return NumberColumn(name, np.array([_days(value) for value in values]), is_date=True)
    return _texts(name, values, present)


def _texts(name: str, values: list[Any], present: set[str]) -> FactorColumn:
    """Give text as a factor; if other things are among it, it says where the first of them is."""
    import polars as pl

    text = pl.Series([None if _is_missing(v) else str(v) for v in values], dtype=pl.String)
    why = why_text(text)
    if present != {"text"} and not why:
        types = [type(value) for value in values]
        odd = [i for i, v in enumerate(values) if types[i] is not str and not _is_missing(v)]
        why = f"text, since it mixes text and other values ({shown_rows(odd)}: {shown(values[odd[0]])})"
    return factor_from_text(name, text, why)


def _kind_of(kind: type) -> str:
    """Sort a type; bool before int and NaT before datetime, since the one is a subclass of the other."""
    if kind is type(None) or kind.__name__ in ("NAType", "NaTType"):
        return "missing"
    if issubclass(kind, (bool, np.bool_)):
        return "boolean"
    if issubclass(kind, NUMBERS):
        return "number"
    if issubclass(kind, str):
        return "text"
    return "date" if issubclass(kind, (dt.date, np.datetime64)) else "other"


def _is_missing(value: Any) -> bool:
    """Tell whether a value is None, NaN, pandas' NA or NaT."""
    if isinstance(value, str) or value is None:
        return value is None
    if isinstance(value, Decimal):
        return value.is_nan()  # a signalling one may not be compared
    return type(value).__name__ in ("NAType", "NaTType") or bool(value != value)


def _codes(values: list[Any]) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """Give booleans as 1 and 0, what is missing as -1."""
    return np.array([-1 if _is_missing(value) else int(value) for value in values], np.int64)


def _numbers(name: str, values: list[Any]) -> NumberColumn:
    """Give Python numbers as float64, and the problem if a whole number is too large."""
    floats = np.full(len(values), np.nan)
    for position, value in enumerate(values):
        if _is_missing(value):
            continue
        try:
            floats[position] = value
        except OverflowError:
            return unusable(name, len(values), exact_problem(position, f"{str(value)[:20]}..."))
    with np.errstate(invalid="ignore"):
        large = np.flatnonzero(np.abs(floats) >= 2.0**53)
    for place in large:
        value = values[place]
        if isinstance(value, (int, np.integer)) and int(value) != int(floats[place]):
            return NumberColumn(name, floats, problem=exact_problem(int(place), value))
    return NumberColumn(name, floats)


def _days(value: Any) -> float:
    """Give a date or a moment as days since 1970-01-01, in UTC where it has a zone."""
    if _is_missing(value):
        return float("nan")
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        value = value.astimezone(dt.UTC).replace(tzinfo=None)
    stamp = np.datetime64(value, "us")
    return float("nan") if np.isnat(stamp) else float(stamp.astype(np.int64)) / MICROSECONDS_A_DAY
