"""How much a project has in Redis, from indexes that the store's scripts keep."""

from __future__ import annotations

from redis.asyncio import Redis

from multibo.jobs import keys
from multibo.optimizer.adapters.redis_wire import script_of, store_errors


class RedisLoad:
    """A `ProjectLoad` over the store's own indexes."""

    def __init__(self, redis: Redis) -> None:
        self._count_sessions = script_of(redis, "count_sessions")
        self._count_rows = script_of(redis, "count_rows")

    async def sessions(self, project: str) -> int:
        """Return how many sessions go on; see `ProjectLoad.sessions`."""
        async with store_errors():
            return int(await self._count_sessions(keys=[keys.project_open(project)]))

    async def rows(self, project: str) -> int:
        """Return how many rows have not ended; see `ProjectLoad.rows`."""
        async with store_errors():
            return int(await self._count_rows(keys=[keys.DUE], args=[f"{project}/"]))
