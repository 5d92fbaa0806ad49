"""The only functions that change a session: old value in, new value out."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from multibo.optimizer.session.errors import (
    BudgetSpentError,
    CandidateNotReadyError,
    EtagMismatchError,
    FeedbackInvalidError,
    RoundNotOpenError,
    SessionFinishedError,
)
from multibo.optimizer.session.ids import CandidateName
from multibo.optimizer.session.model import (
    Feedback,
    Round,
    RoundState,
    Session,
    SessionState,
    Slate,
)

_OPEN: Final = frozenset({RoundState.RENDERING, RoundState.OPEN})
_MIN_SHOWN: Final = 2


def check_etag(session: Session, etag: str) -> None:
    """Refuse a command that was meant for another state of the session.

    Args:
        session: as stored.
        etag: what the caller saw; empty means no expectation.

    Raises:
        EtagMismatchError: if the session moved on.
    """
    if etag and etag != session.etag:
        raise EtagMismatchError(given=etag, current=session.etag)


def check_proposable(session: Session) -> None:
    """Refuse a new round where none may be.

    Args:
        session: as stored, without an open round.

    Raises:
        SessionFinishedError: if it is read-only.
        BudgetSpentError: if no round or image is left.
    """
    spec = session.spec
    if session.state is SessionState.FINISHED:
        raise SessionFinishedError(str(session.name))
    if len(session.effective) >= spec.rounds:
        raise BudgetSpentError(
            spent=len(session.effective), budget=spec.rounds, unit="rounds"
        )
    if session.images_used + n_new_images(session) > spec.images:
        raise BudgetSpentError(
            spent=session.images_used, budget=spec.images, unit="images"
        )


def n_new_images(session: Session) -> int:
    """Return how many pictures the next round spends: a repeated anchor is free."""
    free = 1 if session.spec.anchor and session.next_round else 0
    return session.spec.k - free


def open_round(session: Session, slate: Slate) -> Session:
    """Return the session with `slate` as its current round."""
    return replace(
        session,
        rev=session.rev + 1,
        update_time_ms=slate.create_time_ms,
        current_round=slate.number,
        next_round=slate.number + 1,
        images_used=session.images_used + n_new_images(session),
    )


def record_feedback(
    session: Session, round: Round, feedback: Feedback, *, now_ms: int
) -> Session:
    """Close `round` with `feedback`.

    Args:
        session: as stored; left untouched.
        round: the round the feedback names, with its jobs.
        feedback: what the person said.
        now_ms: time of the answer.

    Returns:
        The session without an open round; EXHAUSTED once its rounds are spent.

    Raises:
        SessionFinishedError: if the session is read-only.
        RoundNotOpenError: if the round is not the open one.
        FeedbackInvalidError: if the feedback does not fit what could be shown.
    """
    if session.state is SessionState.FINISHED:
        raise SessionFinishedError(str(session.name))
    if session.current_round != round.slate.number or round.state not in _OPEN:
        raise RoundNotOpenError(
            given=round.slate.number,
            current=session.current_round,
            state=round.state.value,
        )
    _check_feedback(round, feedback)
    effective = (*session.effective, round.slate.number)
    spent = len(effective) >= session.spec.rounds
    return replace(
        session,
        rev=session.rev + 1,
        update_time_ms=now_ms,
        current_round=None,
        effective=effective,
        state=SessionState.EXHAUSTED if spent else session.state,
    )


def _check_feedback(round: Round, feedback: Feedback) -> None:
    shown = feedback.shown
    if len(shown) < _MIN_SHOWN:
        raise FeedbackInvalidError("feedback.shown", "needs at least two slots")
    if len(set(shown)) != len(shown):
        raise FeedbackInvalidError("feedback.shown", "names a slot twice")
    unseen = sorted(set(shown) - round.ready)
    if unseen:
        raise FeedbackInvalidError(
            "feedback.shown", f"slots {unseen} have no picture, so nobody saw them"
        )
    if feedback.chosen not in shown:
        raise FeedbackInvalidError("feedback.chosen", "is not one of the shown slots")


def finish(session: Session, accepted: CandidateName | None, *, now_ms: int) -> Session:
    """Return the session closed for good.

    Args:
        session: ACTIVE or EXHAUSTED; left untouched.
        accepted: the candidate the person takes home, if any.
        now_ms: time of the command.
    """
    return replace(
        session,
        rev=session.rev + 1,
        update_time_ms=now_ms,
        state=SessionState.FINISHED,
        current_round=None,
        accepted=accepted,
    )


def check_acceptable(round: Round, slot: int) -> None:
    """Refuse to accept a candidate nobody could have seen.

    Args:
        round: the candidate's round.
        slot: its slot.

    Raises:
        CandidateNotReadyError: if it has no picture.
    """
    if slot not in round.ready:
        job = next((job for job in round.jobs if job.slot == slot), None)
        raise CandidateNotReadyError(
            str(CandidateName(round.name, slot)),
            state=job.state.value if job else "not there",
        )
