"""End a session, or remove it."""

from __future__ import annotations

from multibo.optimizer.app import create
from multibo.optimizer.app.errors import (
    CandidateNotFoundError,
    CommitContendedError,
    SessionNotFoundError,
)
from multibo.optimizer.app.ports import App
from multibo.optimizer.app.values import Change, Committed, SessionView
from multibo.optimizer.session import history, machine
from multibo.optimizer.session.ids import CandidateName, SessionName
from multibo.optimizer.session.model import (
    LogEntry,
    RoundEnd,
    RoundState,
    Session,
    SessionState,
)


async def finish_session(
    app: App,
    name: SessionName,
    *,
    accepted: CandidateName | None = None,
    etag: str = "",
) -> SessionView:
    """Make a session read-only; its open round is canceled. A repeat changes nothing.

    Args:
        app: the ports.
        name: the session.
        accepted: the candidate the person takes home, if any.
        etag: the state the caller saw; "" = any.

    Raises:
        SessionNotFoundError: if there is none.
        EtagMismatchError: if the session moved on.
        CandidateNotFoundError: if `accepted` is not of this session.
        CandidateNotReadyError: if `accepted` has no picture.
        CommitContendedError: if other commands kept winning.
    """
    for _ in range(app.limits.commit_tries):
        session = await app.store.read(name)
        if session.state is SessionState.FINISHED:
            return create.view(app, session)
        machine.check_etag(session, etag)
        await _check_accepted(app, name, accepted)
        change = _change(app, session, accepted)
        if await app.store.commit(change) is Committed.DONE:
            return create.view(app, change.after)
    raise CommitContendedError(str(name))


def _change(app: App, session: Session, accepted: CandidateName | None) -> Change:
    now_ms = app.clock.now_ms()
    after = machine.finish(session, accepted, now_ms=now_ms)
    end = (
        None
        if session.current_round is None
        else (session.current_round, RoundEnd(RoundState.CANCELLED, now_ms))
    )
    return Change(after, end=end, entry=LogEntry(history.FINISH, now_ms))


async def _check_accepted(
    app: App, name: SessionName, accepted: CandidateName | None
) -> None:
    if accepted is None:
        return
    if accepted.round.session != name:
        raise CandidateNotFoundError(str(accepted))
    round = await app.store.read_round(name, accepted.round.number)
    if accepted.slot >= len(round.slate.candidates):
        raise CandidateNotFoundError(str(accepted))
    machine.check_acceptable(round, accepted.slot)


async def delete_session(
    app: App, name: SessionName, *, allow_missing: bool, etag: str = ""
) -> None:
    """Remove everything of a session at once; running rows stop within a step.

    Args:
        app: the ports.
        name: the session.
        allow_missing: whether a session that is not there is no error.
        etag: the state the caller saw; "" = any.

    Raises:
        SessionNotFoundError: if there is none and `allow_missing` is false.
        EtagMismatchError: if the session moved on.
    """
    if etag:
        machine.check_etag(await app.store.read(name), etag)
    if not await app.store.delete(name) and not allow_missing:
        raise SessionNotFoundError(str(name))
