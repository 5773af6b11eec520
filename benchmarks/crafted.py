"""Craft model files whose SHA-256 is right and whose content is not, from a good one.

Three kinds: wrong bytes (headers that lie, JSON that is none, bombs), wrong fields (each field of the metadata removed,
renamed, of another type, or out of its range), and wrong arrays (each removed, renamed, of another shape or dtype, with
numbers that cannot be). Whatever is made here is wrong by the page `docs/model-file.md`, not by what pliant refuses.
"""

from collections.abc import Iterator
from pathlib import Path

from crafted_bytes import put_together, take_apart, with_facts, wrong_bytes
from crafted_fields import wrong_arrays, wrong_fields, wrong_ranges

__all__ = ["crafted", "good_files", "put_together", "take_apart", "with_facts", "wrong_bytes"]


def crafted(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Give every crafted file of one good one, with what is wrong with it."""
    parts = take_apart(content)
    yield from wrong_bytes(parts)
    yield from wrong_fields(parts)
    yield from wrong_ranges(parts)
    yield from wrong_arrays(parts)


def good_files(folder: Path) -> list[bytes]:
    """Give the model files that the others are made from."""
    return [path.read_bytes() for path in sorted(folder.glob("*.pliant"))]
