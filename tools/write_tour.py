"""Run the story and write docs/tour.md, docs/tour.py and the pictures in docs/images/tour anew.

    python tools/write_tour.py

tests/tour/test_documents.py says when this has to be done.
"""

import sys
from pathlib import Path

from pliant.tour import make_tour
from pliant.tour.documents import IMAGES, as_markdown, as_script
from pliant.tour.source import read_story

DOCS = Path(__file__).resolve().parents[1] / "docs"


def main() -> None:
    """Write everything; leave no picture that the story no longer has."""
    tour = make_tour()
    images = DOCS / IMAGES
    images.mkdir(parents=True, exist_ok=True)
    for old in images.glob("*.svg"):
        if old.stem not in tour.figures:
            old.unlink()
    files = {DOCS / "tour.md": as_markdown(tour.chapters), DOCS / "tour.py": as_script(read_story())}
    files |= {images / f"{name}.svg": text for name, text in tour.figures.items()}
    for path, text in files.items():
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            sys.stdout.write(f"written: {path.relative_to(DOCS.parent)}\n")


if __name__ == "__main__":
    main()
