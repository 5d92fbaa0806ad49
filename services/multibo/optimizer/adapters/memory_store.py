"""Sessions in memory, for tests and benchmarks only: same contract as Redis."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace

from multibo.jobs.job import JobState, RenderJob
from multibo.optimizer.app.errors import (
    CursorInvalidError,
    RequestIdConflictError,
    RoundNotFoundError,
    SessionNotFoundError,
)
from multibo.optimizer.app.ports import Clock
from multibo.optimizer.app.values import (
    Change,
    Committed,
    Content,
    EventKind,
    FeedEvent,
    Page,
    Receipt,
    Rendered,
    RequestKey,
    Standing,
)
from multibo.optimizer.session.ids import RoundName, SessionName
from multibo.optimizer.session.model import (
    LogEntry,
    Round,
    RoundEnd,
    Session,
    Slate,
)


@dataclass
class _Stored:
    session: Session
    slates: dict[int, Slate] = field(default_factory=dict)
    ends: dict[int, RoundEnd] = field(default_factory=dict)
    jobs: dict[str, RenderJob] = field(default_factory=dict)
    log: list[LogEntry] = field(default_factory=list)
    receipts: dict[str, Receipt] = field(default_factory=dict)
    made_by: RequestKey | None = None
    events: list[FeedEvent] = field(default_factory=list)
    grew: asyncio.Event = field(default_factory=asyncio.Event)


class MemoryStore:
    """A `SessionStore` and `EventFeed` that dies with the process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sessions: dict[SessionName, _Stored] = {}
        self._created: dict[tuple[str, str], Receipt] = {}
        self._secret = secrets.token_bytes(32)

    async def create(
        self,
        session: Session,
        receipt: Receipt | None,
        content: Content | None = None,
    ) -> Session | None:
        """Store a new session; see `SessionStore.create`."""
        if session.name in self._sessions:
            return self._sessions[session.name].session
        if receipt is not None:
            request = (session.name.project, receipt.key.request_id)
            if request in self._created:
                return session
            self._created[request] = receipt
        given = content or Content()
        self._sessions[session.name] = stored = _Stored(
            session,
            slates={slate.number: slate for slate in given.slates},
            ends=dict(given.ends),
            jobs={job.field: job for job in given.jobs},
            log=list(given.log),
            made_by=receipt.key if receipt else None,
        )
        self._tell(stored, EventKind.SESSION)
        return None

    async def read(self, name: SessionName) -> Session:
        """Return the session; see `SessionStore.read`."""
        return self._stored(name).session

    async def read_round(self, name: SessionName, number: int) -> Round:
        """Return a round with its jobs; see `SessionStore.read_round`."""
        stored = self._stored(name)
        if number not in stored.slates:
            raise RoundNotFoundError(str(RoundName(name, number)))
        return Round(
            name=RoundName(name, number),
            slate=stored.slates[number],
            end=stored.ends.get(number),
            jobs=tuple(job for job in stored.jobs.values() if job.round == number),
        )

    async def read_standing(self, name: RoundName, key: RequestKey) -> Standing:
        """Return what a command finds; see `SessionStore.read_standing`."""
        session = await self.read(name.session)
        round = await self.read_round(name.session, name.number)
        return Standing(session, round, await self.replay(name.session, key))

    async def read_rounds(
        self, name: SessionName, *, after: int, limit: int
    ) -> tuple[Round, ...]:
        """Return rounds in order; see `SessionStore.read_rounds`."""
        numbers = sorted(n for n in self._stored(name).slates if n > after)
        return tuple([await self.read_round(name, n) for n in numbers[:limit]])

    async def read_log(
        self, name: SessionName
    ) -> tuple[tuple[LogEntry, ...], Mapping[int, Slate]]:
        """Return log and slates; see `SessionStore.read_log`."""
        stored = self._sessions.get(name)
        if stored is None:
            return (), {}
        return tuple(stored.log), dict(stored.slates)

    async def check_backlog(self, session: Session, n_rows: int) -> None:
        """Memory knows no bound; see `SessionStore.check_backlog`."""

    async def commit(self, change: Change) -> Committed:
        """Write a change in one step; see `SessionStore.commit`."""
        stored = self._stored(change.after.name)
        receipt = change.receipt
        if receipt is not None and receipt.key.request_id in stored.receipts:
            return Committed.REPLAYED
        if stored.session.rev != change.after.rev - 1:
            return Committed.CONTENDED
        stored.session = change.after
        if change.entry is not None:
            stored.log.append(change.entry)
        for number, end in change.ends:
            self._end(stored, number, end)
        self._requeue(stored, change.requeue)
        if change.slate is not None:
            self._open(stored, change.slate, change.jobs)
        if receipt is not None:
            stored.receipts[receipt.key.request_id] = receipt
        self._tell(stored, EventKind.SESSION)
        return Committed.DONE

    def _requeue(self, stored: _Stored, fields: tuple[str, ...]) -> None:
        for job_field in fields:
            job = stored.jobs[job_field]
            if job.state is JobState.FAILED:
                stored.jobs[job_field] = job.queued_again(now_ms=self._clock.now_ms())
                self._tell(stored, EventKind.CANDIDATE, job.round, job.slot)

    def _end(self, stored: _Stored, number: int, end: RoundEnd | None) -> None:
        now_ms = self._clock.now_ms()
        stored.ends.pop(number, None)
        if end is not None:
            stored.ends[number] = end
        for key, job in stored.jobs.items():
            if job.round != number:
                continue
            if end is None and job.state is JobState.CANCELLED:
                stored.jobs[key] = job.queued_again(now_ms=now_ms)
            elif end is not None and not job.ended:
                stored.jobs[key] = replace(
                    job, state=JobState.CANCELLED, ended_ms=now_ms
                )
        self._tell(stored, EventKind.ROUND, number)

    def _open(self, stored: _Stored, slate: Slate, jobs: tuple[RenderJob, ...]) -> None:
        now_ms = self._clock.now_ms()
        stored.slates[slate.number] = slate
        for job in jobs:
            stored.jobs[job.field] = replace(job, enqueued_ms=now_ms, due_ms=now_ms)
        self._tell(stored, EventKind.ROUND, slate.number)

    async def replay(self, name: SessionName, key: RequestKey) -> bytes | None:
        """Return a stored reply; see `SessionStore.replay`."""
        stored = self._sessions.get(name)
        return _replayed(key, stored.receipts.get(key.request_id) if stored else None)

    async def replay_create(self, project: str, key: RequestKey) -> bytes | None:
        """Return a stored reply; see `SessionStore.replay_create`."""
        return _replayed(key, self._created.get((project, key.request_id)))

    async def list_sessions(self, project: str, *, limit: int, cursor: str) -> Page:
        """Return a page of sessions; see `SessionStore.list_sessions`."""
        rows = sorted(
            (
                (stored.session.create_time_ms, name.sid, stored.session)
                for name, stored in self._sessions.items()
                if name.project == project
            ),
            key=lambda row: row[:2],
            reverse=True,
        )
        if cursor:
            time, _, sid = cursor.partition(":")
            if not time.isdecimal() or sid.count("/") != 1:
                raise CursorInvalidError(f"not a cursor: {cursor!r}")
            rows = [row for row in rows if row[:2] < (int(time), sid)]
        page = rows[:limit]
        after = f"{page[-1][0]}:{page[-1][1]}" if page and len(rows) > limit else ""
        return Page(tuple(row[2] for row in page), after)

    async def delete(self, name: SessionName) -> bool:
        """Remove everything of a session; see `SessionStore.delete`."""
        stored = self._sessions.pop(name, None)
        if stored and (key := stored.made_by):
            self._created[name.project, key.request_id] = Receipt(key, b"")
        return stored is not None

    async def secret(self) -> bytes:
        """Return the shared secret; see `SessionStore.secret`."""
        return self._secret

    async def ping(self) -> None:
        """Memory always answers."""

    async def head(self, name: SessionName) -> str:
        """Return the cursor behind the newest event; see `EventFeed.head`."""
        return f"{len(self._stored(name).events)}-0"

    async def keeps(self, name: SessionName, cursor: str) -> bool:
        """Return whether nothing after `cursor` was trimmed; see `EventFeed`."""
        place, _, _ = cursor.partition("-")
        events = self._stored(name).events
        return place.isdecimal() and 0 < int(place) <= len(events)

    async def n_after(self, name: SessionName, cursor: str, *, limit: int) -> int:
        """Return how many events come after `cursor`; see `EventFeed.n_after`."""
        place = int(cursor.partition("-")[0])
        return min(limit, len(self._stored(name).events) - place)

    async def follow(
        self,
        name: SessionName,
        cursor: str,
        *,
        idle_s: float,
        previews: bool = False,  # noqa: ARG002 - nothing renders here
    ) -> AsyncIterator[FeedEvent | None]:
        """Yield events after `cursor`; see `EventFeed.follow`."""
        place = int(cursor.partition("-")[0])
        while True:
            stored = self._stored(name)
            if place < len(stored.events):
                yield stored.events[place]
                place += 1
                continue
            stored.grew.clear()
            try:
                await asyncio.wait_for(stored.grew.wait(), idle_s)
            except TimeoutError:
                yield None

    def put_job(self, name: SessionName, job: RenderJob) -> None:
        """Replace a job, as the fleet's scripts would."""
        stored = self._stored(name)
        stored.jobs[job.field] = job
        ready = job.state is JobState.READY
        rendered = Rendered.of(job) if ready else None
        self._tell(stored, EventKind.CANDIDATE, job.round, job.slot, rendered)
        ended = [
            other.ended for other in stored.jobs.values() if other.round == job.round
        ]
        if all(ended):
            self._tell(stored, EventKind.ROUND, job.round)

    def _stored(self, name: SessionName) -> _Stored:
        try:
            return self._sessions[name]
        except KeyError:
            raise SessionNotFoundError(str(name)) from None

    def _tell(
        self,
        stored: _Stored,
        kind: EventKind,
        round: int | None = None,
        slot: int | None = None,
        rendered: Rendered | None = None,
    ) -> None:
        place = f"{len(stored.events) + 1}-0", self._clock.now_ms()
        event = FeedEvent(kind, *place, round, slot, rendered=rendered)
        stored.events.append(event)
        stored.grew.set()


def _replayed(key: RequestKey, receipt: Receipt | None) -> bytes | None:
    if receipt is None:
        return None
    if receipt.key.digest != key.digest:
        raise RequestIdConflictError(key.request_id)
    if not receipt.reply:
        raise SessionNotFoundError(f"of request {key.request_id} any more")
    return receipt.reply
