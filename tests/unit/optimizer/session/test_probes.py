"""Questions asked again, and what the answers to them say."""

from __future__ import annotations

import pytest

from multibo.optimizer.session.casting import Searching, stage_of
from multibo.optimizer.session.history import History, Judged
from multibo.optimizer.session.model import Feedback, FeedbackKind, Slate
from multibo.optimizer.session.probes import agreement, probe_slate
from tests.support.builders import a_spec, chosen, said
from tests.unit.optimizer.session.test_casting import OWN, a_candidate

SPEC = a_spec(probe_share=0.5)
SKIP = said(FeedbackKind.SKIP)


def a_slate(number: int) -> Slate:
    candidates = [a_candidate(slot, OWN, at=10 * number + slot) for slot in range(4)]
    return Slate(number, number, tuple(candidates), "e", "", 1, 1)


def played(*given: Feedback) -> History:
    """Probes where they are due, else slates nobody has seen."""
    history = History(())
    for number, feedback in enumerate(given):
        stage = stage_of(SPEC, history)
        assert isinstance(stage, Searching)
        again = probe_slate(SPEC, stage, history)
        fresh = a_slate(number)
        slate = Slate(number, number, again or fresh.candidates, "e", "", 1, 1)
        history = History((*history.answered, Judged(slate, feedback)))
    return history


def stage_after(*given: Feedback) -> Searching:
    stage = stage_of(SPEC, played(*given))
    assert isinstance(stage, Searching)
    return stage


def test_every_other_round_repeats_the_oldest_question_once() -> None:
    history = played(*[chosen(1)] * 6)

    roles = [slate.candidates[0].role for slate in history.slates]
    warps = [tuple(c.warp for c in slate.candidates) for slate in history.slates]

    assert roles == ["EXPLORE", "PROBE"] * 3
    assert warps[::2] == warps[1::2]
    assert len({*warps}) == 3


def test_without_a_share_nothing_is_repeated() -> None:
    stage = stage_after(chosen(1))

    assert probe_slate(a_spec(), stage, History(())) == ()


def test_a_slate_not_seen_whole_is_not_repeated() -> None:
    history = played(chosen(1, shown=(1, 2, 3)))
    stage = stage_of(SPEC, history)

    assert isinstance(stage, Searching)
    assert probe_slate(SPEC, stage, history) == ()


def test_who_asks_for_variety_does_not_get_a_question_again() -> None:
    history = played(chosen(1))
    stage = stage_of(SPEC, history)

    assert isinstance(stage, Searching)
    assert probe_slate(SPEC, stage, history)
    passed = History(history.answered, passed_over=(a_slate(9),))
    assert probe_slate(SPEC, stage, passed) == ()


@pytest.mark.parametrize(
    ("first", "again", "alike"),
    [
        (chosen(1), chosen(1), 1.0),
        (chosen(1), chosen(2), 0.0),
        (chosen(1), said(FeedbackKind.TIE, 1, 3), 1.0),
        (chosen(1), said(FeedbackKind.RANKING, 2, 1), 0.0),
        (chosen(1), said(FeedbackKind.NONE_OF_THESE), 0.0),
        (said(FeedbackKind.NONE_OF_THESE), said(FeedbackKind.NONE_OF_THESE), 1.0),
        (chosen(1), chosen(2, shown=(2, 3)), 0.0),
        (chosen(1), chosen(1, shown=(2, 1)), 1.0),
    ],
)
def test_answers_are_alike_if_the_same_is_closest(
    first: Feedback, again: Feedback, alike: float
) -> None:
    assert agreement(stage_after(first, again)) == alike


def test_before_anything_was_repeated_there_is_no_agreement() -> None:
    assert agreement(stage_after(chosen(1))) is None
    assert agreement(stage_after(chosen(1), SKIP)) is None


def test_agreement_is_a_share() -> None:
    stage = stage_after(chosen(1), chosen(1), chosen(0), chosen(3))

    assert agreement(stage) == 0.5
