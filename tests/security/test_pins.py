"""What is installed is named once: the hashed lists say the versions of constraints.txt, and leave nothing out."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PIN = re.compile(r"^([a-z0-9-]+)==([^\s;\\]+)(.*(?:\n    --hash=sha256:[0-9a-f]{64}(?: \\)?)+)$", re.MULTILINE)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def listed(name):
    """Give the version and what stands behind it of each package of a list."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    found = {match[1]: (match[2], match[3]) for match in PIN.finditer(text)}
    assert PIN.sub("", text).replace("\n", "").startswith("#"), "there is more than pins in it"
    assert len(found) == len(re.findall(r"^[a-z]", text, re.MULTILINE)) > 10
    return found


def wanted(*extras):
    """Give the packages that extras ask for, those of other extras too."""
    names, asked = set(), [*PROJECT["dependencies"]]
    asked += [each for extra in extras for each in PROJECT["optional-dependencies"][extra]]
    for each in asked:
        name = re.match(r"[A-Za-z0-9_-]+", each)[0].lower().replace("_", "-")
        inner = re.findall(r"\[(.*)\]", each)
        names |= wanted(*inner[0].split(",")) if name == "pliant" else {name}
    return names


def versions():
    """Give what constraints.txt says."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


@pytest.mark.parametrize("name", ["run", "test", "torch"])
def test_a_list_says_what_the_constraints_say(name):
    known = versions()
    for package, (version, rest) in listed(name).items():
        assert known[package] == version, f"{package}: run tools/lock.py"
        assert rest.count("--hash") == len(set(re.findall(r"[0-9a-f]{64}", rest))) > 0


def test_the_lists_have_all_that_is_needed():
    run, test, torch = listed("run"), listed("test"), listed("torch")
    build = {"hatchling", "editables"}
    assert (wanted("plots", "torch") | build) - {"torch"} <= set(run)
    assert (wanted("dev") | build) - {"torch"} <= set(test)
    assert {package: test[package] for package in run} == run
    assert "torch" in torch
    assert not set(torch) & (set(run) | set(test))


def test_make_takes_wheels_of_the_lists_and_nothing_else():
    text = (ROOT / "Makefile").read_text("utf-8")
    installs = [line for line in text.splitlines() if "pip install" in line or line.strip().startswith("@$(WHEELS)")]
    assert sum("--require-hashes --requirement requirements/" in line for line in installs) == 2
    assert "--only-binary :all:" in text
    assert "--no-deps --no-build-isolation --editable ." in text
    assert "pip install" not in (ROOT / ".ci" / "run").read_text("utf-8")


def test_no_list_names_a_host():
    for path in [
        *(ROOT / "requirements").iterdir(),
        ROOT / "constraints.txt",
        ROOT / "Makefile",
        ROOT / "tools" / "lock.py",
    ]:
        assert not re.findall(r"https?://|--index-url|--find-links", path.read_text("utf-8")), path.name
