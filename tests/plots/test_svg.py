"""A picture as SVG: its colours are variables, its ids its own, its text the same each time."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from pliant.plots import tour as draw
from pliant.plots.look import COLOURS, INK
from pliant.plots.svg import DARK, LIGHT, as_svg

X = np.linspace(0.0, 1.0, 5)


def picture():
    return draw.curves(X, {"a": X, "b": -X}, points=(X, X**2), truth=X**2, title="Two & <three>")


def test_colours_of_the_house_are_variables_with_a_dark_set():
    drawing = as_svg(picture(), "one").inline
    assert not re.search("|".join((*COLOURS, INK)), drawing)
    assert {"var(--ink)", "var(--c0)", "var(--c1)"} <= set(re.findall(r"var\(--[a-z0-9]+\)", drawing))
    assert set(DARK) == set(LIGHT)


def test_typeface_and_sizes_of_letters_are_variables():
    drawing = as_svg(picture(), "one").inline
    assert "calc(9.5px*var(--letters))" in drawing
    assert "DejaVu" not in drawing
    words = re.findall(r"<text[^>]*>", drawing)
    assert all("var(--letters)" in word and "var(--figure-font)" in word for word in words)


def test_words_with_a_halo_are_words_and_keep_it_elsewhere():
    from matplotlib.patheffects import withStroke

    drawn = picture()
    words = drawn.main_axes.text(0.5, 0.5, "beside", path_effects=[withStroke(linewidth=3, foreground="white")])
    assert re.search(r"<text[^>]*>beside</text>", as_svg(drawn, "one").inline)
    assert len(words.get_path_effects()) == 1


def test_the_same_picture_gives_the_same_text():
    assert as_svg(picture(), "one") == as_svg(picture(), "one")


def test_ids_begin_with_the_name_and_are_found():
    drawing = as_svg(picture(), "one").inline
    ids = set(re.findall(r'\bid="([^"]+)"', drawing))
    used = set(re.findall(r'(?:url\(#|href="#)([^")]+)', drawing))
    assert all(name.startswith("one-") for name in ids)
    assert used <= ids


def test_a_file_is_xml_with_its_description_escaped():
    text = as_svg(picture(), "one").file
    title = ElementTree.fromstring(text).find("{http://www.w3.org/2000/svg}title")
    assert title is not None
    assert title.text.startswith("Two & <three>; 5 observations")


def test_what_moves_is_given_in_the_units_of_the_drawing():
    stages = [X, 2.0 * X, 3.0 * X]
    svg = as_svg(draw.moving(X, stages, ["a", "b", "c"], points=(X, X)), "one")
    drawn = re.search(r'id="one-moving">\s*<path d="([^"]+)"', svg.inline)
    numbers = [float(n) for n in re.findall(r"[\d.]+", drawn[1])]
    last = [float(n) for n in re.findall(r"[\d.]+", svg.live["paths"][-1])]
    assert svg.live["captions"] == ["a", "b", "c"]
    assert numbers[:2] + numbers[-2:] == pytest.approx(last[:2] + last[-2:], abs=0.1)
