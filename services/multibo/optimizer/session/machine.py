"""The only functions that change a session: old value in, new value out."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from multibo.optimizer.session.answers import check_feedback
from multibo.optimizer.session.errors import (
    BudgetSpentError,
    CandidateNotReadyError,
    EtagMismatchError,
    RoundNotOpenError,
    SessionFinishedError,
)
from multibo.optimizer.session.ids import CandidateName
from multibo.optimizer.session.model import (
    Feedback,
    Round,
    RoundState,
    Session,
    SessionSpec,
    SessionState,
    Slate,
)

_OPEN: Final = frozenset({RoundState.RENDERING, RoundState.OPEN})


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
    if session.n_judged >= spec.rounds:
        raise BudgetSpentError(
            spent=session.n_judged, budget=spec.rounds, unit="rounds"
        )
    check_images(session)


def check_images(session: Session) -> None:
    """Refuse a slate that the images left do not pay for.

    Args:
        session: as stored.

    Raises:
        BudgetSpentError: if too few images are left.
    """
    spec = session.spec
    if session.images_used + n_new_images(session) > spec.images:
        raise BudgetSpentError(
            spent=session.images_used, budget=spec.images, unit="images"
        )


def images_of(spec: SessionSpec, n_rounds: int) -> int:
    """Return how many pictures a number of rounds spends.

    Args:
        spec: the session's.
        n_rounds: rounds proposed, >= 0.
    """
    free = max(n_rounds - 1, 0) if spec.anchor else 0
    return n_rounds * spec.k - free


def n_new_images(session: Session) -> int:
    """Return how many pictures the next round spends: a repeated anchor is free."""
    n_before = min(session.next_round, 1)
    spec = session.spec
    return images_of(spec, n_before + 1) - images_of(spec, n_before)


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
    _check_open(session, round)
    check_feedback(round, feedback)
    after = replace(
        session,
        rev=session.rev + 1,
        update_time_ms=now_ms,
        current_round=None,
        effective=(*session.effective, round.slate.number),
        n_skipped=session.n_skipped + (not feedback.trains),
        # New feedback forgets what could have been redone.
        undone=(),
    )
    spent = after.n_judged >= session.spec.rounds
    return replace(after, state=SessionState.EXHAUSTED if spent else session.state)


def close_round(session: Session, round: Round, *, now_ms: int) -> Session:
    """Return the session without its current round: it trains nothing.

    Args:
        session: as stored; left untouched.
        round: the round to close, with its jobs.
        now_ms: time of the command.

    Raises:
        SessionFinishedError: if the session is read-only.
        RoundNotOpenError: if the round is not the open one.
    """
    _check_open(session, round)
    return replace(
        session, rev=session.rev + 1, update_time_ms=now_ms, current_round=None
    )


def check_retryable(session: Session, round: Round) -> None:
    """Refuse to render again what nobody will look at.

    Args:
        session: as stored.
        round: the candidate's, with its jobs.

    Raises:
        SessionFinishedError: if the session is read-only.
        RoundNotOpenError: if the round is not the current one, or has ended.
    """
    _check_in(session, round, _OPEN | {RoundState.FAILED})


def _check_open(session: Session, round: Round) -> None:
    _check_in(session, round, _OPEN)


def _check_in(session: Session, round: Round, states: frozenset[RoundState]) -> None:
    if session.state is SessionState.FINISHED:
        raise SessionFinishedError(str(session.name))
    if session.current_round != round.slate.number or round.state not in states:
        raise RoundNotOpenError(
            given=round.slate.number,
            current=session.current_round,
            state=round.state.value,
        )


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
