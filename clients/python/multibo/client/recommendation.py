"""A recommendation, asynchronously."""

from __future__ import annotations

from multibo.client.candidate import AsyncCandidate
from multibo.client.channel import Transport
from multibo.client.types import RecommendationInfo


class AsyncRecommendation:
    """The incumbent, and what the preference model would draw instead."""

    def __init__(self, transport: Transport, info: RecommendationInfo) -> None:
        self.info = info
        self.candidate = AsyncCandidate(transport, info.candidate)

    async def image(self) -> bytes:
        """Return the incumbent's image."""
        return await self.candidate.image()
