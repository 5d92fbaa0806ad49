from __future__ import annotations

from typing import Any

import pytest

from multibo.optimizer.session.history import (
    FEEDBACK,
    FINISH,
    REDO,
    UNDO,
    VARIETY,
    fold,
)
from multibo.optimizer.session.model import FeedbackKind, LogEntry
from tests.support.builders import a_slate, a_spec, a_warp, chosen, said


def entry(number: int, slot: int, shown: tuple[int, ...] = (0, 1, 2, 3)) -> LogEntry:
    return LogEntry(FEEDBACK, number, number, chosen(slot, shown))


def test_only_feedback_is_folded_and_in_order() -> None:
    slates = {0: a_slate(0), 1: a_slate(1)}

    history = fold([entry(0, 2), entry(1, 0), LogEntry(FINISH, 3)], slates)

    assert [judged.slate.number for judged in history.judged] == [0, 1]
    assert [judged.judged for judged in history.judged] == [(2,), (0,)]


def test_an_unseen_candidate_is_not_part_of_the_answer() -> None:
    history = fold([entry(0, 3, shown=(3, 1))], {0: a_slate(0)})

    judged = history.judged[0]

    assert [candidate.warp for candidate in judged.shown] == [a_warp(3), a_warp(1)]
    assert judged.judged == (0,)


def test_the_digest_changes_with_the_answer_the_spec_and_the_engine() -> None:
    slates = {0: a_slate(0)}
    one, other = fold([entry(0, 2)], slates), fold([entry(0, 1)], slates)
    spec = a_spec()

    digests = {
        one.digest(spec, "engine@1"),
        one.digest(spec, "engine@2"),
        one.digest(a_spec(prompt="voxel portrait"), "engine@1"),
        other.digest(spec, "engine@1"),
    }

    assert len(digests) == 4
    assert one.digest(spec, "engine@1") == fold([entry(0, 2)], slates).digest(
        spec, "engine@1"
    )


def test_sessions_that_use_nothing_new_keep_the_digests_of_earlier_versions() -> None:
    # What would have been proposed before an update is proposed after it.
    before = "f96d8c241c2faebbe6a1a6abe262c336709eb085e2d571e8e0857245f2cd0ca3"

    assert fold([], {}).digest(a_spec(), "e") == before


@pytest.mark.parametrize(
    "change",
    [
        {"casting_rounds": 1},
        {"control_share": 0.5},
        {"warp_family": "flow-8@1"},
        {"n_noise": 6},
        {"noise_angle": 0.9},
    ],
    ids=str,
)
def test_the_digest_knows_what_later_versions_added(change: dict[str, Any]) -> None:
    spec = a_spec(**change)

    assert fold([], {}).digest(spec, "e") != fold([], {}).digest(a_spec(), "e")


SLATES = {number: a_slate(number) for number in range(6)}


def varied(number: int) -> LogEntry:
    return LogEntry(VARIETY, number, number)


def test_undo_and_redo_take_what_was_passed_over_with_the_answers() -> None:
    log = [entry(0, 1), varied(1), entry(2, 0), varied(3)]

    full = fold(log, SLATES)
    undone = fold([*log, LogEntry(UNDO, 9)], SLATES)
    twice = fold([*log, LogEntry(UNDO, 9), LogEntry(UNDO, 9)], SLATES)
    redone = fold([*log, *[LogEntry(UNDO, 9)] * 2, *[LogEntry(REDO, 9)] * 2], SLATES)

    assert redone == full
    assert [slate.number for slate in full.slates] == [0, 1, 2, 3]
    assert [slate.number for slate in undone.passed_over] == [1]
    assert undone == fold(log[:2], SLATES)
    assert twice == fold([], SLATES)


def test_an_answer_after_an_undo_forgets_what_was_undone() -> None:
    history = fold([entry(0, 1), LogEntry(UNDO, 1), varied(0), entry(1, 2)], SLATES)

    assert [one.slate.number for one in history.answered] == [1]
    assert [slate.number for slate in history.answered[0].passed_over] == [0]
    assert history.passed_over == ()


def test_a_skip_counts_as_an_answer_that_does_not_train() -> None:
    skip = said(FeedbackKind.SKIP)

    history = fold([entry(0, 1), LogEntry(FEEDBACK, 5, 1, skip)], SLATES)

    assert [one.feedback.kind for one in history.answered] == ["chosen", "skip"]
    assert len(history.judged) == 1
    assert history.answered[1].time_ms == 5
    spec = a_spec()
    assert history.digest(spec, "e") == fold([entry(0, 1)], SLATES).digest(spec, "e")


def test_the_digest_knows_what_was_passed_over_and_the_prior() -> None:
    spec = a_spec()
    plain, passed = fold([entry(0, 1)], SLATES), fold([entry(0, 1), varied(1)], SLATES)

    digests = {
        plain.digest(spec, "e"),
        passed.digest(spec, "e"),
        plain.digest(spec, "e", (0.5,)),
    }

    assert len(digests) == 3
