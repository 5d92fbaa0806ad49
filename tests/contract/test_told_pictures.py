"""What a watch is told of pictures is what a read would say, and costs no read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest
from redis import Redis as BlockingRedis
from redis.asyncio import Redis

from multibo.jobs import keys
from multibo.jobs.job import JobState
from multibo.optimizer.adapters.memory_store import MemoryStore
from multibo.optimizer.adapters.redis_feed import RedisFeed
from multibo.optimizer.adapters.redis_store import RedisStore
from multibo.optimizer.api.convert.round import candidate_message
from multibo.optimizer.app.ports import App, EventFeed, SessionStore
from multibo.optimizer.app.values import Change
from multibo.optimizer.app.watch import CandidateChanged, Watched, watch_session
from multibo.optimizer.session.ids import SessionName
from multibo.optimizer.session.model import Round
from multibo.render.leases import Leases
from tests.support.builders import NAME, a_session, an_image, proposed
from tests.support.fakes import FakeClock, an_app

FEATURES = {slot: (round(0.1 * slot, 4), 0.5, 1.0) for slot in range(4)}
Act = Callable[[int], Awaitable[None]]


@dataclass
class Place:
    """Where a round is rendered and watched."""

    store: SessionStore
    feed: EventFeed
    begin: Act
    """Starts to render a slot, as the fleet would."""
    finish: Act
    """Makes it READY."""


def in_memory() -> Place:
    store = MemoryStore(FakeClock())

    async def put(slot: int, **changes: Any) -> None:
        job = (await store.read_round(NAME, 0)).jobs[slot]
        store.put_job(NAME, replace(job, **changes))

    async def begin(slot: int) -> None:
        await put(slot, state=JobState.RENDERING, attempt=1, started_ms=7_000)

    async def finish(slot: int) -> None:
        ready = {"state": JobState.READY, "ended_ms": 9_000, "note": "a note"}
        await put(slot, image=an_image(slot), features=FEATURES[slot], **ready)

    return Place(store, store, begin, finish)


@pytest.fixture(params=["memory", "redis"])
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    """Every feed passes every test of this file."""
    if request.param == "memory":
        yield in_memory()
        return
    url = request.getfixturevalue("redis_url")
    redis, blocking = Redis.from_url(url), BlockingRedis.from_url(url)
    leases = Leases(blocking, "worker")
    claims: dict[int, Any] = {}

    async def begin(slot: int) -> None:
        claims[slot] = leases.claim(keys.row_reference(NAME.sid, 0, slot))

    async def finish(slot: int) -> None:
        leases.ready(claims[slot], an_image(slot), FEATURES[slot], "a note")

    store = RedisStore(redis, session_ttl_ms=60_000)
    yield Place(store, RedisFeed(redis), begin, finish)
    await redis.aclose()
    blocking.close()


class CountingStore:
    """A store whose reads of rounds are counted."""

    def __init__(self, store: SessionStore) -> None:
        self.n_reads = 0
        self._store = store

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def read_round(self, name: SessionName, number: int) -> Round:
        self.n_reads += 1
        return await self._store.read_round(name, number)


def anchored() -> Change:
    """Return the commit of a round whose first slot is the anchor."""
    change = proposed(a_session())
    assert change.slate is not None
    first, *others = change.slate.candidates
    anchor = replace(first, role="ANCHOR")
    return replace(change, slate=replace(change.slate, candidates=(anchor, *others)))


def watching(app: App, cursor: str = "") -> AsyncGenerator[Watched]:
    return watch_session(
        app,
        NAME,
        cursor,
        include_progress=False,
        draining=asyncio.Event(),
        limit_s=60,
    )


async def of_slot(events: AsyncGenerator[Watched], slot: int) -> Round:
    """Return the round as told with the next event of a slot."""
    async for told in events:
        if isinstance(told.event, CandidateChanged) and told.event.slot == slot:
            return told.event.round
    raise AssertionError("the stream ended")


async def test_a_picture_is_told_as_a_read_would_say_and_not_read(place: Place) -> None:
    store = CountingStore(place.store)
    app = replace(an_app(), store=cast("SessionStore", store), feed=place.feed)
    await place.store.create(a_session(), None)
    events = watching(app)
    await anext(events)  # the snapshot
    await place.store.commit(anchored())
    for slot in range(4):
        await place.begin(slot)
    begun = await of_slot(events, 3)
    n_reads = store.n_reads

    for slot in range(4):
        await place.finish(slot)
        told = await of_slot(events, slot)

        now = await place.store.read_round(NAME, 0)
        assert candidate_message(told, slot) == candidate_message(now, slot)

    assert begun.jobs[3].state is JobState.RENDERING
    assert candidate_message(told, 3).distance_to_anchor == pytest.approx(0.3)
    assert store.n_reads == n_reads
    await events.aclose()


async def test_a_watch_that_begins_with_a_picture_reads_its_round(place: Place) -> None:
    app = replace(an_app(), store=place.store, feed=place.feed)
    await place.store.create(a_session(), None)
    await place.store.commit(anchored())
    await place.begin(0)
    cursor = await place.feed.head(NAME)
    await place.finish(0)

    events = watching(app, cursor)
    told = await of_slot(events, 0)

    assert told == await place.store.read_round(NAME, 0)
    await events.aclose()
