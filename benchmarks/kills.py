"""Kill fits at random moments of their training, let each go on from its checkpoint, and compare with the unbroken run.

    python benchmarks/kills.py              100 fits killed, 20 Ctrl-C, 10 SIGTERM; half an hour, and writes README.md;
                                            goes on from out/kills.jsonl
    python benchmarks/kills.py --smoke      a few of each, nothing written

A killed fit is a process of its own that ends by SIGKILL; so is every one that goes on. Ctrl-C and SIGTERM go to the
command `pliant fit`. Compared is all that a model file holds but for seconds, and predictions of new rows with their
intervals, bit for bit; after every signal the file has to be absent or whole.
"""

import argparse
import json
import multiprocessing
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy  # noqa: F401  loaded before the processes part, like the next two
import scipy.optimize
import scipy.special  # noqa: F401
from digits import write_between

import pliant
from pliant.errors import ModelFileError
from pliant.modelfile import read_model
from pliant.training import Checkpoint

HERE = Path(__file__).parent
BETWEEN = ("<!-- kills -->\n", "<!-- /kills -->")
SEED = 11
STEPS = {"optimiser": "adam", "batch": 64, "engine": "reference"}
KINDS: dict[str, dict[str, Any]] = {
    "one network by small steps": STEPS | {"hidden": 16, "epochs": 3_000, "validation": 0.2},
    "five members by small steps": STEPS | {"hidden": 8, "epochs": 400, "members": 5},
    "ten members by Gauss-Newton": {"members": 10, "engine": "reference"},
    "both recipes on the same folds": {"members": 5},
    "classes, three members": STEPS | {"hidden": 6, "epochs": 600, "members": 3, "family": "multinomial"},
}
SIZES = {"both recipes on the same folds": 600, "ten members by Gauss-Newton": 400}  # rows; else 300
FITS = 20  # of each kind that are killed, and go on
REPEATED = 2  # of them: killed three times before they end
SIGNALS = {signal.SIGINT: 20, signal.SIGTERM: 10}  # fits that they end
RECORD = HERE.parent / "out" / "kills.jsonl"
OFTEN = ("0.1 s", "0.02 s", "5 epochs", "0.5 s")
SHELL = {
    "one network by small steps": ["--hidden", "16", "--optimiser", "adam", "--batch", "64", "--epochs", "9000"],
    "five members by small steps": [
        *("--hidden", "8", "--optimiser", "adam", "--batch", "64", "--epochs", "900", "--members", "5"),
    ],
}
USUAL = 30.0  # seconds between two writes by default
Numbers = tuple[dict[str, Any], dict[str, bytes]]


def table(n: int) -> dict[str, Any]:
    """Give rows with a strong curve, and classes."""
    rng = np.random.default_rng(SEED)
    x, z = rng.normal(size=n), rng.normal(size=n)
    y = 3.0 * np.sin(2.0 * x) + z**2 + rng.normal(size=n) / 4.0
    return {"y": y, "c": np.array(["low", "middle", "high"])[np.digitize(y, (0.0, 2.0))], "x": x, "z": z}


def fit(kind: str, threads: int, checkpoint: Path | None = None, every: str = "30 s") -> pliant.Fitted:
    """Fit a kind of model."""
    how = KINDS[kind]
    response = "c" if how.get("family") == "multinomial" else "y"
    rows = table(SIZES.get(kind, 300))
    return pliant.fit(
        f"{response} ~ x + z", rows, threads=threads, checkpoint=checkpoint, checkpoint_every=every, **how
    )


def numbers(model: Path) -> Numbers:
    """Give all that a model file holds but for seconds, and what it predicts."""
    facts, arrays = read_model(model)
    del facts["sha256"]
    said = {name: array.tobytes() for name, array in arrays.items() if "seconds" not in name}
    new = {"x": np.linspace(-2.0, 2.0, 25), "z": np.linspace(1.0, -1.0, 25)}
    loaded = pliant.load(model)
    bands = loaded.members is not None and facts["family"] == "gaussian"
    frame = loaded.predict(new, interval=0.9) if bands else loaded.predict(new)
    columns = frame if isinstance(frame, dict) else {"prediction": frame}
    said |= {f"predicted {name}": repr(np.asarray(values).tolist()).encode() for name, values in columns.items()}
    return facts, said


