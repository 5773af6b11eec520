"""The cache of compiled code: never stale, never in the way. Each process is a fresh one, over a copy of pliant."""

import ctypes
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pliant

CHILD = """
import ctypes, json, sys
import numpy as np
from pliant.engines.compiled import cache
from pliant.engines.compiled.blocks import slope_block, value_block
numbers = {}
for name in sys.argv[1:]:
    value, _ = value_block(name, np.float64), slope_block(name, np.float64)
    z, a = np.array([0.5]), np.zeros(1)
    ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 3)(value)(z.ctypes.data, a.ctypes.data, 1)
    numbers[name] = a[0]
print(json.dumps({"numbers": numbers, "found": cache.TALLY.found, "compiled": cache.TALLY.compiled}))
"""
NETWORK = """
import numpy as np
from pliant.engines import engine
from pliant.network import Network
network = Network(1, 1, (2,), "relu", skip=False)
print(engine("compiled").forward(network, np.arange(network.n_parameters) / 2.0, np.array([[1.0]]))[0, 0])
"""

THREADS = """
import json
from concurrent.futures import ThreadPoolExecutor
import numpy as np
from pliant.engines.compiled import cache
from pliant.engines.compiled.blocks import value_block
with ThreadPoolExecutor(8) as pool:
    addresses = set(pool.map(lambda _: value_block("relu", np.float64), range(8)))
print(json.dumps({"blocks": len(addresses), "compiled": cache.TALLY.compiled}))
"""


class Copy:
    """A copy of the package, and its processes."""

    def __init__(self, folder):
        self.source = folder / "lib"
        self.home = folder / "home"
        self.home.mkdir()
        shutil.copytree(
            Path(pliant.__file__).parent, self.source / "pliant", ignore=shutil.ignore_patterns("__pycache__")
        )

    @property
    def kept(self):
        return self.source / "pliant" / "engines" / "compiled" / "__pycache__"

    def files(self):
        return sorted(self.kept.glob("*.code"))

    def edit(self, file, old, new):
        path = self.source / "pliant" / file
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), "utf-8")

    def may_be_written(self, yes):
        """Open or close every folder of the package."""
        for folder in (self.source, *(path for path in self.source.rglob("*") if path.is_dir())):
            folder.chmod(0o755 if yes else 0o555)

    def start(self, *arguments, program=CHILD, bound=False, **environment):
        names = ("NUMBA_CACHE_DIR", "NUMBA_DISABLE_JIT", "XDG_CACHE_HOME", "PYTHONPATH", "HOME")
        clean = {name: value for name, value in os.environ.items() if name not in names}
        clean |= {"PYTHONPATH": str(self.source), "HOME": str(self.home), **environment}
        return subprocess.Popen(
            [sys.executable, "-c", program, *arguments],
            env=clean,
            preexec_fn=_bind_root if bound else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
        )

    def run(self, *arguments, **how):
        return finish(self.start(*arguments, **how))


def _bind_root():
    """Let the rights of files hold for root too, as for anybody: the program to be run may not override them."""
    drop_from_what_may_be_had, overriding = 24, 1  # PR_CAPBSET_DROP and CAP_DAC_OVERRIDE of Linux
    ctypes.CDLL(None).prctl(drop_from_what_may_be_had, overriding)


def finish(process):
    """Give what a process printed."""
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert "Traceback" not in err
    return json.loads(out)


@pytest.fixture
def copy(tmp_path):
    return Copy(tmp_path)


def test_a_second_process_compiles_nothing(copy):
    first, second = copy.run("tanh", "relu"), copy.run("tanh", "relu")
    assert (first["compiled"], first["found"]) == (4, 0)
    assert (second["compiled"], second["found"]) == (0, 4)
    assert first["numbers"] == second["numbers"]
    assert len(copy.files()) == 4


def test_a_helper_edited_in_its_own_file_changes_the_number(copy):
    before = copy.run("gelu", "relu")
    copy.edit("functions/special.py", "_MILLS[0]) / (x + 4.0)", "_MILLS[0]) / (x + 5.0)")
    edited = copy.run("gelu", "relu")
    assert edited["numbers"]["gelu"] != before["numbers"]["gelu"]
    assert (edited["compiled"], edited["found"]) == (2, 2)  # relu does not reach it
    copy.edit("functions/special.py", "_MILLS[0]) / (x + 5.0)", "_MILLS[0]) / (x + 4.0)")
    again = copy.run("gelu", "relu")
    assert again["numbers"] == before["numbers"]
    assert again["compiled"] == 0


