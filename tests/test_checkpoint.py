"""A fit that is stopped at any moment, in any way, goes on to the last bit as if it had not been."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import pliant
from pliant.ensemble import jobs, members
from pliant.errors import ArgumentError, InputError, ModelFileError
from pliant.modelfile import read_model, write_model
from pliant.recipe import deep
from pliant.training import checkpoint

HERE = Path(__file__).parent
STEPS = {"hidden": 4, "optimiser": "adam", "batch": 32, "engine": "reference"}
KINDS = {
    "one network": STEPS | {"epochs": 60, "validation": 0.2},
    "one network that stops early": STEPS | {"epochs": 400, "validation": 0.2, "patience": 10},
    "one network that runs away": STEPS | {"epochs": 30, "learning_rate": 1e6, "batch": None},
    "members by small steps": STEPS | {"epochs": 12, "members": 3},
    "members by Gauss-Newton": {"members": 4},
    "members by Gauss-Newton, chosen by folds": {"hidden": 3, "members": 3, "regularisation": "cv"},
    "members by L-BFGS": {"hidden": 3, "members": 3, "optimiser": "lbfgs", "epochs": 30},
    "members of groups": STEPS | {"epochs": 12, "members": 3, "groups": "g"},
    "a binary response": {"family": "binomial", "members": 3},
    "classes": STEPS | {"family": "multinomial", "epochs": 12, "members": 3},
    "one after the other in time": {"members": 3, "in_order": True},
}


def rows(n=120):
    """Give a table whose curve is strong."""
    rng = np.random.default_rng(4)
    x, z, g = rng.normal(size=n), rng.normal(size=n), rng.integers(0, 12, n)
    y = 3.0 * np.sin(2.0 * x) + z**2 + rng.normal(size=n) / 5.0
    return {"y": y, "b": (y > 1.0) * 1.0, "c": [("low", "middle", "high")[int(v > 0.0) + int(v > 2.0)] for v in y]} | {
        "x": x,
        "z": z,
        "g": [f"g{each}" for each in g],
    }


TABLE = rows()


def fitted(how, **more):
    """Fit a kind of model to the table."""
    how = how | more
    response = {"binomial": "b", "multinomial": "c"}.get(how.get("family"), "y")
    return pliant.fit(f"{response} ~ x + z", TABLE, **how)


def numbers(model, path):
    """Give every number that a model keeps, but for seconds: parameters, members, verdict, history, state."""
    model.save(path)
    facts, arrays = read_model(path)
    del facts["sha256"]
    said = {name: array.tobytes() for name, array in arrays.items() if "seconds" not in name}
    new = {"x": np.linspace(-2.0, 2.0, 9), "z": np.linspace(1.0, -1.0, 9)}
    said["predictions"] = plain(model.predict(new))
    if model.members is not None and facts["family"] == "gaussian":
        said["intervals"] = plain(model.predict(new, interval=0.9))
    return facts, said


def plain(frame):
    """Give predictions as lists: a column, or columns by name."""
    if isinstance(frame, dict):
        return {name: np.asarray(values).tolist() for name, values in frame.items()}
    return np.asarray(frame).tolist()


@pytest.fixture
def versions(monkeypatch):
    """Collect the content of every file that is written as a checkpoint: what a kill at any time may leave."""
    found = []

    def write(path, facts, arrays, check):
        done = write_model(path, facts, arrays, check)
        found.append(Path(path).read_bytes())
        return done

    monkeypatch.setattr(checkpoint, "write_model", write)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_file_a_kill_leaves_the_fit_goes_on_to_the_same_bits(kind, versions, tmp_path):
    how, path = KINDS[kind], tmp_path / "c"
    unbroken = numbers(fitted(how), tmp_path / "m")
    kept = fitted(how, threads=2, checkpoint=path, checkpoint_every="3 epochs" if "epochs" in how else "0.001 s")
    assert numbers(kept, tmp_path / "m") == unbroken
    assert versions
    chosen = sorted({0, len(versions) // 3, 2 * len(versions) // 3, len(versions) - 1})
    for i, at in enumerate(chosen):
        path.write_bytes(versions[at])
        again = fitted(how, threads=1 + i % 2, checkpoint=path)
        assert numbers(again, tmp_path / "m") == unbroken


@pytest.mark.parametrize("threads", [1, 2])
def test_both_recipes_on_the_same_folds_go_on_from_either(threads, versions, tmp_path, monkeypatch):
    """The deep one is made small: its widths, its steps, and from how many rows on it is tried."""
    for name, value in {"WIDTHS": (6, 6, 6), "FEW_STEPS": 20, "STEPS": 20, "LEAST_ROWS": 50, "EPOCHS": 1}.items():
        monkeypatch.setattr(deep, name, value)
    how = {"members": 3, "engine": "reference", "threads": threads}
    unbroken = numbers(fitted(how), tmp_path / "m")
    fitted(how, checkpoint=tmp_path / "c", checkpoint_every="5 epochs")
    facts = []
    for content in versions:
        (tmp_path / "c").write_bytes(content)
        facts.append(read_model(tmp_path / "c")[0])
    assert list(facts[-1]["checkpoint"]) == ["first", "second"]
    assert {kind for each in facts for kind, _ in each["parts"].values()} == {"found", "state"}
    for at in (0, 2, len(versions) // 2, len(versions) - 2, len(versions) - 1):
        (tmp_path / "c").write_bytes(versions[at])
        assert numbers(fitted(how, checkpoint=tmp_path / "c"), tmp_path / "m") == unbroken


def test_an_error_in_the_middle_loses_nothing(tmp_path, monkeypatch):
    how, path, calls = KINDS["members by small steps"], tmp_path / "c", []
    unbroken = numbers(fitted(how), tmp_path / "m")

    def fails(*arguments, **options):
        calls.append(1)
        if len(calls) == 2:
            raise MemoryError
        return train(*arguments, **options)

    train = members.train_network
    monkeypatch.setattr(members, "train_network", fails)
    with pytest.raises(MemoryError):
        fitted(how, threads=1, checkpoint=path)
    assert {"first.0", "first.1"} & set(read_model(path)[0]["parts"]) == {"first.0"}
    monkeypatch.setattr(members, "train_network", train)
    assert numbers(fitted(how, checkpoint=path), tmp_path / "m") == unbroken


def test_ctrl_c_ends_members_on_threads_at_once_and_keeps_how_far_they_are(tmp_path):
    how, path = STEPS | {"epochs": 10**7, "members": 3}, tmp_path / "c"
    old = signal.signal(signal.SIGALRM, signal.default_int_handler)
    began = time.perf_counter()
    try:
        signal.setitimer(signal.ITIMER_REAL, 1.5)
        with pytest.raises(KeyboardInterrupt):
            fitted(how, threads=2, checkpoint=path)
    finally:
        signal.signal(signal.SIGALRM, old)
    assert time.perf_counter() - began < 20.0
    assert {kind for kind, _ in read_model(path)[0]["parts"].values()} == {"state"}


def test_a_member_that_a_face_runs_is_not_cut_short_by_ctrl_c(monkeypatch):
    """joblib may run them on the main thread, where Ctrl-C reaches the training itself."""

    def in_turn(job, numbers):
        for k in numbers:
            signal.setitimer(signal.ITIMER_REAL, 0.5)
            yield job(k)

    old = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        with jobs.run_by(in_turn), pytest.raises(KeyboardInterrupt):
            fitted(STEPS, epochs=10**7, members=2)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, old)


CHILD = """
import sys
sys.path.insert(0, {here!r})
import test_checkpoint as t
print("ready", flush=True)
model = t.fitted(t.KINDS[{kind!r}], epochs={epochs}, checkpoint={path!r}, checkpoint_every={every!r}, threads={threads})
"""


def killed(kind, path, number, wait, epochs, threads=2, every="0.05 s"):
    """Fit in a child process, and send it a signal some seconds after it wrote the file; give how it ended."""
    script = CHILD.format(here=str(HERE), kind=kind, path=str(path), epochs=epochs, threads=threads, every=every)
    before = path.stat().st_mtime_ns if path.exists() else 0
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout.readline() == b"ready\n"
        began = time.perf_counter()
        while every != "1 h" and child.poll() is None and time.perf_counter() - began < 30.0:
            if path.exists() and path.stat().st_mtime_ns != before:
                break
            time.sleep(0.005)
        time.sleep(wait)
        child.send_signal(number)
        _, err = child.communicate(timeout=60)
    assert err == b""
    return child.returncode


@pytest.mark.parametrize("kind", ["one network", "members by small steps"])
def test_after_kill_9_and_sigterm_it_goes_on_to_the_same_bits(kind, tmp_path):
    how, epochs, path = KINDS[kind], 1_000, tmp_path / "c"
    unbroken = numbers(fitted(how, epochs=epochs), tmp_path / "m")
    ends = []
    for number, wait in ((signal.SIGKILL, 0.03), (signal.SIGTERM, 0.1)):
        ends.append(killed(kind, path, number, wait, epochs, threads=1 + len(ends) % 2))
        assert path.exists()
    assert ends[0] == -signal.SIGKILL
    assert set(ends) <= {-signal.SIGKILL, -signal.SIGTERM, 0}
    assert numbers(fitted(how, epochs=epochs, checkpoint=path), tmp_path / "m") == unbroken


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_state_is_written_before_such_a_signal_ends_the_process(number, tmp_path):
    """The interval is long, so that only the end can have written."""
    path = tmp_path / "c"
    assert killed("members by small steps", path, number, 2.5, 10**7, every="1 h") == -number
    assert {kind for kind, _ in read_model(path)[0]["parts"].values()} == {"state"}


def test_a_handler_of_the_callers_own_stays(tmp_path):
    seen = []
    old = signal.signal(signal.SIGTERM, lambda number, frame: seen.append(number))
    try:
        fitted(KINDS["members by Gauss-Newton"], checkpoint=tmp_path / "c")
        os.kill(os.getpid(), signal.SIGTERM)
        assert seen == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, old)
    fitted(KINDS["members by Gauss-Newton"], checkpoint=tmp_path / "c")
    assert signal.getsignal(signal.SIGTERM) == old


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"epochs": 13}, "epochs: 12 there, 13 here"),
        ({"members": 4}, "members: 3 there, 4 here"),
        ({"learning_rate": 0.02}, "learning_rate: 0.01 there, 0.02 here"),
        ({"in_order": True}, "in_order: False there, True here"),
        ({"standardise": False}, "standardise: True there, False here"),
        ({"seed": 7}, "seed: 0 there, 7 here"),
        ({"activation": "relu"}, "activation: 'tanh' there, 'relu' here"),
        ({"optimiser": "sgd"}, "optimiser: 'adam' there, 'sgd' here"),
        ({"groups": "g"}, "the values of groups differ"),
        ({"weights": np.linspace(0.5, 1.5, 120)}, "the values of weights differ"),
        ({"formula": "y ~ x"}, "formula: 'y ~ x + z' there, 'y ~ x' here"),
        ({"table": {**TABLE, "x": TABLE["x"] + 1e-12 * (np.arange(120) == 7)}}, "training: the values of 'x' differ;"),
        ({"table": {**TABLE, "y": TABLE["y"] + 1e-12}}, "training: the values of 'y' differ;"),
        ({"table": {name: values[:-1] for name, values in TABLE.items()}}, "training: rows: 120 there, 119 here;"),
    ],
    ids=lambda each: each if isinstance(each, str) else next(iter(each)),
)
def test_the_checkpoint_of_another_fit_is_refused_with_what_differs(change, says, tmp_path):
    path, how = tmp_path / "c", KINDS["members by small steps"]
    fitted(how, checkpoint=path)
    before = path.read_bytes()
    options = how | change
    formula, table = options.pop("formula", "y ~ x + z"), options.pop("table", TABLE)
    with pytest.raises(ArgumentError, match="is of another training: ") as problem:
        pliant.fit(formula, table, checkpoint=path, **options)
    assert says in str(problem.value)
    assert str(problem.value).endswith("; name another file, or remove this one")
    assert path.read_bytes() == before


@pytest.mark.parametrize("kind", ["found", "state"])
def test_a_crafted_checkpoint_of_the_right_fit_is_refused(kind, versions, tmp_path):
    """Its identity is right, and what it says of a member is of another size."""
    how, path = KINDS["members by small steps"], tmp_path / "c"
    fitted(how, checkpoint=path, checkpoint_every="3 epochs")
    path.write_bytes(versions[1 if kind == "state" else -1])
    facts, arrays = read_model(path)
    part = next(name for name, (each, _) in facts["parts"].items() if each == kind)
    for name in (f"{part}/parameters", f"{part}/moments", f"{part}/best_parameters"):
        if name in arrays:
            arrays[name] = arrays[name][..., :-1]
    write_model(path, {name: facts[name] for name in ("checkpoint", "parts")}, arrays, lambda facts, arrays: None)
    with pytest.raises(ModelFileError, match="the file may be damaged"):
        fitted(how, checkpoint=path)


def test_threads_progress_and_how_often_are_no_difference(tmp_path):
    how = KINDS["members by small steps"]
    first = fitted(how, checkpoint=tmp_path / "c", threads=2)
    again = fitted(how, checkpoint=tmp_path / "c", threads=1, progress=False, checkpoint_every="1 h")
    assert numbers(again, tmp_path / "m") == numbers(first, tmp_path / "m")


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"hidden": ()}, "a line is solved"),
        ({"members": 1}, "one network by lm"),
        (STEPS | {"optimiser": "lbfgs", "batch": None, "epochs": 20}, "one network by lbfgs"),
    ],
    ids=str,
)
def test_what_is_solved_in_one_go_keeps_nothing_and_says_so(how, says, tmp_path):
    model = fitted(how, checkpoint=tmp_path / "c")
    assert model.notes[-1].startswith(f"checkpoint= kept nothing: {says}")
    assert np.array_equal(model.parameters, fitted(how).parameters)
    assert not (tmp_path / "c").exists()


def test_a_training_that_goes_on_and_diverges_falls_back_as_the_unbroken_one(tmp_path):
    """Steps too long in one direction, along which little is wrong at first: the loss falls, and then it grows."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=50)
    z = x + rng.normal(size=50) / 3.0
    table = {"x": x, "z": z, "y": x - z}
    how = {"hidden": (), "optimiser": "gd", "learning_rate": 1.5, "epochs": 2_000, "engine": "reference"}
    unbroken = pliant.fit("y ~ x + z", table, **how)
    assert (unbroken.stopped, unbroken.training.epoch > 1) == ("diverged", True)
    path = tmp_path / "c"
    for epochs in (unbroken.training.epoch - 1, unbroken.training.epoch + 30):  # before the lowest loss, and after it
        path.unlink(missing_ok=True)
        pliant.fit("y ~ x + z", table, checkpoint=path, **how | {"epochs": epochs})
        for _ in range(2):  # the second goes on from where the first one fell back to
            again = pliant.fit("y ~ x + z", table, checkpoint=path, **how)
            assert numbers(again, tmp_path / "m") == numbers(unbroken, tmp_path / "n")


def test_a_checkpoint_that_cannot_be_written_is_said_before_the_training(tmp_path):
    with pytest.raises(InputError, match="there is no folder"):
        fitted({"hidden": ()}, checkpoint=tmp_path / "none" / "c")
