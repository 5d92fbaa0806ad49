"""What a replica remembers of logs has a bound, whatever the sessions are like."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from multibo.optimizer.adapters.redis_logs import RedisLogs
from multibo.optimizer.adapters.redis_store import RedisStore
from multibo.optimizer.session.ids import SessionName
from tests.support.builders import a_session, judged, proposed

pytestmark = pytest.mark.redis


async def test_long_logs_are_forgotten_as_many_slates_are(redis_url: str) -> None:
    redis = Redis.from_url(redis_url)
    store, logs = RedisStore(redis, session_ttl_ms=60_000), RedisLogs(redis, kept=4)
    names = [SessionName("p", f"session-{n}") for n in range(3)]
    for name in names:
        opened = proposed(a_session(name=name))
        await store.create(a_session(name=name), None)
        await store.commit(opened)
        await store.commit(judged(opened.after))

    read = [await logs.read(name) for name in names]

    assert [(len(entries), len(slates)) for entries, slates in read] == [(1, 1)] * 3
    assert logs.n_known == 4
    assert await logs.read(names[0]) == read[0]
    await redis.aclose()
