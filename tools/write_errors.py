"""Give pliant every bad input of tests/doors, and write what it says into docs/errors.md.

    python tools/write_errors.py

tests/doors/test_doors.py says when this has to be done.
"""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.doors.catalogue import FILES, Case, in_python, lay  # noqa: E402 - the catalogue lies beside the tests
from tests.doors.everything import KINDS, whole_world  # noqa: E402

PAGE = ROOT / "docs" / "errors.md"


def table(kind: str, say: Callable[[Case], str]) -> str:
    """Write the table of one kind, in Markdown."""
    rows = [f"| {code(case.title or case.given)} | {code(say(case))} |" for case in KINDS[kind]]
    return "\n".join(["| given | pliant says |", "|---|---|", *rows]) + "\n"


def code(text: str) -> str:
    """Write text as code in a cell of a table, in one line."""
    line = text.splitlines()[0]
    line = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in line).replace("|", "\\|")
    line = line if len(line) <= 400 else f"{line[:400]}..."
    fence = "``" if "`" in line else "`"
    pad = " " if fence == "``" else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def written(page: str, say: Callable[[Case], str]) -> str:
    """Give the page with its tables and its count written anew."""
    for kind in KINDS:
        first, last = f"<!-- {kind} -->\n", f"<!-- /{kind} -->"
        before, _, rest = page.partition(first)
        _, _, after = rest.partition(last)
        page = before + first + table(kind, say) + last + after
    counts = ", ".join(f"{len(cases)} {kind}" for kind, cases in KINDS.items())
    first, last = "<!-- counts -->", "<!-- /counts -->"
    before, _, rest = page.partition(first)
    return before + first + counts + last + rest.partition(last)[2]


def clear(folder: Path) -> None:
    """Leave the good files and nothing else."""
    for path in folder.iterdir():
        if path.name not in FILES:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def main() -> None:
    """Write the page, if it has changed."""
    with tempfile.TemporaryDirectory() as temporary, contextlib.chdir(temporary):
        folder = Path(os.path.realpath(temporary))
        names = whole_world(folder)

        def say(case: Case) -> str:
            clear(folder)
            lay(case, folder)
            return in_python(case, names, folder).said

        page = written(PAGE.read_text("utf-8"), say)
    if page != PAGE.read_text("utf-8"):
        PAGE.write_text(page, "utf-8")
        sys.stdout.write(f"written: {PAGE.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
