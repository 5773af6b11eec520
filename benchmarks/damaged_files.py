"""Count what happens to damaged model files: loaded without a word, refused, or crashed, and how much memory it took.

    python benchmarks/damaged_files.py            2,000 mutations of each kind of file, and the crafted ones
    python benchmarks/damaged_files.py --smoke    a few of each, nothing written

A mutation changes the bytes of a good file: bits flipped, cut off, spliced with another file, its beginning exchanged,
blocks removed, doubled, moved or zeroed, and numbers in it replaced by huge ones (`mutate.py`). A crafted file has a
right SHA-256 and wrong content (`crafted.py`). Each is opened in a process of its own, with a limit on memory and time,
by the reader that such files have: safetensors, ONNX (checked, and run), joblib, and torch with `weights_only=True`.
"""

import argparse
import hashlib
import importlib
import json
import os
import pickle
import resource
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import crafted
import numpy as np
from mutate import mutations

import pliant
from pliant.errors import ModelFileError

FIXTURES = Path(__file__).parents[1] / "tests" / "fixtures" / "format_2"
MARKS = ("<!-- damaged files -->\n", "<!-- /damaged files -->")
MUTATIONS, SMOKE = 2_000, 44
EVERY = 16  # of the crafted files of each good one
MEMORY, SECONDS = 4 * 2**30, 30  # that a process may take beyond what it has
ALLOWED = 200.0  # megabytes beyond a plain load


@dataclass(frozen=True)
class Reader:
    """One kind of file: how good ones are made, what reading one gives, and what a refusal may be."""

    name: str
    files: tuple[bytes, ...]
    read: Callable[[str], Any]  # from a path to what can be compared
    refusals: tuple[type[BaseException], ...] = (Exception,)


# one file in a process of its own


def in_child(work: Callable[[], Any], back: int) -> None:
    """Do some work, write what it gives as JSON, and leave without any clearing up."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (_address_space() + MEMORY,) * 2)
    signal.alarm(SECONDS)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    warnings.simplefilter("ignore")
    try:
        said = json.dumps(work()).encode()
        while said:
            said = said[os.write(back, said) :]
    except BaseException as problem:
        os.write(back, json.dumps({"problem": repr(problem)}).encode())
    finally:
        os._exit(0)


def asked(work: Callable[[], Any]) -> tuple[Any, str, float]:
    """Give what some work gives in a process of its own, why it gave nothing, and the megabytes that it took."""
    there, back = os.pipe()
    child = os.fork()
    if child == 0:  # nothing that a file may do reaches beyond this process
        os.close(there)
        in_child(work, back)
    os.close(back)
    with os.fdopen(there, "rb") as pipe:
        said = pipe.read()
    _, status, usage = os.wait4(child, 0)
    why = signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else "" if said else "left without a word"
    return json.loads(said) if said and not why else None, why, usage.ru_maxrss / 1024.0


def opened(reader: Reader, path: str, good: str) -> tuple[str, str, float]:
    """Open a file in a process of its own; give the outcome, a word on it, and the megabytes that it took at most.

    `good` is the digest of what a good file says.
    """

    def work() -> tuple[str, str]:
        try:
            found = digest(reader.read(path))
            return ("the same" if found == good else "loaded"), found
        except reader.refusals as problem:
            broken = isinstance(problem, MemoryError | RecursionError)
            return ("crashed" if broken else "refused"), f"{type(problem).__name__}: {problem}"[:2000]
        except BaseException as problem:
            return "crashed", f"{type(problem).__name__}: {problem}"[:2000]

    said, why, megabytes = asked(work)
    return ("crashed", why, megabytes) if said is None else (said[0], said[1], megabytes)


def digest(found: Any) -> str:
    """Give a digest of all that was read, to the last bit."""
    told = hashlib.sha256()

    def tell(value: Any) -> None:
        if isinstance(value, dict):
            for name in sorted(value, key=str):
                told.update(f"{type(name)} {name}:".encode(errors="surrogatepass"))
                tell(value[name])
        elif isinstance(value, np.ndarray):
            told.update(f"{value.dtype} {value.shape}".encode() + value.tobytes())
        else:
            told.update(value if isinstance(value, bytes) else f"{type(value)} {value}".encode(errors="surrogatepass"))

    tell(found)
    return told.hexdigest()


def _address_space() -> int:
    """Give the bytes of address space that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def run(reader: Reader, files: Iterator[tuple[str, bytes]], good: str, folder: Path) -> "Count":
    """Open every file and count."""
    path = folder / f"file.{reader.name.split()[0]}"
    count = Count()
    for what, content in files:
        path.write_bytes(content)
        count.add(what, *opened(reader, str(path), good))
    path.unlink(missing_ok=True)
    return count


