"""The page in real Chromium, with the network off: nothing complains, and everything is seen."""

import pytest

from pliant.tour import make_tour
from pliant.tour.source import Code, read_story

SECTIONS = read_story()[1:]
FIGURES = [part.figure for section in read_story() for part in section.parts if isinstance(part, Code) and part.figure]
BOXES = """[...document.querySelectorAll("figure svg")].map(svg => {
    const box = svg.getBoundingClientRect();
    const drawn = [...svg.querySelectorAll("path, use, text")].filter(e => e.getBoundingClientRect().width > 0);
    return [svg.closest("figure").id, box.width, box.height, drawn.length, svg.getAttribute("aria-label")]; })"""


@pytest.fixture(scope="module")
def page(told, tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    path = told[0].save(folder)
    return f"file://{path}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_opens_without_a_network_or_a_complaint(browser, page, width, scheme):
    browser.open(page, width=width, scheme=scheme)
    assert browser.complaints() == []
    assert [url for url in browser.fetched() if not url.startswith(("file:", "data:"))] == []
    assert browser.value("document.title") == "A line, then a curve"


@pytest.mark.parametrize("width", [1280, 390])
def test_every_figure_is_seen(browser, page, width):
    browser.open(page, width=width)
    boxes = browser.value(BOXES)
    assert sorted(name for name, *_ in boxes) == sorted(f"figure-{name}" for name in FIGURES)
    for name, wide, high, drawn, alt in boxes:
        assert min(wide, high) > 80, name
        assert wide <= width, name
        assert drawn > 3, name
        assert len(alt) > 30, name


def test_every_section_is_there_and_in_the_contents(browser, page):
    browser.open(page)
    found = browser.value("""[...document.querySelectorAll("main section")].map(
        s => [s.id, s.querySelector("h2 a").textContent, s.getBoundingClientRect().height > 200])""")
    assert found == [[section.anchor, section.title, True] for section in SECTIONS]
    links = browser.value('[...document.querySelectorAll("nav a")].map(a => a.hash.slice(1))')
    assert links == [section.anchor for section in SECTIONS]
    assert browser.value("new Set([...document.querySelectorAll('[id]')].map(e => e.id)).size") == browser.value(
        "document.querySelectorAll('[id]').length"
    )


@pytest.mark.parametrize("width", [1280, 800, 390, 320])
def test_the_page_is_never_wider_than_the_window(browser, page, width):
    browser.open(page, width=width)
    assert browser.value("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_and_code_and_figures_can_be_read(browser, page, scheme):
    browser.open(page, scheme=scheme)
    ratios = browser.value("""(() => {
        const context = document.createElement("canvas").getContext("2d");
        const light = colour => {
            context.fillStyle = colour;
            context.fillRect(0, 0, 1, 1);
            const parts = [...context.getImageData(0, 0, 1, 1).data].slice(0, 3).map(c => {
                c /= 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; });
            return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
        };
        const ground = e => {
            for (; e; e = e.parentElement) {
                const colour = getComputedStyle(e).backgroundColor;
                if (!/, 0\\)|transparent/.test(colour)) return colour;
            }
        };
        const words = "p, li, h1, h2, figcaption, pre code, pre.out, code, .k, .s, .n, nav a, summary, figure svg text";
        return [...document.querySelectorAll(words)].map(e => {
            const style = getComputedStyle(e);
            const [a, b] = [light(e.closest("svg") ? style.fill : style.color), light(ground(e))];
            return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.className.baseVal ?? e.className, e.tagName];
        });
    })()""")
    assert len(ratios) > 500
    worst = min(ratios)
    assert worst[0] >= 4.5, worst


def test_the_two_weights_can_be_moved(browser, page):
    browser.open(page)
    move = """((at, value) => {
        const input = document.querySelectorAll("#figure-guess input")[at];
        input.value = value;
        input.dispatchEvent(new Event("input"));
        return document.querySelector("#figure-guess .said").textContent; })"""
    before = browser.value("document.querySelector('#figure-guess [id$=moving] path').getAttribute('d')")
    assert browser.value("document.querySelector('#figure-guess .said').textContent") == "loss 4,474.6"
    browser.value(f"{move}(0, 3.0)")
    after = float(browser.value(f"{move}(1, 2.0)").removeprefix("loss ").replace(",", ""))
    assert after < 400.0
    assert browser.value("document.querySelector('#figure-guess [id$=moving] path').getAttribute('d')") != before


def test_the_network_can_be_watched_stage_by_stage(browser, page):
    browser.open(page)
    seen = browser.value("""[...document.querySelectorAll("#figure-watch input")].flatMap(input =>
        [0, 25, 50].map(at => {
            input.value = at;
            input.dispatchEvent(new Event("input"));
            const path = document.querySelector("#figure-watch [id$=moving] path");
            return [document.querySelector("#figure-watch .said").textContent, path.getAttribute("d")]; }))""")
    assert [said for said, _ in seen] == ["epoch 0", "epoch 50", "epoch 100"]
    assert len({path for _, path in seen}) == 3


def test_a_moved_curve_ends_where_it_was_drawn(browser, page):
    drawn = "document.querySelector('#figure-watch [id$=moving] path').getBBox()"
    browser.ask("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(page)
    before = browser.value(f"(b => [b.x, b.y, b.width, b.height])({drawn})")
    browser.ask("Emulation.setScriptExecutionDisabled", value=False)
    browser.open(page)
    after = browser.value(f"(b => [b.x, b.y, b.width, b.height])({drawn})")
    assert after == pytest.approx(before, abs=0.2)


def test_all_code_folds_and_opens_at_once(browser, page):
    browser.open(page)
    count = (
        "[document.querySelectorAll('.cell details').length, document.querySelectorAll('.cell details[open]').length]"
    )
    total, opened = browser.value(count)
    assert total == opened > 20
    browser.value("document.querySelector('[data-fold]').click()")
    assert browser.value(count) == [total, 0]
    browser.value("document.querySelector('[data-fold]').click()")
    assert browser.value(count) == [total, total]


def test_on_paper_it_is_light_and_has_no_controls(browser, page):
    browser.open(page, scheme="dark", media="print")
    assert browser.value("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert browser.value("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    hidden = "[...document.querySelectorAll('nav, .moves, button')].every(e => e.getBoundingClientRect().height === 0)"
    assert browser.value(hidden)
    inks = "[...new Set([...document.querySelectorAll('figure svg text')].map(e => getComputedStyle(e).fill))].sort()"
    assert browser.value(inks) == ["rgb(31, 41, 51)", "rgb(95, 108, 123)"]


def test_a_figure_as_a_file_has_its_colours_with_it(browser, told, tmp_path):
    told[0].save(tmp_path)
    for scheme, ground in (("light", "rgb(255, 255, 255)"), ("dark", "rgb(21, 25, 30)")):
        browser.open(f"file://{tmp_path}/figures/network.svg", scheme=scheme)
        assert browser.value("getComputedStyle(document.documentElement).backgroundColor") == ground
        assert browser.complaints() == []


def test_without_torch_the_page_opens_too(browser, tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "torch", None)
    browser.open(f"file://{make_tour().save(tmp_path)}")
    assert browser.complaints() == []
    assert browser.value("document.querySelectorAll('.missing').length") >= 6
    assert browser.value("document.querySelectorAll('main section').length") == 11
