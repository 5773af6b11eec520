"""What the look before a fit found, said on the terminal while one waits for the fit."""

import sys
from collections.abc import Mapping
from typing import Any

import click

from pliant.data.table import Table

SHARED = ("family", "weights", "offset", "frequencies", "missing", "groups")  # with `fit`


def say_findings(formula: str, table: Table, options: Mapping[str, Any]) -> None:
    """Print the findings on a terminal; elsewhere the notes of what is printed in the end say them."""
    if not is_terminal():
        return
    from pliant.inference.look import look

    for finding in look(formula, table, **{name: options[name] for name in SHARED if name in options}):
        click.echo(f"look: {finding}", err=True)


def is_terminal() -> bool:
    """Say whether somebody reads what is said meanwhile."""
    return sys.stderr is not None and sys.stderr.isatty()
