"""How much a project has in Redis: counted, never kept, so it cannot drift."""

from __future__ import annotations

from importlib.resources import files
from typing import Any, Final

from redis.asyncio import Redis

from multibo.jobs import keys
from multibo.optimizer.adapters.redis_wire import store_errors

_PAGE: Final = 200
"""Sessions one script looks at: about a millisecond of Redis."""


class RedisLoad:
    """A `ProjectLoad` over the store's own indexes."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        folder = files("multibo.optimizer.adapters") / "lua"
        self._count_sessions = redis.register_script(
            (folder / "count_sessions.lua").read_text()
        )
        self._count_rows = redis.register_script(
            (folder / "count_rows.lua").read_text()
        )

    async def sessions(self, project: str, *, limit: int) -> int:
        """Return how many sessions go on; see `ProjectLoad.sessions`."""
        index = keys.project_sessions(project)
        async with store_errors():
            # Finished and forgotten ones are in the index too: enough while all of
            # them together do not reach the limit.
            total = int(await self._redis.zcard(index))
            if total < limit:
                return total
            n_open, start = 0, 0
            while n_open < limit:
                page: Any = await self._count_sessions(
                    keys=[index], args=[start, start + _PAGE - 1]
                )
                n_open += int(page[1])
                start += _PAGE
                if int(page[0]) < _PAGE:
                    break
        return n_open

    async def rows(self, project: str) -> int:
        """Return how many rows have not ended; see `ProjectLoad.rows`."""
        async with store_errors():
            return int(await self._count_rows(keys=[keys.DUE], args=[f"{project}/"]))