def to_its_end(kind: str, threads: int, folder: Path, checkpoint: bool, every: str) -> None:
    """Fit in this process, and write the model."""
    fit(kind, threads, folder / "c" if checkpoint else None, every).save(folder / "m.pliant")


def in_a_process(*arguments: Any) -> multiprocessing.Process:
    """Start a fit in a process of its own, which has loaded already what it needs; this one fits nothing itself."""
    process = multiprocessing.get_context("fork").Process(target=to_its_end, args=arguments)
    process.start()
    return process


def is_torn(path: Path) -> bool:
    """Say whether there is a file that is not whole."""
    if not path.exists():
        return False
    try:
        Checkpoint(path)
    except ModelFileError:
        return True
    return False


def kills(kind: str, count: int, repeated: int, rng: np.random.Generator) -> dict[str, Any]:
    """Kill so many fits of a kind, and count what became of them."""
    said = {"kind": kind, "kills": 0, "torn": 0, "in training": 0, "had a file": 0, "fits": 0, "same": 0}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        in_a_process(kind, 2, folder, False, "30 s").join()  # kernels and caches
        began = time.perf_counter()
        process = in_a_process(kind, 2, folder, False, "30 s")
        process.join()
        seconds = time.perf_counter() - began
        unbroken = numbers(folder / "m.pliant")
    while said["fits"] < count:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            for _ in range(3 if said["fits"] < repeated else 1):
                threads, every = 1 + said["kills"] % 2, OFTEN[said["kills"] % len(OFTEN)]
                process = in_a_process(kind, threads, folder, True, every)
                process.join(rng.uniform(0.0, seconds))
                said["in training"] += process.exitcode is None
                process.kill()
                process.join()
                said["kills"] += 1
                said["torn"] += is_torn(folder / "c")
            said["had a file"] += (folder / "c").exists()
            (folder / "m.pliant").unlink(missing_ok=True)
            process = in_a_process(kind, 1 + said["fits"] % 2, folder, True, "30 s")
            process.join()
            said["fits"] += 1
            said["same"] += process.exitcode == 0 and numbers(folder / "m.pliant") == unbroken
    print(said, f"{seconds:.1f} s unbroken", flush=True)
    return said


