from __future__ import annotations

from dataclasses import replace

import pytest

from multibo.jobs.job import JobState
from multibo.optimizer.session import machine
from multibo.optimizer.session.errors import (
    BudgetSpentError,
    CandidateNotReadyError,
    EtagMismatchError,
    FeedbackInvalidError,
    RoundNotOpenError,
    SessionFinishedError,
)
from multibo.optimizer.session.model import (
    Feedback,
    FeedbackKind,
    Round,
    RoundEnd,
    RoundState,
    SessionState,
)
from tests.support.builders import (
    a_round,
    a_session,
    a_slate,
    a_spec,
    chosen,
    said,
)


def with_states(*states: JobState) -> Round:
    round = a_round()
    jobs = tuple(
        replace(job, state=state) for job, state in zip(round.jobs, states, strict=True)
    )
    return replace(round, jobs=jobs)


def test_opening_a_round_counts_a_revision_and_its_images() -> None:
    session = a_session()

    first = machine.open_round(session, a_slate(0))
    second = machine.open_round(first, a_slate(1))

    assert (first.rev, first.current_round, first.next_round) == (2, 0, 1)
    assert first.images_used == 4
    assert second.images_used == 7  # the repeated anchor is free
    assert session == a_session()


def test_feedback_closes_the_round_and_counts() -> None:
    session = a_session(current_round=0, next_round=1)

    after = machine.record_feedback(session, a_round(), chosen(2), now_ms=9_000)

    assert after.current_round is None
    assert after.effective == (0,)
    assert after.rev == session.rev + 1
    assert after.update_time_ms == 9_000
    assert after.state is SessionState.ACTIVE


def test_the_last_round_of_the_budget_exhausts_the_session() -> None:
    session = a_session(spec=a_spec(rounds=1), current_round=0, next_round=1)

    after = machine.record_feedback(session, a_round(), chosen(2), now_ms=9_000)

    assert after.state is SessionState.EXHAUSTED
    with pytest.raises(BudgetSpentError, match="1 of 1 rounds"):
        machine.check_proposable(after)


def test_feedback_on_a_round_that_still_renders_counts_ready_slots_only() -> None:
    session = a_session(current_round=0, next_round=1)
    ready, busy = JobState.READY, JobState.RENDERING
    round = with_states(ready, ready, busy, busy)

    after = machine.record_feedback(session, round, chosen(1, (0, 1)), now_ms=1)

    assert after.effective == (0,)
    with pytest.raises(FeedbackInvalidError, match=r"\[2\] have no picture"):
        machine.record_feedback(session, round, chosen(1, (0, 1, 2)), now_ms=1)


@pytest.mark.parametrize(
    ("feedback", "message"),
    [
        (chosen(3, (0, 1, 2)), "not one of the shown"),
        (chosen(0, (0,)), "needs 2 slots"),
        (chosen(0, ()), "needs 2 slots"),
        (chosen(0, (0, 1, 1)), "twice"),
        (chosen(7, (0, 7)), "no picture"),
        (chosen(-1, (-1, 0)), "no picture"),
    ],
)
def test_feedback_that_does_not_fit_what_was_shown_is_refused(
    feedback: Feedback, message: str
) -> None:
    session = a_session(current_round=0, next_round=1)

    with pytest.raises(FeedbackInvalidError, match=message):
        machine.record_feedback(session, a_round(), feedback, now_ms=1)


def test_feedback_on_another_round_than_the_open_one_is_refused() -> None:
    session = a_session(current_round=3, next_round=4)

    with pytest.raises(RoundNotOpenError, match="round 3 is open") as refused:
        machine.record_feedback(session, a_round(number=0), chosen(0), now_ms=1)

    assert (refused.value.given, refused.value.current) == (0, 3)


def test_feedback_on_a_judged_round_is_refused() -> None:
    session = a_session(current_round=None, next_round=1)
    round = replace(a_round(), end=RoundEnd(RoundState.JUDGED, 1, chosen(0)))

    with pytest.raises(RoundNotOpenError, match="judged; none is open"):
        machine.record_feedback(session, round, chosen(0), now_ms=1)


def test_a_failed_round_takes_no_feedback() -> None:
    session = a_session(current_round=0, next_round=1)
    round = with_states(
        JobState.READY, JobState.FAILED, JobState.FAILED, JobState.FAILED
    )

    assert round.state is RoundState.FAILED
    with pytest.raises(RoundNotOpenError):
        machine.record_feedback(session, round, chosen(0), now_ms=1)


def test_a_round_with_two_pictures_opens_although_two_failed() -> None:
    ready, failed = JobState.READY, JobState.FAILED

    assert with_states(ready, ready, failed, failed).state is RoundState.OPEN


def test_a_finished_session_is_read_only() -> None:
    session = machine.finish(a_session(current_round=0), None, now_ms=5)

    assert session.state is SessionState.FINISHED
    assert session.current_round is None
    with pytest.raises(SessionFinishedError):
        machine.check_proposable(session)
    with pytest.raises(SessionFinishedError):
        machine.record_feedback(session, a_round(), chosen(0), now_ms=6)


def test_images_are_a_budget_of_their_own() -> None:
    session = a_session(spec=a_spec(images=6), images_used=4, next_round=1)

    with pytest.raises(BudgetSpentError, match="4 of 6 images"):
        machine.check_proposable(session)


def test_a_stale_etag_is_refused_and_an_empty_one_expects_nothing() -> None:
    session = a_session(rev=5)

    machine.check_etag(session, "")
    machine.check_etag(session, session.etag)
    with pytest.raises(EtagMismatchError):
        machine.check_etag(session, a_session(rev=4).etag)


def test_only_a_ready_candidate_can_be_accepted() -> None:
    machine.check_acceptable(a_round(), 1)

    with pytest.raises(CandidateNotReadyError, match="queued"):
        machine.check_acceptable(a_round(JobState.QUEUED), 1)
    with pytest.raises(CandidateNotReadyError, match="not there"):
        machine.check_acceptable(a_round(), 7)


def test_closing_a_round_trains_nothing_and_spends_no_round() -> None:
    session = a_session(current_round=0, next_round=1)

    closed = machine.close_round(session, a_round(), now_ms=9)

    assert (closed.current_round, closed.n_judged, closed.rev) == (None, 0, 2)
    with pytest.raises(RoundNotOpenError):
        machine.close_round(closed, a_round(), now_ms=10)


def test_a_failed_candidate_of_the_current_round_may_be_tried_again() -> None:
    session = a_session(current_round=0, next_round=1)
    failed = with_states(*[JobState.FAILED] * 4)

    machine.check_retryable(session, failed)

    with pytest.raises(RoundNotOpenError):
        machine.check_retryable(replace(session, current_round=1), failed)
    with pytest.raises(SessionFinishedError):
        machine.check_retryable(machine.finish(session, None, now_ms=9), failed)


@pytest.mark.parametrize(("anchor", "n_images"), [(True, 13), (False, 16)])
def test_a_repeated_anchor_is_free(anchor: bool, n_images: int) -> None:
    spec = a_spec(anchor=anchor)

    assert machine.images_of(spec, 0) == 0
    assert machine.images_of(spec, 1) == 4
    assert machine.images_of(spec, 4) == n_images


def test_a_skip_spends_no_round_of_the_budget() -> None:
    session = a_session(spec=a_spec(rounds=1), current_round=0, next_round=1)

    after = machine.record_feedback(
        session, a_round(), said(FeedbackKind.SKIP, shown=()), now_ms=9
    )

    assert (after.n_judged, after.effective) == (0, (0,))
    assert after.state is SessionState.ACTIVE
