"""Write requirements/*.txt: what `make run` and `make test` install, each file of it by its SHA-256.

    python tools/lock.py

The versions are those of constraints.txt, and only those: a package that is needed and does not stand there is an
error. The hashes are of every wheel that the package index has of a version, whatever the system or the Python, as
uv gives them (pip install uv). torch, with what its Linux wheels bring along to drive a graphics card, has a list of
its own: see requirements/README.md. Nothing but wheels is taken, so that to install runs no code of a package.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
LISTS = {"run": ["plots", "torch"], "test": ["dev"]}
BUILD = "hatchling\neditables\n"  # to install pliant itself, editable, without fetching anything
CARD = re.compile(r"(torch|triton|nvidia-.*|cuda-.*)$")  # torch, and what only its Linux wheels ask for
HEAD = "# Written by tools/lock.py from constraints.txt; the hashes are of every wheel of the version.\n"


def pins(text: str) -> dict[str, str]:
    """Give the version of each package that a list of exact versions names."""
    return dict(re.findall(r"^([a-z0-9-]+)==([^\s;\\]+)", text, re.MULTILINE))


def resolved(extras: list[str]) -> dict[str, str]:
    """Give the line and the hashes of each package that these extras and the build need anywhere, as uv writes them."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "-", "pyproject.toml", "--quiet", "--universal"]
    command += ["--python-version", "3.11", "--constraint", "constraints.txt", "--only-binary", ":all:"]
    command += ["--generate-hashes", "--no-annotate", "--no-header", "--no-config"]
    command += [part for extra in extras for part in ("--extra", extra)]
    done = subprocess.run(command, cwd=ROOT, input=BUILD, text=True, capture_output=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    blocks = re.split(r"^(?=[a-z0-9-]+==)", done.stdout, flags=re.MULTILINE)
    return {block.partition("==")[0]: block for block in blocks if "==" in block}


def main() -> None:
    """Write the lists, or say which package has no version."""
    known = pins((ROOT / "constraints.txt").read_text())
    found = {name: resolved(extras) for name, extras in LISTS.items()}
    for blocks in found.values():
        for name, version in pins("".join(blocks.values())).items():
            if known.get(name) != version:
                raise SystemExit(f"{name} is needed and not pinned; add {name}=={version} to constraints.txt")
    kept = {name: [b for package, b in blocks.items() if not CARD.match(package)] for name, blocks in found.items()}
    kept["torch"] = [block for package, block in found["run"].items() if CARD.match(package)]
    for name, blocks in kept.items():
        path = ROOT / "requirements" / f"{name}.txt"
        path.write_text(HEAD + "".join(blocks))
        sys.stdout.write(f"{path.name}: {len(blocks)} packages, {sum(b.count('--hash') for b in blocks)} hashes\n")


if __name__ == "__main__":
    main()
