"""The page's fake optimizer with what a simulated session asks for on top of it."""

from typing import Any

from multibo.v1 import round_service_pb2
from tests.support.fake_optimizer import FakeOptimizer
from tests.support.fake_session import recorded


class SearchedOptimizer(FakeOptimizer):
    """Also fetches single rounds, and has a slate size of its own."""

    async def CreateSession(self, request: Any, context: Any) -> Any:  # noqa: N802
        request.spec.slate_size = request.spec.slate_size or 4
        return await super().CreateSession(request, context)

    @recorded
    async def GetRound(self, request: Any, context: Any) -> Any:  # noqa: N802
        parent, _, number = request.name.partition("/rounds/")
        known = await self._find(parent, context)
        return round_service_pb2.GetRoundResponse(round=known.rounds[int(number)])
