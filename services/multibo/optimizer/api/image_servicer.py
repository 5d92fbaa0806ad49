"""`ImageService`: a candidate's image, as bytes or as a URL."""

from __future__ import annotations

from multibo.optimizer.api import validate
from multibo.optimizer.api.convert import image as convert
from multibo.optimizer.api.convert.times import timestamp
from multibo.optimizer.app import image
from multibo.optimizer.app.ports import App
from multibo.optimizer.session import ids
from multibo.v1 import image_service_pb2 as wire


class ImageServicer:
    """Converts, calls one use case, and converts back."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def get_image(self, request: wire.GetImageRequest) -> bytes:
        """Return an image, or that the caller has it; see the contract."""
        name = ids.parse_candidate(request.name)
        validate.image_size(request.size)
        size = convert.size_of(request.size)
        picture = await image.get_image(self._app, name, size)
        held = request.etag == picture.image.digest
        return convert.image_reply(picture.image, picture.data, held=held)

    async def get_image_url(
        self, request: wire.GetImageUrlRequest
    ) -> wire.GetImageUrlResponse:
        """Return a signed URL of an image; see the contract."""
        name = ids.parse_candidate(request.name)
        validate.image_size(request.size)
        size = convert.size_of(request.size)
        picture = await image.get_image_url(self._app, name, size)
        return wire.GetImageUrlResponse(
            url=picture.link.url,
            expire_time=timestamp(picture.link.expire_time_ms),
            image=convert.image_info(picture.image),
        )
