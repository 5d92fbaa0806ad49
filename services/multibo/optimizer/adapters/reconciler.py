"""Looks after what was lost: expired leases, rows nobody claimed.

Runs in every replica; one leads, and a second leader does no harm, because
every repair is a script that checks the stored state.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from multibo.jobs import codec, keys
from multibo.jobs.errors import JobDocumentError
from multibo.jobs.job import MAX_LAPSES
from multibo.jobs.keys import SessionKeys
from multibo.optimizer.adapters.redis_wire import script_of
from multibo.optimizer.app.ports import RenderFleet
from multibo.optimizer.session.ids import SessionName

logger = logging.getLogger(__name__)

LEADER: Final = "mbo:reconciler"
_LEADER_MS: Final = 10_000
_PATIENCE_MS: Final = 3_000
_PATIENCE_CAP_MS: Final = 30_000
_SESSIONS_PER_SCAN: Final = 200


class Reconciler:
    """Scans once a second while it leads."""

    def __init__(self, redis: Redis, fleet: RenderFleet) -> None:
        self._redis = redis
        self._fleet = fleet
        self._me = secrets.token_hex(8)
        self._leads = False
        self._republish = script_of(redis, "republish")

    async def run(self, *, period_s: float = 1.0) -> None:
        """Scan until canceled.

        Args:
            period_s: pause between two scans.
        """
        while True:
            try:
                self._leads = await self._lead()
                if self._leads:
                    await self.scan()
            except (RedisError, OSError):
                self._leads = False
                logger.warning("reconciler cannot reach the store")
            await asyncio.sleep(period_s)

    def leads(self) -> bool:
        """Return whether this process led at the last look."""
        return self._leads

    async def scan(self) -> int:
        """Repair every session whose deadline passed.

        Returns:
            Number of rows pushed again.
        """
        seconds, micros = await self._redis.time()
        now_ms = int(seconds) * 1000 + int(micros) // 1000
        due: Any = await self._redis.zrangebyscore(
            keys.DUE, "-inf", now_ms, start=0, num=_SESSIONS_PER_SCAN
        )
        pushed = 0
        for sid in due:
            try:
                pushed += await self._repair(sid.decode())
            except (ResponseError, JobDocumentError):
                # One damaged session must not keep the others from their repair.
                logger.exception("session not repaired", extra={"session": sid})
                again_ms = now_ms + _PATIENCE_CAP_MS
                await self._redis.zadd(keys.DUE, {sid: again_ms}, xx=True)
        return pushed

    async def _repair(self, sid: str) -> int:
        key = SessionKeys(sid)
        documents = await self._republish(
            keys=[key.state, key.jobs, key.pending, key.events, keys.DUE],
            args=[sid, MAX_LAPSES, keys.EVENTS_KEPT, _PATIENCE_MS, _PATIENCE_CAP_MS],
        )
        jobs = [codec.job_from_json(document) for document in documents]
        if jobs:
            logger.info("rows pushed again", extra={"session": sid, "n": len(jobs)})
            await self._fleet.wake(SessionName(*sid.split("/")), jobs)
        return len(jobs)

    async def _lead(self) -> bool:
        if await self._redis.set(LEADER, self._me, nx=True, px=_LEADER_MS):
            return True
        if await self._redis.get(LEADER) != self._me.encode():
            return False
        await self._redis.pexpire(LEADER, _LEADER_MS)
        return True

    async def resign(self) -> None:
        """Let another replica lead at once."""
        if await self._redis.get(LEADER) == self._me.encode():
            await self._redis.delete(LEADER)
