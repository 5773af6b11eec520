"""Run the story from its first line to its last, in one namespace, and keep what every block printed and drew.

The code that runs is the code that is shown: the blocks of `story.md`, which is a file of this package like any
other. Nothing that a user writes is run; seed and activation are checked before they go into the text.
"""

import ast
import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pliant.engines import engine
from pliant.tour.source import Code, Prose, Section

Report = Callable[[str], None]


@dataclass(frozen=True)
class Told:
    """A block that was run, or why it was not."""

    code: Code
    printed: str = ""
    picture: Any = None  # a matplotlib figure, from the block's last line
    missing: str = ""  # what has to be installed first


@dataclass(frozen=True)
class Chapter:
    """A section that was run."""

    section: Section
    parts: tuple[Prose | Told, ...]


def run_story(sections: tuple[Section, ...], report: Report | None = None) -> tuple[Chapter, ...]:
    """Run all blocks in order.

    Parameters
    ----------
    sections : tuple of Section
    report : callable, optional
        Takes each heading before its section runs, and each printed text.

    Returns
    -------
    tuple of Chapter
        Where torch is not installed, the blocks that need it say so, and all others have run.
    """
    say: Report = report or (lambda text: None)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    missing = engine("torch").available() or ""
    chapters = []
    for section in sections:
        say(f"{section.number}. {section.title}" if section.number else section.title)
        parts: list[Prose | Told] = []
        for part in section.parts:
            told = part if isinstance(part, Prose) else _tell(part, namespace, missing)
            if isinstance(told, Told) and (told.printed or told.missing):
                say(told.printed or f"({told.missing})\n")
            parts.append(told)
        chapters.append(Chapter(section, tuple(parts)))
    return tuple(chapters)


def _tell(code: Code, namespace: dict[str, Any], missing: str) -> Told:
    """Run one block; commands of a shell are only shown."""
    if code.language != "python":
        return Told(code)
    if code.needs_torch and missing:
        return Told(code, missing=missing)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        last = _run(code, namespace)
    return Told(code, printed.getvalue(), last if code.figure else None)


def _run(code: Code, namespace: dict[str, Any]) -> Any:
    """Run a block and give the value of its last line, if that is an expression."""
    tree = ast.parse(code.text, "story.md")
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "story.md", "exec"), namespace)  # noqa: S102 - our own text, as it is shown
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), "story.md", "eval"), namespace)  # noqa: S307 - likewise
