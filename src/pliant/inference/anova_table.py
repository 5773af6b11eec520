"""Analyses of deviance set out: R's table, its numbers as a frame, and a sentence a row."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.data.table import make_frame
from pliant.inference.summary.content import Grid, Summary
from pliant.inference.summary.numbers import LEGEND, p_value, p_words, short, stars
from pliant.inference.tails import upper_tail

if TYPE_CHECKING:
    from pliant.model import Fitted


@dataclass(frozen=True)
class Anova:
    """An analysis of deviance: prints as R's table, `frame` has its numbers.

    Attributes
    ----------
    frame : frame
        `term` or `model`, `df`, `deviance` (what the row takes away), `resid_df`, `resid_dev`, `test` ("F" or
        "Chisq"), `statistic`, `p_value`; missing in a first row, which is compared with nothing.
    words : tuple of str
        A sentence a row.
    """

    frame: Any
    words: tuple[str, ...]
    summary: Summary

    def __str__(self) -> str:
        return str(self.summary)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self.summary._repr_html_()

    def _repr_latex_(self) -> str:
        return self.latex()

    def latex(self, caption: str | None = None, label: str | None = None) -> str:
        """Give the table as LaTeX; needs booktabs."""
        return self.summary.latex(caption, label)


@dataclass(frozen=True)
class Row:
    """One line of the table: what it is, what is left, and what is gained over what was before."""

    name: str
    resid_df: int
    resid_dev: float
    df: int = 0  # 0: a first row
    deviance: float = np.nan


def set_out(model: "Fitted", rows: Sequence[Row], first: str, title: str, sentence: str) -> Anova:
    """Set out the table; `model` is the biggest line, which the dispersion is taken from."""
    known = model.likelihood.family.dispersion_known
    test, resid_df = ("Chisq", np.inf) if known else ("F", float(model.df_residual))
    statistic = np.array([_statistic(model, row) for row in rows])
    p = np.array([upper_tail(s, row.df, resid_df) for s, row in zip(statistic, rows, strict=True)])
    columns: dict[str, Any] = {
        first: [row.name for row in rows],
        "df": [row.df if _compared(row) else None for row in rows],
        "deviance": np.array([row.deviance for row in rows]),
        "resid_df": [row.resid_df for row in rows],
        "resid_dev": np.array([row.resid_dev for row in rows]),
        "test": [test if _compared(row) else None for row in rows],
        "statistic": statistic,
        "p_value": p,
    }
    heads = (
        "",
        "Df",
        "Deviance",
        "Resid. Df",
        "Resid. Dev",
        "F" if test == "F" else "Chisq",
        f"Pr(>{_tail(test)})",
        "",
    )
    cells = tuple(
        (
            row.name,
            str(row.df) if _compared(row) else "",
            short(row.deviance) if _compared(row) else "",
            f"{row.resid_df}",
            short(row.resid_dev),
            "" if np.isnan(s) else short(s, 5),
            p_value(chance),
            stars(chance),
        )
        for row, s, chance in zip(rows, statistic, p, strict=True)
    )
    on = f", {model.df_residual}" if test == "F" else ""
    words = tuple(
        sentence.format(
            name=row.name,
            verdict=f"{'better' if chance < 0.05 else 'no better'} than chance alone would: "
            f"{'F' if test == 'F' else 'chi squared'}({row.df}{on}) = {short(s, 4)}, {p_words(chance)}",
        )
        for row, s, chance in zip(rows, statistic, p, strict=True)
        if not np.isnan(chance)
    )
    legend = LEGEND if any(map(stars, p)) else ""
    facts = (f"family {model.family}, link {model.link}; response {model.design.response.node}",)
    closing = (
        ()
        if known
        else (f"F against the dispersion {short(model.dispersion)} on {model.df_residual} degrees of freedom",)
    )
    summary = Summary(title, facts, (Grid("", heads, cells, legend),), closing, (), words)
    return Anova(make_frame(columns, model.frame_kind), words, summary)


def _compared(row: Row) -> bool:
    """Say whether a row is compared with one before it."""
    return not np.isnan(row.deviance)


def _tail(test: str) -> str:
    return "F" if test == "F" else "Chi"


def _statistic(model: "Fitted", row: Row) -> float:
    """Give F or chi squared; NaN where nothing was added."""
    if not _compared(row) or row.df < 1:
        return float("nan")
    rise = max(row.deviance, 0.0) / model.dispersion
    return rise if model.likelihood.family.dispersion_known else rise / row.df
