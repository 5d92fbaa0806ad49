"""`InsightService`: what the preference model knows."""

from __future__ import annotations

from multibo.optimizer.api.convert.insight import recommendation_message
from multibo.optimizer.app import insight
from multibo.optimizer.app.ports import App
from multibo.optimizer.session import ids
from multibo.v1 import insight_service_pb2 as wire


class InsightServicer:
    """Converts, calls one use case, and converts back."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def get_recommendation(
        self, request: wire.GetRecommendationRequest
    ) -> wire.GetRecommendationResponse:
        """Return which image the person has in mind; see the contract."""
        name = ids.parse_session(request.name)
        view = await insight.get_recommendation(self._app, name)
        message = recommendation_message(view)
        return wire.GetRecommendationResponse(recommendation=message)