class Count:
    """What came of the files of one kind."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.megabytes = 0.0
        self.odd: list[str] = []
        self.words: list[str] = []  # of refusals

    def add(self, kind: str, outcome: str, word: str, megabytes: float) -> None:
        """Count one file."""
        self.outcomes[outcome] += 1
        self.megabytes = max(self.megabytes, megabytes)
        refused = outcome == "refused"
        (self.words if refused else self.odd).append(word if refused else f"{kind}: {outcome} {word}")

    def plus(self, other: "Count") -> "Count":
        """Give both together."""
        both = Count()
        both.outcomes = self.outcomes + other.outcomes
        both.odd, both.words = self.odd + other.odd, self.words + other.words
        both.megabytes = max(self.megabytes, other.megabytes)
        return both


# the readers


def pliant_reader() -> Reader:
    """Files of pliant: what they predict, and everything that they say."""

    def read(path: str) -> Any:
        model = pliant.load(path)
        facts, arrays = model.to_state()
        rows = {
            "x": [-1.0, 0.5],
            "z": [0.2, 1.0],
            "g": ["a", "b"],
            "day": np.array(["2020-01-05", "2020-06-01"], "M8[D]"),
        }
        frame = model.predict(rows)
        told = {name: np.array(frame[name].to_list(), dtype=str) for name in frame.columns}
        return {"facts": json.dumps(facts, sort_keys=True), "arrays": dict(arrays), "predictions": told}

    return Reader("pliant", tuple(crafted.good_files(FIXTURES)), read, (ModelFileError,))


def made(work: Callable[[], list[bytes]]) -> tuple[bytes, ...]:
    """Give files that are made in a process of its own: this one stays without threads, so that it can be forked."""
    said, why, _ = asked(lambda: [each.hex() for each in work()])
    if not isinstance(said, list):
        raise SystemExit(f"no good files were made: {why or said}")
    return tuple(map(bytes.fromhex, said))


def _networks() -> list[Any]:
    """Fit the same small networks for every other kind of file."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=200)
    table = {"x": x, "z": rng.normal(size=200), "y": np.sin(x)}
    return [
        pliant.fit("y ~ x + z", table, hidden=units, engine="reference", optimiser="lm", regularisation="evidence")
        for units in (8, (6, 5))
    ]


def safetensors_reader(folder: Path) -> Reader:
    """Weights and biases, and the formula as metadata."""
    from safetensors import safe_open
    from safetensors.numpy import save

    def named(model: Any) -> dict[str, Any]:
        return {
            f"{l}.{what}": np.ascontiguousarray(values)
            for l, pair in enumerate(model.layers)
            for what, values in zip(("weight", "bias"), pair, strict=True)
        }

    def read(path: str) -> Any:
        with safe_open(path, "numpy") as file:
            names = list(file.keys())
            return {"metadata": file.metadata(), "arrays": {name: file.get_tensor(name) for name in names}}

    files = made(lambda: [save(named(m), metadata={"formula": m.formula}) for m in _networks()])
    return Reader("safetensors", files, read)


def onnx_reader(folder: Path) -> Reader:
    """The same networks exported: loaded, checked, and run on two rows."""
    import onnx
    import onnxruntime

    def files() -> list[bytes]:
        contents = []
        for model in _networks():
            model.to_onnx(folder / "good.onnx")
            contents.append((folder / "good.onnx").read_bytes())
        return contents

    rows = {name: np.array([[-1.0], [0.5]], dtype=np.float32) for name in ("x", "z")}

    def read(path: str) -> Any:
        loaded = onnx.load(path)
        onnx.checker.check_model(loaded)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(path, options)
        names = [each.name for each in session.get_outputs()]
        inputs = {each.name: rows.get(each.name, rows["x"]) for each in session.get_inputs()}
        return dict(zip(names, session.run(names, inputs), strict=True)) | {"says": loaded.SerializeToString()}

    return Reader("ONNX", made(files), read)


def joblib_reader(folder: Path) -> Reader:
    """A network of scikit-learn: what it predicts, and all of its attributes."""
    import joblib
    from sklearn.neural_network import MLPRegressor

    X = np.random.default_rng(0).normal(size=(200, 2))

    def files() -> list[bytes]:
        contents = []
        for units in (8, (6, 5)):
            fitted = MLPRegressor(hidden_layer_sizes=units, max_iter=30, random_state=0).fit(X, np.sin(X[:, 0]))
            joblib.dump(fitted, folder / "good.joblib")
            contents.append((folder / "good.joblib").read_bytes())
        return contents

    def read(path: str) -> Any:
        model = joblib.load(path)
        return {"predictions": model.predict(X[:4]), "says": pickle.dumps(model)}

    return Reader("joblib", made(files), read)


