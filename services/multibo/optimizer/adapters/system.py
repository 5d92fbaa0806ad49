"""The wall clock, and pictures read and linked off the event loop."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from multibo.blobs.port import BlobStore
from multibo.blobs.urls import MAX_TTL_S, ImageGrant, ImageUrls
from multibo.jobs.job import ImageRef
from multibo.optimizer.app.errors import ImageUrlsNotOfferedError
from multibo.optimizer.app.ports import Clock
from multibo.optimizer.app.values import SignedUrl

URL_TTL_S: Final = 15 * 60
"""A page is looked at for minutes; whoever finds an older URL finds nothing."""


class SystemClock:
    """A `Clock` that tells the machine's time."""

    def now_ms(self) -> int:
        """Return milliseconds since the epoch."""
        return time.time_ns() // 1_000_000


class BlobImages:
    """`Images` over a blocking blob store."""

    def __init__(
        self,
        blobs: BlobStore,
        urls: ImageUrls | None = None,
        *,
        url_ttl_s: int = URL_TTL_S,
        clock: Clock | None = None,
    ) -> None:
        """Take the parts.

        Args:
            blobs: where the bytes are.
            urls: how they are linked; None links none.
            url_ttl_s: how long a URL lives at most; at most seven days.
            clock: decides when a URL ends.
        """
        self._blobs = blobs
        self._urls = urls
        self._ttl_s = min(url_ttl_s, MAX_TTL_S)
        self._clock = clock or SystemClock()

    async def get(self, address: str) -> bytes:
        """Return the file under a content address; see `BlobStore.get`."""
        return await asyncio.to_thread(self._blobs.get, address)

    async def url(self, image: ImageRef, *, project: str) -> SignedUrl:
        """Return a URL of a picture; see `Images.url`."""
        if self._urls is None:
            raise ImageUrlsNotOfferedError
        now_s = self._clock.now_ms() // 1000
        grant = ImageGrant(
            address=image.address,
            digest=image.digest,
            media_type=image.media_type,
            project=project,
            expires_s=self._expires_s(now_s),
        )
        url = await asyncio.to_thread(self._urls.url, grant, now_s=now_s)
        return SignedUrl(url, grant.expires_s * 1000)

    def _expires_s(self, now_s: int) -> int:
        # The same for half a lifetime: a browser that asks twice gets one URL, and
        # shows the picture it has.
        step_s = max(1, self._ttl_s // 2)
        return now_s // step_s * step_s + self._ttl_s
