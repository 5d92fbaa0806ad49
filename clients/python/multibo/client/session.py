"""One session, asynchronously."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from multibo.client import convert
from multibo.client.channel import Transport
from multibo.client.events import Event
from multibo.client.round import OPEN_WITHIN_S, AsyncCandidate, AsyncRound
from multibo.client.types import RecommendationInfo, SessionInfo
from multibo.client.watch import Patience, Watch
from multibo.v1 import (
    insight_service_pb2,
    round_service_pb2,
    session_pb2,
    session_service_pb2,
)


class AsyncSession:
    """One person's search for one image."""

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

    async def refresh(self) -> SessionInfo:
        """Fetch the session with its latest round.

        Returns:
            What `info` now holds.

        Raises:
            SessionNotFoundError: if it is gone.
        """
        reply: session_service_pb2.GetSessionResponse = await self._transport.read(
            self._transport.sessions.GetSession,
            session_service_pb2.GetSessionRequest(
                name=self.name, view=session_pb2.SESSION_VIEW_FULL
            ),
        )
        self._info = convert.session_info(reply.session)
        return self._info

    async def propose(
        self, *, wait: bool = True, timeout_s: float = OPEN_WITHIN_S
    ) -> AsyncRound:
        """Return the next round; while one is unanswered, that one.

        Args:
            wait: whether to return only once all its images have ended.
            timeout_s: how long to wait for that.

        Raises:
            BudgetSpentError: if the session's rounds are spent.
            SessionFinishedError: if the session is finished.
            RoundFailedError: if fewer than two images could be rendered.
            WaitTimedOutError: if the images take longer; the round goes on.
        """
        reply: round_service_pb2.ProposeRoundResponse = await self._transport.write(
            self._transport.rounds.ProposeRound,
            round_service_pb2.ProposeRoundRequest(parent=self.name),
        )
        round = self._round(reply)
        if wait:
            await round.wait_until_open(timeout_s=timeout_s)
        return round

    async def round(self, number: int) -> AsyncRound:
        """Return a round as it is now.

        Args:
            number: from 0, as in its name.

        Raises:
            RoundNotFoundError: if there is none.
        """
        reply: round_service_pb2.GetRoundResponse = await self._transport.read(
            self._transport.rounds.GetRound,
            round_service_pb2.GetRoundRequest(name=f"{self.name}/rounds/{number}"),
        )
        return self._round(reply)

    def _round(
        self,
        reply: round_service_pb2.GetRoundResponse
        | round_service_pb2.ProposeRoundResponse,
    ) -> AsyncRound:
        return AsyncRound(self._transport, self.name, convert.round_info(reply.round))

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

    async def finish(self, accepted: AsyncCandidate | None = None) -> SessionInfo:
        """Make the session read-only.

        Args:
            accepted: the candidate the person takes, if any; it must be READY.

        Returns:
            What `info` now holds.

        Raises:
            CandidateNotReadyError: if the accepted candidate has no image.
        """
        reply: session_service_pb2.FinishSessionResponse = await self._transport.write(
            self._transport.sessions.FinishSession,
            session_service_pb2.FinishSessionRequest(
                name=self.name,
                accepted_candidate="" if accepted is None else accepted.name,
            ),
        )
        self._info = convert.session_info(reply.session)
        return self._info

    async def delete(self) -> None:
        """Have the server forget the session; fine if it already has."""
        await self._transport.write(
            self._transport.sessions.DeleteSession,
            session_service_pb2.DeleteSessionRequest(
                name=self.name, allow_missing=True
            ),
        )

    def watch(
        self, *, include_progress: bool = False, patience: Patience | None = None
    ) -> AsyncGenerator[Event, None]:
        """Follow the session, across lost connections, for as long as wanted.

        Args:
            include_progress: whether denoising steps are reported.
            patience: how long to wait for what; None means the defaults.

        Returns:
            Events, beginning with a snapshot; close it when done.
        """
        return Watch(
            self._transport,
            self.name,
            include_progress=include_progress,
            patience=patience,
        ).events()


class AsyncRecommendation:
    """The incumbent, and what the preference model would draw instead."""

    def __init__(self, transport: Transport, info: RecommendationInfo) -> None:
        self.info = info
        self.candidate = AsyncCandidate(transport, info.candidate)

    async def image(self) -> bytes:
        """Return the incumbent's image."""
        return await self.candidate.image()
