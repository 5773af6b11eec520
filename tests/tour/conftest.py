"""One run of the story for all its tests."""

import pytest

from pliant.tour import make_tour


@pytest.fixture(scope="session")
def told():
    """What the story printed as it went along, and the tour itself."""
    lines = []
    tour = make_tour(report=lines.append)
    return tour, lines
