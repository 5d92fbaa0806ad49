"""`InsightService`: what the preference model knows."""

from __future__ import annotations

from multibo.optimizer.api.convert.insight import recommendation_message
from multibo.optimizer.app import insight, read
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
        shown = await read.get_round(self._app, view.incumbent.round)
        session = (await read.get_session(self._app, name, full=False)).session
        message = recommendation_message(
            view, shown, n_feedbacks=len(session.effective)
        )
        return wire.GetRecommendationResponse(recommendation=message)
