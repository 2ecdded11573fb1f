# SPDX-License-Identifier: ISC
"""The page of `postern audit --html` in a real browser: wide and narrow, light and dark, and as a screen reader has it."""
import os
import re
import subprocess
from html.parser import HTMLParser

import pytest

import browser
import dhcp_wire as w
from harness import DEADLINE, ROOT, binary

SIZES = [(1280, 900), (390, 844)]
SCHEMES = ["light", "dark"]
VOID = {"meta", "br", "rect", "path"}


def make_page(path, *captures, options=()):
    subprocess.run([binary(), "audit", "--html", path, *options, *captures], check=True, stdout=subprocess.DEVNULL, timeout=DEADLINE)
    return path


def many(path, clients):
    """A DISCOVER of each, and a name that is too long for any column."""
    frames = []
    for i in range(clients):
        m = w.Message("DISCOVER", f"02:00:5e:{i >> 16 & 255:02x}:{i >> 8 & 255:02x}:{i & 255:02x}", xid=i)
        frames.append(w.frame_of(m.add(12, "x" * 200 + str(i)).add(55, [1, 3]), "0.0.0.0", "255.255.255.255"))
    return w.write_pcap(path, frames)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return make_page(tmp_path_factory.mktemp("page") / "page.html", ROOT / "tests/data/audit/clients.pcap.gz")


class Outline(HTMLParser):
    """What is not closed, or asks for anything from elsewhere, is found here."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.asked, self.tags, self.refers = [], [], [], {}, []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.tags[tag] = self.tags.get(tag, 0) + 1
        if "id" in given:
            self.ids.append(given["id"])
        self.refers += given.get("aria-labelledby", "").split()
        self.asked += [given[a] for a in ("src", "href", "data", "action") if a in given and not given[a].startswith("#")]
        self.refers += [given["href"][1:]] if given.get("href", "").startswith("#") else []
        assert not [a for a in given if a.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, (tag, self.getpos())


def test_the_page_is_whole_and_needs_nothing_from_elsewhere(page):
    outline = Outline(page.read_text())
    assert outline.open == [] and outline.asked == []
    assert not {"script", "img", "link", "iframe", "object"} & set(outline.tags)
    assert len(outline.ids) == len(set(outline.ids))
    assert set(outline.refers) <= set(outline.ids)
    assert "url(" not in page.read_text() and "http" not in page.read_text().replace("http-equiv", "")


def test_a_page_on_many_clients_stays_small(tmp_path):
    path = make_page(tmp_path / "many.html", many(tmp_path / "many.pcap", 3000))
    outline = Outline(path.read_text())
    assert path.stat().st_size < 3_000_000
    assert len([i for i in outline.ids if i.startswith("c-")]) == 500
    assert "the other 2500 are in the sums" in path.read_text()


def test_a_page_on_nothing_is_a_page(tmp_path):
    Outline(make_page(tmp_path / "none.html", w.write_pcap(tmp_path / "none.pcap", [])).read_text())


# --- in a browser --------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def chromium():
    if not browser.CHROMIUM:
        pytest.skip("needs chromium")
    with browser.Browser() as b:
        yield b


def luminance(color):
    parts = [int(p) / 255 for p in re.findall(r"\d+", color)[:3]]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


CONTRASTS = """(() => {
  const seen = {};
  for (const e of document.querySelectorAll('h1,h2,h3,p,a,td,th,small,li,caption,.badge,.place,.note,summary,dt')) {
    let b = e, back = 'rgba(0, 0, 0, 0)';
    while (b && back === 'rgba(0, 0, 0, 0)') { back = getComputedStyle(b).backgroundColor; b = b.parentElement; }
    seen[getComputedStyle(e).color + '|' + back] = e.className || e.tagName;
  }
  return seen;
})()"""


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width, height", SIZES)
def test_the_page_fits_and_can_be_read(chromium, page, tmp_path, width, height, scheme):
    chromium.show(page, width, height, scheme)
    assert chromium.requested() == [f"file://{page}"]
    assert chromium.run("document.documentElement.scrollWidth <= innerWidth")
    chromium.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert chromium.run("document.documentElement.scrollWidth <= innerWidth")
    # what is wider scrolls in a frame that the keyboard reaches
    assert chromium.run("[...document.querySelectorAll('.scroll')].every(s => s.tabIndex === 0 && s.getBoundingClientRect().right <= innerWidth)")
    colors = chromium.run(CONTRASTS)
    dark = luminance(chromium.run("getComputedStyle(document.body).backgroundColor")) < 0.2
    assert dark == (scheme == "dark")
    for pair, what in colors.items():
        assert contrast(*pair.split("|")) >= 4.5, (what, pair)
    # as much text in the size of a body as there is: nothing shrinks to fit
    assert chromium.run("Math.min(...[...document.querySelectorAll('td,th,p,li,small')].map(e => parseFloat(getComputedStyle(e).fontSize)))") >= 11
    # lanes of the timeline stand beside their names
    assert chromium.run("Math.abs(document.querySelector('.lanes ul').offsetHeight - document.querySelector('.lanes svg').getBoundingClientRect().height)") < 1
    folder = os.environ.get("POSTERN_SCREENSHOTS")
    if folder:
        chromium.picture(f"{folder}/audit-{width}-{scheme}.png")


def test_a_name_that_never_ends_does_not_widen_the_page(chromium, tmp_path):
    path = make_page(tmp_path / "page.html", many(tmp_path / "long.pcap", 3), options=["--reveal"])
    for width, height in SIZES:
        chromium.show(path, width, height)
        chromium.run("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert chromium.run("document.documentElement.scrollWidth <= innerWidth")


def test_a_screen_reader_is_told_the_same(chromium, page):
    chromium.show(page, 1280, 900)
    tree = chromium.tree()
    names = {}
    for role, name in tree:
        names.setdefault(role, []).append(name)
    assert names["heading"][0] == "DHCP privacy audit"
    assert any(n.startswith("Exposure matrix") for n in names["region"])
    assert names["main"] is not None and names["navigation"] == ["Sections"]
    headers = names["columnheader"]
    for section in [f"5.{i} " for i in range(1, 11)]:
        assert any(h.startswith(section) for h in headers), section
    rows = [h for h in names["rowheader"] if h.startswith("c-")]
    assert len(rows) >= 20
    # a verdict is a word, not a colour
    words = [name for role, name in tree if role in ("cell", "gridcell")]
    assert {"exposed", "possible", "not seen"} <= set(words)
    # every chart has a name, and what it shows is said beside it
    assert chromium.run("[...document.querySelectorAll('svg')].every(s => s.getAttribute('aria-hidden') === 'true' || "
                        "(s.getAttribute('role') === 'img' && s.querySelector('title') && s.querySelector('desc')))")
    charts = [n for role in ("image", "img", "graphics-document") for n in names.get(role, [])]
    assert any("When clients were seen" in n for n in charts) and any("Addresses given" in n for n in charts)
    assert chromium.run("[...document.querySelectorAll('table')].every(t => t.caption && t.querySelector('thead th[scope=col]') && "
                        "[...t.tBodies].every(b => [...b.rows].every(r => r.cells[0].tagName === 'TH' && r.cells[0].scope === 'row')))")


def test_the_keyboard_reaches_the_evidence(chromium, page):
    chromium.show(page, 1280, 900)
    target = chromium.run("document.querySelector('#exposure-caption').closest('table').querySelector('tbody th a').hash")
    assert chromium.run(f"document.querySelector({target!r}).tagName") == "DETAILS"
    assert chromium.run("document.querySelector('.skip').hash") == "#matrix"
