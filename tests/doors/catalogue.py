"""What a catalogue of bad input is made of, and how a case of it is tried.

The cases are data: the texts of `cases/`; `tables.py` and `models.py`, which need files. Each says what is given
(in Python, as the reader of docs/errors.md sees it, and at the shell where it can be typed there), the exception, and
words of the message: the place, and the remedy. `tools/write_errors.py` writes the page from them.
"""

import contextlib
import datetime as dt
import decimal
import fractions
import io
import resource
import shlex
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import scipy.sparse

import pliant
from pliant import errors
from pliant.cli import run as run_command

SECONDS, MEGABYTES = 2.0, 400  # what a refusal may take
LARGE = 10**8  # bytes, of a file that is not looked into
FILES = ("table.csv", "line.pliant", "network.pliant")


@dataclass(frozen=True)
class Case:
    """One bad input.

    Parameters
    ----------
    given : str
        Python, evaluated with the names of `world`.
    error : str
        Name of the exception in `pliant.errors`.
    says : tuple of str
        What the message has: the place and the remedy.
    shell : tuple of str
        The words of the command that means the same; none where it cannot be typed.
    files : dict of str to bytes
        What lies in the folder beside `FILES`.
    title : str
        How the page calls it, if not by what is given.
    """

    given: str
    error: str
    says: tuple[str, ...]
    shell: tuple[str, ...] = ()
    files: tuple[tuple[str, bytes | Callable[[Path], None]], ...] = ()
    title: str = ""

    @property
    def name(self) -> str:
        """Give what a report calls it."""
        return (self.title or self.given)[:100]


@dataclass(frozen=True)
class Answer:
    """What became of a case."""

    error: BaseException | None
    said: str
    seconds: float
    megabytes: float


def table() -> dict[str, Any]:
    """Give the columns of the table that most cases start from: 24 rows, nothing wrong with them."""
    rng = np.random.default_rng(9)
    x, z = rng.standard_normal((2, 24))
    return {
        "y": 1.0 + x + 0.3 * rng.standard_normal(24),
        "x": x,
        "z": z,
        "g": np.array(["a", "b", "c"] * 8),
        "n": rng.poisson(3.0, 24),
        "s": (rng.random(24) < 0.5) * 1,
        "w": np.ones(24),
        "d": np.array(["2024-01-01"], "datetime64[D]") + np.arange(24),
        "one": np.ones(24),
    }


def world(folder: Path) -> dict[str, Any]:
    """Give the names that a case may use, and write the files that lie beside it."""
    columns = table()
    fit = pliant.fit
    line = fit("y ~ x + g", columns, hidden=())
    network = fit("y ~ x", columns, hidden=2, optimiser="adam", epochs=3, engine="reference")
    line.save(folder / "line.pliant")
    network.save(folder / "network.pliant")
    pl.DataFrame(columns).write_csv(folder / "table.csv")
    return {
        "np": np,
        "pd": pd,
        "pl": pl,
        "pa": pa,
        "dt": dt,
        "sparse": scipy.sparse,
        "Decimal": decimal.Decimal,
        "Fraction": fractions.Fraction,
        "pliant": pliant,
        "fit": fit,
        "table": columns,
        "X": np.column_stack([columns["x"], columns["z"]]),
        "y": columns["y"],
        "nan": float("nan"),
        "inf": float("inf"),
        "line": line,
        "network": network,
        "curve": fit("y ~ x + z", columns, hidden=2, members=3, epochs=20),
        "classes": fit("g ~ x", columns, family="multinomial", hidden=()),
        "counts": fit("n ~ x", columns, family="poisson", hidden=()),
        "loaded": pliant.load(folder / "line.pliant"),
    }


def lay(case: Case, folder: Path) -> None:
    """Write the files of a case."""
    for name, content in case.files:
        if callable(content):
            content(folder / name)
        else:
            (folder / name).write_bytes(content)


def state(folder: Path) -> dict[str, bytes | str]:
    """Give every file of a folder with its content, and what else is there by its kind."""
    found: dict[str, bytes | str] = {}
    for path in sorted(folder.rglob("*")):
        plain = path.is_file() and not path.is_symlink() and path.stat().st_size < LARGE
        found[str(path.relative_to(folder))] = path.read_bytes() if plain else oct(path.lstat().st_mode)
    return found


