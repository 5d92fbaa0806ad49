"""A round until its images have ended, asynchronously."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from typing import Final

from multibo.client import convert, events
from multibo.client.channel import Transport
from multibo.client.errors import RoundClosedError, RoundFailedError, WaitTimedOutError
from multibo.client.types import CandidateInfo, CandidateState, RoundInfo, RoundState
from multibo.client.watch import Watch
from multibo.v1 import round_service_pb2

OPEN_WITHIN_S: Final = 600.0
"""Generous: a queue may be long, and giving up spares the server nothing."""
PENDING: Final = frozenset({CandidateState.QUEUED, CandidateState.RENDERING})


class AwaitedRound:
    """What is known of a round, kept up to date while its images come."""

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
                self._replace(changed)
                # The round's own state follows from its candidates'.
                return self._pending()
        return True

    def _replace(self, changed: CandidateInfo) -> None:
        candidates = tuple(
            changed if changed.name == candidate.name else candidate
            for candidate in self._info.candidates
        )
        self._info = replace(self._info, candidates=candidates)

    def _pending(self) -> bool:
        return any(c.state in PENDING for c in self._info.candidates)
