"""Follow a session: a snapshot, then every durable event, then `resume`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from typing import Final

from multibo.optimizer.app import read
from multibo.optimizer.app.errors import RoundNotFoundError
from multibo.optimizer.app.ports import App
from multibo.optimizer.app.values import EventKind, FeedEvent, SessionView
from multibo.optimizer.session.ids import SessionName
from multibo.optimizer.session.model import Round

_TICK_S: Final = 1.0
"""How soon a silent stream notices a drain or its own end."""
_SLOW_S: Final = 0.5
"""A reader that takes longer for one event is looked at: is it far behind?"""
_FAR_BEHIND: Final = 256
"""So many events waiting are not told one by one."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole session; the stream goes on after it."""

    view: SessionView


@dataclass(frozen=True, slots=True)
class SessionChanged:
    """A command changed the session."""

    view: SessionView


@dataclass(frozen=True, slots=True)
class RoundChanged:
    """A round was proposed, became answerable, or closed."""

    round: Round
    wait_ms: int = 0
    """Until its queued pictures are expected; 0 if unknown."""


@dataclass(frozen=True, slots=True)
class CandidateChanged:
    """A candidate started, became ready or failed."""

    round: Round
    slot: int


@dataclass(frozen=True, slots=True)
class Progress:
    """A denoising step; best effort, never replayed."""

    round: int
    slot: int
    step: int
    steps: int


@dataclass(frozen=True, slots=True)
class Preview:
    """How a candidate looks so far; best effort, never replayed."""

    round: int
    slot: int
    data: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Nothing happened; the stream lives."""


@dataclass(frozen=True, slots=True)
class Resume:
    """The stream ends here; open another one with the cursor after `delay_ms`."""

    delay_ms: int


Event = (
    Snapshot
    | SessionChanged
    | RoundChanged
    | CandidateChanged
    | Progress
    | Preview
    | Heartbeat
    | Resume
)


@dataclass(frozen=True, slots=True)
class Watched:
    """An event, with the cursor to resume from when it has one."""

    event: Event
    cursor: str
    time_ms: int


async def watch_session(
    app: App,
    name: SessionName,
    cursor: str,
    *,
    include_progress: bool,
    include_previews: bool = False,
    draining: asyncio.Event,
    limit_s: float,
) -> AsyncGenerator[Watched]:
    """Yield what happens to a session until the limit or a drain.

    Args:
        app: the ports.
        name: the session.
        cursor: of the last event seen; "" or a lost one gives a snapshot first.
        include_progress: whether denoising steps are wanted.
        include_previews: whether pictures of running renders are.
        draining: set when this replica shuts down.
        limit_s: the stream ends with `Resume` after this long.

    Raises:
        SessionNotFoundError: if the session is not there, or goes away.
    """
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + limit_s
    if not cursor or not await app.feed.keeps(name, cursor):
        # Head first: what happens between the two reads is told twice, not lost.
        cursor = await app.feed.head(name)
        view = await read.get_session(app, name, full=True)
        yield Watched(Snapshot(view), cursor, app.clock.now_ms())
    else:
        await app.store.read(name)
    silent_since = loop.time()
    teller = _Teller(app, name, progress=include_progress, previews=include_previews)
    following = app.feed.follow(name, cursor, idle_s=_TICK_S, previews=include_previews)
    async for event in following:
        if event is None:
            if loop.time() - silent_since >= app.limits.heartbeat_s:
                silent_since = loop.time()
                await app.store.read(name)
                yield Watched(Heartbeat(), cursor, app.clock.now_ms())
        else:
            silent_since = loop.time()
            cursor = event.cursor or cursor
            for told in await teller.told(event):
                yield Watched(told, cursor, event.time_ms or app.clock.now_ms())
            if loop.time() - silent_since > _SLOW_S and await _far(app, name, cursor):
                break
        if draining.is_set() or loop.time() >= ends_at:
            break
    yield Watched(Resume(delay_ms=200), cursor, app.clock.now_ms())


async def _far(app: App, name: SessionName, cursor: str) -> bool:
    n_waiting = await app.feed.n_after(name, cursor, limit=_FAR_BEHIND)
    return n_waiting >= _FAR_BEHIND


class _Teller:
    """Turns what the feed says into what one watch is told."""

    def __init__(
        self,
        app: App,
        name: SessionName,
        *,
        progress: bool,
        previews: bool,
    ) -> None:
        self._app = app
        self._name = name
        self._progress = progress
        self._previews = previews
        self._round: Round | None = None
        """As told last, so that a picture that became ready need not be read."""

    async def told(self, event: FeedEvent) -> list[Event]:
        if event.kind is None:
            return self._passing(event)
        if event.kind is EventKind.SESSION:
            view = await read.get_session(self._app, self._name, full=False)
            return [SessionChanged(view)]
        if event.round is None:
            return []
        try:
            self._round = round = await self._round_after(event, event.round)
        except RoundNotFoundError:
            return []
        if event.kind is EventKind.CANDIDATE and event.slot is not None:
            return [CandidateChanged(round, event.slot)]
        return [RoundChanged(round, await read.wait_ms_of(self._app, round))]

    def _passing(self, event: FeedEvent) -> list[Event]:
        round, slot = event.round or 0, event.slot or 0
        if event.preview:
            seen = Preview(round, slot, event.preview, event.media_type)
            return [seen] if self._previews else []
        done = Progress(round, slot, event.step, event.steps)
        return [done] if self._progress else []

    async def _round_after(self, event: FeedEvent, number: int) -> Round:
        known, rendered = self._round, event.rendered
        if known is None or known.slate.number != number or rendered is None:
            return await self._app.store.read_round(self._name, number)
        jobs = tuple(
            rendered.job_of(job) if job.slot == event.slot else job
            for job in known.jobs
        )
        return replace(known, jobs=jobs)
