"""Taking feedback back, and bringing it back: both exact, both without limit."""

from __future__ import annotations

from dataclasses import replace

from multibo.optimizer.session.errors import (
    NothingToRedoError,
    NothingToUndoError,
    SessionFinishedError,
)
from multibo.optimizer.session.model import Session, SessionState, Undone


def undo(session: Session, *, skipped: bool, now_ms: int) -> Session:
    """Return the session without its last effective feedback.

    That feedback's round is current again; what was current becomes obsolete.

    Args:
        session: as stored; left untouched.
        skipped: whether the feedback to undo is a skip.
        now_ms: time of the command.

    Raises:
        SessionFinishedError: if the session is read-only.
        NothingToUndoError: if no feedback counts.
    """
    if session.state is SessionState.FINISHED:
        raise SessionFinishedError(str(session.name))
    if not session.effective:
        raise NothingToUndoError(str(session.name))
    *kept, last = session.effective
    taken = Undone(last, skipped=skipped, current_round=session.current_round)
    return replace(
        session,
        rev=session.rev + 1,
        update_time_ms=now_ms,
        state=SessionState.ACTIVE,
        effective=tuple(kept),
        n_skipped=session.n_skipped - skipped,
        undone=(*session.undone, taken),
        current_round=last,
    )


def redo(session: Session, *, now_ms: int) -> Session:
    """Return the session with the feedback undone last, as before the undo.

    Args:
        session: as stored; left untouched.
        now_ms: time of the command.

    Raises:
        SessionFinishedError: if the session is read-only.
        NothingToRedoError: if nothing was undone since the last feedback.
    """
    if session.state is SessionState.FINISHED:
        raise SessionFinishedError(str(session.name))
    if not session.undone:
        raise NothingToRedoError(str(session.name))
    *kept, taken = session.undone
    after = replace(
        session,
        rev=session.rev + 1,
        update_time_ms=now_ms,
        effective=(*session.effective, taken.round),
        n_skipped=session.n_skipped + taken.skipped,
        undone=tuple(kept),
        current_round=taken.current_round,
    )
    spent = after.n_judged >= after.spec.rounds
    return replace(
        after, state=SessionState.EXHAUSTED if spent else SessionState.ACTIVE
    )
