"""What can be asked about a session, asynchronously."""

from __future__ import annotations

from multibo.client import convert, convert_insight
from multibo.client.channel import Transport
from multibo.client.insight import (
    Figure,
    FigureFormat,
    FigureKind,
    PreferenceMap,
    StoppingAdvice,
)
from multibo.client.recommendation import AsyncRecommendation
from multibo.client.types import SessionInfo
from multibo.v1 import insight_service_pb2


class SessionInsight:
    """A session as far as the preference model knows it."""

    def __init__(self, transport: Transport, info: SessionInfo) -> None:
        self._transport = transport
        self._info = info

    @property
    def info(self) -> SessionInfo:
        """What was last heard of the session."""
        return self._info

    @property
    def name(self) -> str:
        """Resource name, `projects/{project}/sessions/{session}`."""
        return self._info.name

    async def recommendation(self) -> AsyncRecommendation:
        """Return the image the person has in mind, as far as the answers tell.

        Raises:
            NoFeedbackYetError: before the first answer.
        """
        reply: insight_service_pb2.GetRecommendationResponse = (
            await self._transport.read(
                self._transport.insight.GetRecommendation,
                insight_service_pb2.GetRecommendationRequest(name=self.name),
            )
        )
        return AsyncRecommendation(
            self._transport, convert.recommendation_info(reply.recommendation)
        )

    async def stopping_advice(self) -> StoppingAdvice:
        """Return whether it is worth going on.

        Raises:
            NoFeedbackYetError: before the first answer.
        """
        reply: insight_service_pb2.GetStoppingAdviceResponse = (
            await self._transport.read(
                self._transport.insight.GetStoppingAdvice,
                insight_service_pb2.GetStoppingAdviceRequest(name=self.name),
            )
        )
        return convert_insight.advice(reply.advice)

    async def preference_map(
        self, *, x_axis: str = "", y_axis: str = ""
    ) -> PreferenceMap:
        """Return what was learned, ready to draw.

        Args:
            x_axis: the slice's horizontal axis; empty means the most important.
            y_axis: the slice's vertical axis; empty means the next important.

        Raises:
            NoFeedbackYetError: before the first answer.
            FieldInvalidError: if the warp space has no such axis.
        """
        reply: insight_service_pb2.GetPreferenceMapResponse = (
            await self._transport.read(
                self._transport.insight.GetPreferenceMap,
                insight_service_pb2.GetPreferenceMapRequest(
                    name=self.name, x_axis=x_axis, y_axis=y_axis
                ),
            )
        )
        return convert_insight.preference_map(reply.map)

    async def figure(
        self,
        kind: FigureKind = FigureKind.MAP,
        format: FigureFormat = FigureFormat.PNG,
    ) -> Figure:
        """Return what was learned, drawn.

        Args:
            kind: what to show.
            format: the file format.

        Raises:
            NoFeedbackYetError: before the first answer.
        """
        reply: insight_service_pb2.RenderFigureResponse = await self._transport.read(
            self._transport.insight.RenderFigure,
            insight_service_pb2.RenderFigureRequest(
                name=self.name,
                kind=f"FIGURE_KIND_{kind.value}",
                format=f"FIGURE_FORMAT_{format.value}",
            ),
        )
        return convert_insight.figure(reply)
