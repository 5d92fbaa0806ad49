"""Pictures of candidates: their bytes, or a URL for any HTTP client."""

from __future__ import annotations

from dataclasses import dataclass

from multibo.jobs.job import ImageRef
from multibo.optimizer.app import read
from multibo.optimizer.app.errors import CandidateNotFoundError, ImageTooLargeError
from multibo.optimizer.app.ports import App
from multibo.optimizer.app.values import ImageSize, SignedUrl
from multibo.optimizer.session.errors import CandidateNotReadyError
from multibo.optimizer.session.ids import CandidateName


@dataclass(frozen=True, slots=True)
class Picture:
    """An image with its bytes."""

    image: ImageRef
    data: bytes


@dataclass(frozen=True, slots=True)
class LinkedPicture:
    """An image with where to get its bytes."""

    image: ImageRef
    link: SignedUrl


async def get_image(
    app: App, name: CandidateName, size: ImageSize = ImageSize.FULL
) -> Picture:
    """Return the picture of a candidate.

    Args:
        app: the ports.
        name: which.
        size: which rendition.

    Raises:
        CandidateNotFoundError: if the round has no such slot.
        CandidateNotReadyError: if the picture is not there yet.
        ImageTooLargeError: if it does not fit a message.
    """
    image = await _image(app, name, size)
    limit = app.limits.image_inline_bytes
    if image.size_bytes > limit:
        raise ImageTooLargeError(size_bytes=image.size_bytes, limit_bytes=limit)
    return Picture(image, await app.images.get(image.address))


async def get_image_url(
    app: App, name: CandidateName, size: ImageSize = ImageSize.FULL
) -> LinkedPicture:
    """Return a URL of a candidate's picture, good for a while and for it alone.

    Args:
        app: the ports.
        name: which.
        size: which rendition.

    Raises:
        CandidateNotFoundError: if the round has no such slot.
        CandidateNotReadyError: if the picture is not there yet.
        ImageUrlsNotOfferedError: if this deployment signs none.
    """
    image = await _image(app, name, size)
    project = name.round.session.project
    return LinkedPicture(image, await app.images.url(image, project=project))


async def _image(app: App, name: CandidateName, size: ImageSize) -> ImageRef:
    round = await read.get_round(app, name.round)
    job = next((job for job in round.jobs if job.slot == name.slot), None)
    if job is None:
        raise CandidateNotFoundError(str(name))
    if job.image is None:
        raise CandidateNotReadyError(str(name), state=job.state.value)
    small = size is ImageSize.THUMBNAIL
    return (job.image.thumbnail or job.image) if small else job.image
