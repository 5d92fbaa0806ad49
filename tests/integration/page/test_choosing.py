"""A person plays rounds: by click, by key, early, twice, and over a reload."""

import time
import uuid

import pytest
from selenium.webdriver.common.action_chains import ActionChains

from multibo.v1 import image_pb2
from tests.support.chromium import Page
from tests.support.fake_optimizer import EXAMPLES, FakeOptimizer

pytestmark = pytest.mark.browser


def test_three_rounds_by_click_and_by_key(page: Page, optimizer: FakeOptimizer) -> None:
    page.start("comic portrait, brown long hair")

    page.choose(2)
    page.until_round(2)
    page.press("4")
    page.until_round(3)
    page.choose(0)
    page.until_round(4)

    answers = optimizer.requests("SubmitFeedback")
    assert [answer.feedback.chosen for answer in answers] == [2, 3, 0]
    assert all(list(answer.feedback.shown) == [0, 1, 2, 3] for answer in answers)
    assert all(answer.feedback.response_time.ToMilliseconds() > 0 for answer in answers)
    assert len({uuid.UUID(answer.request_id) for answer in answers}) == 3
    assert [image.get_property("alt") for image in page.all("#path-list img")] == [
        "Choice of round 1",
        "Choice of round 2",
        "Choice of round 3",
    ]
    assert page.complaints == []


def test_an_example_fills_the_prompt(page: Page, optimizer: FakeOptimizer) -> None:
    page.open()
    page.until(lambda: page.all(".example"))

    page.all(".example")[1].click()
    page.one("#start-button").click()
    page.slate()

    (created,) = optimizer.requests("CreateSession")
    assert created.spec.prompt == EXAMPLES[1]
    assert page.text("#about-prompt") == EXAMPLES[1]
    assert created.spec.slate_size == 4
    assert created.spec.rounds == 50


def test_options_reach_the_spec(page: Page, optimizer: FakeOptimizer) -> None:
    page.start("a face", slate_size=3, rounds=7, seed="9007199254740993")

    page.slate(3)

    (created,) = optimizer.requests("CreateSession")
    assert created.spec.slate_size == 3
    assert created.spec.rounds == 7
    assert created.spec.seed == 9007199254740993  # more than a double can hold


def test_a_prompt_of_blanks_starts_nothing(
    page: Page, optimizer: FakeOptimizer
) -> None:
    page.start("   ")

    page.until(lambda: page.text("#prompt-note") != "")
    assert optimizer.requests("CreateSession") == []


def test_a_double_click_is_one_start_and_one_answer(
    page: Page, optimizer: FakeOptimizer
) -> None:
    page.start("a face")
    picture = page.slate()[1]

    ActionChains(page.chrome).double_click(picture).perform()
    page.until_round(2)
    page.slate()

    assert len(optimizer.requests("SubmitFeedback")) == 1
    assert len(optimizer.requests("CreateSession")) == 1


def test_the_anchor_says_keep_this_one_and_undo_is_not_there_yet(page: Page) -> None:
    page.start("a face")
    page.slate()

    labels = [p.get_attribute("aria-label") for p in page.all("#slate .picture")]
    assert labels[0] == "Picture 1: keep this one"
    assert labels[1:] == [f"Picture {n}: choose this one" for n in (2, 3, 4)]
    assert [mark.text for mark in page.all(".tile .keep") if mark.is_displayed()] == [
        "keep this one"
    ]
    assert page.one("#undo").is_displayed()
    assert not page.one("#undo").is_enabled()
    assert page.text("#undo-note") == "There is nothing to undo yet"
    assert not page.one("#finish").is_enabled()


def test_the_chosen_picture_is_the_next_anchor_at_no_cost(
    page: Page, optimizer: FakeOptimizer
) -> None:
    page.start("a face")
    page.choose(3)
    page.until_round(2)
    page.slate()

    asked = [request.name for request in optimizer.requests("GetImage")]
    assert len(asked) == 4 + 3
    assert not any(name.endswith("rounds/1/candidates/0") for name in asked)


