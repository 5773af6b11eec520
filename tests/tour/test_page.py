"""The page as text: whole, safe, the same each time; and what it says where torch is absent."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from itertools import pairwise
from xml.etree import ElementTree

import pytest

import pliant
from pliant.errors import ArgumentError
from pliant.functions.activations import ACTIVATIONS
from pliant.page.markup import inline, prose, python
from pliant.tour import make_tour
from pliant.tour.run import Told
from pliant.tour.source import MODULES, Code, read_story

VOID = {"meta", "link", "input", "br"}


class Reader(HTMLParser):
    """Gather tags, and see that each is closed where it was opened."""

    def __init__(self):
        super().__init__()
        self.open, self.tags = [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def blocks(tour):
    return [part for chapter in tour.chapters for part in chapter.parts if isinstance(part, Told)]


def test_the_story_has_eleven_sections_each_with_code_a_figure_and_words():
    sections = read_story()[1:]
    assert [section.number for section in sections] == list(range(1, 12))
    for section in sections:
        code = [part for part in section.parts if isinstance(part, Code)]
        assert any(part.figure for part in code), section.title
        assert len(code) < len(section.parts), section.title
        assert all(part.caption.endswith(".") for part in code if part.figure)


def test_each_public_function_of_the_story_is_told():
    text = "".join(part.text for section in read_story() for part in section.parts if isinstance(part, Code))
    for name in ("layer", "squared_loss", "gradient_step", "network_gradient", "training_loop", "check_gradient"):
        assert f"pliant.{name}(" in text
        assert callable(getattr(pliant, name))
    for words in ("nn.Linear(1, 1", "no_grad", "zero_grad", ".backward()", ".grad", "train_torch(", "pliant.fit("):
        assert words in text


def test_every_block_ran_and_every_figure_was_drawn(told):
    tour, _ = told
    ran = blocks(tour)
    assert not [part.code.text for part in ran if part.missing]
    assert sorted(part.code.figure for part in ran if part.code.figure) == sorted(tour.figures)
    assert len(tour.figures) >= 15


def test_every_question_that_the_story_asks_is_answered_true(told):
    printed = "".join(part.printed for part in blocks(told[0]))
    assert "False" not in printed
    assert printed.count("True") >= 9


def losses(printed):
    return [float(value) for value in re.findall(r"^epoch +\d+ +loss +([\d.]+)$", printed, re.MULTILINE)]


@pytest.mark.parametrize(("number", "least"), [(6, 10), (7, 6), (8, 20), (9, 11)])
def test_printed_losses_fall(told, number, least):
    printed = "".join(part.printed for part in told[0].chapters[number].parts if isinstance(part, Told))
    found = losses(printed)
    assert len(found) >= least
    assert all(later <= earlier for earlier, later in pairwise(found))
    assert found[-1] < 0.6 * found[0]


def test_the_network_stands_beside_the_straight_line_with_its_last_loss_and_its_distance_from_the_truth(told):
    printed = "".join(part.printed for part in told[0].chapters[9].parts if isinstance(part, Told))
    rows = dict(re.findall(r"^(straight line|network) +([\d.]+ +[\d.]+)$", printed, re.MULTILINE))
    (line_loss, line_away), (loss, away) = (map(float, rows[name].split()) for name in ("straight line", "network"))
    assert loss == pytest.approx(losses(printed)[-1], abs=0.006)
    assert loss < 0.1 * line_loss
    assert away < 1.0 < 2.0 < line_away


def test_the_terminal_sees_each_section_and_its_losses(told):
    _, lines = told
    headings = [line for line in lines if not line.endswith("\n")]
    assert headings[0] == "A line, then a curve"
    assert [line.split(".")[0] for line in headings[1:]] == [str(n) for n in range(1, 12)]
    assert len(losses("\n".join(lines))) >= 47


def test_the_page_is_one_file_that_asks_for_nothing(told):
    page = told[0].page
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    assert not [tag for tag, at in reader.tags if tag in ("img", "iframe", "object") or "src" in at]
    links = [at["href"] for tag, at in reader.tags if "href" in at and tag in ("a", "link")]
    assert all(link.startswith(("#", "data:")) for link in links)
    assert not re.search(r"@import|url\((?!#)", page)
    assert [tag for tag, _ in reader.tags].count("svg") == len(told[0].figures)
    assert all(at.get("aria-label") for tag, at in reader.tags if tag == "svg")
    assert len(page.encode()) < 1_000_000


def test_figures_are_files_with_a_title(told):
    for name, text in told[0].figures.items():
        root = ElementTree.fromstring(text)
        title = root.find("{http://www.w3.org/2000/svg}title")
        assert title is not None, name
        assert title.text.endswith("."), name
        assert "prefers-color-scheme:dark" in text


def test_a_second_run_gives_the_same_bytes(told, tmp_path):
    command = [sys.executable, "-m", "pliant", "tour", "--out", str(tmp_path / "again"), "--quiet"]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONHASHSEED": "7"}, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    tour = told[0]
    assert (tmp_path / "again" / "tour.html").read_text("utf-8") == tour.page
    found = {path.stem: path.read_text("utf-8") for path in (tmp_path / "again" / "figures").iterdir()}
    assert found == tour.figures


def test_another_seed_and_activation_make_another_page():
    tour = make_tour(seed=7, activation="relu")
    assert "nn.ReLU()" in tour.page.replace('<span class="k">', "").replace("</span>", "")
    assert "activation relu" in tour.page
    assert "False" not in "".join(part.printed for part in blocks(tour))


def test_without_torch_the_story_is_told_and_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    tour = make_tour()
    ran = blocks(tour)
    missing = [part for part in ran if part.missing]
    assert {part.missing for part in missing} == {
        "the torch engine needs PyTorch, which is not installed; pip install 'pliant[torch]'"
    }
    assert all("torch" in part.code.text or "nn." in part.code.text or "autograd" in part.code.text for part in missing)
    assert [n for n, chapter in enumerate(tour.chapters) if any(getattr(p, "missing", "") for p in chapter.parts)] == [
        5,
        8,
        9,
        10,
    ]
    assert tour.page.count('class="missing"') == len(missing)
    assert "pip install &#x27;pliant[torch]&#x27;" in tour.page
    assert {"surface", "line-learnt", "sine-line", "watch", "longer", "penguins"} <= set(tour.figures)


def test_torch_has_a_name_for_every_activation_but_two():
    assert set(ACTIVATIONS) - set(MODULES) == {"exp", "arctan"}
    assert set(MODULES) <= set(ACTIVATIONS)
    with pytest.raises(ArgumentError, match="activation"):
        make_tour(1, "exp")


@pytest.mark.parametrize(("arguments", "said"), [((-1,), "seed is -1"), ((1, "tanhh"), "'tanh'")])
def test_what_cannot_be_told_is_refused(arguments, said):
    with pytest.raises(ArgumentError, match=said):
        make_tour(*arguments)


def test_a_folder_that_cannot_be_written_is_named(told, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ArgumentError, match=r"cannot write '.*figures': not a directory; a part of the path is a file"):
        told[0].save(tmp_path / "file")


def test_markdown_is_escaped_before_it_is_marked_up():
    assert inline("a < b & `x < *y*` **<i>**") == ("a &lt; b &amp; <code>x &lt; *y*</code> <strong>&lt;i&gt;</strong>")
    assert prose("one\n\n    y = w₀   x\n\n- a\n- b") == (
        '<p>one</p>\n<p class="formula"><span>y = w<sub>0</sub></span><span>x</span></p>\n<ul><li>a</li><li>b</li></ul>'
    )


def test_code_is_escaped_and_whole():
    code = 'if a < 1 and "b<c" in f"{x}<":  # <d>\n    pass\n'
    shown = python(code)
    assert '<span class="k">if</span> a &lt; <span class="n">1</span>' in shown
    bare = re.sub(r"</?span[^>]*>", "", shown)
    assert bare.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"') == code
