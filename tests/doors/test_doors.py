"""Every bad input of the catalogue ends in the right error, at the place, with a remedy, soon; and nothing is lost."""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.doors.catalogue import FILES, Answer, Case, at_shell, faults, in_python, lay, shell_faults, state
from tests.doors.everything import KINDS, LEAST, whole_world

EVERY = [case for cases in KINDS.values() for case in cases]
TYPED = [case for case in EVERY if case.shell]
ANSWERS: dict[Case, Answer] = {}  # for the page, so that nothing is asked twice
ROOT = Path(__file__).resolve().parents[2]
SAMPLE = TYPED[:: len(TYPED) // 8]  # as real processes, a second or two each


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("doors")


@pytest.fixture(scope="module")
def names(folder: Path) -> dict[str, Any]:
    return whole_world(folder)


@pytest.fixture
def here(folder: Path, names: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder with the good files and nothing else."""
    monkeypatch.chdir(folder)
    yield folder
    for path in folder.iterdir():
        if path.name not in FILES:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def name_of(case: Case) -> str:
    return case.name[:60]


@pytest.mark.parametrize("kind", KINDS)
def test_there_are_enough_cases_and_none_twice(kind: str) -> None:
    cases = KINDS[kind]
    assert len(cases) >= LEAST[kind]
    assert len({(case.given, case.title) for case in cases}) == len(cases)
    assert all(case.says and case.error for case in cases)


@pytest.mark.parametrize("case", EVERY, ids=name_of)
def test_a_bad_input_in_python(case: Case, here: Path, names: dict[str, Any]) -> None:
    lay(case, here)
    before = state(here)
    answer = ANSWERS[case] = in_python(case, names, here)
    wrong = faults(case, answer)
    assert not wrong, f"{case.given}\n" + "\n".join(wrong)
    assert state(here) == before


@pytest.mark.parametrize("case", TYPED, ids=name_of)
def test_a_bad_input_at_the_shell(case: Case, here: Path) -> None:
    lay(case, here)
    before = state(here)
    wrong = shell_faults(case, *at_shell(case))
    assert not wrong, f"{case.shell}\n" + "\n".join(wrong)
    assert state(here) == before


@pytest.mark.parametrize("case", SAMPLE, ids=name_of)
def test_a_bad_input_in_a_process_of_its_own(case: Case, here: Path) -> None:
    lay(case, here)
    before = state(here)
    command = [sys.executable, "-m", "pliant", *case.shell]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=dict(os.environ))
    wrong = shell_faults(case, done.returncode, done.stdout, done.stderr, 0.0)
    assert not wrong, f"{case.shell}\n" + "\n".join(wrong)
    assert state(here) == before


def test_the_page_of_errors_is_current(here: Path, names: dict[str, Any]) -> None:
    spec = importlib.util.spec_from_file_location("write_errors", ROOT / "tools" / "write_errors.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)

    def say(case: Case) -> str:
        if case not in ANSWERS:
            tool.clear(here)
            lay(case, here)
            ANSWERS[case] = in_python(case, names, here)
        return ANSWERS[case].said

    page = (ROOT / "docs" / "errors.md").read_text("utf-8")
    assert tool.written(page, say) == page, "python tools/write_errors.py writes it anew"
