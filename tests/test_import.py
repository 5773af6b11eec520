"""`import pliant` and `pliant --help` stay light: what they load is looked at in a process of its own."""

import json
import subprocess
import sys

import pytest

HEAVY = ("torch", "numba", "matplotlib", "scipy.stats", "sklearn", "joblib", "polars", "onnx", "onnxruntime")
# What a line fitted to a dict of arrays has no use for either.
NOT_FOR_A_FIT = ("torch", "numba", "matplotlib", "scipy.stats", "sklearn", "joblib", "pandas", "statsmodels")


def loaded_after(code: str, *, watched: tuple[str, ...]) -> list[str]:
    """Run a text in a fresh Python; give the watched modules that it loaded."""
    text = f"{code}\nimport json, sys\nprint(json.dumps([m for m in {watched!r} if m in sys.modules]))"
    done = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout.splitlines()[-1]))


def test_importing_pliant_loads_nothing_heavy() -> None:
    assert loaded_after("import pliant", watched=(*HEAVY, "narwhals", "pandas", "pyarrow")) == []


def test_the_watch_sees_what_is_loaded() -> None:
    assert loaded_after("import polars", watched=HEAVY) == ["polars"]


def test_fitting_a_line_loads_no_other_engine_and_no_picture() -> None:
    table = {"x": [1.0, 2.0, 3.0, 4.0], "y": [2.0, 1.0, 4.0, 3.0]}
    code = f"import pliant; pliant.fit('y ~ x', {table}, hidden=())"
    assert loaded_after(code, watched=NOT_FOR_A_FIT) == []


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_and_version_load_nothing_heavy(arguments: list[str]) -> None:
    code = f"from pliant.cli import run\nassert run({arguments!r}) == 0"
    assert loaded_after(code, watched=(*HEAVY, "numpy", "scipy", "rich")) == []


def test_every_public_name_can_be_reached() -> None:
    code = "import pliant\nfor name in pliant.__all__:\n    assert getattr(pliant, name) is not None, name"
    assert loaded_after(code, watched=()) == []