def signals(number: signal.Signals, count: int, rng: np.random.Generator) -> dict[str, Any]:
    """Send a signal to `pliant fit` so many times, and count what became of it."""
    said: dict[str, Any] = {"kind": number.name, "kills": 0, "torn": 0, "in training": 0, "had a file": 0}
    said |= {"fits": 0, "same": 0}
    leaves = 128 + number  # as a shell calls it
    for options in SHELL.values():
        with tempfile.TemporaryDirectory() as place:
            rows = table(300)
            data = Path(place) / "t.csv"
            lines = [f"{y!r},{x!r},{z!r}" for y, x, z in zip(*(rows[c].tolist() for c in "yxz"), strict=True)]
            data.write_text("\n".join(["y,x,z", *lines]) + "\n")
            command = [sys.executable, "-m", "pliant", "fit", str(data), "y ~ x + z", *options, "--quiet"]
            subprocess.run([*command, "--out", "u.pliant"], cwd=place, check=True, capture_output=True)
            began = time.perf_counter()
            subprocess.run([*command, "--out", "u.pliant"], cwd=place, check=True, capture_output=True)
            seconds = time.perf_counter() - began
            unbroken = numbers(Path(place) / "u.pliant")
            kept = [*command, "--checkpoint", "c", "--checkpoint-every", "1 h", "--out", "m.pliant"]
            for _ in range(count // 2):
                (Path(place) / "c").unlink(missing_ok=True)
                child = subprocess.Popen(kept, cwd=place, stderr=subprocess.PIPE, text=True)
                time.sleep(rng.uniform(0.4 * seconds, 0.9 * seconds))
                child.send_signal(number)
                _, err = child.communicate()
                said["kills"] += 1
                said["in training"] += child.returncode == leaves
                said["had a file"] += (Path(place) / "c").exists()
                said["torn"] += is_torn(Path(place) / "c")
                # Python itself ends by SIGINT if that comes while it loads or leaves; a shell calls both 130
                if "Traceback" in err or child.returncode not in (leaves, -number, 0):
                    sys.exit(f"{number.name} ended with {child.returncode}: {err}")
                subprocess.run(kept, cwd=place, check=True, capture_output=True)
                said["fits"] += 1
                said["same"] += numbers(Path(place) / "m.pliant") == unbroken
    print(said, flush=True)
    return said


def costs(smoke: bool) -> list[tuple[str, float, float, float]]:
    """Give for some fits: bytes of the file, seconds of a write (median), and of the slowest."""
    found = []
    sizes = {"one network, 337 parameters": (300, STEPS | {"hidden": 16, "epochs": 1_000})}
    if not smoke:
        sizes["five networks of three layers of 128"] = (6_000, {})
        sizes["one network, three layers of 512"] = (5_000, STEPS | {"hidden": (512, 512, 512), "epochs": 3})
    for name, (n, how) in sizes.items():
        spent: list[float] = []
        plain: Callable[[Checkpoint], None] = Checkpoint._write

        def timed(file: Checkpoint, spent: list[float] = spent, plain: Callable[..., None] = plain) -> None:
            began = time.perf_counter()
            plain(file)
            spent.append(time.perf_counter() - began)

        with tempfile.TemporaryDirectory() as place:
            path = Path(place) / "c"
            Checkpoint._write = timed  # type: ignore[method-assign]
            try:
                pliant.fit("y ~ x + z", table(n), checkpoint=path, checkpoint_every="1 s", threads=2, **how)
            finally:
                Checkpoint._write = plain  # type: ignore[method-assign]
            size = path.stat().st_size
        found.append((name, size, float(np.median(spent)), float(np.max(spent))))
        print(found[-1], len(spent), flush=True)
    return found


def recorded() -> list[dict[str, Any]]:
    """Give what was counted before."""
    return [json.loads(line) for line in RECORD.read_text().splitlines()] if RECORD.exists() else []


def recording(said: dict[str, Any], smoke: bool) -> dict[str, Any]:
    """Keep what was counted, and give it."""
    if not smoke:
        RECORD.parent.mkdir(exist_ok=True)
        with RECORD.open("a") as file:
            file.write(json.dumps(said, default=int) + "\n")
    return said


def fits(kind: str, counted: list[dict[str, Any]]) -> int:
    """Give how many fits of a kind have been counted."""
    return int(sum(each["fits"] for each in counted if each["kind"] == kind))


def page(counted: list[dict[str, Any]], spent: list[tuple[str, float, float, float]]) -> str:
    """Write the tables."""
    lines = [
        "| fit | signals | while it ran | torn files | had a file to go on from | gone on | equal to the unbroken |",
        "|---|---|---|---|---|---|---|",
    ]
    order = ("kills", "in training", "torn", "had a file", "fits", "same")
    for kind in [*dict.fromkeys(each["kind"] for each in counted), "all"]:
        sums = [sum(int(each[name]) for each in counted if kind in (each["kind"], "all")) for name in order]
        lines.append(f"| {kind} | " + " | ".join(map(str, sums)) + " |")
    lines += [
        "",
        "| fit | file | a write, median | slowest | share of a training, every 30 s |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {size / 1e3:,.0f} kB | {1e3 * each:,.0f} ms | {1e3 * most:,.0f} ms | {each / (USUAL + each):.2%} |"
        for name, size, each, most in spent
    ]
    return "\n".join([*lines, "", f"Python {platform.python_version()}, {os.cpu_count()} processors.", ""])


def main() -> None:
    """Count everything and write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smoke", action="store_true", help="a few of each, and nothing written")
    smoke = parser.parse_args().smoke
    counted = [] if smoke else recorded()
    rng = np.random.default_rng([SEED, len(counted)])
    missing = {name: (2 if smoke else FITS) - fits(name, counted) for name in KINDS}
    for name, count in missing.items():
        if count > 0:
            again = 0 if smoke or fits(name, counted) else REPEATED
            counted.append(recording(kills(name, count, again, rng), smoke))
    for number, count in SIGNALS.items():
        if fits(number.name, counted) < count:
            left = 2 if smoke else count - fits(number.name, counted)
            counted.append(recording(signals(number, left, rng), smoke))
    spent = costs(smoke)
    text = page(counted, spent)
    print(text)
    if not smoke:
        write_between(text, BETWEEN)
    wrong = [each for each in counted if each["torn"] or each["same"] < each["fits"]]
    if wrong:
        sys.exit(f"not equal, or torn: {wrong}")


if __name__ == "__main__":
    main()
