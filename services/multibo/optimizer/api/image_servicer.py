"""`ImageService`: the bytes of a candidate's image."""

from __future__ import annotations

from multibo.optimizer.api import validate
from multibo.optimizer.api.convert.image import image_info
from multibo.optimizer.app import read
from multibo.optimizer.app.ports import App
from multibo.optimizer.session import ids
from multibo.v1 import image_service_pb2 as wire


class ImageServicer:
    """Converts, calls one use case, and converts back."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def get_image(self, request: wire.GetImageRequest) -> wire.GetImageResponse:
        """Return an image, or that the caller has it; see the contract."""
        name = ids.parse_candidate(request.name)
        validate.image_size(request.size)
        picture = await read.get_image(self._app, name)
        held = request.etag == picture.image.digest
        return wire.GetImageResponse(
            data=b"" if held else picture.data,
            image=image_info(picture.image),
            not_modified=held,
        )
