"""Kill processes in the middle of a save: what stands there is the old file or the new one, complete.

    python benchmarks/kills_of_saves.py            some minutes; writes the counts into README.md
    python benchmarks/kills_of_saves.py --smoke    a few kills, nothing written

A child saves two models of one size to one path, in turns and without a pause, and is ended by `kill -9` at a random
moment of a save; small, middle and large models take their turns. Then the file has to be one
of the two, byte by byte and as a model that predicts; and the next save leaves nothing beside it. The same is done
to the same arrays, saved by what others save with. After that a child ends itself before every operation of a save,
and in the middle of each write.
"""

import argparse
import hashlib
import os
import random
import signal
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from digits import write_between

BETWEEN = ("<!-- kills of saves -->\n", "<!-- /kills of saves -->")
KILLS, SMOKE = 200, 6
WIDTHS = {"small": (4,), "middle": (128, 128), "large": (384, 384)}
WAYS = ("pliant", "joblib", "torch", "safetensors", "numpy")
FEWEST = 5  # saves that a child has done before it is killed
NAME = "m.pliant"
Saver = Callable[[Path], object]


def make_models(folder: Path) -> None:
    """Write two models of each size; these are what a save has to give again."""
    import pliant

    rng = np.random.default_rng(9)
    x = rng.standard_normal((60, 3))
    table = {"a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "y": x[:, 0] + np.sin(x[:, 1])}
    for size, widths in WIDTHS.items():
        for seed in (0, 1):
            model = pliant.fit(
                "y ~ a + b + c", table, hidden=widths, epochs=1, seed=seed, engine="reference", optimiser="adam"
            )
            model.save(folder / f"{size}{seed}.pliant")


def saver(way: str, source: Path) -> Saver:
    """Give what saves a model, or what the arrays of its file are, to a path."""
    import pliant

    if way == "pliant":
        return pliant.load(source).save
    from pliant.modelfile import read_model

    arrays = {name: np.array(values) for name, values in read_model(source)[1].items()}
    if way == "joblib":
        import joblib

        return lambda path: joblib.dump(arrays, path)
    if way == "torch":
        import torch

        tensors = {name: torch.from_numpy(np.atleast_1d(values)) for name, values in arrays.items()}
        return lambda path: torch.save(tensors, path)
    if way == "safetensors":
        from safetensors.numpy import save_file

        return lambda path: save_file(arrays, path)

    def save(path: Path) -> None:
        with open(path, "wb") as file:
            np.savez(file, **arrays)

    return save


def child(saves: list[Saver], path: Path, said: int) -> None:
    """Save for ever, in turns, and say when each save begins and ends."""
    for number in count():
        os.write(said, b"(")
        saves[number % 2](path)
        os.write(said, b")")


@dataclass
class Count:
    """What became of the kills of one way and size."""

    kills: int = 0
    inside: int = 0  # of a save
    part: int = 0  # of these, while the temporary file was there
    torn: int = 0
    litter: int = 0  # left after the next save
    spans: list[float] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)


