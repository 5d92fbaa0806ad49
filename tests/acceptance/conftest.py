"""A server over Redis whose pictures are there at once."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from multibo.optimizer.app.ports import App
from tests.support.fakes import DirectEngine, a_redis_app
from tests.support.wire import Wire, serving


@pytest.fixture
async def app(redis_url: str) -> AsyncIterator[App]:
    """The real store, feed and engine; only the fleet renders nothing."""
    async with Redis.from_url(redis_url) as redis:
        yield a_redis_app(redis, engine=DirectEngine())


@pytest.fixture
async def wire(app: App) -> AsyncIterator[Wire]:
    """Callers of that server."""
    async with serving(app) as wire:
        yield wire
