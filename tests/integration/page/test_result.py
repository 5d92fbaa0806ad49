"""The end: the recommendation beside the start, and the file to take home."""

from pathlib import Path

import pytest

from tests.support.chromium import Page
from tests.support.drawn_faces import face_png
from tests.support.fake_optimizer import FakeOptimizer

pytestmark = pytest.mark.browser


def test_finish_shows_the_recommendation_and_offers_its_png(
    page: Page, optimizer: FakeOptimizer, download: Path
) -> None:
    page.start("a face")
    page.choose(2)
    page.until_round(2)
    page.slate()

    page.finish()
    page.until(lambda: len(page.all("#result .frame canvas")) == 2)
    page.one("#download").click()
    page.until(lambda: list(download.glob("*.png")))

    (finished,) = optimizer.requests("FinishSession")
    assert finished.accepted_candidate == f"{page.session}/rounds/0/candidates/2"
    (file,) = download.glob("*.png")
    assert file.read_bytes() == face_png(2)
    assert len(page.all("#result-path-list img")) == 1
    assert page.text("#result-note").startswith("1 choice among 8 pictures")
    assert page.complaints == []


def test_finish_asks_first(page: Page, optimizer: FakeOptimizer) -> None:
    page.start("a face")
    page.choose(2)
    page.until_round(2)
    page.slate()

    page.one("#finish").click()
    page.one("#finish-dialog [value='cancel']").click()
    page.choose(1)
    page.until_round(3)

    assert optimizer.requests("FinishSession") == []


def test_a_finished_session_is_still_there_after_a_reload(page: Page) -> None:
    page.start("a face")
    page.choose(2)
    page.until_round(2)
    page.finish()

    page.chrome.refresh()

    page.until(lambda: len(page.all("#result .frame canvas")) == 2)
    assert page.text("#result-title") == "Here it is"


def test_the_last_round_leads_to_the_result(
    page: Page, optimizer: FakeOptimizer
) -> None:
    page.start("a face", rounds=2)

    page.choose(2)
    page.until_round(2)
    page.choose(1)

    page.until(lambda: page.one("#result").is_displayed())
    assert page.text("#result-note").endswith("All rounds are used.")


def test_start_over_keeps_the_prompt(page: Page) -> None:
    page.start("a face with freckles")
    page.choose(2)
    page.until_round(2)
    page.finish()

    page.one("#again").click()

    page.until(lambda: page.one("#start").is_displayed())
    assert page.one("#prompt").get_property("value") == "a face with freckles"
