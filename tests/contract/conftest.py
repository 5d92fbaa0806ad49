"""The session stores, one after the other."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from multibo.optimizer.adapters.memory_store import MemoryStore
from multibo.optimizer.adapters.redis_store import RedisStore
from multibo.optimizer.app.ports import SessionStore
from tests.support.fakes import FakeClock


@pytest.fixture(params=["memory", "redis"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[SessionStore]:
    """Every store passes every test that takes it."""
    if request.param == "memory":
        yield MemoryStore(FakeClock())
        return
    redis = Redis.from_url(request.getfixturevalue("redis_url"))
    yield RedisStore(redis, session_ttl_ms=60_000)
    await redis.aclose()
