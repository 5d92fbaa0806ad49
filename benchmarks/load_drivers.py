"""Many people at once: sessions through all replicas, some answers sent twice."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import grpc
from latency_sessions import PROMPT, Stubs, answer
from rig_echo import ECHO

from multibo.v1 import (
    round_pb2,
    round_service_pb2,
    session_pb2,
    session_service_pb2,
)

_POLL_S: Final = 0.05
_AGAIN_S: Final = 0.2
_PATIENCE_S: Final = 60.0
_AGAIN: Final = (
    # What clients repeat with the same request id: the service config's status, and
    # a commit that others kept winning; a full backlog after its delay.
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
)
_ECHO_EVERY: Final = 10
"""The floor is taken once in so many calls, under the same load."""


@dataclass
class Given:
    """What one session was told, to compare with its log."""

    name: str
    request_ids: list[str] = field(default_factory=list)
    """One per answer, in order."""


@dataclass
class Tally:
    """What all drivers saw."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    sessions: list[Given] = field(default_factory=list)
    n_twice: int = 0
    n_unequal: int = 0
    """Answers sent twice whose replies differ."""
    n_degraded: int = 0
    """Slates that the engine came too late for."""

    @property
    def n_calls(self) -> int:
        """Calls that were answered, the floor left out."""
        return sum(len(one) for name, one in self.seconds.items() if name != "echo")


class Driver:
    """Plays sessions, each call through the next replica."""

    def __init__(
        self, replicas: Sequence[Stubs], echo: Any, tally: Tally, *, seed: int
    ) -> None:
        """Take the stubs.

        Args:
            replicas: of each replica.
            echo: the floor.
            tally: to add to.
            seed: decides what is answered, and which answers are sent twice.
        """
        self._replicas = replicas
        self._echo = echo
        self._tally = tally
        self._random = random.Random(seed)
        self._turn = seed

    async def play(self, n_rounds: int, *, twice: float) -> None:
        """Play one session.

        Args:
            n_rounds: rounds to judge.
            twice: share of the answers that are sent twice at the same time.
        """
        # Without casting: every slate is the engine's.
        spec = session_pb2.SessionSpec(
            prompt=PROMPT, rounds=max(n_rounds, 1), casting_rounds=0
        )
        request = session_service_pb2.CreateSessionRequest(
            parent="projects/local", spec=spec, request_id=str(uuid.uuid4())
        )
        reply = await self._call("sessions", "CreateSession", request)
        given = Given(reply.session.name)
        self._tally.sessions.append(given)
        for _ in range(n_rounds):
            round = await self._opened(given.name)
            self._tally.n_degraded += bool(round.degraded)
            await self._judge(given, round, self._random.random() < twice)
        request = session_service_pb2.GetSessionRequest(name=given.name)
        await self._call("sessions", "GetSession", request)
        request = session_service_pb2.FinishSessionRequest(name=given.name)
        await self._call("sessions", "FinishSession", request)

    async def _opened(self, name: str) -> Any:
        propose = round_service_pb2.ProposeRoundRequest(parent=name)
        round = (await self._call("rounds", "ProposeRound", propose)).round
        while round.state == round_pb2.ROUND_STATE_RENDERING:
            await asyncio.sleep(_POLL_S)
            get = round_service_pb2.GetRoundRequest(name=round.name)
            round = (await self._call("rounds", "GetRound", get)).round
        return round

    async def _judge(self, given: Given, round: Any, twice: bool) -> None:
        request = answer(round.name, self._random.randrange(4))
        given.request_ids.append(request.request_id)
        replies = await asyncio.gather(
            *[
                self._call("rounds", "SubmitFeedback", request)
                for _ in range(2 if twice else 1)
            ]
        )
        self._tally.n_twice += twice
        self._tally.n_unequal += any(reply != replies[0] for reply in replies)

    async def _call(self, service: str, method: str, request: Any) -> Any:
        self._turn += 1
        if self._turn % _ECHO_EVERY == 0:
            await self._floor()
        stubs = self._replicas[self._turn % len(self._replicas)]
        ends_at = time.monotonic() + _PATIENCE_S
        while True:
            began = time.perf_counter()
            try:
                reply = await getattr(getattr(stubs, service), method)(request)
            except grpc.aio.AioRpcError as error:
                if error.code() not in _AGAIN or time.monotonic() > ends_at:
                    raise
                self._tally.refused[f"{method} {error.code().name}"] += 1
                await asyncio.sleep(_AGAIN_S)
            else:
                self._add(method, time.perf_counter() - began)
                return reply

    async def _floor(self) -> None:
        began = time.perf_counter()
        await self._echo(bytes(60))
        self._add("echo", time.perf_counter() - began)

    def _add(self, name: str, seconds: float) -> None:
        self._tally.seconds.setdefault(name, []).append(seconds)


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked of the service."""

    sessions: int
    drivers: int
    """People at a time."""
    rounds: int
    """Judged in each session."""
    twice: float = 0.25
    """Share of the answers that are sent twice."""
    seed: int = 1


async def drive(targets: Sequence[str], echo: str, load: Load) -> Tally:
    """Play all sessions and return what was seen.

    Args:
        targets: of the replicas.
        echo: target of the floor.
        load: how many of everything.
    """
    tally = Tally()
    # One connection each, as as many people would have: not one for them all.
    waiting = iter(range(load.sessions))

    async def person(number: int) -> None:
        channels = [grpc.aio.insecure_channel(one) for one in (*targets, echo)]
        stubs = [Stubs.over(channel) for channel in channels[:-1]]
        floor = channels[-1].unary_unary(ECHO)
        driver = Driver(stubs, floor, tally, seed=load.seed * 100_000 + number)
        for _ in waiting:
            await driver.play(load.rounds, twice=load.twice)
        for channel in channels:
            await channel.close()

    await asyncio.gather(*[person(number) for number in range(load.drivers)])
    return tally
