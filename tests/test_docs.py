"""Every block of code in README.md and docs runs, and prints what the page shows below it."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]


def load_tool() -> ModuleType:
    """Load tools/write_pages.py, which is no package."""
    spec = importlib.util.spec_from_file_location("write_pages", ROOT / "tools" / "write_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["write_pages"] = module  # its dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


tool = load_tool()
PAGES = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in tool.pages()}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_runs_and_prints_what_it_shows(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(ROOT / "tools" / "write_pages.py"), "--check", name],
        env={**os.environ, "MPLBACKEND": "agg"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\n(`make docs` writes the outputs anew)"


@pytest.mark.parametrize("name", PAGES)
def test_links_of_a_page_lead_somewhere(name: str) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", PAGES[name])
    paths = [link for link in links if not re.match(r"[a-z]+:", link)]
    absent = [link for link in paths if not ((ROOT / name).parent / link).exists()]
    assert not absent, f"{name} links to {absent}, which are not there"


def test_readme_says_the_two_commands() -> None:
    assert "make run" in PAGES["README.md"]
    assert "make test" in PAGES["README.md"]


def test_a_block_that_raises_is_named_with_page_and_line(tmp_path: Path) -> None:
    with pytest.raises(tool.PageError, match=r"^page\.md, line 4: the block raises KeyError: 'b'$"):
        tool.play("# Title\n\n```python\n{}['b']\n```\n", "page.md", tmp_path)


def test_blocks_of_a_page_share_names_and_the_folder(tmp_path: Path) -> None:
    first = "```python\nfrom pathlib import Path\na = Path('penguins.csv').read_text()[:7]\n```\nThen:\n"
    page = first + "```python\nprint(a)\n```\n\n```text\nold\n```\n"
    assert tool.play(page, "page.md", tmp_path) == page.replace("old", "species")


def test_a_command_is_run_and_its_output_put_below_it(tmp_path: Path) -> None:
    page = "```console\n$ make run\n$ pliant \\\n    --version\nold\nolder\n```\n"
    played = tool.play(page, "page.md", tmp_path)
    assert re.fullmatch(r"```console\n\$ make run\n\$ pliant \\\n    --version\npliant [\d.]+\n```\n", played)


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("```console\n$ make run\nall well\n```\n", "output is shown for a command that is not run: \\$ make run"),
        ("```sh\npliant nonesuch\n```\n", "'pliant nonesuch' ends with"),
        ("```console\nno command\n```\n", "a console block begins with"),
    ],
)
def test_what_cannot_be_checked_is_refused(page: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(tool.PageError, match=said):
        tool.play(page, "page.md", tmp_path)
