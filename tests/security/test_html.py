"""A hundred strings that would run, as names of columns, levels, responses and files, in real Chromium.

On every page that pliant writes they are words: nothing runs, nothing is asked for, and each can be read as it is.
"""

from xml.etree import ElementTree

import numpy as np
import pytest
from tests.security.attacks import ATTACKS

import pliant
from pliant.cli import run
from pliant.errors import ArgumentError
from pliant.harmless import escape, on_one_line, visible
from pliant.plots.look import new_picture, plain
from pliant.plots.svg import as_svg
from pliant.tour import make_tour

GROUPS = [ATTACKS[i::3] for i in range(3)]
AFTER = "new Promise(done => setTimeout(() => done(typeof window.ran), 150))"
ODD = """[...document.querySelectorAll("*")].flatMap(e => [...e.attributes].map(a => [a.name, a.value])).filter(
    ([name, value]) => /^on|^(src|srcset|srcdoc|action|data|formaction)$/i.test(name)
        || /href$/i.test(name) && !/^(#|data:,$|data:image.png)/.test(value))"""
TAGS = """[...new Set([...document.querySelectorAll("*")].map(e => e.tagName.toLowerCase()))]"""
KNOWN = """a b body br button caption circle clippath code dd defs details div dl dt em figcaption figure footer g h1
    h2 head header html image li line link main meta nav ol p path pre rect script section span strong style summary svg
    table tbody td text th thead title tr tspan ul use wbr"""


def read(text):
    """Give text as it is read: with one space between words."""
    return " ".join(text.split())


def missing(attacks, said):
    """Give the attacks that a page does not show as they are."""
    said = said.replace("\N{MINUS SIGN}", "-")
    return [a for a in attacks if read(visible(a)) not in said and read(on_one_line(a)) not in said]


def is_harmless(browser, path):
    """See that a page runs nothing, asks for nothing and has no part that could; give the words that it shows."""
    browser.open(f"file://{path}")
    assert browser.value(AFTER) == "undefined"
    assert browser.complaints() == []
    assert not [event for event in browser.events if event.get("method") == "Page.javascriptDialogOpening"]
    assert [url for url in browser.fetched() if not url.startswith((f"file://{path}", "data:"))] == []
    assert browser.value(ODD) == []
    assert set(browser.value(TAGS)) <= set(KNOWN.split())
    return read(browser.value("document.documentElement.textContent"))


def table_of(attacks, response, n=120):
    """Give numbers in columns named by attacks, and a factor with them as levels."""
    rng = np.random.default_rng(0)
    table = {response: rng.gamma(5.0, size=n)} | {name: rng.normal(size=n) for name in attacks if name != response}
    return table | {f"levels {response}": np.resize(np.array(attacks, dtype=object), n)}


def line_of(attacks):
    """Fit a line whose response, columns, levels and groups have attacks for names."""
    response = next(name for name in attacks if "`" not in name)
    return pliant.fit(f"`{response}` ~ .", table_of(attacks, response), hidden=())


def test_there_are_enough_of_them_and_they_do_run_where_they_are_not_escaped(browser, tmp_path):
    assert len(set(ATTACKS)) == len(ATTACKS) >= 40
    page = tmp_path / "raw.html"
    ran = []
    for attack in ATTACKS:
        page.write_text(f"<!doctype html><title>{attack}</title><p title='{attack}'>{attack}", "utf-8", "surrogatepass")
        browser.open(f"file://{page}")
        asked = [url for url in browser.fetched() if not url.startswith((f"file://{page}", "data:"))]
        ran.append(bool(asked) or browser.value("typeof window.ran") != "undefined")
    assert sum(ran) >= 40


@pytest.mark.parametrize("group", range(len(GROUPS)))
def test_a_report_shows_names_and_levels_and_runs_none(browser, tmp_path, group):
    path = tmp_path / "report.html"
    line_of(GROUPS[group]).report(path)
    said = is_harmless(browser, path)
    assert browser.value("document.scripts.length") == 1
    assert missing(GROUPS[group], said) == []


@pytest.mark.parametrize("group", range(len(GROUPS)))
def test_a_notebook_shows_names_and_levels_and_runs_none(browser, tmp_path, group):
    line = line_of(GROUPS[group])
    shown = [line, line.summary(), line.check(199), pliant.anova(line), look_at(line)]
    parts = [each._repr_html_() for each in shown]
    page = tmp_path / "notebook.html"
    page.write_text("<!doctype html><title>notebook</title><meta charset=utf-8>" + "\n".join(parts), "utf-8")
    said = is_harmless(browser, page)
    assert browser.value("document.scripts.length") == 0
    assert missing(GROUPS[group], said) == []


