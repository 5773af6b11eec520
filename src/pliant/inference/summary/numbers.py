"""Numbers as a summary writes them: with digits enough to be quoted, and no more."""

import math

import numpy as np

LEGEND = "Signif. codes: 0 '***' 0.001 '**' 0.01 '*' 0.05 '.' 0.1 ' ' 1"
MARKS = ((1e-3, "***"), (1e-2, "**"), (0.05, "*"), (0.1, "."))


def digits(values: np.ndarray, figures: int = 6) -> list[str]:
    """Write a column of numbers to about six digits of its own, so that it can be quoted."""
    return ["aliased" if np.isnan(v) else short(v, figures) for v in values]


def short(value: float, figures: int = 6) -> str:
    """Write a number to some digits, with a thousand as 1000 and a millionth as 1e-06."""
    if not np.isfinite(value):
        return "not known"
    size = abs(value)
    if size != 0.0 and (size < 1e-4 or size >= 1e9):
        return f"{value:.{figures - 1}e}"
    before = math.floor(math.log10(size)) + 1 if size else 1  # digits before the point, negative for zeros after it
    return f"{value:.{max(figures - before, 0)}f}"


def fixed(value: float, places: int) -> str:
    return "" if np.isnan(value) else f"{value:.{places}f}"


def p_value(value: float) -> str:
    if np.isnan(value):
        return ""
    return "< 2e-16" if value < 2e-16 else f"{value:.3g}" if value >= 1e-4 else f"{value:.2e}"


def stars(value: float) -> str:
    if np.isnan(value):
        return ""
    return next((mark for limit, mark in MARKS if value < limit), "")


def count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def p_words(value: float) -> str:
    """Write a p-value for a sentence: "p = 0.031", "p < 2e-16"."""
    if np.isnan(value):
        return "p not known"
    said = p_value(value)
    return f"p {said}" if said.startswith("<") else f"p = {said}"
