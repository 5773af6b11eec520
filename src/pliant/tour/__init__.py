"""The story as one page: its text (`story.md`), read, run, and written as HTML, Markdown and a notebook script."""

from pliant.tour.write import Tour, make_tour

__all__ = ["Tour", "make_tour"]
