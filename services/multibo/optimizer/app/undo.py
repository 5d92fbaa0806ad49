"""Take the last feedback back, or bring it back: one write, exactly once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from multibo.jobs.job import JobState, RenderJob
from multibo.optimizer.app import create, feedback, propose, read
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
from multibo.optimizer.session.history import VARIETY, History, Judged
from multibo.optimizer.session.ids import SessionName
from multibo.optimizer.session.model import (
    LogEntry,
    Round,
    RoundEnd,
    RoundState,
    Session,
    Slate,
)

Encode = Callable[[SessionView], bytes]
_End = tuple[int, RoundEnd | None]


@dataclass(frozen=True, slots=True)
class _Draft:
    change: Change
    round: Round | None
    """The round that the FULL view shows afterwards."""


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
    draft_of: Callable[[App, Session], Awaitable[_Draft | None]],
) -> bytes:
    for _ in range(app.limits.commit_tries):
        session = await app.store.read(name)
        replayed = await app.store.replay(name, key)
        if replayed is not None:
            return replayed
        machine.check_etag(session, etag)
        draft = await draft_of(app, session)
        if draft is None:
            continue
        view = replace(create.view(app, draft.change.after), round=draft.round)
        reply = encode(view)
        change = replace(draft.change, receipt=Receipt(key, reply))
        if await app.store.commit(change) is Committed.DONE:
            await app.fleet.wake(name, _queued(draft.round))
            return reply
    raise CommitContendedError(str(name))


async def _undone(app: App, session: Session) -> _Draft | None:
    now_ms = app.clock.now_ms()
    if not session.effective:
        rules.undo(session, skipped=False, now_ms=now_ms)  # refuses by its own rules
    past = await propose.read_history(app, session.name)
    if not _agrees(past, session):
        return None
    taken = past.answered[-1]
    number = taken.slate.number
    after = rules.undo(session, skipped=not taken.feedback.trains, now_ms=now_ms)
    later = _numbers(past.passed_over)
    ends = (*_obsolete(session, later - {number}, now_ms), (number, None))
    entry = LogEntry(history.UNDO, now_ms, number)
    round = await app.store.read_round(session.name, number)
    return _Draft(Change(after, ends=ends, entry=entry), _reopened(round, now_ms))


async def _redone(app: App, session: Session) -> _Draft | None:
    now_ms = app.clock.now_ms()
    after = rules.redo(session, now_ms=now_ms)
    log, slates = await app.store.read_log(session.name)
    now = history.fold(log, slates)
    if not _agrees(now, session):
        return None
    entry = LogEntry(history.REDO, now_ms, session.undone[-1].round)
    then = history.fold((*log, entry), slates)
    judged = then.answered[-1]
    gone = _obsolete(session, _numbers(now.passed_over) - _numbers(then.slates), now_ms)
    ends = [
        *[end for end in gone if end[0] != judged.slate.number],
        *_left_again(log, _numbers(then.passed_over) - _numbers(now.passed_over)),
        (judged.slate.number, _end_of(judged)),
    ]
    if after.current_round is not None:
        ends.append((after.current_round, None))
    round = await _shown_after(app, after, dict(ends), now_ms)
    return _Draft(Change(after, ends=tuple(ends), entry=entry), round)


def _agrees(past: History, session: Session) -> bool:
    """Say whether no command came between the reads of the session and its log."""
    return tuple(one.slate.number for one in past.answered) == session.effective


def _numbers(slates: Iterable[Slate]) -> frozenset[int]:
    return frozenset(slate.number for slate in slates)


def _obsolete(session: Session, later: frozenset[int], now_ms: int) -> list[_End]:
    """Return the ends of what follows an answer that no longer counts."""
    current = session.current_round
    numbers = later if current is None else later | {current}
    end = RoundEnd(RoundState.OBSOLETE, now_ms)
    return [(number, end) for number in sorted(numbers)]


def _left_again(log: Iterable[LogEntry], numbers: frozenset[int]) -> list[_End]:
    """Return the ends of rounds that were left for variety after a redone answer."""
    left_ms = {entry.round: entry.time_ms for entry in log if entry.kind == VARIETY}
    return [
        (number, RoundEnd(RoundState.SKIPPED, left_ms[number]))
        for number in sorted(numbers)
    ]


def _end_of(judged: Judged) -> RoundEnd:
    state = RoundState.JUDGED if judged.feedback.trains else RoundState.SKIPPED
    return RoundEnd(state, judged.time_ms, judged.feedback)


async def _shown_after(
    app: App, after: Session, ends: Mapping[int, RoundEnd | None], now_ms: int
) -> Round | None:
    """Return the round that the FULL view shows once `ends` are written."""
    gone = frozenset(
        number
        for number, end in ends.items()
        if end is not None and end.state is RoundState.OBSOLETE
    )
    round = await read.newest_round(app, after, without=gone)
    if round is None or round.slate.number not in ends:
        return round
    end = ends[round.slate.number]
    if end is None:
        return _reopened(round, now_ms)
    return replace(round, end=end, jobs=feedback.canceled(round))


def _reopened(round: Round, now_ms: int) -> Round:
    jobs = tuple(
        job.queued_again(now_ms=now_ms) if job.state is JobState.CANCELLED else job
        for job in round.jobs
    )
    return replace(round, end=None, jobs=jobs)


def _queued(round: Round | None) -> list[RenderJob]:
    if round is None or round.end is not None:
        return []
    return [job for job in round.jobs if job.state is JobState.QUEUED]