def test_a_constant_edited_changes_the_number(copy):
    before = copy.run("gelu")
    copy.edit("functions/special.py", "2.4325604285150404", "2.5")
    assert copy.run("gelu")["numbers"] != before["numbers"]


def test_an_edit_of_the_engine_itself_makes_all_anew_and_drops_what_was(copy):
    copy.run("tanh")
    old = copy.files()
    copy.edit("engines/compiled/blocks.py", "after[i] = call(key, before[i])", "after[i] = 7.0")
    assert copy.run("tanh")["numbers"] == {"tanh": 7.0}
    assert len(copy.files()) == len(old)
    assert not set(old) & set(copy.files())


def test_nothing_can_be_written_and_there_is_no_home(copy):
    before = copy.run("tanh")
    shutil.rmtree(copy.kept)
    copy.kept.write_text("a file in the way")
    process = copy.start("tanh", HOME="/nonexistent/home")
    assert finish(process) == before | {"compiled": 2, "found": 0}
    assert copy.kept.is_file()


@pytest.mark.skipif(sys.platform != "linux", reason="rights of folders, and how root gives them up, are Linux's here")
def test_a_read_only_install_without_a_home_runs_and_reads_what_was_kept(copy):
    before = copy.run("tanh")
    copy.may_be_written(False)
    assert copy.run("tanh", HOME="/nonexistent/home", bound=True) == before | {"compiled": 0, "found": 2}
    copy.may_be_written(True)
    shutil.rmtree(copy.kept)
    copy.may_be_written(False)
    assert copy.run("tanh", HOME="/nonexistent/home", bound=True) == before
    assert not copy.kept.exists()
    copy.may_be_written(True)


def test_threads_wait_for_one_that_compiles(copy):
    copy.kept.write_text("a file in the way")
    assert copy.run(program=THREADS, HOME="/nonexistent/home") == {"blocks": 1, "compiled": 1}


def test_a_home_is_used_where_the_package_cannot_be_written(copy):
    copy.kept.write_text("a file in the way")
    assert copy.run("relu")["compiled"] == 2
    assert copy.run("relu")["compiled"] == 0
    assert list(copy.home.rglob("*.code"))


def test_a_folder_of_the_users_choice_is_used(copy, tmp_path):
    chosen = {"NUMBA_CACHE_DIR": str(tmp_path / "chosen")}
    assert copy.run("relu", **chosen)["compiled"] == 2
    assert copy.run("relu", **chosen)["compiled"] == 0
    assert copy.files() == []


@pytest.mark.parametrize("damage", ["emptied", "cut", "garbage", "one bit", "another's"])
def test_a_file_that_was_damaged_is_compiled_anew(copy, damage):
    before = copy.run("tanh", "relu")
    for path, other in zip(copy.files(), reversed(copy.files()), strict=True):
        whole = path.read_bytes()
        path.write_bytes(
            {
                "emptied": b"",
                "cut": whole[: len(whole) // 2],
                "garbage": b"garbage" * 100,
                "one bit": whole[:-300] + bytes([whole[-300] ^ 1]) + whole[-299:],
                "another's": other.read_bytes(),
            }[damage]
        )
    again = copy.run("tanh", "relu")
    assert again["numbers"] == before["numbers"]
    assert again["compiled"] >= 2
    assert copy.run("tanh", "relu") == before | {"compiled": 0, "found": 4}


def test_two_processes_at_once_keep_their_own_code(copy):
    """Numba's own index can come to name one function's code for another's, where both are written at once."""
    names = [("tanh", "relu", "silu"), ("silu", "relu", "tanh"), ("elu", "tanh", "relu")]
    together = [finish(process) for process in [copy.start(*each) for each in names]]
    after = copy.run("elu", "silu", "relu", "tanh")
    assert after["compiled"] == 0
    for each in together:
        assert each["numbers"].items() <= after["numbers"].items()
    assert not list(copy.kept.glob("*.part"))


def test_a_kernel_is_kept_and_said_once_while_it_is_compiled(copy):
    first, second = ((copy.start(program=NETWORK)).communicate(timeout=300) for _ in range(2))
    assert first[0] == second[0]
    assert first[1].startswith("pliant: compiling")
    assert len(first[1].splitlines()) == 1
    assert str(copy.kept) in first[1]
    assert second[1] == ""
