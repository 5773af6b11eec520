"""Sections on the model as such: what it is, what was done to the data, how to have it again, all in one text."""

import platform

import numpy as np

from pliant._version import __version__
from pliant.data.table import FactorColumn, Table
from pliant.inference.call import broken, python_call, repr_of, shell_command
from pliant.inference.summary import summarise
from pliant.inference.summary.network import network_title
from pliant.inference.summary.numbers import count
from pliant.measure import fingerprint
from pliant.model import Fitted
from pliant.page import Part, code_cell, escape
from pliant.report.markup import facts, lines, paragraph, table
from pliant.report.rows import Subject

LEVELS_SHOWN = 6
WIDTH = 64  # letters of code on a line
EQUATION = ("η = offset + X β{hidden}", "μ = {inverse}", "y ~ {family}(μ)")


def model_section(subject: Subject) -> Part:
    """Say what the model is."""
    model = subject.model
    network = model.network if model.members is None else model.members.network
    inverse = {"identity": "η", "softmax": "softmax(η)"}.get(model.link, f"inverse {model.link}(η)")
    hidden = "" if model.is_line else " + hidden part of X" if network.skip else ""
    first = EQUATION[0] if model.is_line or network.skip else "η = offset + hidden part of X"
    words = (each.format(hidden=hidden, inverse=inverse, family=model.family) for each in (first, *EQUATION[1:]))
    equation = '<p class="formula">' + "".join(f"<span>{escape(each)}</span>" for each in words) + "</p>"
    k, effective = model.n_parameters, model.facts.effective_parameters
    said = f"{k:,}" if np.isnan(effective) else f"{k:,}, of which the data determine {effective:.1f}"
    pairs = [
        ("formula", f"`{model.formula}`"),
        ("response", model.design.response.label),
        ("family", model.family),
        ("link", model.link),
        ("what", "a line" if model.is_line else network_title(model)),
        ("columns of X", f"{len(model.design.names):,}"),
        ("parameters" + ("" if model.members is None else " of each network"), said),
        ("rows", f"{model.facts.n_rows:,}"),
    ]
    body = [equation, facts(pairs)]
    if model.settings.reasons:
        body.append(paragraph("Nobody asked for these, so pliant chose:"))
        body.append(lines(f"{reason[0].upper()}{reason[1:]}." for reason in model.settings.reasons))
    return Part("model", "The model", "\n".join(body))


def data(subject: Subject) -> Part:
    """Say what was done to the data, and what is in the columns that the model reads."""
    model = subject.model
    notes = [f"{note[0].upper()}{note[1:]}." for note in model.notes]
    body = [lines(notes) if notes else paragraph("Nothing was done to the data: every row and column is as it came.")]
    if model.table is not None:
        source = "The table" if model.table.kind != "file" else model.table.source
        body.append(paragraph(f"{source} has {count(model.table.n_rows, 'row')}; the model reads these columns of it."))
        body.append(table(("column", "is", "missing", "values"), _columns(model, model.table)))
    else:
        body.append(
            paragraph("The model came from a file, which holds no data. Give its table, and the report shows the rows.")
        )
    return Part("data", "What was done to the data", "\n".join(body))


def _columns(model: Fitted, read: Table) -> list[tuple[str, ...]]:
    """Describe each column that the model reads: role and kind, how many are missing, and its values."""
    response = model.design.response.columns
    beside = {column: what for what, column in model.settings.given.items() if column is not None}
    groups = (model.settings.asked or {}).get("groups")
    if isinstance(groups, str):
        beside[groups] = "groups"
    names = dict.fromkeys((*response, *model.design.reads, *beside))
    rows: list[tuple[str, ...]] = []
    for name in names:
        column = read[name]
        role = "response" if name in response else beside.get(name, "")
        if isinstance(column, FactorColumn):
            kind = f"factor of {count(len(column.levels), 'level')}"
            counts = np.bincount(column.codes[column.codes >= 0], minlength=len(column.levels))
            shown = [f"{level} ({counts[i]:,})" for i, level in enumerate(column.levels[:LEVELS_SHOWN])]
            more = len(column.levels) - LEVELS_SHOWN
            values = ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")
        else:
            kind = "days since 1970" if column.is_date else "number"
            known = column.values[~column.missing]
            low, middle, high = np.quantile(known, [0.0, 0.5, 1.0]) if len(known) else (np.nan,) * 3
            values = f"{low:.4g} to {high:.4g}, median {middle:.4g}"
        rows.append((name, f"{role}, {kind}" if role else kind, f"{int(np.sum(column.missing)):,}", values))
    return rows


def again(subject: Subject) -> Part:
    """Say how to have the same model and the same report again."""
    model = subject.model
    from_file = model.table is not None and model.table.kind == "file"
    name = model.table.source if model.table is not None and from_file else "table.csv"
    call = python_call(model, repr_of(name) if from_file else "table", WIDTH)
    body = [code_cell("python", f'import pliant\n\nmodel = {call}\nmodel.report("report.html")\n')]
    command, why = shell_command(model, name, "--report", "report.html")
    if command:
        body.append(code_cell("sh", f"{broken(command, WIDTH)}\n"))
        if not from_file:
            body.append(paragraph("At the shell the table is a file; here it is called table.csv.", kind="quiet"))
    else:
        body.append(paragraph(f"At the shell it cannot be had: {why}.", kind="quiet"))
    print_of = model.facts.fingerprint or (fingerprint(model.arrays, None) if model.arrays is not None else "")
    pairs = [
        ("seed", str(model.settings.seed)),
        ("engine", model.settings.engine),
        ("pliant", __version__),
        ("Python, NumPy", f"{platform.python_version()}, {np.__version__}"),
        ("training rows, SHA-256", f"`{print_of}`" if print_of else "not known without the rows"),
    ]
    return Part("again", "How to have it again", "\n".join([*body, facts(pairs)]))


def in_full(subject: Subject) -> Part:
    """Give the summary as a terminal shows it."""
    text = escape(str(summarise(subject.model)))
    return Part("summary", "The summary in full", f'<pre class="plain" tabindex="0">{text}</pre>')
