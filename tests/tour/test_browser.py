"""The page in real Chromium, with the network off: nothing complains, and everything is seen."""

from itertools import combinations

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


LETTERS = """[...document.querySelectorAll("figure svg")].flatMap(svg =>
    [...svg.querySelectorAll("text")].map(e => {
        const [frame, box] = [svg.getBoundingClientRect(), e.getBoundingClientRect()];
        const size = parseFloat(getComputedStyle(e).fontSize) * frame.width / svg.viewBox.baseVal.width;
        return {figure: svg.closest("figure").id, said: e.textContent, size, wide: frame.width, high: frame.height,
            left: box.left - frame.left, right: box.right - frame.left,
            top: box.top - frame.top, bottom: box.bottom - frame.top}; }))"""


@pytest.mark.parametrize(("width", "least", "most"), [(1280, 12, 20), (800, 12, 20), (390, 10, 14), (320, 8, 14)])
def test_letters_in_figures_are_neither_small_nor_large(browser, page, width, least, most):
    browser.open(page, width=width)
    sizes = [(letter["size"], letter["figure"], letter["said"]) for letter in browser.value(LETTERS)]
    assert len(sizes) > 150
    assert min(sizes)[0] >= least, min(sizes)
    assert max(sizes)[0] <= most, max(sizes)


@pytest.mark.parametrize("width", [1280, 390])
def test_no_word_in_a_figure_lies_on_another_or_leaves_it(browser, page, width):
    browser.open(page, width=width)
    letters = [letter for letter in browser.value(LETTERS) if letter["said"].strip()]
    outside = [
        (each["figure"], each["said"])
        for each in letters
        if min(each["left"], each["top"]) < -1 or each["right"] > each["wide"] + 1 or each["bottom"] > each["high"] + 1
    ]
    assert outside == []
    assert [(a["figure"], a["said"], b["said"]) for a, b in combinations(letters, 2) if lies_on(a, b)] == []


def lies_on(a, b):
    """Say whether two words of one figure share more than the air around their letters."""
    if a["figure"] != b["figure"]:
        return False
    across = min(a["right"], b["right"]) - max(a["left"], b["left"])
    down = min(a["bottom"], b["bottom"]) - max(a["top"], b["top"])
    return across > 1 and down > 0.25 * min(a["bottom"] - a["top"], b["bottom"] - b["top"])


def test_on_a_telephone_most_that_is_printed_is_seen_whole(browser, page):
    browser.open(page, width=390)
    hidden = browser.value("""[...document.querySelectorAll("pre.out")].filter(e => e.scrollWidth > e.clientWidth + 1)
        .map(e => e.textContent.slice(0, 40))""")
    assert len(hidden) <= 2, hidden


def test_how_to_move_a_figure_is_said_only_where_it_moves(browser, page):
    shown = "[...document.querySelectorAll('.hint')].map(e => e.getClientRects().length > 0)"
    for script, media, expected in ((False, "", True), (False, "print", False), (True, "", False)):
        browser.ask("Emulation.setScriptExecutionDisabled", value=script)
        browser.open(page, media=media)
        assert browser.value(shown) == [expected] * 3
    browser.ask("Emulation.setScriptExecutionDisabled", value=False)


def test_a_training_can_be_played(browser, page):
    browser.open(page)
    said = browser.value("""(async () => {
        const box = document.querySelector("#figure-watch .moves"), seen = new Set();
        const [button, said, input] = ["button", ".said", "input"].map(name => box.querySelector(name));
        button.click();
        for (const start = Date.now(); button.getAttribute("aria-pressed") === "true" && Date.now() - start < 20000;) {
            seen.add(said.textContent);
            await new Promise(done => setTimeout(done, 20));
        }
        return [seen.size, said.textContent, Number(input.value), button.textContent]; })()""")
    assert said[0] > 5
    assert said[1:] == ["epoch 100", 50, "Play"]


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


def test_on_paper_code_and_captions_can_be_read(browser, page):
    browser.open(page, width=700, media="print")
    for words, least in (("pre", 10.0), ("figcaption", 10.0), ("p:not([class])", 13.0)):
        style = f"getComputedStyle(document.querySelector('main {words}'))"
        size, line = browser.value(f"(s => [parseFloat(s.fontSize), parseFloat(s.lineHeight)])({style})")
        assert size >= least, words
        assert line > 1.2 * size, words
    whole = (
        "[...document.querySelectorAll('figure, .formula, h2')].every(e => getComputedStyle(e).breakInside === 'avoid')"
    )
    assert browser.value(whole)
    cut = "[...document.querySelectorAll('pre')].filter(e => e.scrollWidth > e.clientWidth + 1).length"
    assert browser.value(cut) == 0


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
