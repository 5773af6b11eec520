"""Damage a good file: change its bytes as disks, networks, editors and attackers do."""

from collections.abc import Callable, Iterator

import numpy as np


def mutations(good: bytes, other: bytes, seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """Give mutations of a good file, none of which is the file itself; `other` is a second one of the same kind."""
    rng = np.random.default_rng(seed)
    kinds = tuple(MUTATORS)
    made = 0
    while made < count:
        kind = kinds[made % len(kinds)]
        content = MUTATORS[kind](good, other, rng)
        if content not in (good, other):
            made += 1
            yield kind, content


def _at(content: bytes, rng: np.random.Generator) -> int:
    """Draw a place: half of the time in the first kilobyte, where headers are."""
    return int(rng.integers(0, min(len(content), 1024) if rng.random() < 0.5 else len(content)))


def _flip(good: bytes, _: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(good)
    for _bit in range(int(rng.choice([1, 1, 1, 2, 8, 64]))):
        changed[_at(good, rng)] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def _overwrite(good: bytes, _: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(good)
    at = _at(good, rng)
    part = rng.bytes(int(rng.integers(1, 33)))
    changed[at : at + len(part)] = part
    return bytes(changed[: len(good)])


def _cut(good: bytes, _: bytes, rng: np.random.Generator) -> bytes:
    return good[: _at(good, rng)]


def _splice(good: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    at = int(rng.integers(0, len(good)))
    return good[:at] + other[at if rng.random() < 0.5 else int(rng.integers(0, len(other))) :]


def _head(good: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    """Give the beginning of another file to this one: its header, where both say how long it is."""
    lengths = [8 + int.from_bytes(each[:8], "little") for each in (good, other)]
    if max(lengths) < min(len(good), len(other)) and rng.random() < 0.5:
        return other[: lengths[1]] + good[lengths[0] :]
    size = int(2 ** rng.uniform(2, 11))
    return other[:size] + good[size:]


def _block(good: bytes, rng: np.random.Generator) -> tuple[int, int]:
    size = int(rng.choice([1, 8, 64, 512]))
    at = int(rng.integers(0, max(len(good) - size, 1)))
    return at, at + size


def _remove(good: bytes, _: bytes, rng: np.random.Generator) -> bytes:
    begin, end = _block(good, rng)
    return good[:begin] + good[end:]


def _double(good: bytes, _: bytes, rng: np.random.Generator) -> bytes:
    begin, end = _block(good, rng)
    return good[:end] + good[begin:]


def _move(good: bytes, _: bytes, rng: np.random.Generator) -> bytes:
    begin, end = _block(good, rng)
    rest = good[:begin] + good[end:]
    at = int(rng.integers(0, len(rest)))
    return rest[:at] + good[begin:end] + rest[at:]


def _zero(good: bytes, _: bytes, rng: np.random.Generator) -> bytes:
    begin, end = _block(good, rng)
    return good[:begin] + bytes(end - begin) + good[end:]


def _huge(good: bytes, _: bytes, rng: np.random.Generator) -> bytes:
    """Put a huge number where there may be a size: in binary, or in place of digits."""
    changed = bytearray(good)
    digits = [i for i in range(min(len(good), 4096)) if chr(good[i]).isdigit()]
    if digits and rng.random() < 0.3:
        at = int(rng.choice(digits))
        return good[:at] + str(10 ** int(rng.integers(3, 25))).encode() + good[at + 1 :]
    at = 0 if rng.random() < 0.2 else _at(good, rng)
    size = int(rng.choice([4, 8]))
    value = int(rng.choice([2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**62])) & (2 ** (8 * size) - 1)
    changed[at : at + size] = value.to_bytes(size, "little" if rng.random() < 0.7 else "big")
    return bytes(changed)


def _longer(good: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    return good + (other if rng.random() < 0.3 else rng.bytes(int(rng.integers(1, 4096))))


MUTATORS: dict[str, Callable[[bytes, bytes, np.random.Generator], bytes]] = {
    "bits flipped": _flip,
    "bytes overwritten": _overwrite,
    "cut off": _cut,
    "two files spliced": _splice,
    "headers exchanged": _head,
    "a block removed": _remove,
    "a block doubled": _double,
    "a block moved": _move,
    "a block zeroed": _zero,
    "a huge number": _huge,
    "something behind it": _longer,
}
