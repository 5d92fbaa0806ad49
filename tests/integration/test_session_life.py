"""How long a session lives that nobody touches, and what is left of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from redis.asyncio import Redis

from multibo.jobs.keys import SessionKeys
from multibo.optimizer.adapters.redis_store import RedisStore
from multibo.optimizer.app.errors import SessionNotFoundError
from tests.support.builders import NAME, a_receipt, a_session, judged, proposed

pytestmark = pytest.mark.redis

TTL_MS = 60_000
KEYS = SessionKeys(NAME.sid).all()


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """An empty database."""
    async with Redis.from_url(redis_url) as redis:
        yield redis


async def lives_ms(redis: Redis) -> list[int]:
    """Return how long each key lives that is there; -1 is for ever."""
    return [await redis.pttl(key) for key in KEYS if await redis.exists(key)]


async def expire(redis: Redis, ttl_ms: int) -> None:
    for key in KEYS:
        await redis.pexpire(key, ttl_ms)


async def test_every_command_prolongs_the_life_of_all_there_is(redis: Redis) -> None:
    store = RedisStore(redis, session_ttl_ms=TTL_MS)
    await store.create(a_session(), a_receipt("id-0"))
    opened = proposed(a_session())
    await store.commit(replace(opened, receipt=a_receipt("id-1")))
    await expire(redis, TTL_MS // 2)

    await store.commit(judged(opened.after, request_id="id-2"))

    lives = await lives_ms(redis)
    # State, rounds, log, jobs, requests, events; no row waits any more.
    assert len(lives) == 6
    assert all(TTL_MS // 2 < life <= TTL_MS for life in lives)


async def test_a_session_that_has_expired_is_not_there(redis: Redis) -> None:
    store = RedisStore(redis, session_ttl_ms=TTL_MS)
    await store.create(a_session(), None)
    await store.commit(proposed(a_session()))

    await expire(redis, 1)
    async with asyncio.timeout(10):
        while await lives_ms(redis):
            await asyncio.sleep(0.01)

    with pytest.raises(SessionNotFoundError):
        await store.read(NAME)
    assert await store.read_log(NAME) == ((), {})
    listed = await store.list_sessions("local", limit=5, cursor="")
    assert listed.sessions == ()
