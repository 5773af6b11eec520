"""The same story as a page of Markdown, docs/tour.md, and as a script that opens as a notebook, docs/tour.py."""

import re

from pliant.tour.run import Chapter, Told
from pliant.tour.source import Code, Prose, Section

IMAGES = "images/tour"  # beside docs/tour.md
MADE = "made from src/pliant/tour/story.md by tools/write_tour.py; `pliant tour` tells it as a page"
SCRIPT_HEAD = f"""# {MADE[0].upper()}{MADE[1:]}.
# It opens as a notebook in any editor that knows cells (# %%), or with jupytext. It needs 'pliant[plots,torch]'.
# ruff: noqa: B905, E402 - code to be read on a page, in the order of the story
# fmt: off
"""


def as_markdown(chapters: tuple[Chapter, ...]) -> str:
    """Give the story with what it printed and drew; tests/test_docs.py runs it again."""
    said = [f"<!-- {MADE} -->\n<!-- fmt: off -->\n"]
    for chapter in chapters:
        said.append(_heading(chapter.section))
        said += [f"{part.text}\n" if isinstance(part, Prose) else _told(part) for part in chapter.parts]
    return "\n".join(said)


def as_script(sections: tuple[Section, ...]) -> str:
    """Give the story as cells of Markdown and of code."""
    cells = [SCRIPT_HEAD]
    for section in sections:
        words = [_heading(section)]
        for part in section.parts:
            if isinstance(part, Prose):
                words.append(part.text)
            elif part.language != "python":
                words.append(_fenced(part))
            else:
                cells += [_markdown_cell(words), f"# %%\n{part.text}"]
                words = []
        cells.append(_markdown_cell(words))
    return "\n".join(cell for cell in cells if cell)


def _heading(section: Section) -> str:
    return f"## {section.number}. {section.title}\n" if section.number else f"# {section.title}\n"


def _fenced(code: Code) -> str:
    return f"```{code.language}\n{code.text}```\n"


def _told(told: Told) -> str:
    """Give a block with its printed text and its picture."""
    code = told.code
    parts = [_fenced(code)]
    if told.printed:
        parts.append(f"```text\n{told.printed}```\n")
    if told.picture is not None:
        alt = re.sub(r"([\[\]])", r"\\\1", told.picture.alt)
        parts.append(f"![{alt}]({IMAGES}/{code.figure}.svg)\n\n*{code.caption}*\n")
    return "\n".join(parts)


def _markdown_cell(words: list[str]) -> str:
    """Give a cell of Markdown: each line a comment."""
    text = "\n\n".join(word.strip("\n") for word in words)
    if not text:
        return ""
    return "# %% [markdown]\n" + "".join(f"# {line}".rstrip() + "\n" for line in text.splitlines())
