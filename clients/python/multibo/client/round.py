"""One round and the feedback on it, asynchronously."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from multibo.client import convert, convert_insight, requests
from multibo.client.awaited_round import OPEN_WITHIN_S, AwaitedRound
from multibo.client.candidate import AsyncCandidate
from multibo.client.channel import new_request_id
from multibo.client.insight import ChoicePrediction
from multibo.client.types import (
    CandidateInfo,
    CandidateState,
    RoundInfo,
    RoundState,
    SessionInfo,
    SkipReason,
)
from multibo.v1 import insight_service_pb2, round_pb2, round_service_pb2


class AsyncRound(AwaitedRound):
    """One slate shown to the person, and the feedback on it."""

    @property
    def candidates(self) -> tuple[AsyncCandidate, ...]:
        """The slate, by slot."""
        return tuple(
            AsyncCandidate(self._transport, info, self._retried)
            for info in self._info.candidates
        )

    def _retried(self, candidate: CandidateInfo) -> None:
        self._replace(candidate)
        if self._pending():
            self._info = replace(self._info, state=RoundState.RENDERING)

    async def choose(
        self,
        slot: int,
        *,
        shown: Sequence[int] | None = None,
        response_time_s: float | None = None,
    ) -> SessionInfo:
        """Say which image is closest to the one in mind.

        Args:
            slot: the picked candidate; the anchor means "keep what I have".
            shown: slots the person really saw, in display order; None means all
                that were READY, by slot.
            response_time_s: from the last image visible to the answer.

        Returns:
            The session after the answer.

        Raises:
            RoundNotOpenError: if the round is closed.
            FeedbackInvalidError: if a slot was not shown, or shown without an image.
        """
        return await self._answer(requests.chosen(slot), shown, response_time_s)

    async def rank(
        self,
        slots: Sequence[int],
        *,
        shown: Sequence[int] | None = None,
        response_time_s: float | None = None,
    ) -> SessionInfo:
        """Say which images are closest, in order; see `choose`.

        Args:
            slots: two or more, closest first; the rest of `shown` is farther.
            shown: as in `choose`.
            response_time_s: as in `choose`.

        Raises:
            RoundNotOpenError: if the round is closed.
            FeedbackInvalidError: if the slots do not fit the round.
        """
        return await self._answer(requests.ranking(slots), shown, response_time_s)

    async def tie(
        self,
        slots: Sequence[int],
        *,
        shown: Sequence[int] | None = None,
        response_time_s: float | None = None,
    ) -> SessionInfo:
        """Say that images are equally close and no other is closer; see `choose`.

        Args:
            slots: two or more, in any order.
            shown: as in `choose`.
            response_time_s: as in `choose`.

        Raises:
            RoundNotOpenError: if the round is closed.
            FeedbackInvalidError: if the slots do not fit the round.
        """
        return await self._answer(requests.tie(slots), shown, response_time_s)

    async def none_of_these(
        self,
        *,
        shown: Sequence[int] | None = None,
        response_time_s: float | None = None,
    ) -> SessionInfo:
        """Say that no image is near; teaches, unlike `variety`. See `choose`.

        Args:
            shown: as in `choose`.
            response_time_s: as in `choose`.

        Raises:
            RoundNotOpenError: if the round is closed.
        """
        return await self._answer(requests.none_of_these(), shown, response_time_s)

    async def skip(
        self,
        reason: SkipReason = SkipReason.UNSPECIFIED,
        *,
        shown: Sequence[int] | None = None,
        response_time_s: float | None = None,
    ) -> SessionInfo:
        """Close the round without an answer; teaches nothing. See `choose`.

        Args:
            reason: why there is no answer.
            shown: as in `choose`.
            response_time_s: as in `choose`.

        Raises:
            RoundNotOpenError: if the round is closed.
        """
        return await self._answer(requests.skip(reason), shown, response_time_s)

    async def _answer(
        self,
        feedback: round_pb2.Feedback,
        shown: Sequence[int] | None,
        response_time_s: float | None,
    ) -> SessionInfo:
        feedback.shown.extend(self._ready_slots() if shown is None else shown)
        if response_time_s is not None:
            feedback.response_time.CopyFrom(requests.duration(response_time_s))
        reply: round_service_pb2.SubmitFeedbackResponse = await self._transport.write(
            self._transport.rounds.SubmitFeedback,
            round_service_pb2.SubmitFeedbackRequest(
                name=self.name, feedback=feedback, request_id=new_request_id()
            ),
        )
        self._info = convert.round_info(reply.round)
        return convert.session_info(reply.session)

    def _ready_slots(self) -> list[int]:
        return [
            candidate.slot
            for candidate in self._info.candidates
            if candidate.state is CandidateState.READY
        ]

    async def variety(
        self, *, wait: bool = True, timeout_s: float = OPEN_WITHIN_S
    ) -> AsyncRound:
        """Leave the round for another, farther from what was shown; teaches nothing.

        Args:
            wait: whether to return only once all its images have ended.
            timeout_s: how long to wait for that.

        Returns:
            The new round.

        Raises:
            RoundNotOpenError: if the round is closed.
            BudgetSpentError: if too few images are left.
            RoundFailedError: if fewer than two images could be rendered.
            WaitTimedOutError: if the images take longer; the round goes on.
        """
        reply: round_service_pb2.RequestVarietyResponse = await self._transport.write(
            self._transport.rounds.RequestVariety,
            round_service_pb2.RequestVarietyRequest(
                name=self.name, request_id=new_request_id()
            ),
        )
        self._info = replace(self._info, state=RoundState.SKIPPED)
        opened = convert.round_info(reply.round)
        round = AsyncRound(self._transport, self._session, opened)
        if wait:
            await round.wait_until_open(timeout_s=timeout_s)
        return round

    async def cancel(self) -> RoundInfo:
        """Close the round; its images stop within one denoising step.

        Returns:
            What `info` now holds.

        Raises:
            RoundNotOpenError: if the round was answered or left.
        """
        reply: round_service_pb2.CancelRoundResponse = await self._transport.write(
            self._transport.rounds.CancelRound,
            round_service_pb2.CancelRoundRequest(name=self.name),
        )
        self._info = convert.round_info(reply.round)
        return self._info

    async def prediction(self) -> ChoicePrediction:
        """Return what the person is expected to answer."""
        reply: insight_service_pb2.PredictChoiceResponse = await self._transport.read(
            self._transport.insight.PredictChoice,
            insight_service_pb2.PredictChoiceRequest(name=self.name),
        )
        return convert_insight.prediction(reply.prediction)
