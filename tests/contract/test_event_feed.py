"""One suite for every event feed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from multibo.optimizer.adapters.memory_store import MemoryStore
from multibo.optimizer.adapters.redis_feed import RedisFeed
from multibo.optimizer.adapters.redis_store import RedisStore
from multibo.optimizer.app.ports import EventFeed, SessionStore
from multibo.optimizer.app.values import Change, EventKind, FeedEvent
from multibo.optimizer.session import machine
from tests.support.builders import NAME, a_session, a_slate, jobs_of
from tests.support.fakes import FakeClock


@pytest.fixture(params=["memory", "redis"])
async def ports(
    request: pytest.FixtureRequest,
) -> AsyncIterator[tuple[SessionStore, EventFeed]]:
    """Every feed passes every test of this file."""
    if request.param == "memory":
        store = MemoryStore(FakeClock())
        yield store, store
        return
    redis = Redis.from_url(request.getfixturevalue("redis_url"))
    yield RedisStore(redis, session_ttl_ms=60_000), RedisFeed(redis)
    await redis.aclose()


async def read(feed: EventFeed, cursor: str) -> list[FeedEvent]:
    events = []
    async for event in feed.follow(NAME, cursor, idle_s=0.05):
        if event is None:
            break
        events.append(event)
    return events


async def test_events_after_a_cursor_come_in_order(
    ports: tuple[SessionStore, EventFeed],
) -> None:
    store, feed = ports
    session = a_session()
    await store.create(session, None)
    cursor = await feed.head(NAME)
    slate = a_slate()
    after = machine.open_round(session, slate)
    await store.commit(Change(after, slate=slate, jobs=jobs_of(slate)))

    events = await read(feed, cursor)

    assert [(event.kind, event.round) for event in events] == [
        (EventKind.ROUND, 0),
        (EventKind.SESSION, None),
    ]
    assert await read(feed, events[0].cursor) == events[1:]
    assert await read(feed, events[1].cursor) == []


async def test_what_comes_after_a_cursor_is_counted_up_to_a_limit(
    ports: tuple[SessionStore, EventFeed],
) -> None:
    store, feed = ports
    session = a_session()
    await store.create(session, None)
    cursor = await feed.head(NAME)
    slate = a_slate()
    after = machine.open_round(session, slate)
    await store.commit(Change(after, slate=slate, jobs=jobs_of(slate)))

    assert await feed.n_after(NAME, cursor, limit=10) == 2
    assert await feed.n_after(NAME, cursor, limit=1) == 1
    assert await feed.n_after(NAME, await feed.head(NAME), limit=10) == 0


async def test_only_a_cursor_of_the_stream_is_kept(
    ports: tuple[SessionStore, EventFeed],
) -> None:
    store, feed = ports
    await store.create(a_session(), None)

    head = await feed.head(NAME)

    assert await feed.keeps(NAME, head)
    assert not await feed.keeps(NAME, "nonsense")
    assert not await feed.keeps(NAME, "0-0")
    assert not await feed.keeps(NAME, "99999999999999-0")
