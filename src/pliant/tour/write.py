"""Make the tour: read the story, run it, draw it, and write the page with its figures beside it."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from pliant.data.writing import make_folder, write_file
from pliant.errors import ArgumentError
from pliant.tour.run import Chapter, Told, run_story
from pliant.tour.source import ACTIVATION, SEED, read_story

PAGE = "tour.html"


@dataclass(frozen=True)
class Tour:
    """The story, run: the page, and each figure as the text of an SVG file by its name."""

    chapters: tuple[Chapter, ...]
    page: str
    figures: dict[str, str]

    def save(self, folder: str | os.PathLike[str]) -> str:
        """Write tour.html and figures/*.svg into a folder, which is made if need be; give the page's path.

        Raises
        ------
        ArgumentError
            If the folder cannot be made or written to.
        """
        target = os.fspath(folder)
        make_folder(os.path.join(target, "figures"), ArgumentError)
        for name, text in self.figures.items():
            write_file(os.path.join(target, "figures", f"{name}.svg"), text.encode(), ArgumentError)
        write_file(os.path.join(target, PAGE), self.page.encode(), ArgumentError)
        return os.path.join(target, PAGE)


def make_tour(seed: int = SEED, activation: str = ACTIVATION, report: Callable[[str], None] | None = None) -> Tour:
    """Run the story and build its page.

    Parameters
    ----------
    seed : int
        Of everything that is drawn; the same seed gives the same page, byte by byte.
    activation : str
        Of the network's hidden units.
    report : callable, optional
        Takes each heading and each printed text as they come.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed, which draws the figures. Without torch the page is made, and says so.
    ArgumentError
        If the seed is no whole number from 0 on, or there is no such activation.
    """
    from pliant.plots.svg import as_svg  # first of all, so that what is missing is said at once
    from pliant.tour.page import build_page

    chapters = run_story(read_story(seed, activation), report)
    pictures = {
        part.code.figure: part.picture
        for chapter in chapters
        for part in chapter.parts
        if isinstance(part, Told) and part.picture is not None
    }
    drawings = {name: as_svg(picture, name) for name, picture in pictures.items()}
    page = build_page(chapters, drawings, seed, activation)
    return Tour(chapters, page, {name: drawing.file for name, drawing in drawings.items()})
