"""A recommendation, asynchronously."""

from __future__ import annotations

from multibo.client.candidate import AsyncCandidate
from multibo.client.channel import Transport
from multibo.client.types import ImageUrl, RecommendationInfo


class AsyncRecommendation:
    """The incumbent, and what the preference model would draw instead."""

    def __init__(self, transport: Transport, info: RecommendationInfo) -> None:
        self.info = info
        self.candidate = AsyncCandidate(transport, info.candidate)

    async def image(self) -> bytes:
        """Return the incumbent's image."""
        return await self.candidate.image()

    async def thumbnail(self) -> bytes:
        """Return the incumbent's image, small; see `AsyncCandidate.thumbnail`."""
        return await self.candidate.thumbnail()

    async def image_url(self, *, thumbnail: bool = False) -> ImageUrl:
        """Return a URL of the incumbent's image; see `AsyncCandidate.image_url`.

        Args:
            thumbnail: whether the image is wanted at most 128 pixels long.
        """
        return await self.candidate.image_url(thumbnail=thumbnail)
