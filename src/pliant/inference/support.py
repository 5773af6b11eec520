"""Whether the rows of a table lie inside, at the edge of or outside the training rows, and why; see `data.support`."""

from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.data.design import Rows
from pliant.data.support import EDGE, OUTSIDE, WORDS
from pliant.data.table import Table, read_rows
from pliant.errors import InputError
from pliant.types import BoolArray, IntArray

if TYPE_CHECKING:
    from pliant.model import Fitted


def judge(model: "Fitted", read: Table) -> tuple[IntArray, BoolArray]:
    """Give INSIDE, EDGE or OUTSIDE for each row (m,), -1 where a value is missing; and which rows are complete."""
    rows = model.design.matrix(read)
    return judge_rows(model, rows), rows.complete


def judge_rows(model: "Fitted", rows: Rows) -> IntArray:
    """Give the same for rows of the design matrix."""
    region = model.region
    if region is None:
        raise InputError("this model came from a file that does not keep where the training rows lie; fit it again")
    found = np.full(len(rows.complete), -1, dtype=np.int64)
    found[rows.complete] = region.judge(model.design.raw_inputs(rows.X[rows.complete]))
    return found


def words(codes: IntArray) -> list[str | None]:
    """Name codes (m,); none where a value is missing."""
    named = np.array([*WORDS, None], dtype=object)
    return list(named[codes])


def support(model: "Fitted", table: object) -> tuple[dict[str, Any], Table]:
    """Give the columns of `Fitted.support`, and the table."""
    read = read_rows(table, model.design.reads)
    codes, _ = judge(model, read)
    said: list[str | None] = ["" if code >= 0 else None for code in codes]
    odd = np.flatnonzero(codes >= EDGE)
    assert model.region is not None
    inputs = model.design.raw_inputs(model.design.matrix(read.take(odd)).X)
    names = model.design.names[model.design.has_intercept :]
    for i, text in zip(odd, model.region.reasons(inputs, names), strict=True):
        said[i] = text
    return {"support": words(codes), "reason": said}, read


def outside_sentence(model: "Fitted", table: object) -> str | None:
    """Say how many rows of a table lie outside the training rows, with an example; None if none does."""
    if model.region is None:
        return None
    read = read_rows(table, model.design.reads)
    codes, complete = judge(model, read)
    odd = np.flatnonzero(codes == OUTSIDE)
    if not len(odd):
        return None
    inputs = model.design.raw_inputs(model.design.matrix(read.take(odd[:1])).X)
    first = model.region.reasons(inputs, model.design.names[model.design.has_intercept :])[0].split("; ")[0]
    lie = "lies" if len(odd) == 1 else "lie"
    where = "" if len(odd) == 1 and len(complete) == 1 else f" (row {odd[0] + 1})"
    return f"{len(odd):,} of {int(np.sum(complete)):,} rows {lie} outside the training rows: {first}{where}"
