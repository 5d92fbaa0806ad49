"""One round and its candidates, asynchronously."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Final

from google.protobuf.duration_pb2 import Duration

from multibo.client import convert, events
from multibo.client.channel import Transport, new_request_id
from multibo.client.errors import RoundClosedError, RoundFailedError, WaitTimedOutError
from multibo.client.types import (
    CandidateInfo,
    CandidateRole,
    CandidateState,
    RoundInfo,
    RoundState,
    SessionInfo,
)
from multibo.client.watch import Watch
from multibo.v1 import image_service_pb2, round_pb2, round_service_pb2

OPEN_WITHIN_S: Final = 600.0
"""Generous: a queue may be long, and giving up spares the server nothing."""
PENDING: Final = frozenset({CandidateState.QUEUED, CandidateState.RENDERING})


class AsyncCandidate:
    """One warp vector and, once rendered, its image."""

    def __init__(self, transport: Transport, info: CandidateInfo) -> None:
        self._transport = transport
        self.info = info

    @property
    def name(self) -> str:
        """Resource name."""
        return self.info.name

    @property
    def slot(self) -> int:
        """Place in the slate, from 0."""
        return self.info.slot

    @property
    def role(self) -> CandidateRole:
        """Why it is in the slate."""
        return self.info.role

    @property
    def state(self) -> CandidateState:
        """Where it stood when its round was last heard of."""
        return self.info.state

    async def image(self) -> bytes:
        """Return the bytes of its image; `info.image` has their media type.

        Raises:
            CandidateNotReadyError: if there is none yet.
            ImageTooLargeError: if it does not fit into a message.
        """
        reply: image_service_pb2.GetImageResponse = await self._transport.read(
            self._transport.images.GetImage,
            image_service_pb2.GetImageRequest(name=self.name),
        )
        return reply.data


class AsyncRound:
    """One slate shown to the person, and the feedback on it."""

    def __init__(self, transport: Transport, session: str, info: RoundInfo) -> None:
        self._transport = transport
        self._session = session
        self._info = info

    @property
    def info(self) -> RoundInfo:
        """What was last heard of the round."""
        return self._info

    @property
    def name(self) -> str:
        """Resource name."""
        return self._info.name

    @property
    def number(self) -> int:
        """From 0, never reused."""
        return self._info.number

    @property
    def state(self) -> RoundState:
        """Where it stood when last heard of."""
        return self._info.state

    @property
    def candidates(self) -> tuple[AsyncCandidate, ...]:
        """The slate, by slot."""
        return tuple(
            AsyncCandidate(self._transport, info) for info in self._info.candidates
        )

    async def refresh(self) -> RoundInfo:
        """Fetch the round.

        Returns:
            What `info` now holds.

        Raises:
            RoundNotFoundError: if it is gone.
        """
        reply: round_service_pb2.GetRoundResponse = await self._transport.read(
            self._transport.rounds.GetRound,
            round_service_pb2.GetRoundRequest(name=self.name),
        )
        self._info = convert.round_info(reply.round)
        return self._info

    async def wait_until_open(self, *, timeout_s: float = OPEN_WITHIN_S) -> None:
        """Return once every image has ended.

        Args:
            timeout_s: how long to wait.

        Raises:
            RoundFailedError: if fewer than two images could be rendered.
            RoundClosedError: if somebody else answered or left the round.
            WaitTimedOutError: if it takes longer; the round goes on.
            ServerUnreachableError: if the server stays away.
        """
        try:
            async with asyncio.timeout(timeout_s):
                await self._follow()
        except TimeoutError as error:
            raise WaitTimedOutError(self.name, timeout_s=timeout_s) from error
        if self.state is RoundState.FAILED:
            failures = {
                candidate.slot: candidate.failure.reason
                for candidate in self._info.candidates
                if candidate.failure is not None
            }
            raise RoundFailedError(self.name, failures=failures)
        if self.state is not RoundState.OPEN:
            raise RoundClosedError(self.name, state=self.state)

    async def _follow(self) -> None:
        """Keep `info` up to date until the round is RENDERING no more."""
        if self.state is not RoundState.RENDERING:
            return
        watch = Watch(self._transport, self._session).events()
        async with aclosing(watch):
            async for event in watch:
                if not self._accept(event):
                    await self.refresh()
                if self.state is not RoundState.RENDERING:
                    return

    def _accept(self, event: events.Event) -> bool:
        """Take over what an event says; return False if that is not enough."""
        match event:
            case events.Snapshot(session):
                if session.latest_round is None:
                    return False
                if session.latest_round.name != self.name:
                    return False
                self._info = session.latest_round
            case events.RoundChanged(round) if round.name == self.name:
                self._info = round
            case events.CandidateChanged(changed):
                self._info = replace(
                    self._info,
                    candidates=tuple(
                        changed if changed.name == candidate.name else candidate
                        for candidate in self._info.candidates
                    ),
                )
                # The round's own state follows from its candidates'.
                return any(c.state in PENDING for c in self._info.candidates)
        return True

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
        seen = self._ready_slots() if shown is None else list(shown)
        feedback = round_pb2.Feedback(chosen=slot, shown=seen)
        if response_time_s is not None:
            span = Duration()
            span.FromNanoseconds(round(response_time_s * 1e9))
            feedback.response_time.CopyFrom(span)
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
