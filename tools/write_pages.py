"""Run the code that README.md and docs show, and write what it prints below it.

    python tools/write_pages.py                 every page, written anew where it has changed
    python tools/write_pages.py --check PAGE    one page, compared only; ends with 1 if it differs

A page runs from top to bottom in one temporary folder where penguins.csv lies:

- a ```python block runs in the page's one namespace; a ```text block right after it holds what it prints;
- in a ```console block, a line that begins with `$ pliant` runs, and what it prints stands below it;
- in a ```sh block, a line that begins with `pliant` runs, and nothing is shown.

Other commands of ```console and ```sh blocks (make, git) are for the reader: they are not run, and may show no
output. A picture that a page's commands draw, and that the page shows from docs/images, is copied there.
tests/test_docs.py checks every page, each in a process of its own, so no number on a page is typed by hand.
"""

import contextlib
import difflib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "src" / "pliant" / "datasets" / "penguins.csv"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r" *(-?\d+\.\d+)")
LAST_DIGITS = 2.0  # by how many units of its last digit a number may differ from one machine to another
SECONDS = re.compile(r"\d[\d.,]* ?(s|ms|seconds)\b")  # differ from run to run, and are not compared


class PageError(Exception):
    """A page shows what does not run. Says the page, the line and what happened."""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    language: str
    line: int  # of its first line of text, from 1
    start: int  # of its text in the page
    end: int
    text: str


def pages(root: Path = ROOT) -> list[Path]:
    """Give README.md and every page of docs."""
    return [root / "README.md", *sorted((root / "docs").rglob("*.md"))]


def blocks(page: str) -> Iterator[Block]:
    """Give the fenced blocks of a page, from the top."""
    for found in BLOCK.finditer(page):
        line = page.count("\n", 0, found.start(2)) + 1
        yield Block(found[1], line, found.start(2), found.end(2), found[2])


def play(page: str, name: str, folder: Path) -> str:
    """Run a page's code in a folder; give the page with what was printed in place of what was shown."""
    shutil.copy(TABLE, folder / TABLE.name)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    written, at, printed = "", 0, None
    with contextlib.chdir(folder):
        for block in blocks(page):
            where = f"{name}, line {block.line}"
            text = block.text
            if printed is not None and re.fullmatch(r"```\s*```text\n", page[at : block.start]):
                text = printed
            printed = None
            if block.language == "python":
                printed = run_python(block.text, where, namespace)
            elif block.language == "console":
                text = play_console(block.text, where, folder)
            elif block.language == "sh":
                for command in joined(block.text):
                    if command.startswith("pliant "):
                        run_command(command, where, folder)
            written += page[at : block.start] + text
            at = block.end
    return written + page[at:]


def run_python(text: str, where: str, namespace: dict[str, Any]) -> str:
    """Run a block in a namespace; give what it prints."""
    line = int(where.rsplit(" ", 1)[1])
    code = compile("\n" * (line - 1) + text, where, "exec")
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        try:
            exec(code, namespace)  # noqa: S102 - the pages are ours, and running them is the point
        except Exception as problem:
            raise PageError(f"{where}: the block raises {type(problem).__name__}: {problem}") from problem
    return printed.getvalue()


def play_console(text: str, where: str, folder: Path) -> str:
    """Run the commands of a console block; give the block with what they printed."""
    written = ""
    for part in re.split(r"^(?=\$ )", text, flags=re.MULTILINE):
        if not part:
            continue
        if not part.startswith("$ "):
            raise PageError(f"{where}: a console block begins with '$ ' and a command")
        command, shown = split_step(part)
        if command.startswith("$ pliant "):
            shown = run_command(joined(command[2:])[0], where, folder, may_refuse=True)
        elif shown.strip():
            raise PageError(f"{where}: output is shown for a command that is not run: {command.strip()}")
        written += command + shown
    return written


def split_step(part: str) -> tuple[str, str]:
    """Split '$ command' with its continued lines from the output below."""
    lines = part.splitlines(keepends=True)
    n = 1
    while lines[n - 1].rstrip("\n").endswith("\\") and n < len(lines):
        n += 1
    return "".join(lines[:n]), "".join(lines[n:])


def joined(text: str) -> list[str]:
    """Give the commands of a text, continued lines joined."""
    return re.sub(r"\\\n\s*", "", text).splitlines()


def run_command(command: str, where: str, folder: Path, may_refuse: bool = False) -> str:
    """Run one command line in a folder; give what it prints, on both streams.

    With `may_refuse`, a one-line error is an answer too: a page may show one.
    """
    if "--plot" in command:  # the first use of matplotlib in a home says that it looks for fonts: not here
        subprocess.run([sys.executable, "-c", "import matplotlib.font_manager"], capture_output=True, check=True)
    paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": paths, "COLUMNS": "100", "NO_COLOR": "1", "MPLBACKEND": "agg"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    refused = done.returncode == 2 and done.stdout.startswith("pliant: ")
    if done.returncode != 0 and not (may_refuse and refused):
        raise PageError(f"{where}: '{command}' ends with {done.returncode}:\n{done.stdout}")
    return done.stdout


def comparable(page: str) -> str:
    """Give a page without what differs from run to run."""
    return SECONDS.sub(r"# \1", page)


def alike(before: str, after: str) -> bool:
    """Say whether two lines show the same words and, but for the last digit, the same numbers."""
    if NUMBER.sub(" #", before) != NUMBER.sub(" #", after):
        return False
    pairs = zip(NUMBER.findall(before), NUMBER.findall(after), strict=True)
    return all(abs(float(a) - float(b)) <= (LAST_DIGITS + 0.5) * 10.0 ** -len(a.split(".")[1]) for a, b in pairs)


def differences(name: str, shown: str, printed: str) -> list[str]:
    """Give the lines in which a page differs from what it prints."""
    before, after = comparable(shown).splitlines(), comparable(printed).splitlines()
    if len(before) == len(after):
        after = [a if alike(a, b) else b for a, b in zip(before, after, strict=True)]
    return list(difflib.unified_diff(before, after, f"{name} as shown", "as printed", lineterm=""))


def write_all() -> str:
    """Play every page; write those that changed, and the pictures that they show. Give what did not run."""
    problems = []
    for path in pages():
        page = path.read_text("utf-8")
        with tempfile.TemporaryDirectory() as temporary:
            try:
                written = play(page, path.relative_to(ROOT).as_posix(), Path(temporary))
            except PageError as problem:
                problems.append(str(problem))
                continue
            for picture in re.findall(r"images/([\w.-]+)", page):
                if (Path(temporary) / picture).exists():
                    (ROOT / "docs" / "images").mkdir(exist_ok=True)
                    shutil.copy(Path(temporary) / picture, ROOT / "docs" / "images" / picture)
        if differences(path.name, page, written):
            path.write_text(written, "utf-8")
            sys.stdout.write(f"written: {path.relative_to(ROOT)}\n")
    return "\n".join(problems)


def check(name: str) -> str:
    """Play one page; give in what lines it differs from what it prints, nothing if it does not."""
    page = (ROOT / name).read_text("utf-8")
    with tempfile.TemporaryDirectory() as temporary:
        written = play(page, name, Path(temporary))
    return "\n".join(differences(name, page, written))


def main(arguments: list[str]) -> str | None:
    """Write all pages, or check one; give what is wrong."""
    if arguments[:1] != ["--check"]:
        return write_all() or None
    try:
        return check(arguments[1]) or None
    except PageError as problem:
        return str(problem)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