def test_the_answered_slate_never_takes_a_second_answer(
    page: Page, optimizer: FakeOptimizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next round's own news suffice: between the two nothing is asked again.

    Once the page refused a new round until its session had caught up. Meanwhile it
    offered the answered slate once more, and lost what was pressed there.
    """
    page.start("a face")
    page.slate()
    watcher = """
        window.offered = [];
        const look = () => {
          const open = document.querySelectorAll("#slate .picture:enabled");
          const names = [...open].map((one) => one.parentElement.dataset.seen ?? "new");
          if (open.length) window.offered.push(...names);
        };
        document.querySelectorAll("#slate > li").forEach((one) => {
          one.dataset.seen = "answered";
        });
        document.querySelector("[data-slot='2']").click();
        new MutationObserver(look).observe(document.querySelector("#slate"), {
          attributes: true, childList: true, subtree: true,
        });
    """
    n_read = len(optimizer.requests("GetSession"))
    monkeypatch.setattr(optimizer, "lag_s", 0.5)
    time.sleep(0.1)  # the watch's last quick look

    page.chrome.execute_script(watcher)
    page.until_round(2)
    page.slate()

    assert "answered" not in page.chrome.execute_script("return window.offered")
    assert len(optimizer.requests("GetSession")) == n_read


def test_an_early_answer_names_only_what_was_seen(
    page: Page, optimizer: FakeOptimizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(optimizer, "step_s", 0.25)
    page.start("a face")

    page.choose(1, n=2)
    page.until_round(2)

    (answer,) = optimizer.requests("SubmitFeedback")
    assert list(answer.feedback.shown) == [0, 1]


def test_pictures_appear_one_by_one_with_progress(
    page: Page, optimizer: FakeOptimizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(optimizer, "step_s", 0.15)
    page.start("a face")

    page.until(lambda: page.all(".tile.ready") and page.all(".tile.waiting"))

    bar = "document.querySelector('.picture progress:not([hidden])')"
    page.until(lambda: page.chrome.execute_script(f"return {bar}.value") > 0)
    assert "of 4 ready" in page.text("#hint")
    assert page.text("#status") == "Round 1: drawing."
    page.slate()
    page.until(lambda: page.text("#status") == "Round 1: all 4 pictures are ready.")


def test_a_sketch_is_seen_before_the_picture_and_cannot_be_chosen(
    page: Page, optimizer: FakeOptimizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(optimizer, "step_s", 0.15)
    optimizer.with_previews = True
    page.start("a face")

    page.until(lambda: page.all(".tile.sketch"))

    in_a_sketch = "document.querySelector('.tile.sketch canvas')"
    page.until(lambda: page.chrome.execute_script(f"return {in_a_sketch}.width") > 0)
    assert page.all(".tile.sketch button:not([hidden]):enabled") == []
    (watched, *_) = optimizer.requests("WatchSession")
    assert watched.include_previews
    page.slate()
    assert page.all(".tile.sketch") == []
    assert page.complaints == []


def test_a_reload_finds_the_round_and_the_way_again(
    page: Page, optimizer: FakeOptimizer
) -> None:
    page.start("a face")
    page.choose(1)
    page.until_round(2)
    page.slate()
    n_proposed = len(optimizer.requests("ProposeRound"))

    page.chrome.refresh()
    page.slate()

    assert page.text("#round-counter") == "Round 2 of 50"
    assert len(page.all("#path-list img")) == 1
    assert len(optimizer.requests("ProposeRound")) == n_proposed


def test_the_way_of_large_pictures_is_shown_in_thumbnails(
    page: Page, optimizer: FakeOptimizer
) -> None:
    page.start("a face")
    page.choose(1)
    page.until_round(2)
    page.choose(2)
    page.until_round(3)
    page.slate()
    first = optimizer.sessions[page.session].rounds[0].candidates[1]
    first.image.width_px = first.image.height_px = 1024
    n_before = len(optimizer.requests("GetImage"))

    page.chrome.refresh()
    page.slate()
    page.until(lambda: len(page.all("#path-list img[src]")) == 2)

    asked = {r.name: r.size for r in optimizer.requests("GetImage")[n_before:]}
    assert asked.pop(first.name) == image_pb2.IMAGE_SIZE_THUMBNAIL
    assert set(asked.values()) == {image_pb2.IMAGE_SIZE_FULL}


def test_a_second_window_follows_the_first(
    page: Page, optimizer: FakeOptimizer
) -> None:
    page.start("a face")
    page.slate()
    first = page.chrome.current_window_handle
    address = page.chrome.current_url
    page.chrome.switch_to.new_window("window")
    try:
        page.chrome.get(address)
        page.choose(2)
        page.until_round(2)
    finally:
        page.chrome.close()
        page.chrome.switch_to.window(first)

    page.until_round(2)
    page.slate()
    assert len(page.all("#path-list img")) == 1


def test_a_new_session_leaves_the_old_one_under_its_address(
    page: Page, optimizer: FakeOptimizer
) -> None:
    page.start("a face")
    page.slate()
    session = page.session

    page.one("#leave").click()
    page.until(lambda: page.one("#start").is_displayed())
    page.chrome.back()
    page.slate()

    assert page.session == session
    assert len(optimizer.requests("CreateSession")) == 1


def test_a_start_is_picked_before_the_search_begins(
    page: Page, optimizer: FakeOptimizer
) -> None:
    optimizer.casting_rounds = 1
    page.start("comic portrait, brown long hair")
    page.slate()

    question, hint = page.text("#question"), page.text("#hint")
    captions = [caption.text for caption in page.all(".caption")]
    page.choose(2)
    page.until_round(2)
    page.slate()

    assert question == "Which one shall we start from?"
    assert "start from" in hint
    assert [text.splitlines()[-1] for text in captions] == [
        "keep this one",
        *["another draw"] * 3,
    ]
    page.until(lambda: page.text("#question") == "Which one is closest?")
    assert "another draw" not in page.text("#slate")
    assert page.complaints == []
