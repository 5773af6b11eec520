"""The report as text: what it says, that it says it safely, and that it is written whole or not at all."""

import os
import re
from html.parser import HTMLParser

import numpy as np
import pytest

import pliant
from pliant.errors import ArgumentError, InputError
from pliant.report import report_page
from pliant.report.rows import subject_of

VOID = {"meta", "link", "input", "br", "wbr"}
PENGUINS = pliant.datasets.penguins()
ATTACKS = ["<img src=x onerror=alert(3)>", "[a](javascript:alert(4))", "$x_{", "*b* `c`", "'\"&amp;"]
COLUMNS = ["</script><script>alert(1)</script>", 'x" onmouseover="alert(2)']


class Reader(HTMLParser):
    """Gather tags, see that each is closed where it was opened, and what is said."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.said = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("style", "script"):
            self.said.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.said).split())


@pytest.fixture(scope="module")
def curve():
    return pliant.fit("body_mass_g ~ flipper_length_mm + bill_depth_mm", PENGUINS, hidden=2, members=4, seed=1)


@pytest.fixture(scope="module")
def page(curve):
    return report_page(curve)


def attacked():
    rng = np.random.default_rng(0)
    table = {"y": rng.normal(size=40), "g": np.array(ATTACKS)[rng.integers(0, len(ATTACKS), 40)]}
    table |= {name: rng.normal(size=40) for name in COLUMNS}
    formula = "y ~ g + " + " + ".join(f"`{name}`" for name in COLUMNS)
    return pliant.fit(formula, table, hidden=2, members=3, regularisation="evidence", optimiser="lm")


def test_the_page_begins_with_the_verdict_and_is_one_file_that_asks_for_nothing(curve, page):
    reader = Reader(page)
    assert reader.open == []
    assert reader.text.index(curve.members.verdict.sentence) < reader.text.index("Contents")
    assert not [tag for tag, at in reader.tags if tag in ("img", "iframe", "object") or "src" in at]
    links = [at["href"] for tag, at in reader.tags if "href" in at and tag in ("a", "link")]
    assert all(link.startswith(("#", "data:")) for link in links)
    assert not re.search(r"@import|url\((?!#)", page)
    assert all(at.get("aria-label") for tag, at in reader.tags if tag == "svg")
    assert len(page.encode()) < 1_500_000


def test_every_section_is_there(page):
    found = re.findall(r'<section id="([a-z-]+)"', page)
    wanted = {"fit", "line-or-curve", "check", "model", "training", "data", "again", "summary"}
    assert wanted <= set(found)
    assert [f"#{name}" for name in found] == re.findall(r'<li><span>\d+</span><a href="(#[a-z-]+)"', page)


def test_the_same_model_gives_the_same_page(curve, page):
    assert report_page(curve) == page


def test_the_report_of_a_line_has_its_coefficients_and_its_four_pictures():
    line = pliant.fit("body_mass_g ~ flipper_length_mm + sex", PENGUINS, hidden=())
    page = report_page(line)
    text = Reader(page).text
    assert "The line explains" in text
    assert "Std. Error" in text
    assert f"{line.coefficients['flipper_length_mm']:.4f}" in text
    assert page.count('id="figure-diagnostics"') == page.count('id="figure-check"') == 1
    assert 'id="training"' not in page
    assert "11 rows with missing values" in text


@pytest.mark.parametrize("formula", ["species ~ bill_length_mm + sex", "sex ~ body_mass_g"])
def test_classes_and_zeros_and_ones_have_reports(formula):
    family = "multinomial" if formula.startswith("species") else "binomial"
    text = Reader(report_page(pliant.fit(formula, PENGUINS, family=family, hidden=()))).text
    assert ("by the most probable class" in text) == (family == "multinomial")
    assert "Could the model have given this table?" in text


def test_what_has_no_check_says_why():
    rng = np.random.default_rng(1)
    table = {"y": rng.poisson(3.0, 30) * 1.0, "x": np.arange(30.0)}
    text = Reader(report_page(pliant.fit("y ~ x", table, family="quasipoisson", hidden=()))).text
    assert "The model was not checked" in text


def test_names_and_levels_from_a_table_stay_words():
    page = report_page(attacked())
    reader = Reader(page)
    assert reader.open == []
    assert [tag for tag, _ in reader.tags].count("script") == 1
    assert not [tag for tag, at in reader.tags if tag == "img" or any(name.startswith("on") for name in at)]
    assert not [at for tag, at in reader.tags if "javascript" in (at.get("href") or "")]
    assert "alert(1)" in reader.text
    assert "*b* `c`" in reader.text


def test_a_model_from_a_file_has_all_of_its_report_again_from_its_table(curve, page, tmp_path):
    curve.save(tmp_path / "m.pliant")
    loaded = pliant.load(tmp_path / "m.pliant")
    bare = Reader(report_page(loaded)).text
    assert "The model came from a file, which holds no data" in bare
    again = subject_of(loaded, PENGUINS).model
    for mine, its in zip(again.members.out_of_fold, curve.members.out_of_fold, strict=True):
        assert np.allclose(mine, its, rtol=1e-9)
    assert set(re.findall(r'<section id="([a-z-]+)"', report_page(loaded, PENGUINS))) == set(
        re.findall(r'<section id="([a-z-]+)"', page)
    )


def test_a_line_from_a_file_knows_its_rows_again(tmp_path):
    pliant.fit("body_mass_g ~ flipper_length_mm", PENGUINS, hidden=()).save(tmp_path / "m.pliant")
    loaded = pliant.load(tmp_path / "m.pliant")
    assert subject_of(loaded, PENGUINS).new is None
    assert subject_of(loaded, PENGUINS.head(100)).new is not None


def test_another_table_is_one_of_new_rows_with_the_share_that_intervals_hold(curve):
    some = PENGUINS.head(120)
    text = Reader(report_page(curve, some)).text
    found = curve.predict(some, interval=0.95)
    weight = some["body_mass_g"]
    inside = ((found["lower"] <= weight) & (weight <= found["upper"])).drop_nulls().mean()
    assert f"The 95 % prediction intervals hold {100 * inside:.1f} % of them" in text
    with pytest.raises(InputError, match="body_mass_g"):
        report_page(curve, PENGUINS.drop("body_mass_g"))


def test_a_page_is_written_whole_or_not_at_all(curve, tmp_path, monkeypatch):
    path = tmp_path / "r.html"
    path.write_text("before")

    def full(*arguments):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(ArgumentError, match=r"cannot write '.*r\.html': no space left on device; free some space"):
            curve.report(path)
    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == ["r.html"]
    curve.report(path)
    assert path.read_text("utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(("name", "said"), [("r.csv", "ends in .html"), ("no/r.html", "there is no folder")])
def test_a_path_that_is_no_page_is_refused_at_once(curve, tmp_path, name, said):
    with pytest.raises(ArgumentError, match=said):
        curve.report(tmp_path / name)
