"""The text of the story, `story.md`, read into sections of prose and code.

It is the one source: the page of `pliant tour`, docs/tour.md and docs/tour.py are made from it. It is Markdown with
code in ```python blocks; a comment in the line before a block says what belongs to it:

    <!-- needs torch -->                    the block runs only where torch is installed
    <!-- figure: name | What it shows. -->  its last line gives a picture of this name, with this caption
    <!-- figure: name | What it shows. | What to do. -->  likewise; where the picture moves, how to move it
"""

import re
from dataclasses import dataclass
from importlib.resources import files
from string import Template

from pliant.optimisers.checks import check_choice, check_count

MODULES = {
    "identity": "Identity",
    "tanh": "Tanh",
    "logistic": "Sigmoid",
    "relu": "ReLU",
    "softplus": "Softplus",
    "silu": "SiLU",
    "elu": "ELU",
    "gelu": "GELU",
}  # how torch calls our activations; it has no module for exp and arctan
SEED, ACTIVATION = 2021, "tanh"
BLOCK = re.compile(r"((?:^<!-- [^\n]* -->\n)*)^```(\w+)\n(.*?)^```\n", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Prose:
    """Paragraphs of Markdown."""

    text: str


@dataclass(frozen=True)
class Code:
    """A block of code."""

    language: str  # "python", or "sh" for commands that are shown and not run
    text: str
    needs_torch: bool = False
    figure: str = ""  # name of the picture that its last line gives
    caption: str = ""
    hint: str = ""  # how to move the picture, where it moves


@dataclass(frozen=True)
class Section:
    """A heading with what stands below it; the first is the title, with number 0."""

    number: int
    title: str
    parts: tuple[Prose | Code, ...]

    @property
    def anchor(self) -> str:
        """Give the name by which a link finds it."""
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")


def read_story(seed: int = SEED, activation: str = ACTIVATION) -> tuple[Section, ...]:
    """Give the sections of the story, told for a seed and an activation.

    Raises
    ------
    ArgumentError
        If the seed is no whole number from 0 on, or there is no such activation.
    """
    chosen = check_choice("activation", activation, MODULES)
    text = files("pliant.tour").joinpath("story.md").read_text("utf-8")
    text = text.replace("<!-- fmt: off -->\n", "")  # its lines are kept short, for the page
    told = Template(text).substitute(seed=check_count("seed", seed), activation=chosen, module=MODULES[chosen])
    parts = re.split(r"^##? (.*)\n", told, flags=re.MULTILINE)
    return tuple(
        Section(i, title.strip(), _parts(body))
        for i, (title, body) in enumerate(zip(parts[1::2], parts[2::2], strict=True))
    )


def _parts(body: str) -> tuple[Prose | Code, ...]:
    """Split the text below a heading into prose and code."""
    parts: list[Prose | Code] = []
    at = 0
    for found in BLOCK.finditer(body):
        parts += _prose(body[at : found.start()])
        at = found.end()
        figure = re.search(r"<!-- figure: (\S+) \| (.*?)(?: \| (.*))? -->", found[1])
        name, caption, hint = figure.groups("") if figure else ("", "", "")
        parts.append(Code(found[2], found[3], "<!-- needs torch -->" in found[1], name, caption, hint))
    return tuple(parts + _prose(body[at:]))


def _prose(text: str) -> list[Prose | Code]:
    return [Prose(text.strip("\n"))] if text.strip() else []
