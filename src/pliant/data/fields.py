"""What a column of text means: numbers, dates, a boolean, or levels.

One rule, in this order: a column is a number if *every* field that is not missing is one (written with
decimal points, decimal commas or grouped thousands); else a date if every field is one (year-month-day);
else a boolean if every field is true or false; else text, which is a factor. One stray field is enough to
make a column text, since guessing which of the two the writer meant would change the data in silence; the
column then says which rows are to blame.

Nothing here loops over fields in Python: polars casts whole columns.
"""

import re
from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np

from pliant.data.columns import Column, FactorColumn, NumberColumn, exact_problem, shown, shown_rows
from pliant.data.layout import SEPARATORS
from pliant.types import Array, IntArray

if TYPE_CHECKING:
    import polars as pl

MISSING = ("", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "#N/A", "<NA>")
# missing only where all other fields are numbers or dates: elsewhere 'none' is a level like any other
MARKS = (".", "-", "--", "?", "na", "NAN", "none", "None", "Null", "missing", "#DIV/0!", "#VALUE!", "#NUM!")
BOOLEANS = ("true", "false", "True", "False", "TRUE", "FALSE")
PLAIN = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
DECIMAL_COMMA = r"[+-]?(?:\d+,?\d*|,\d+)(?:[eE][+-]?\d+)?"
GROUPS = r"[+-]?[1-9]\d{0,2}(?:%s\d{3})+(?:%s\d*)?"
SPACE = "[ '\u00a0\u2009\u202f\u2019]"
DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:([T ])\d{2}:\d{2}(:\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?")
OTHER_DATE = re.compile(r"\d{1,2}[/.]\d{1,2}[/.]\d{2,4}")
MICROSECONDS_A_DAY = 86_400e6


def columns_from_text(
    names: tuple[str, ...], frame: "pl.DataFrame", source: str, separator: str, wanted: Collection[str] | None
) -> tuple[dict[str, Column], list[str]]:
    """Give each wanted column of text its meaning, and notes on what was not plain to see.

    All columns are looked at, wanted or not: whether '1,234' has a decimal comma is seen from the others.
    """
    import polars as pl

    numbers = frame.select(pl.all().cast(pl.Float64, strict=False))
    lost = (numbers.null_count() != frame.null_count()).row(0)
    columns: dict[str, Column] = {}
    texts: dict[str, pl.Series] = {}
    numbers = numbers.fill_null(np.nan)
    for name, text, number, some_lost in zip(names, frame, numbers, lost, strict=True):
        if not some_lost:
            columns[name] = _number(name, number, text)
            continue
        text = text.str.strip_chars()
        text = text.set(text.is_in(MISSING), None)
        number = text.cast(pl.Float64, strict=False)
        texts[name] = text
        if number.null_count() == text.null_count():
            columns[name] = _number(name, number.fill_null(np.nan), text)
    rest = {name: text for name, text in texts.items() if name not in columns}
    plain = {name: frame.to_series(place) for place, name in enumerate(names) if name in columns}
    notes: dict[str, str] = {}  # column -> what to say of it
    commas, comma_is_decimal = _written_with_commas(rest, plain, separator, notes)
    columns |= commas
    for name, text in rest.items():
        if name not in columns:
            columns[name] = _without_marks(name, text, notes)
    form = [] if separator == "," else [f"columns are split by {SEPARATORS[separator]}"]
    form += ["decimals are commas"] if comma_is_decimal else []
    found = {name: columns[name] for name in names if wanted is None or name in wanted}
    said = [", ".join(form)] * bool(form) + [note for name, note in notes.items() if name in found]
    return found, [f"{source}: {note}" for note in said]


def factor_from_text(name: str, text: "pl.Series", why: str = "") -> FactorColumn:
    """Give text as a factor whose levels are sorted by code point."""
    import polars as pl

    levels = text.drop_nulls().unique().sort()
    codes = text.rank("dense").cast(pl.Int64) - 1
    return FactorColumn(name, codes.fill_null(-1).to_numpy().copy(), tuple(levels.to_list()), why=why)


def why_text(text: "pl.Series") -> str:
    """Say why a column of text is not one of numbers or dates, if most of it looks like it; else ''."""
    import polars as pl

    levels = text.drop_nulls().unique()
    is_number = levels.cast(pl.Float64, strict=False).is_not_null() | levels.str.contains(
        _whole(PLAIN, DECIMAL_COMMA, GROUPS % (",", r"\."))
    )
    for what, looks in (("a number", is_number), ("a date", levels.str.contains(_whole(DATE.pattern)))):
        odd = text.is_not_null() & ~text.is_in(levels.filter(looks).implode())
        n_odd, n = int(odd.sum()), text.len() - text.null_count()
        if 0 < n_odd <= n / 2:
            rows = odd.arg_true()
            example = shown(text[int(rows[0])])
            verb = "is not" if n_odd == 1 else "are not"
            return f"text, since {n_odd} of {n} values {verb} {what} ({shown_rows(rows)}: {example})"
    first = levels[0] if len(levels) else ""
    if OTHER_DATE.fullmatch(first) and levels.str.contains(_whole(OTHER_DATE.pattern)).all():
        return f"text; if it holds dates, write them as 2024-12-31 (row 1: {shown(text[0])})"
    return ""


def _whole(*patterns: str) -> str:
    """Give one pattern that matches a whole field in one of the given ways."""
    return "^(?:" + "|".join(patterns) + ")$"


def _all_match(text: "pl.Series", *patterns: str) -> bool:
    """Tell whether every field matches; most columns are settled by their first hundred."""
    pattern, filled = _whole(*patterns), text.drop_nulls()
    return bool(filled.head(100).str.contains(pattern).all() and filled.str.contains(pattern).all())


def _number(name: str, number: "pl.Series", text: "pl.Series") -> NumberColumn:
    """Give a number column; `text` is what it was read from, to see whether large integers are kept."""
    values = number.to_numpy().copy()
    return NumberColumn(name, values, problem=_exactness(values, text))


def _exactness(values: Array, text: "pl.Series") -> str | None:
    """Give the problem if a whole number is too large for a float64."""
    with np.errstate(invalid="ignore"):
        large = np.flatnonzero(np.abs(values) >= 2.0**53)
    if not len(large):
        return None
    digits = text.gather(large).str.strip_chars()
    whole = digits.str.contains(r"^[+-]?\d{16,}$")
    for position, written in zip(large[whole.to_numpy()], digits.filter(whole), strict=True):
        if len(written) > 310 or int(written) != int(values[position]):
            return exact_problem(int(position), written)
    return None


def _written_with_commas(
    texts: "dict[str, pl.Series]", plain: "dict[str, pl.Series]", separator: str, notes: dict[str, str]
) -> tuple[dict[str, Column], bool]:
    """Give the columns with decimal commas or grouped thousands, and whether commas are decimals.

    '1,234' can be either. It is a decimal where another column shows that commas are decimals, or where
    the file is not split by commas and no column has decimal points; else commas group thousands.
    """
    groups, decimals, spaced = [], [], []
    for name, text in texts.items():
        if text.drop_nulls().head(100).str.contains(r"\d").all():
            if _all_match(text, DECIMAL_COMMA, GROUPS % (r"\.", ",")):
                decimals.append(name)
            if _all_match(text, PLAIN, GROUPS % (",", r"\.")):
                groups.append(name)
            if _all_match(text, PLAIN, DECIMAL_COMMA, GROUPS % (SPACE, "[.,]")):
                spaced.append(name)
    comma_is_decimal = bool(set(decimals) - set(groups)) or (
        separator != "," and bool(decimals) and not any(_has_points(text) for text in plain.values())
    )
    found: dict[str, Column] = {}
    if comma_is_decimal:
        thousands = [name for name, text in plain.items() if _has_points(text) and _all_groups(text)]
        for name in thousands:
            notes[name] = f"column {shown(name)}: points group thousands"
            found[name] = _rewritten(name, plain[name], r"\.", ",")
    for name in texts:
        if comma_is_decimal and name in decimals:
            found[name] = _rewritten(name, texts[name], r"\.", ",")
        elif name in groups:
            notes[name] = f"column {shown(name)}: commas group thousands"
            found[name] = _rewritten(name, texts[name], ",", ".")
        elif name in spaced:
            notes[name] = f"column {shown(name)}: spaces or apostrophes group thousands"
            found[name] = _rewritten(name, texts[name], SPACE, ",")
    return found, comma_is_decimal


def _has_points(text: "pl.Series") -> bool:
    """Tell whether some field has a decimal point."""
    return bool(text.str.contains(".", literal=True).any())


def _all_groups(text: "pl.Series") -> bool:
    """Tell whether points could group thousands in every field: '1.234' or '12'."""
    stripped = text.str.strip_chars()
    return _all_match(stripped.set(stripped.is_in(MISSING), None), r"[+-]?\d+", GROUPS % (r"\.", ","))


def _rewritten(name: str, text: "pl.Series", group: str, decimal: str) -> NumberColumn:
    """Read numbers after taking out what groups thousands and writing the decimal as a point."""
    import polars as pl

    plain = text.str.strip_chars().str.replace_all(group, "").str.replace(decimal, ".", literal=True)
    return _number(name, plain.cast(pl.Float64, strict=False).fill_null(np.nan), plain)


def _without_marks(name: str, text: "pl.Series", notes: dict[str, str]) -> Column:
    """Read a column as dates, a boolean or text; marks such as '?' are missing if the rest are numbers."""
    import polars as pl

    marked = text.is_in(MARKS)
    if marked.any() and not marked.all():
        rest = text.set(marked, None)
        number = rest.cast(pl.Float64, strict=False)
        is_number = number.null_count() == rest.null_count() and rest.null_count() < len(rest)
        column = _number(name, number.fill_null(np.nan), rest) if is_number else _dates(name, rest)
        if column is not None:
            marks = ", ".join(shown(mark) for mark in text.filter(marked).unique().sort())
            notes[name] = f"column {shown(name)}: {marks} was read as missing ({shown_rows(marked.arg_true())})"
            return column
    if text.is_in((*BOOLEANS, None), nulls_equal=True).all():
        codes = text.str.to_lowercase() == "true"
        return boolean(name, codes.cast(pl.Int64).fill_null(-1).to_numpy().copy())
    dates = _dates(name, text)
    if dates is not None:
        return dates
    why = why_text(text)
    if why:
        notes[name] = f"column {shown(name)} is {why}"
    return factor_from_text(name, text, why)


def boolean(name: str, codes: IntArray) -> FactorColumn:
    """Give a boolean column from 0 (False), 1 (True) and -1 (missing)."""
    return FactorColumn(name, codes, ("False", "True"), is_boolean=True)


def _dates(name: str, text: "pl.Series") -> NumberColumn | None:
    """Read ISO dates and times as days since 1970-01-01 (in UTC where a zone is given), or give None."""
    import polars as pl

    filled = text.drop_nulls()
    shape = DATE.fullmatch(filled[0]) if len(filled) else None
    if shape is None or not _all_match(text, DATE.pattern):
        return None
    if shape[1] is None:
        parsed = text.str.to_date("%Y-%m-%d", strict=False)
        days = parsed.to_physical().cast(pl.Float64)
    else:
        form = f"%Y-%m-%d{shape[1]}%H:%M{':%S%.f' if shape[2] else ''}{'%z' if shape[3] else ''}"
        text = text.str.replace("Z$", "+00:00")
        parsed = text.str.to_datetime(form, time_unit="us", strict=False)
        days = parsed.to_physical().cast(pl.Float64) / MICROSECONDS_A_DAY
    if parsed.null_count() != text.null_count():
        return None
    return NumberColumn(name, days.fill_null(np.nan).to_numpy().copy(), is_date=True)
