"""The wall clock, and pictures read off the event loop."""

from __future__ import annotations

import asyncio
import time

from multibo.blobs.port import BlobStore


class SystemClock:
    """A `Clock` that tells the machine's time."""

    def now_ms(self) -> int:
        """Return milliseconds since the epoch."""
        return time.time_ns() // 1_000_000


class BlobImages:
    """`Images` over a blocking blob store."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    async def get(self, address: str) -> bytes:
        """Return the file under a content address; see `BlobStore.get`."""
        return await asyncio.to_thread(self._blobs.get, address)
