"""`InsightService`: what the preference model knows."""

from __future__ import annotations

from multibo.optimizer.api import validate
from multibo.optimizer.api.convert.insight import (
    FORMATS,
    KINDS,
    advice_message,
    map_message,
    prediction_message,
    recommendation_message,
)
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

    async def get_stopping_advice(
        self, request: wire.GetStoppingAdviceRequest
    ) -> wire.GetStoppingAdviceResponse:
        """Return whether it is worth going on; see the contract."""
        name = ids.parse_session(request.name)
        advice = await insight.get_stopping_advice(self._app, name)
        return wire.GetStoppingAdviceResponse(advice=advice_message(advice))

    async def predict_choice(
        self, request: wire.PredictChoiceRequest
    ) -> wire.PredictChoiceResponse:
        """Return what the person will answer; see the contract."""
        view = await insight.predict_choice(self._app, ids.parse_round(request.name))
        return wire.PredictChoiceResponse(prediction=prediction_message(view))

    async def get_preference_map(
        self, request: wire.GetPreferenceMapRequest
    ) -> wire.GetPreferenceMapResponse:
        """Return what was learned, as values; see the contract."""
        view = await insight.get_preference_map(
            self._app,
            ids.parse_session(request.name),
            x_axis=request.x_axis,
            y_axis=request.y_axis,
        )
        return wire.GetPreferenceMapResponse(map=map_message(view))

    async def render_figure(
        self, request: wire.RenderFigureRequest
    ) -> wire.RenderFigureResponse:
        """Return what was learned, as a drawing; see the contract."""
        name = ids.parse_session(request.name)
        validate.render_figure(request)
        figure = await insight.render_figure(
            self._app, name, KINDS[request.kind], FORMATS[request.format]
        )
        return wire.RenderFigureResponse(
            data=figure.data,
            media_type=figure.media_type,
            engine_version=figure.engine_version,
        )
