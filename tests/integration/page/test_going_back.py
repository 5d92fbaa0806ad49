"""A person takes answers back, gives them again, wants none of these, or others."""

import grpc
import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.support.chromium import Page
from tests.support.fake_optimizer import ADVICE, FakeOptimizer
from tests.support.fake_session import Refusal

pytestmark = pytest.mark.browser

LOST_REPLY = Refusal(grpc.StatusCode.UNAVAILABLE, "DRAINING", after_doing=True)


def n_choices(page: Page) -> int:
    return len(page.all("#path-list img"))


def test_undo_twice_then_redo_then_another_answer(
    page: Page, optimizer: FakeOptimizer
) -> None:
    page.start("a face")
    page.choose(2)
    page.until_round(2)
    page.choose(1)
    page.until_round(3)
    page.slate()

    page.one("#undo").click()
    page.until_round(2)
    page.slate()
    assert n_choices(page) == 1
    ActionChains(page.chrome).key_down(Keys.CONTROL).send_keys("z").perform()
    ActionChains(page.chrome).key_up(Keys.CONTROL).perform()
    page.until_round(1)
    page.slate()
    assert n_choices(page) == 0
    assert not page.one("#undo").is_enabled()
    page.one("#redo").click()
    page.until_round(2)
    page.slate()
    assert n_choices(page) == 1
    page.choose(3)
    page.until_round(2 + 1)

    page.until(lambda: not page.one("#redo").is_displayed())
    assert n_choices(page) == 2
    steps = optimizer.requests("UndoFeedback") + optimizer.requests("RedoFeedback")
    assert len({step.request_id for step in steps}) == len({s.etag for s in steps}) == 3
    assert optimizer.sessions[page.session].answered == [0, 1]
    assert page.complaints == []


def test_a_lost_reply_to_undo_takes_one_answer_back(
    page: Page, optimizer: FakeOptimizer
) -> None:
    page.start("a face")
    page.choose(2)
    page.until_round(2)
    page.choose(1)
    page.until_round(3)
    optimizer.refuse("UndoFeedback", LOST_REPLY)

    page.press("u")
    page.until_round(2)

    first, second = optimizer.requests("UndoFeedback")
    assert first == second
    assert optimizer.sessions[page.session].answered == [0]


def test_an_etag_that_is_behind_is_no_reason_to_refuse_the_person(
    page: Page, optimizer: FakeOptimizer
) -> None:
    page.start("a face")
    page.choose(2)
    page.until_round(2)
    page.slate()
    behind = Refusal(grpc.StatusCode.ABORTED, "ETAG_MISMATCH")
    optimizer.refuse("UndoFeedback", behind)

    page.press("u")
    page.until_round(1)

    assert len(optimizer.requests("UndoFeedback")) == 2
    assert not page.one("#banner").is_displayed()


def test_a_second_window_follows_an_undo(page: Page, optimizer: FakeOptimizer) -> None:
    page.start("a face")
    page.choose(2)
    page.until_round(2)
    page.slate()

    optimizer.sessions[page.session].undo()

    page.until_round(1)
    page.slate()
    assert n_choices(page) == 0
    assert len(optimizer.requests("ProposeRound")) == 2


@pytest.mark.parametrize("key", ["0", ""])
def test_none_of_these_is_an_answer(
    page: Page, optimizer: FakeOptimizer, key: str
) -> None:
    page.start("a face")
    page.slate()

    if key:
        page.press(key)
    else:
        page.one("#none").click()
    page.until_round(2)

    (answer,) = optimizer.requests("SubmitFeedback")
    assert answer.feedback.WhichOneof("judgment") == "none_of_these"
    assert list(answer.feedback.shown) == [0, 1, 2, 3]
    assert n_choices(page) == 0
    page.slate()
    assert page.one("#undo").is_enabled()


def test_others_are_shown_without_an_answer(
    page: Page, optimizer: FakeOptimizer
) -> None:
    page.start("a face")
    page.slate()
    optimizer.refuse("RequestVariety", LOST_REPLY)

    page.press("v")
    rounds = optimizer.sessions[page.session].rounds
    page.until(lambda: len(rounds) == 2)
    page.choose(1)
    page.until_round(2)

    first, second = optimizer.requests("RequestVariety")
    assert first == second
    (answer,) = optimizer.requests("SubmitFeedback")
    assert answer.name.endswith("/rounds/1")
    assert page.complaints == []


def test_nothing_else_can_be_asked_while_an_answer_is_under_way(
    page: Page, optimizer: FakeOptimizer
) -> None:
    page.start("a face")
    page.choose(1)
    page.until_round(2)
    page.slate()
    fault = Refusal(grpc.StatusCode.INTERNAL, "INTERNAL")
    optimizer.refuse("RequestVariety", fault)

    page.one("#variety").click()
    page.until(lambda: page.one("#banner").is_displayed())

    for button in ("#undo", "#none", "#variety", "#finish"):
        assert not page.one(button).is_enabled(), button
    page.one("#banner-dismiss").click()
    page.slate()
    assert page.one("#undo").is_enabled()


def test_after_five_answers_the_person_hears_whether_to_stop(
    page: Page, optimizer: FakeOptimizer
) -> None:
    page.start("a face", slate_size=2)
    for answered in range(5):
        assert not page.one("#advice").is_displayed()
        page.choose(1, n=2)
        page.until_round(answered + 2)

    page.until(lambda: page.one("#advice").is_displayed())

    assert page.text("#advice-text") == ADVICE
    page.one("#advice-dismiss").click()
    page.choose(0, n=2)
    page.until_round(7)
    assert not page.one("#advice").is_displayed()
    assert len(optimizer.requests("GetStoppingAdvice")) == 1


def test_the_last_answer_can_be_taken_back_from_the_result(page: Page) -> None:
    page.start("a face", rounds=1)
    page.choose(2)
    page.until(lambda: page.one("#result").is_displayed())

    page.one("#result-undo").click()
    page.slate()

    assert page.text("#round-counter") == "Round 1 of 1"
    assert n_choices(page) == 0
