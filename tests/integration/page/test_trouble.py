"""What the page does when the server refuses, is away, or loses a reply."""

import grpc
import pytest

from tests.support.chromium import Page
from tests.support.fake_optimizer import FakeOptimizer
from tests.support.fake_session import Refusal

pytestmark = pytest.mark.browser

AWAY = Refusal(grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE")
LOST_REPLY = Refusal(grpc.StatusCode.UNAVAILABLE, "DRAINING", after_doing=True)
FAULT = Refusal(grpc.StatusCode.INTERNAL, "INTERNAL")


def banner(page: Page) -> str:
    """Text of the banner once it is shown."""
    page.until(lambda: page.one("#banner").is_displayed())
    return page.text("#banner-text")


def test_a_lost_reply_is_asked_for_again_under_the_same_id(
    page: Page, optimizer: FakeOptimizer
) -> None:
    page.start("a face")
    optimizer.refuse("SubmitFeedback", LOST_REPLY)

    page.choose(2)
    page.until_round(2)

    answers = optimizer.requests("SubmitFeedback")
    assert len(answers) == 2
    assert len({answer.request_id for answer in answers}) == 1
    assert optimizer.sessions[page.session].session.feedback_count == 1


def test_a_lost_reply_to_create_makes_no_second_session(
    page: Page, optimizer: FakeOptimizer
) -> None:
    n_sessions = len(optimizer.sessions)
    optimizer.refuse("CreateSession", LOST_REPLY)

    page.start("a face")
    page.slate()

    assert len(optimizer.sessions) == n_sessions + 1


def test_a_fault_is_shown_and_try_again_keeps_the_answer(
    page: Page, optimizer: FakeOptimizer
) -> None:
    page.start("a face")
    optimizer.refuse("SubmitFeedback", FAULT)

    page.choose(1)
    text = banner(page)
    page.one("#banner-retry").click()
    page.until_round(2)

    first, second = optimizer.requests("SubmitFeedback")
    assert text.startswith("Something went wrong on the server")
    assert first.request_id == second.request_id
    assert not page.one("#banner").is_displayed()


def test_an_absent_server_is_waited_for(page: Page, optimizer: FakeOptimizer) -> None:
    page.start("a face")
    optimizer.refuse("SubmitFeedback", AWAY, times=4)

    page.choose(1)

    assert "memory" in banner(page)
    page.until_round(2)  # without a click
    assert not page.one("#banner").is_displayed()


def test_a_full_queue_is_waited_for_as_long_as_it_says(
    page: Page, optimizer: FakeOptimizer
) -> None:
    full = Refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, "BACKLOG_FULL", retry_s=2)
    optimizer.refuse("ProposeRound", full)

    page.start("a face")

    assert banner(page) == ("Many pictures are waiting to be drawn. Try again in 2 s.")
    page.slate()
    assert len(optimizer.requests("ProposeRound")) == 2


def test_a_field_that_is_refused_is_named(page: Page, optimizer: FakeOptimizer) -> None:
    bad = Refusal(grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID", field="spec.seed")
    optimizer.refuse("CreateSession", bad)

    page.start("a face")

    assert banner(page) == "Seed: is not possible"
    assert not page.one("#banner-retry").is_displayed()
    assert page.one("#start").is_displayed()


def test_a_round_answered_elsewhere_is_caught_up_with(
    page: Page, optimizer: FakeOptimizer
) -> None:
    page.start("a face")
    closed = Refusal(
        grpc.StatusCode.FAILED_PRECONDITION, "ROUND_NOT_OPEN", after_doing=True
    )
    optimizer.refuse("SubmitFeedback", closed)

    page.choose(1)

    page.until_round(2)
    page.slate()
    assert "already answered" in banner(page)


def test_a_session_that_is_gone_is_said_so(page: Page) -> None:
    page.open("#/projects/local/sessions/never-was")

    assert banner(page).startswith("This session is gone.")


def test_without_a_watch_polling_is_enough(
    page: Page, optimizer: FakeOptimizer
) -> None:
    optimizer.silent = True
    page.start("a face")

    page.choose(3)
    page.until_round(2)
    page.slate()

    assert not page.one("#connection").is_displayed()
    assert len(optimizer.requests("GetSession")) > 1


def test_a_broken_watch_resumes_from_its_cursor(
    page: Page, optimizer: FakeOptimizer
) -> None:
    page.start("a face")
    page.slate()

    optimizer.silent = True
    page.until(lambda: len(optimizer.requests("WatchSession")) > 1)
    optimizer.silent = False
    page.choose(0)
    page.until_round(2)
    page.slate()

    cursors = [request.cursor for request in optimizer.requests("WatchSession")]
    assert cursors[0] == ""
    assert all(cursor != "" for cursor in cursors[1:])


def test_a_candidate_that_failed_is_not_among_the_shown(
    page: Page, optimizer: FakeOptimizer
) -> None:
    optimizer.failing = {(0, 2)}
    page.start("a face")

    page.choose(1, n=3)
    page.until_round(2)

    (answer,) = optimizer.requests("SubmitFeedback")
    assert list(answer.feedback.shown) == [0, 1, 3]


def test_a_round_that_failed_can_be_left_behind(
    page: Page, optimizer: FakeOptimizer
) -> None:
    optimizer.failing = {(0, 1), (0, 2), (0, 3)}
    page.start("a face")

    page.until(lambda: page.one("#another").is_displayed())
    assert page.text("#question") == "These pictures could not be drawn"
    page.one("#another").click()
    page.slate()

    assert len(optimizer.requests("ProposeRound")) == 2
