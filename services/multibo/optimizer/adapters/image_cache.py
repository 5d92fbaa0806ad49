"""Images lately read, kept in memory: content-addressed, so never out of date."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from multibo.jobs.job import ImageRef
from multibo.optimizer.app.ports import Images
from multibo.optimizer.app.values import SignedUrl

KEPT_BYTES: Final = 32 << 20
"""A few hundred images: those of the rounds people look at now."""


class CachedImages:
    """`Images` that reads each picture once in a while."""

    def __init__(self, images: Images, *, kept_bytes: int = KEPT_BYTES) -> None:
        """Keep nothing yet.

        Args:
            images: where pictures are.
            kept_bytes: how much is kept at most.
        """
        self._images = images
        self._kept_bytes = kept_bytes
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._n_bytes = 0

    async def get(self, address: str) -> bytes:
        """Return the file under a content address; see `Images.get`."""
        data = self._kept.get(address)
        if data is not None:
            self._kept.move_to_end(address)
            return data
        data = await self._images.get(address)
        self._keep(address, data)
        return data

    async def url(self, image: ImageRef, *, project: str) -> SignedUrl:
        """Return a URL of a picture; see `Images.url`."""
        return await self._images.url(image, project=project)

    def _keep(self, address: str, data: bytes) -> None:
        # Two calls may have read it at the same time.
        self._n_bytes += len(data) - len(self._kept.pop(address, b""))
        self._kept[address] = data
        while self._n_bytes > self._kept_bytes:
            _, oldest = self._kept.popitem(last=False)
            self._n_bytes -= len(oldest)
