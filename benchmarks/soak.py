"""Fit on threads for half an hour: results equal to the serial ones, and memory, open files and threads flat.

    python benchmarks/soak.py --minutes 30 --threads 4    half an hour; writes the table into README.md
    python benchmarks/soak.py --smoke                     ten seconds, nothing written

Each job is done serially first, and what it gave is kept, byte by byte. Then threads of one process do jobs drawn at
random, and every result must be the same bytes. Once a minute all threads wait between two jobs; then garbage is
collected, and memory, open files and threads are counted. The first third is for what is loaded, compiled and kept
once; of the rest the slope of the memory is told with its standard error, which knows how far the samples scatter.
"""

import argparse
import gc
import hashlib
import os
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from digits import write_between

import pliant
from pliant.sklearn import PliantClassifier, PliantRegressor

BETWEEN = ("<!-- soak -->\n", "<!-- /soak -->")
FLAT = 1.0  # MB a minute: what counts as flat, beyond twice the standard error of the slope
SKIPPED = 1.0 / 3.0  # of the samples, before the slope begins
Job = Callable[[Path], list[Any]]


def columns(n: int, seed: int) -> dict[str, Any]:
    """Give a table with a response for every family."""
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=n), rng.uniform(-2.0, 2.0, n)
    eta = 0.6 * np.sin(2.0 * x) + 0.3 * z
    table = {"x": x, "z": z, "g": np.array(["a", "b", "c"])[rng.integers(0, 3, n)]}
    table |= {"gaussian": eta + 0.3 * rng.normal(size=n), "poisson": rng.poisson(np.exp(1.0 + eta)) * 1.0}
    table["binomial"] = (rng.random(n) < 1.0 / (1.0 + np.exp(-eta))) * 1.0
    table["gamma"] = rng.gamma(4.0, np.exp(eta) / 4.0)
    table["inverse_gaussian"] = rng.wald(np.exp(eta), 3.0)
    table["negative_binomial"] = rng.negative_binomial(3, 3.0 / (3.0 + np.exp(1.0 + eta))) * 1.0
    table["tweedie"] = table["gamma"] * (rng.random(n) < 0.8)
    table["multinomial"] = np.array(["p", "q", "r"])[rng.integers(0, 3, n)]
    return table | {"quasipoisson": table["poisson"], "quasibinomial": table["binomial"]}


SMALL, MIDDLE, LARGE = columns(60, 1), columns(240, 2), columns(30_000, 3)
FAMILIES = tuple(name for name in SMALL if name not in ("x", "z", "g"))


def numbers(frame: Any) -> list[Any]:
    """Give the columns of a frame, to be compared."""
    return [np.asarray(frame[name]) for name in frame.columns]


def line(family: str, table: dict[str, Any] = MIDDLE) -> Job:
    """Fit a line, and predict with intervals where its family has them."""

    def job(folder: Path) -> list[Any]:
        model = pliant.fit(f"{family} ~ x + z + g", table, family=family, hidden=())
        intervals = {} if family.startswith("quasi") or family == "multinomial" else {"interval": 0.9}
        return [
            model.parameters,
            *numbers(model.tidy()),
            *numbers(model.predict(table, **intervals)),
            str(model.summary()),
        ]

    return job


def network(engine: str, **chosen: Any) -> Job:
    """Train a network in an engine."""

    def job(folder: Path) -> list[Any]:
        wanted = {"hidden": (6, 4), "epochs": 12, "batch": 32, "optimiser": "adam", "seed": 3, "members": 1, **chosen}
        model = pliant.fit("gaussian ~ x + z + g", MIDDLE, engine=engine, **wanted)
        return [model.parameters, *numbers(model.predict(MIDDLE))]

    return job


def recipe(folder: Path) -> list[Any]:
    """Fit by the recipe, and ask the members for intervals and the verdict."""
    model = pliant.fit("gaussian ~ x + z", SMALL, seed=1)
    return [model.parameters, *numbers(model.predict(SMALL, interval=0.9)), str(model.summary())]


def members(folder: Path) -> list[Any]:
    """Fit members without the search of the recipe, and save and load them."""
    model = pliant.fit("poisson ~ x + g", SMALL, family="poisson", hidden=2, members=3, optimiser="lm")
    path = folder / f"{threading.get_ident()}.pliant"
    model.save(path)
    kept = path.read_bytes()
    return [kept, *numbers(pliant.load(path).predict(SMALL))]