def torch_reader(folder: Path) -> Reader:
    """The same networks as a state of torch, read with `weights_only=True`."""
    import torch

    torch.set_num_threads(1)

    def files() -> list[bytes]:
        contents = []
        for model in _networks():
            torch.save(model.to_torch().state_dict(), folder / "good.pt")
            contents.append((folder / "good.pt").read_bytes())
        return contents

    def read(path: str) -> Any:
        return {name: values.numpy() for name, values in torch.load(path, weights_only=True).items()}

    return Reader("torch, weights_only", made(files), read)


OTHERS = (safetensors_reader, onnx_reader, joblib_reader, torch_reader)


# counting


def preload(reader: Reader, path: Path) -> None:
    """Import here what reading a good file imports, so that not every process has to."""
    names, _, _ = asked(lambda: (reader.read(str(path)), list(sys.modules))[1])
    for name in names or ():
        if name not in sys.modules:
            importlib.import_module(name)


def plainly(reader: Reader, path: Path) -> tuple[str, float]:
    """Open a good file twice; give the digest of what it says, and the megabytes that it took."""
    preload(reader, path)
    told = opened(reader, str(path), "")
    again = opened(reader, str(path), told[1])
    if (told[0], again[0]) != ("loaded", "the same"):
        raise SystemExit(f"a good file of {reader.name} does not load as itself: {told[:2]} {again[:2]}")
    return told[1], max(told[2], again[2])


def count_mutations(reader: Reader, count: int, folder: Path) -> tuple[Count, float]:
    """Count mutations, spread over the good files of a kind; and the megabytes of a plain load beside them."""
    total, plain = Count(), 0.0
    shares = [count // len(reader.files) + (i < count % len(reader.files)) for i in range(len(reader.files))]
    for i, (good, share) in enumerate(zip(reader.files, shares, strict=True)):
        path = folder / "good"
        path.write_bytes(good)
        told, megabytes = plainly(reader, path)
        plain = max(plain, megabytes)
        other = reader.files[(i + 1) % len(reader.files)]
        total = total.plus(run(reader, mutations(good, other, i, share), told, folder))
    return total, plain


def count_crafted(reader: Reader, folder: Path, every: int = 1) -> Count:
    """Count crafted files, every so many."""
    total = Count()
    for i, good in enumerate(reader.files):
        path = folder / "good"
        path.write_bytes(good)
        told, _ = plainly(reader, path)
        chosen = (each for k, each in enumerate(crafted.crafted(good)) if (k + i) % every == 0 and each[1] != good)
        total = total.plus(run(reader, chosen, told, folder))
    return total


def line(name: str, count: Count, plain: float) -> str:
    """Give one line of the table."""
    n = sum(count.outcomes.values())
    figures = [f"{count.outcomes[outcome]:,}" for outcome in ("loaded", "the same", "crashed", "refused")]
    return f"| {name} | {n:,} | {' | '.join(figures)} | {max(count.megabytes - plain, 0.0):,.0f} |"


HEADER = (
    "| file | damaged | loaded, says something else | loaded, says the same | crashed | refused | "
    "memory beyond a plain load, MB |\n|---|---|---|---|---|---|---|"
)


def main() -> None:
    """Count, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="a few files of each kind, nothing written")
    smoke = parser.parse_args().smoke
    count = SMOKE if smoke else MUTATIONS
    lines, began = [HEADER], time.perf_counter()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        own = pliant_reader()
        mutated, plain = count_mutations(own, count, folder)
        lines.append(line("pliant, mutated", mutated, plain))
        print("\n".join(lines), flush=True)
        wrong_content = count_crafted(own, folder, 300 if smoke else EVERY)
        lines.append(line("pliant, crafted", wrong_content, plain))
        print(lines[-1], flush=True)
        for make in OTHERS:
            reader = make(folder)
            found, usual = count_mutations(reader, count, folder)
            lines.append(line(f"{reader.name}, mutated", found, usual))
            print(lines[-1], *found.odd[:3], sep="\n   ", flush=True)
    both = mutated.plus(wrong_content)
    wrong = both.odd + [w for w in both.words if not w.startswith("ModelFileError")]
    if both.megabytes - plain > ALLOWED:
        wrong.append(f"{both.megabytes - plain:.0f} MB beyond a plain load")
    print("\n".join(wrong))
    print(f"{time.perf_counter() - began:.0f} s")
    if wrong:
        sys.exit(f"{len(wrong)} files were not refused as they should be")
    if not smoke:
        from digits import write_between

        write_between("\n".join(lines) + "\n", MARKS)


if __name__ == "__main__":
    main()
