"""Deletes the images that no session names any more.

Which ones those are is found twice. Images older than any session that could still
want them, and those of a deleted session, are noted when nothing names them; they are
deleted when a second look, an hour later at most, finds the same. Whoever begins to
name a noted image in between keeps it: a fork is seen by the second look, and a worker
that takes a stored image leaves a mark that `doom.lua` respects.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from multibo.blobs.errors import BlobError
from multibo.blobs.port import BlobStore, StoredBlob
from multibo.jobs import keys
from multibo.jobs.keys import SessionKeys
from multibo.optimizer.adapters.redis_wire import script_of
from multibo.telemetry.metrics import IMAGES_SWEPT, IMAGES_SWEPT_BYTES, Meter

logger = logging.getLogger(__name__)

DAY_MS: Final = 24 * 3600 * 1000
HOUR_MS: Final = 3600 * 1000
_WITHIN_S: Final = 0.75 * keys.REUSED_MS / 1000
"""A second look that took longer than this is too old to delete by."""
_DOOMED_MS: Final = 120_000
"""Longer than a store takes to delete one image, its own retries included."""
_ADDRESSES_AT_ONCE: Final = 20_000
_JOBS_AT_ONCE: Final = 32
_KEYS_AT_ONCE: Final = 1_000
_ADDRESS: Final = re.compile(rb"[0-9a-f]{64}")
"""Whatever looks like one in a job: a field that is added later must not cost a
picture. Digests of bytes look the same and name nothing."""


class Sweeper:
    """Looks once a minute, while its process leads, whether a sweep is due."""

    def __init__(
        self,
        redis: Redis,
        blobs: BlobStore,
        meter: Meter,
        *,
        leads: Callable[[], bool],
        session_ttl_ms: int,
        settled_ms: int = 60_000,
    ) -> None:
        """Put the parts together.

        Args:
            redis: where sessions are.
            blobs: where images are.
            meter: of this process.
            leads: whether this process does what one of all has to; a second one
                does no harm.
            session_ttl_ms: how long a session is kept that nobody touches.
            settled_ms: how long a noted image waits at least: it may belong to a
                session that is being made.
        """
        self._redis = redis
        self._blobs = blobs
        self._meter = meter
        self._leads = leads
        self._settled_ms = settled_ms
        self._kept_ms = session_ttl_ms + DAY_MS
        self._doom = script_of(redis, "doom")

    async def run(self, *, period_s: float = 60.0) -> None:
        """Sweep until canceled.

        Args:
            period_s: pause between two looks.
        """
        while True:
            await asyncio.sleep(period_s)
            try:
                if self._leads():
                    await self.sweep()
            except (RedisError, OSError, BlobError) as error:
                reason = type(error).__name__
                logger.warning("images not swept", extra={"reason": reason})

    async def sweep(self) -> None:
        """Note what grew old once a day, delete what was noted once an hour.

        Raises:
            BlobStoreUnavailableError: if the image store is away or read-only.
        """
        if await self._due(keys.IMAGES_LISTED):
            await self.note_old()
            await self.drop_unfinished()
            await self._redis.set(keys.IMAGES_LISTED, 1, px=DAY_MS)
        if await self._redis.zcard(keys.UNNAMED) and await self._due(keys.IMAGES_SWEPT):
            await self.delete_noted()

    async def _due(self, last: str) -> bool:
        # Tried again in an hour if it fails: a store may be away for long.
        return bool(await self._redis.set(last, 1, nx=True, px=HOUR_MS))

    async def note_old(self) -> int:
        """Note the images that outlived every session that could name them.

        Returns:
            Number of images noted.
        """
        oldest_s = (await self._now_ms() - self._kept_ms) / 1000
        walk = self._blobs.stored()
        noted = 0
        while page := await asyncio.to_thread(_old, walk, oldest_s):
            unnamed = await self._unnamed(page)
            noted += len(unnamed)
            if unnamed:
                now_ms = await self._now_ms()
                scores = dict.fromkeys(unnamed, now_ms)
                await self._redis.zadd(keys.UNNAMED, scores, nx=True)
        if noted:
            logger.info("images noted that no session names", extra={"n": noted})
        return noted

    async def drop_unfinished(self) -> int:
        """Remove what killed writers left behind a day ago or before.

        Returns:
            Number of files removed.
        """
        before_s = (await self._now_ms() - DAY_MS) / 1000
        n_dropped = await asyncio.to_thread(self._blobs.drop_unfinished, before_s)
        if n_dropped:
            logger.info("unfinished writes removed", extra={"n": n_dropped})
        return n_dropped

    async def delete_noted(self) -> int:
        """Delete what was noted, unless a session names it by now.

        Returns:
            Number of images deleted.
        """
        began_s = time.monotonic()
        until_ms = await self._now_ms() - self._settled_ms
        noted: Any = await self._redis.zrange(
            keys.UNNAMED,
            "-inf",
            until_ms,
            byscore=True,
            offset=0,
            num=_ADDRESSES_AT_ONCE,
            withscores=True,
        )
        scores = {address: float(score) for address, score in noted}
        unnamed = await self._unnamed(set(scores))
        for address in scores.keys() - unnamed:
            await self._redis.zrem(keys.UNNAMED, address)
        deleted = 0
        for address in unnamed:
            if time.monotonic() - began_s > _WITHIN_S:
                break
            deleted += await self._delete(address.decode(), scores[address])
        if deleted:
            logger.info("images swept", extra={"n": deleted})
        return deleted

    async def _delete(self, address: str, noted_ms: float) -> bool:
        """Delete one image; False if it is gone, is new or has to stay for now."""
        doomed = keys.image_doomed(address)
        lease, taken = keys.image_lease(address), keys.image_taken(address)
        if not await self._doom(
            keys=[taken, lease, doomed, keys.UNNAMED],
            args=[_DOOMED_MS, address, noted_ms],
        ):
            return False
        found = await asyncio.to_thread(self._blobs.find, address)
        # Drawn again since: its session may be younger than the look at all of them.
        old = found is not None and found.modified_s * 1000 <= noted_ms
        if found is not None and old:
            await asyncio.to_thread(self._blobs.delete, address)
            self._meter.count(IMAGES_SWEPT)
            self._meter.count(IMAGES_SWEPT_BYTES, found.size_bytes)
        await self._redis.zrem(keys.UNNAMED, address)
        await self._redis.delete(doomed)
        return old

    async def _unnamed(self, addresses: set[bytes]) -> set[bytes]:
        """Return those that no job of a session names."""
        left = set(addresses)
        sessions = self._redis.scan_iter(SessionKeys("*").jobs, count=_KEYS_AT_ONCE)
        async for jobs in sessions:
            if not left:
                break
            async for _, document in self._redis.hscan_iter(jobs, count=_JOBS_AT_ONCE):
                left.difference_update(_ADDRESS.findall(document))
        return left

    async def _now_ms(self) -> int:
        seconds, micros = await self._redis.time()
        return int(seconds) * 1000 + int(micros) // 1000


def _old(walk: Iterator[StoredBlob], oldest_s: float) -> set[bytes]:
    """Return the next addresses of a walk that were stored before a time."""
    old = (blob.address.encode() for blob in walk if blob.modified_s < oldest_s)
    return set(islice(old, _ADDRESSES_AT_ONCE))
