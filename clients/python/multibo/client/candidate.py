"""One candidate, asynchronously."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC

from multibo.client import convert
from multibo.client.channel import Transport, new_request_id
from multibo.client.types import (
    CandidateInfo,
    CandidateRole,
    CandidateState,
    ImageUrl,
)
from multibo.v1 import image_pb2, image_service_pb2, round_service_pb2


class AsyncCandidate:
    """One warp vector and, once rendered, its image."""

    def __init__(
        self,
        transport: Transport,
        info: CandidateInfo,
        heard: Callable[[CandidateInfo], object] | None = None,
    ) -> None:
        self._transport = transport
        self._heard = heard
        self.info = info

    @property
    def name(self) -> str:
        """Resource name."""
        return self.info.name

    @property
    def slot(self) -> int:
        """Place in the slate, from 0."""
        return self.info.slot

    @property
    def role(self) -> CandidateRole:
        """Why it is in the slate."""
        return self.info.role

    @property
    def state(self) -> CandidateState:
        """Where it stood when its round was last heard of."""
        return self.info.state

    async def image(self) -> bytes:
        """Return the bytes of its image; `info.image` has their media type.

        Raises:
            CandidateNotReadyError: if there is none yet.
            ImageTooLargeError: if it does not fit into a message; see `image_url`.
        """
        return await self._bytes(image_pb2.IMAGE_SIZE_FULL)

    async def thumbnail(self) -> bytes:
        """Return its image, at most 128 pixels long; a small one as it is.

        Raises:
            CandidateNotReadyError: if there is none yet.
        """
        return await self._bytes(image_pb2.IMAGE_SIZE_THUMBNAIL)

    async def image_url(self, *, thumbnail: bool = False) -> ImageUrl:
        """Return a URL of its image, of any size, for any HTTP client.

        Whoever holds it may fetch that one image until it expires.

        Args:
            thumbnail: whether the image is wanted at most 128 pixels long.

        Raises:
            CandidateNotReadyError: if there is no image yet.
            NotOfferedError: if the server signs no URLs.
        """
        size = (
            image_pb2.IMAGE_SIZE_THUMBNAIL if thumbnail else image_pb2.IMAGE_SIZE_FULL
        )
        reply: image_service_pb2.GetImageUrlResponse = await self._transport.read(
            self._transport.images.GetImageUrl,
            image_service_pb2.GetImageUrlRequest(name=self.name, size=size),
        )
        return ImageUrl(
            url=reply.url,
            expire_time=reply.expire_time.ToDatetime(tzinfo=UTC),
            image=convert.image_info(reply.image),
        )

    async def _bytes(self, size: image_pb2.ImageSize) -> bytes:
        reply: image_service_pb2.GetImageResponse = await self._transport.read(
            self._transport.images.GetImage,
            image_service_pb2.GetImageRequest(name=self.name, size=size),
        )
        return reply.data

    async def retry(self) -> CandidateInfo:
        """Have a FAILED candidate rendered again; another one stays as it is.

        The round it was taken from waits for images again: `wait_until_open`.

        Returns:
            What `info` now holds.

        Raises:
            RoundNotOpenError: if the round is closed.
            BacklogFullError: if too many images are queued.
        """
        reply: round_service_pb2.RetryCandidateResponse = await self._transport.write(
            self._transport.rounds.RetryCandidate,
            round_service_pb2.RetryCandidateRequest(
                name=self.name, request_id=new_request_id()
            ),
        )
        self.info = convert.candidate_info(reply.candidate)
        if self._heard is not None:
            self._heard(self.info)
        return self.info
