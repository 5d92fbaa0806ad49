import base64
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from multibo.evaluation.figures import gain_curves, timing_bars
from multibo.evaluation.provenance import Provenance
from multibo.evaluation.report import report_page
from tests.support.searches import a_session

VOID = {"meta", "img", "br"}


class Page(HTMLParser):
    """Checks that tags nest, and collects pictures, links and words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.sources: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "src":
                self.sources.append(value or "")
            if name == "href":
                self.links.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Drawings close themselves."""

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.fixture(scope="module")
def provenance() -> Provenance:
    return Provenance.collect()


def test_the_page_is_well_formed_and_needs_nothing_from_outside(
    provenance: Provenance,
) -> None:
    page = Page(report_page(a_session(), provenance))

    assert page.open == []
    assert page.links == []
    assert all(source.startswith("data:image/png;base64,") for source in page.sources)


def test_the_page_shows_every_picture_of_the_session(provenance: Provenance) -> None:
    session = a_session()

    page = Page(report_page(session, provenance))

    embedded = [base64.b64decode(source.split(",")[1]) for source in page.sources]
    pictures = session.pictures
    heads = [pictures.start, pictures.final, pictures.target]
    assert embedded == heads + [png for slate in pictures.slates for png in slate]


def test_the_page_quotes_the_prompt_without_obeying_it(provenance: Provenance) -> None:
    text = report_page(a_session(), provenance)

    assert "&lt;long&gt; hair" in text
    assert "<long>" not in text


def test_one_picture_of_each_round_is_marked_as_chosen(provenance: Provenance) -> None:
    session = a_session()

    text = report_page(session, provenance)

    assert text.count('<figure class="chosen">') == len(session.record.rounds)


def test_a_fallback_slate_is_called_one(provenance: Provenance) -> None:
    degraded = report_page(a_session(degraded="engine <restarting>"), provenance)

    assert "fallback: engine &lt;restarting&gt;" in degraded
    assert "fallback" not in report_page(a_session(), provenance)


def test_the_origin_names_seed_engine_and_versions(provenance: Provenance) -> None:
    words = " ".join(Page(report_page(a_session(seed=1003), provenance)).words)

    assert "1003" in words
    assert provenance.engine in words
    assert f"torch {provenance.packages['torch']}" in words


@pytest.mark.parametrize("n_rounds", [1, 3, 50])
def test_drawings_are_well_formed_for_short_and_long_sessions(n_rounds: int) -> None:
    record = a_session([(0.5 * n / n_rounds,) for n in range(n_rounds)]).record

    curves = ElementTree.fromstring(gain_curves(record))
    bars = ElementTree.fromstring(timing_bars(record))

    assert len(curves.findall("polyline")) == 2
    assert len(bars.findall("rect")) == 4 * n_rounds


def test_a_curve_has_a_point_per_round_and_stays_in_the_frame() -> None:
    record = a_session().record

    line = ElementTree.fromstring(gain_curves(record)).findall("polyline")[0]
    points = [tuple(map(float, p.split(","))) for p in line.attrib["points"].split()]

    assert len(points) == 1 + len(record.rounds)
    assert all(0 <= x <= 640 and 0 <= y <= 300 for x, y in points)
    assert [x for x, _ in points] == sorted(x for x, _ in points)


def test_the_bars_of_a_round_stack_up_to_its_seconds() -> None:
    drawing = ElementTree.fromstring(timing_bars(a_session([(0.5,)]).record))

    heights = {
        bar.attrib["class"]: float(bar.attrib["height"])
        for bar in drawing.findall("rect")
    }
    per_second = heights["stage-render"] / 1.0

    assert heights["stage-queue"] == pytest.approx(0.5 * per_second, abs=0.2)
    assert sum(heights.values()) == pytest.approx(2.0 * per_second, abs=0.4)