def digest(path: Path) -> str:
    """Give the digest of a file; none of one that is not there."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def kill_once(saves: list[Saver], path: Path, whole: set[str], counts: Count, rng: random.Random) -> None:
    """Fork a child, kill it in a save, and look at what stands there."""
    said, to_say = os.pipe()
    process = os.fork()
    if process == 0:
        child(saves, path, to_say)
    os.close(to_say)
    starts: list[float] = []
    wanted = FEWEST + rng.randrange(2)  # that the old one is the first model, or the second
    while len(starts) < wanted:
        heard = os.read(said, 1)
        assert heard, "the child has ended"
        starts += [time.perf_counter()] if heard == b"(" else []
    span = statistics.median(after - before for before, after in pairwise(starts))
    end = starts[-1] + rng.random() * span
    while time.perf_counter() < end:
        pass  # sleeping is too coarse
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    with os.fdopen(said, "rb") as pipe:
        rest = pipe.read()
    counts.kills += 1
    counts.spans.append(span)
    counts.inside += (wanted + rest.count(b"(")) > (wanted - 1 + rest.count(b")"))
    counts.part += len(os.listdir(path.parent)) > 1
    counts.torn += digest(path) not in whole


def kill_at_random(way: str, kills: int, folder: Path, rng: random.Random) -> dict[str, Count]:
    """Kill saves of every size, and count."""
    import pliant

    found = {}
    path = folder / "place" / NAME
    for k, size in enumerate(WIDTHS):
        counts = found[size] = Count()
        saves = [saver(way, folder / f"{size}{seed}.pliant") for seed in (0, 1)]
        whole = set()
        for save in saves:
            path.unlink(missing_ok=True)
            save(path)
            whole.add(digest(path))
        assert len(whole) == 2
        for _ in range(kills // len(WIDTHS) + (k < kills % len(WIDTHS))):
            kill_once(saves, path, whole, counts, rng)
            if way == "pliant":
                pliant.load(path)  # fails if it is torn
            saves[0](path)
            assert digest(path) in whole
            beside = [each for each in path.parent.iterdir() if each.name != NAME]
            counts.litter += bool(beside)
            for each in beside:
                each.unlink()
        print(f"{way}, {size}: {counts.kills} kills, {counts.torn} torn", flush=True)
    return found


def kill_at_each(folder: Path, sizes: Iterable[str]) -> tuple[int, int, int]:
    """End a child before each operation of a save, and in the middle of each write; give kills, torn, litter."""
    import pliant
    from pliant.data import writing

    class Deadly(writing.System):
        """Ends the process at its n-th operation."""

        n, done, middle = 0, 0, False

        def __getattribute__(self, name: str) -> Any:
            if name.startswith("_") or name not in vars(writing.System):
                return super().__getattribute__(name)
            Deadly.done += 1
            if Deadly.done == Deadly.n and not (Deadly.middle and name == "write"):
                os.kill(os.getpid(), signal.SIGKILL)
            return super().__getattribute__(name)

        def write(self, descriptor: int, piece: memoryview) -> int:
            if Deadly.done == Deadly.n:
                os.write(descriptor, piece[: len(piece) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return super().write(descriptor, piece)

    place = folder / "place"
    kills = torn = litter = 0
    for size in sizes:
        models = [pliant.load(folder / f"{size}{seed}.pliant") for seed in (0, 1)]
        wholes = [digest(folder / f"{size}{seed}.pliant") for seed in (0, 1)]
        for middle in (False, True):
            n = 0
            while True:
                n += 1
                models[0].save(place / NAME)
                process = os.fork()
                if process == 0:
                    Deadly.n, Deadly.middle = n, middle
                    writing.SYSTEM = Deadly()
                    models[1].save(place / NAME)
                    os._exit(0)
                if os.waitpid(process, 0)[1] == 0:
                    break  # the save has fewer operations
                kills += 1
                torn += digest(place / NAME) not in wholes
                pliant.load(place / NAME)
                models[0].save(place / NAME)
                litter += os.listdir(place) != [NAME] or digest(place / NAME) != wholes[0]
    return kills, torn, litter


def table(found: dict[str, dict[str, Count]], each: tuple[int, int, int], sizes: dict[str, int]) -> str:
    """Say what was counted, in Markdown."""
    lines = [
        "| saved by | size | one save | kills | in a save | old or new, complete | torn | litter after the next save |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for way, counts in found.items():
        for size, c in counts.items():
            lines.append(
                f"| {way} | {sizes[size] / 1000:,.0f} kB | {1000 * statistics.median(c.spans):.1f} ms | {c.kills} "
                f"| {c.inside} | {c.kills - c.torn} | {c.torn} | {c.litter} |"
            )
    mine = found["pliant"].values()
    kills, torn, litter = each
    return (
        "\n".join(lines)
        + f"\n\npliant: {sum(c.torn for c in mine)} torn files in {sum(c.kills for c in mine)} kills, of which "
        f"{sum(c.inside for c in mine)} fell in a save, {sum(c.part for c in mine)} of them on a half-made file.\n"
        f"Ended before every operation of a save, and in the middle of every write, at each size: {kills} kills, "
        f"{torn} torn, {litter} with litter after the next save.\n"
    )


def main() -> None:
    """Kill, count, and write the counts."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--smoke", action="store_true", help="a few kills, nothing written")
    arguments = parser.parse_args()
    rng = random.Random(9)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "place").mkdir()
        make_models(folder)
        sizes = {size: (folder / f"{size}0.pliant").stat().st_size for size in WIDTHS}
        found = {}
        for way in WAYS[:1] if arguments.smoke else WAYS:
            kills = SMOKE if arguments.smoke else KILLS
            found[way] = kill_at_random(way, kills, folder, rng)
        for old in (folder / "place").iterdir():
            old.unlink()
        each = kill_at_each(folder, list(WIDTHS)[: 1 if arguments.smoke else None])
    text = table(found, each, sizes)
    print(text)
    if not arguments.smoke:
        write_between(text, BETWEEN)
    assert not any(c.torn or c.litter for c in found["pliant"].values())
    assert not any(each[1:])


if __name__ == "__main__":
    main()