def compare(folder: Path) -> list[Any]:
    """Compare line and curve."""
    return [str(pliant.compare("binomial ~ x", SMALL, family="binomial", hidden=2, members=4))]


def files(folder: Path) -> list[Any]:
    """Save a line, load it and predict a table from a file."""
    model = pliant.fit("gaussian ~ x * g", MIDDLE, hidden=())
    path = folder / f"{threading.get_ident()}.pliant"
    model.save(path)
    return [path.read_bytes(), *numbers(pliant.load(path).predict(str(folder / "table.csv"), interval=0.8))]


def check(folder: Path) -> list[Any]:
    """Ask what speaks against a line, and look at its table."""
    model = pliant.fit("gaussian ~ x + z", SMALL, hidden=())
    return [str(model.check(199)), str(model.look()), *numbers(model.avg_slopes())]


def pictures(folder: Path) -> list[Any]:
    """Write a report, with all its pictures, and one picture as a file."""
    model = pliant.fit("gaussian ~ x + g", SMALL, hidden=())
    path = folder / f"{threading.get_ident()}"
    model.report(f"{path}.html")
    pliant.plots.save_figure(model.plot(), f"{path}.svg")
    return [Path(f"{path}.html").read_bytes(), Path(f"{path}.svg").read_bytes()]


def estimators(folder: Path) -> list[Any]:
    """Fit scikit-learn's faces."""
    X = np.column_stack([MIDDLE["x"], MIDDLE["z"]])
    regressor = PliantRegressor(hidden=2, members=3, optimiser="lm", random_state=1).fit(X, MIDDLE["gaussian"])
    classifier = PliantClassifier(hidden=(), random_state=1).fit(X, MIDDLE["multinomial"])
    return [regressor.predict(X), classifier.predict_proba(X)]


JOBS: dict[str, Job] = {
    **{f"line, {family}": line(family) for family in FAMILIES},
    "line, 30,000 rows": line("gaussian", LARGE),
    "network, reference": network("reference"),
    "network, compiled": network("compiled"),
    "network, compiled, float32": network("compiled", precision="float32"),
    "network, torch": network("torch"),
    "network, early stop": network("compiled", validation=0.2, patience=3, epochs=40),
    "recipe": recipe,
    "members, saved and loaded": members,
    "line against curve": compare,
    "saved and loaded, a file": files,
    "check, look, slopes": check,
    "report and picture": pictures,
    "scikit-learn": estimators,
}


def digest(parts: list[Any]) -> str:
    """Give a digest of results, bit by bit."""
    found = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray) and part.dtype != object:
            found.update(f"{part.dtype}{part.shape}".encode() + np.ascontiguousarray(part).tobytes())
        else:
            found.update(
                part if isinstance(part, bytes) else repr(part.tolist() if hasattr(part, "tolist") else part).encode()
            )
    return found.hexdigest()


@dataclass
class Sample:
    """What was counted while all threads waited."""

    minutes: float
    megabytes: float
    files: int
    threads: int


def sample(begun: float) -> Sample:
    """Count memory, open files and threads."""
    gc.collect()
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    count = len(os.listdir("/proc/self/task"))
    return Sample((time.monotonic() - begun) / 60.0, resident, len(os.listdir("/proc/self/fd")) - 1, count)


@dataclass
class Soak:
    """Threads that do jobs until they are told to end, and wait when they are told to wait."""

    expected: dict[str, str]
    folder: Path
    done: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    go: threading.Event = field(default_factory=threading.Event)
    end: threading.Event = field(default_factory=threading.Event)
    lock: threading.Condition = field(default_factory=threading.Condition)
    busy: int = 0

    def work(self, seed: int) -> None:
        """Do every job once, in an order of its own, and then jobs drawn at random."""
        rng, names = np.random.default_rng(seed), list(self.expected)
        first = list(rng.permutation(names))
        while not self.end.is_set():
            self.go.wait()
            with self.lock:
                self.busy += 1
            name = str(first.pop()) if first else names[rng.integers(len(names))]
            try:
                said = "" if digest(JOBS[name](self.folder)) == self.expected[name] else "another result"
            except Exception:
                said = traceback.format_exc()
            with self.lock:
                self.busy -= 1
                self.done[name] += 1
                if said:
                    self.wrong.append(f"{name}: {said}")
                self.lock.notify_all()

    def still(self, begun: float) -> Sample:
        """Let the threads come to rest and count."""
        self.go.clear()
        with self.lock:
            self.lock.wait_for(lambda: self.busy == 0)
        found = sample(begun)
        self.go.set()
        return found


