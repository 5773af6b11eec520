"""Build the report of a model and write it, whole or not at all."""

import os
from importlib.resources import files

from pliant._version import __version__
from pliant.data.files import check_target
from pliant.data.writing import write_file
from pliant.errors import ArgumentError
from pliant.model import Fitted
from pliant.optimisers.checks import check_path
from pliant.page import build, escape
from pliant.report.opening import opening, sentence
from pliant.report.rows import subject_of
from pliant.report.sections import SECTIONS

ENDINGS = (".html", ".htm")


def write_report(model: Fitted, path: str | os.PathLike[str], table: object = None) -> None:
    """Write the report of a model to one file.

    Parameters
    ----------
    model : Fitted
    path : path
        Ending in .html. What stood there is replaced once the page is whole.
    table : frame, dict or path, optional
        For a model from a file, which holds no data: the table of the training, or one of new rows.

    Raises
    ------
    ArgumentError
        If the ending is another, or the file cannot be written.
    InputError
        If the table cannot be used.
    MissingExtraError
        If matplotlib is not installed, which draws the figures.
    """
    target = check_report_path(path, *([table] if isinstance(table, str) else []))
    write_file(target, report_page(model, table).encode(), ArgumentError)


def check_report_path(path: str | os.PathLike[str], *reads: str) -> str:
    """See that a report can be written there, before the work; give the path as text."""
    check_path("path", path)
    target = os.fsdecode(path)
    if os.path.splitext(target)[1].lower() not in ENDINGS:
        raise ArgumentError(f"{target}: a report is a page of HTML; name it so that it ends in .html")
    check_target(target, *reads)
    return target


def report_page(model: Fitted, table: object = None) -> str:
    """Give the report as one text of HTML; the same model gives the same text."""
    subject = subject_of(model, table)
    parts = [part for write in SECTIONS if (part := write(subject)) is not None]
    said = sentence(subject)
    return build(
        "report",
        f"{model.formula}: a report",
        said,
        opening(subject),
        parts,
        f"<p>Written by pliant {escape(__version__)}. It is one file: nothing on it is fetched, and nothing runs but "
        "the marks in the contents. Every number on it is computed from the model and its rows.</p>",
        style=files("pliant.report").joinpath("report.css").read_text("utf-8").strip(),
    )
