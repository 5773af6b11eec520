"""The report in real Chromium, with the network off: nothing complains, nothing from a table runs, all is seen."""

import numpy as np
import pytest

import pliant

COLUMNS = ["</script><script>alert(1)</script>", 'x" onmouseover="alert(2)']
LEVELS = ["<img src=x onerror=alert(3)>", "[a](javascript:alert(4))", "$x_{", "l" * 90]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A report whose columns and levels would like to run."""
    rng = np.random.default_rng(0)
    table = {"y": rng.normal(size=40), "g": np.array(LEVELS)[rng.integers(0, len(LEVELS), 40)]}
    table |= {name: rng.normal(size=40) for name in COLUMNS}
    formula = "y ~ g + " + " + ".join(f"`{name}`" for name in COLUMNS)
    path = tmp_path_factory.mktemp("report") / "r.html"
    pliant.fit(formula, table, hidden=2, members=3, optimiser="lm", regularisation="evidence").report(path)
    return f"file://{path}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_opens_without_a_network_or_a_complaint_and_runs_no_name(browser, page, width, scheme):
    browser.open(page, width=width, scheme=scheme)
    assert browser.complaints() == []
    assert not [event for event in browser.events if event.get("method") == "Page.javascriptDialogOpening"]
    assert [url for url in browser.fetched() if not url.startswith(("file:", "data:"))] == []
    assert browser.value("document.querySelectorAll('script').length") == 1
    assert browser.value("document.querySelector('header code').textContent").count("alert(1)") == 1
    assert browser.value("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [1280, 390])
def test_every_figure_and_section_is_seen(browser, page, width):
    browser.open(page, width=width)
    boxes = browser.value("""[...document.querySelectorAll("figure svg")].map(svg => {
        const box = svg.getBoundingClientRect();
        return [box.width, box.height, svg.querySelectorAll("path, use").length, svg.getAttribute("aria-label")]; })""")
    assert len(boxes) > 4
    for wide, high, drawn, alt in boxes:
        assert min(wide, high) > 80
        assert wide <= width
        assert drawn > 3
        assert len(alt) > 10
    heights = browser.value("[...document.querySelectorAll('main section')].map(s => s.getBoundingClientRect().height)")
    assert min(heights) > 80


def test_it_reads_as_well_without_a_script_and_on_paper(browser, page):
    browser.ask("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(page, scheme="dark", media="print", width=700)
    browser.ask("Emulation.setScriptExecutionDisabled", value=False)
    assert browser.value("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert browser.value("document.querySelector('nav').getBoundingClientRect().height") == 0
    assert browser.value("[...document.querySelectorAll('pre')].every(e => e.getBoundingClientRect().height > 0)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_its_words_can_be_read(browser, page, scheme):
    browser.open(page, scheme=scheme)
    worst = browser.value("""(() => {
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
        const all = document.querySelectorAll("p, li, h1, h2, dt, dd, th, td, figcaption, code, pre");
        return Math.min(...[...all].map(e => {
            const [a, b] = [light(getComputedStyle(e).color), light(ground(e))];
            return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05); }));
    })()""")
    assert worst >= 4.5