def look_at(line):
    """Look at a table in which a column is constant and one tells the response, both named by attacks."""
    table = {name: np.asarray(line.table[name].values) for name in line.table.names[:2]}
    return pliant.look(f"`{line.design.response.label.strip('`')}` ~ .", {**table, ATTACKS[0] + ".": np.ones(120)})


def test_pictures_write_names_and_levels_as_words(browser, tmp_path):
    picture, axes = new_picture("; ".join(ATTACKS[:3]), "; ".join(ATTACKS[-3:]))
    for i, attack in enumerate(ATTACKS):
        axes.text(0.0, i / len(ATTACKS), plain(attack, 200), fontsize=5)
    picture.alt = "; ".join(ATTACKS)
    drawn = as_svg(picture, "a").file
    words = [attack for attack in ATTACKS if set("$\0") & set(attack)]
    line = line_of(words)
    numbers = [name for name in line.table.names if name in words and name != line.design.response.columns[0]]
    pictures = [
        line.plot(),
        line.plot_effects(),
        line.plot_effects(numbers[0]),
        line.plot_effects(numbers[1], numbers[2]),
        line.plot_effects(line.table.names[-1]),
        line.plot_importance(),
        line.plot_diagnostics(),
        line.plot_check(199),
    ]
    for i, text in enumerate([drawn, *(as_svg(each, "p").file for each in pictures)]):
        ElementTree.fromstring(text)
        page = tmp_path / f"{i}.svg"
        page.write_text(text, "utf-8")
        said = is_harmless(browser, page)
        if i == 0:
            kept = ["".join(c if c.isprintable() else "?" for c in attack) for attack in ATTACKS]
            assert [attack for attack in kept if read(attack) not in said] == []


def test_a_table_and_a_model_may_be_called_anything(browser, tmp_path):
    rows = "".join(f"{i},{i * i % 7}\n" for i in range(30))
    names = [name for name in ATTACKS if not set(name) & set("/\0")]
    path = tmp_path / ("".join(names[::5])[:180] + ".csv")
    path.write_text("x,y\n" + rows)
    page = tmp_path / "report.html"
    pliant.fit("y ~ x", str(path), hidden=()).report(page)
    assert read(visible(path.name)) in is_harmless(browser, page)


@pytest.mark.parametrize("attack", ["<script>ran=1</script>", "${ran=1}", '"><img src=x onerror=ran=1>', "tanh\0"])
def test_a_tour_takes_no_words_but_the_name_of_an_activation(attack):
    with pytest.raises(ArgumentError, match="activation"):
        make_tour(1, attack)


def test_what_acts_in_a_terminal_is_written_out():
    table = {
        "y": np.arange(9.0) ** 2,
        "a\x1b]8;;http://far.invalid\x07\u202e": np.arange(9.0),
        "b\rc": np.arange(9.0) % 2,
    }
    table["g"] = np.array(["\x1b[2J", "u\nv", "w"] * 3)
    line = pliant.fit("y ~ .", table, hidden=())
    for shown in (line, line.summary(), line.check(199), pliant.anova(line), line.look()):
        said = str(shown)
        assert not set(said) & set("\x1b\x07\r\u202e")
    assert r"a\x1b]8;;http://far.invalid\x07\u202e" in str(line.summary())
    assert r"g[T.u\nv]" in str(line.summary())


def test_the_shell_writes_out_what_acts_in_a_path(capsys):
    assert run(["predict", "no\x1b[2J.pliant", "no.csv"]) == 2
    assert r"no\x1b[2J.pliant" in capsys.readouterr().err


def test_what_is_seen_stays_as_it_is():
    for text in (
        "naïve façade",
        "日本語 한국어",
        "\U0001f468\u200d\U0001f469",
        "می\u200cخواهم",
        "a\u00a0b\tc\nd",
        "e\u0301",
    ):
        assert visible(text) == text
    assert visible("\0\x1b\x9b\u202e\ud800\ufffe\U0010ffff") == r"\x00\x1b\x9b\u202e\ud800\ufffe\U0010ffff"
    assert escape("<a href='\0'>&") == r"&lt;a href=&#x27;\x00&#x27;&gt;&amp;"