def soak(minutes: float, threads: int, every: float, names: list[str]) -> tuple[Soak, list[Sample]]:
    """Run; give what was done and what was counted."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        rows = "".join(f"{x!r},{g}\n" for x, g in zip(MIDDLE["x"].tolist(), MIDDLE["g"].tolist(), strict=True))
        (folder / "table.csv").write_text("x,g\n" + rows)
        first = {name: digest(JOBS[name](folder)) for name in names}
        again = {name: digest(JOBS[name](folder)) for name in names}
        assert first == again, [name for name in names if first[name] != again[name]]
        running = Soak(first, folder)
        workers = [threading.Thread(target=running.work, args=(k,)) for k in range(threads)]
        begun = time.monotonic()
        for worker in workers:
            worker.start()
        running.go.set()
        samples = []
        while time.monotonic() - begun < 60.0 * minutes:
            time.sleep(max(0.0, min(every, 60.0 * minutes - (time.monotonic() - begun))))
            samples.append(running.still(begun))
        running.end.set()
        for worker in workers:
            worker.join()
        return running, samples


def slope(samples: list[Sample]) -> tuple[float, float]:
    """Give the slope of the memory over the last two thirds, in MB a minute, and its standard error."""
    kept = samples[int(len(samples) * SKIPPED) :]
    if len(kept) < 3:
        return 0.0, float("inf")
    at, y = np.array([s.minutes for s in kept]), np.array([s.megabytes for s in kept])
    centred = at - at.mean()
    rise = float(centred @ y / (centred @ centred))
    rest = y - y.mean() - rise * centred
    return rise, float(np.sqrt(rest @ rest / (len(kept) - 2) / (centred @ centred)))


def shown(running: Soak, samples: list[Sample], threads: int) -> str:
    """Give the table for the page."""
    rise, error = slope(samples)
    last, third = samples[-1], samples[int(len(samples) * SKIPPED)]
    total = sum(running.done.values())
    lines = [
        f"{total:,} jobs of {len(running.expected)} kinds on {threads} threads in {last.minutes:.0f} minutes; "
        f"{len(running.wrong)} gave another result than serially, or failed.",
        "",
        "| | after a third | at the end |",
        "|---|---|---|",
        f"| memory, MB | {third.megabytes:.0f} | {last.megabytes:.0f} |",
        f"| open files | {third.files} | {last.files} |",
        f"| threads | {third.threads} | {last.threads} |",
        "",
        f"Memory over the last two thirds: {rise:+.2f} MB a minute (standard error {error:.2f}).",
    ]
    return "\n".join(lines) + "\n"


def faults(running: Soak, samples: list[Sample]) -> list[str]:
    """Say what is not as it should be."""
    rise, error = slope(samples)
    third, last = samples[int(len(samples) * SKIPPED)], samples[-1]
    found = list(running.wrong)
    found += [f"no thread came to {name}" for name in running.expected if not running.done[name] and last.minutes > 2.0]
    if last.minutes > 2.0 and rise - 2.0 * error > FLAT:  # in seconds, what is loaded once is all there is to see
        found.append(f"memory rises by {rise:.2f} MB a minute (standard error {error:.2f})")
    found += [f"open files rise from {third.files} to {last.files}"] if last.files > third.files else []
    found += [f"threads rise from {third.threads} to {last.threads}"] if last.threads > third.threads else []
    return found


def main() -> None:
    """Print what was counted, and write it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--only", help="names of jobs, as they begin, with semicolons between")
    parser.add_argument("--smoke", action="store_true", help="ten seconds, nothing written")
    given = parser.parse_args()
    minutes = 1.0 / 6.0 if given.smoke else given.minutes
    wanted = tuple(given.only.split(";")) if given.only else ("",)
    names = [name for name in JOBS if name.startswith(wanted)]
    running, samples = soak(minutes, given.threads, min(60.0, 60.0 * minutes / 9.0), names)
    for each in samples:
        print(f"{each.minutes:5.1f} min  {each.megabytes:7.1f} MB  {each.files:3d} files  {each.threads:3d} threads")
    for name in names:
        print(f"{running.done[name]:6d}  {name}")
    text = shown(running, samples, given.threads)
    print(text)
    found = faults(running, samples)
    if found:
        sys.exit("\n".join(["not as it should be:", *found[:20]]))
    if not given.smoke and minutes >= 20.0 and not given.only:
        write_between(text, BETWEEN)


if __name__ == "__main__":
    main()
