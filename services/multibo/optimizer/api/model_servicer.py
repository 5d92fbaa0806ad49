"""`ModelService`: the catalog."""

from __future__ import annotations

from multibo.optimizer.api import validate
from multibo.optimizer.api.convert import model
from multibo.optimizer.api.errors import PageTokenInvalidError
from multibo.optimizer.api.paging import PageTokens, page_limit
from multibo.optimizer.app import read
from multibo.optimizer.app.ports import App
from multibo.v1 import model_service_pb2 as wire

_LISTING = b"ListModels\n"


class ModelServicer:
    """Converts, calls one use case, and converts back."""

    def __init__(self, app: App, tokens: PageTokens) -> None:
        self._app = app
        self._tokens = tokens

    async def list_models(
        self, request: wire.ListModelsRequest
    ) -> wire.ListModelsResponse:
        """Return a page of the catalog; see the contract."""
        validate.page(request.page_size)
        place = await self._tokens.open(request.page_token, _LISTING)
        if place and not place.isdecimal():
            raise PageTokenInvalidError("not a place in the catalog")
        start = int(place or 0)
        listed = await read.list_models(self._app)
        end = start + page_limit(request.page_size)
        more = str(end) if end < len(listed) else ""
        return wire.ListModelsResponse(
            models=[model.model_message(*entry) for entry in listed[start:end]],
            next_page_token=await self._tokens.seal(more, _LISTING),
        )

    async def get_warp_space(
        self, request: wire.GetWarpSpaceRequest
    ) -> wire.GetWarpSpaceResponse:
        """Return a warp space; see the contract."""
        owner, name = model.parse_warp_space(request.name, field="name")
        space = await read.get_warp_space(self._app, owner, name)
        message = model.warp_space_message(owner, space)
        return wire.GetWarpSpaceResponse(warp_space=message)
