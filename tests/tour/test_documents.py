"""docs/tour.md, docs/tour.py and their pictures are the story's own; `python tools/write_tour.py` writes them."""

import re
from pathlib import Path

from pliant.tour.documents import IMAGES, as_markdown, as_script
from pliant.tour.source import Code, read_story

DOCS = Path(__file__).parents[2] / "docs"
NUMBER = re.compile(r" *-?\d+\.\d+")
SCRIPT = (DOCS / "tour.py").read_text("utf-8")


def test_the_page_of_the_docs_is_the_story(told):
    """But for its numbers, whose last digits are the machine's; tests/test_docs.py compares them."""
    shown, said = (DOCS / "tour.md").read_text("utf-8"), as_markdown(told[0].chapters)
    assert NUMBER.sub("#", shown) == NUMBER.sub("#", said)


def test_the_page_of_the_docs_has_no_slider_to_pull():
    hints = [part.hint for section in read_story() for part in section.parts if isinstance(part, Code) and part.hint]
    assert len(hints) == 3
    assert not [hint for hint in hints if hint in (DOCS / "tour.md").read_text("utf-8")]


def test_the_script_is_the_story():
    assert as_script(read_story()) == SCRIPT


def test_each_picture_of_the_docs_is_there_and_no_other(told):
    shown = re.findall(rf"\]\({IMAGES}/([\w-]+)\.svg\)", (DOCS / "tour.md").read_text("utf-8"))
    assert sorted(shown) == sorted(path.stem for path in (DOCS / IMAGES).iterdir()) == sorted(told[0].figures)


def test_the_script_opens_as_cells():
    compile(SCRIPT, "tour.py", "exec")
    cells = re.split(r"^# %%(.*)\n", SCRIPT, flags=re.MULTILINE)
    kinds = [kind.strip() for kind in cells[1::2]]
    code = [text.strip() for kind, text in zip(kinds, cells[2::2], strict=True) if kind == ""]
    words = [text for kind, text in zip(kinds, cells[2::2], strict=True) if kind == "[markdown]"]
    blocks = [p.text for s in read_story() for p in s.parts if isinstance(p, Code) and p.language == "python"]
    assert code == [block.strip() for block in blocks]
    assert all(line.startswith("#") for text in words for line in text.strip().splitlines())
