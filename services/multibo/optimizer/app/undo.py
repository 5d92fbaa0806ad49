"""Take the last feedback back, or bring it back: one write, exactly once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from multibo.jobs.job import JobState, RenderJob
from multibo.optimizer.app import create
from multibo.optimizer.app.errors import CommitContendedError
from multibo.optimizer.app.ports import App
from multibo.optimizer.app.values import (
    Change,
    Committed,
    Receipt,
    RequestKey,
    SessionView,
)
from multibo.optimizer.session import history, machine
from multibo.optimizer.session import undo as rules
from multibo.optimizer.session.ids import SessionName
from multibo.optimizer.session.model import (
    LogEntry,
    Round,
    RoundEnd,
    RoundState,
    Session,
)

Encode = Callable[[SessionView], bytes]


@dataclass(frozen=True, slots=True)
class _Draft:
    change: Change
    reopened: Round | None
    """The round that is current afterwards."""


async def undo_feedback(
    app: App, name: SessionName, key: RequestKey, encode: Encode, *, etag: str
) -> bytes:
    """Take the last effective feedback back; its round opens again.

    Args:
        app: the ports.
        name: the session.
        key: the command's id and digest.
        encode: makes the reply from the FULL view.
        etag: the state the caller saw.

    Raises:
        SessionNotFoundError: if there is none.
        RequestIdConflictError: if the id came with other content.
        EtagMismatchError: if the session moved on.
        NothingToUndoError: if no feedback counts.
        SessionFinishedError: if the session is read-only.
        CommitContendedError: if other commands kept winning.
    """
    return await _commit(app, name, key, encode, etag, _undone)


async def redo_feedback(
    app: App, name: SessionName, key: RequestKey, encode: Encode, *, etag: str
) -> bytes:
    """Bring the feedback undone last back, and the round after it.

    Args:
        app: the ports.
        name: the session.
        key: the command's id and digest.
        encode: makes the reply from the FULL view.
        etag: the state the caller saw.

    Raises:
        SessionNotFoundError: if there is none.
        RequestIdConflictError: if the id came with other content.
        EtagMismatchError: if the session moved on.
        NothingToRedoError: if nothing was undone since the last feedback.
        SessionFinishedError: if the session is read-only.
        CommitContendedError: if other commands kept winning.
    """
    return await _commit(app, name, key, encode, etag, _redone)


async def _commit(
    app: App,
    name: SessionName,
    key: RequestKey,
    encode: Encode,
    etag: str,
    draft_of: Callable[[App, Session], Awaitable[_Draft]],
) -> bytes:
    for _ in range(app.limits.commit_tries):
        session = await app.store.read(name)
        replayed = await app.store.replay(name, key)
        if replayed is not None:
            return replayed
        machine.check_etag(session, etag)
        draft = await draft_of(app, session)
        view = replace(create.view(app, draft.change.after), round=draft.reopened)
        reply = encode(view)
        change = replace(draft.change, receipt=Receipt(key, reply))
        if await app.store.commit(change) is Committed.DONE:
            await app.fleet.wake(name, _queued(draft.reopened))
            return reply
    raise CommitContendedError(str(name))


async def _undone(app: App, session: Session) -> _Draft:
    now_ms = app.clock.now_ms()
    if not session.effective:
        rules.undo(session, skipped=False, now_ms=now_ms)  # refuses by its own rules
    last = session.effective[-1]
    round = await app.store.read_round(session.name, last)
    skipped = round.state is RoundState.SKIPPED
    after = rules.undo(session, skipped=skipped, now_ms=now_ms)
    ends = [*_obsolete(session, last, now_ms), (last, None)]
    entry = LogEntry(history.UNDO, now_ms, last)
    change = Change(after, ends=tuple(ends), entry=entry)
    return _Draft(change, _reopened(round, now_ms))


async def _redone(app: App, session: Session) -> _Draft:
    now_ms = app.clock.now_ms()
    after = rules.redo(session, now_ms=now_ms)
    taken = session.undone[-1]
    ends: list[tuple[int, RoundEnd | None]] = [
        *_obsolete(session, taken.round, now_ms),
        (taken.round, await _end_again(app, session.name, taken.round)),
    ]
    reopened = None
    if taken.current_round is not None:
        ends.append((taken.current_round, None))
        round = await app.store.read_round(session.name, taken.current_round)
        reopened = _reopened(round, now_ms)
    entry = LogEntry(history.REDO, now_ms, taken.round)
    return _Draft(Change(after, ends=tuple(ends), entry=entry), reopened)


async def _end_again(app: App, name: SessionName, number: int) -> RoundEnd:
    """Return how the round ended when its feedback was given."""
    log, _ = await app.store.read_log(name)
    entry = next(
        entry
        for entry in reversed(log)
        if entry.kind == history.FEEDBACK and entry.round == number
    )
    assert entry.feedback is not None
    state = RoundState.JUDGED if entry.feedback.trains else RoundState.SKIPPED
    return RoundEnd(state, entry.time_ms, entry.feedback)


def _obsolete(
    session: Session, number: int, now_ms: int
) -> list[tuple[int, RoundEnd | None]]:
    current = session.current_round
    if current is None or current == number:
        return []
    return [(current, RoundEnd(RoundState.OBSOLETE, now_ms))]


def _reopened(round: Round, now_ms: int) -> Round:
    jobs = tuple(
        job.queued_again(now_ms=now_ms) if job.state is JobState.CANCELLED else job
        for job in round.jobs
    )
    return replace(round, end=None, jobs=jobs)


def _queued(round: Round | None) -> list[RenderJob]:
    if round is None:
        return []
    return [job for job in round.jobs if job.state is JobState.QUEUED]