def in_python(case: Case, names: dict[str, Any], folder: Path) -> Answer:
    """Try a case in Python, in the folder that is the current one. Warnings are errors."""
    began, before = time.process_time(), _peak()
    error: BaseException | None = None
    with warnings.catch_warnings(), watched():
        warnings.simplefilter("error")
        try:
            eval(case.given, dict(names))
        except Exception as problem:
            error = problem
    said = "" if error is None else str(error).replace(str(folder), "...")
    return Answer(error, said, time.process_time() - began, _peak() - before)


def at_shell(case: Case) -> tuple[int, str, str, float]:
    """Try a case by its command, in this process; give exit code, what was printed, what was complained, seconds."""
    out, err, began = io.StringIO(), io.StringIO(), time.process_time()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), watched():
        code = run_command(list(case.shell))
    return code, out.getvalue(), err.getvalue(), time.process_time() - began


@contextlib.contextmanager
def watched(seconds: int = 30) -> Iterator[None]:
    """End what would go on for ever."""

    def ring(*_: object) -> None:
        raise TimeoutError(f"no answer within {seconds} s")

    old = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, old)


def faults(case: Case, answer: Answer) -> list[str]:
    """Say what is wrong with an answer in Python; nothing if it is what it should be."""
    error = answer.error
    if error is None:
        return ["it was accepted"]
    wrong = []
    wanted = getattr(errors, case.error)
    if type(error) is not wanted:
        wrong.append(f"{type(error).__name__} instead of {case.error}: {answer.said[:200]}")
    if issubclass(wanted, errors.InputError) and not isinstance(error, ValueError):
        wrong.append("it is no ValueError")
    wrong += [f"{word!r} is not in: {answer.said}" for word in case.says if word not in answer.said]
    lines = answer.said.splitlines()
    if len(lines) not in ((1, 3) if case.error == "FormulaError" else (1,)):
        wrong.append(f"it has {len(lines)} lines: {answer.said[:300]}")
    if lines and not (10 < len(lines[0]) < 600 and lines[0].isprintable()):
        wrong.append(f"its first line is too long, too short, or not to be printed: {lines[0][:200]!r}")
    if error.__cause__ is None and error.__context__ is not None and not error.__suppress_context__:
        wrong.append(f"{type(error.__context__).__name__} hangs on it")
    if answer.seconds > SECONDS or answer.megabytes > MEGABYTES:
        wrong.append(f"it took {answer.seconds:.1f} s and {answer.megabytes:.0f} MB")
    return wrong


def shell_faults(case: Case, code: int, out: str, err: str, seconds: float) -> list[str]:
    """Say what is wrong with an answer at the shell."""
    wrong = [] if code == 2 else [f"it ends with {code}"]
    if out:
        wrong.append(f"it prints {out[:200]!r}")
    lines = err.rstrip("\n").splitlines()
    if "Traceback" in err or len(lines) not in ((1, 3) if case.error == "FormulaError" else (1,)):
        wrong.append(f"it complains in {len(lines)} lines: {err[:300]}")
    if not err.startswith("pliant: "):
        wrong.append(f"it does not begin with its name: {err[:100]!r}")
    if seconds > SECONDS:
        wrong.append(f"it took {seconds:.1f} s")
    return wrong


def _peak() -> float:
    """Give the most memory that this process has had, in MB."""
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


CASES = Path(__file__).parent / "cases"


def read_cases(kind: str) -> tuple[Case, ...]:
    """Read the cases of a text file: a line of Python; the error with its words; the command, if there is one."""
    found: list[Case] = []
    for line in (CASES / f"{kind}.txt").read_text("utf-8").splitlines():
        if line.startswith("  $ "):
            found[-1] = replace(found[-1], shell=tuple(shlex.split(line[4:])))
        elif line.startswith("  "):
            error, _, words = line.strip().partition(": ")
            found[-1] = replace(found[-1], error=error, says=tuple(words.split(" | ")))
        else:
            found.append(Case(line, "", ()))
    return tuple(found)
