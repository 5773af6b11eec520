"""Without Numba, or with one that does not import, everything runs and the reason is said."""

import os
import subprocess
import sys

import pytest

ABSENT = "import sys; sys.modules['numba'] = None"
BROKEN = """
import sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "numba":
            raise ImportError("Numba needs NumPy 2.3 or less. Got NumPy 9.9.")
sys.meta_path.insert(0, Finder())
"""
FIT = """
import warnings
import pliant
from pliant.engines import choose_engine, engine
from pliant.errors import MissingExtraError
table = {"x": [1.0, 2.0, 3.0, 4.0, 5.0], "y": [2.0, 1.0, 4.0, 3.0, 5.0]}
how = {"optimiser": "adam", "hidden": 1, "activation": "relu", "validation": 0.4, "patience": 1, "epochs": 100_000}
model = pliant.fit("y ~ x", table, **how)
assert model.settings.engine == "reference"
model.predict(table)
assert choose_engine("auto", "float32") == "torch"
try:
    pliant.fit("y ~ x", table, engine="compiled", **how)
except MissingExtraError as problem:
    print(problem)
try:
    engine("compiled").forward(model.network, model.parameters, [[0.0]])
except MissingExtraError as problem:
    print(problem)
"""
DOCTOR = "\nfrom pliant.cli import run\nrun(['doctor'])"


def out(program, **environment):
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=dict(os.environ, **environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("before", "environment", "reason"),
    [
        (ABSENT, {}, "the compiled engine needs Numba, which is not installed; pip install numba"),
        (BROKEN, {}, "does not import here: ImportError: Numba needs NumPy 2.3 or less. Got NumPy 9.9."),
        ("", {"NUMBA_DISABLE_JIT": "1"}, "NUMBA_DISABLE_JIT turns off"),
    ],
)
def test_everything_runs_without_the_compiled_engine_and_the_reason_is_said(before, environment, reason):
    said = out(before + "\n" + FIT + DOCTOR, **environment)
    assert said.count(reason) == 3
