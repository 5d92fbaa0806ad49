"""Whoever waits for a picture is told for how long, wherever the round is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from multibo.optimizer.app.values import Readiness
from multibo.v1 import round_pb2, session_pb2, session_service_pb2
from tests.support.fakes import an_app
from tests.support.round_calls import get, propose
from tests.support.wire import Wire, serving


@pytest.fixture
async def idle_wire() -> AsyncIterator[Wire]:
    """A server whose fleet is busy: 250 ms per row, says the fake."""
    async with serving(an_app(renders=False)) as wire:
        yield wire


def waits_ms(round: round_pb2.Round) -> list[int]:
    return [
        candidate.estimated_wait.ToMilliseconds()
        for candidate in round.candidates
        if candidate.HasField("estimated_wait")
    ]


async def test_every_reading_of_a_queued_round_says_how_long(idle_wire: Wire) -> None:
    session = await idle_wire.create()
    watch = idle_wire.sessions.WatchSession(
        session_service_pb2.WatchSessionRequest(name=session.name)
    )
    await watch.read()

    proposed = await propose(idle_wire, session.name)
    told = (await watch.read()).round_changed.round
    watch.cancel()
    full = await idle_wire.sessions.GetSession(
        session_service_pb2.GetSessionRequest(
            name=session.name, view=session_pb2.SESSION_VIEW_FULL
        )
    )
    got = await get(idle_wire, proposed.name)

    for round in (proposed, told, full.session.latest_round, got):
        assert waits_ms(round) == [250] * 4


async def test_a_picture_that_is_there_is_not_waited_for(wire: Wire) -> None:
    session = await wire.create()
    round = await propose(wire, session.name)

    got = await get(wire, round.name)

    assert {one.state for one in got.candidates} == {round_pb2.CANDIDATE_STATE_READY}
    assert waits_ms(got) == []


class UnmeasuredFleet:
    """A fleet that has not rendered anything yet."""

    async def wake(self, *_: object) -> None:
        return

    async def readiness(self, _model: str) -> Readiness:
        return Readiness(n_workers=1)


async def test_what_nobody_knows_is_not_told() -> None:
    app = replace(an_app(renders=False), fleet=UnmeasuredFleet())
    async with serving(app) as wire:
        session = await wire.create()

        round = await propose(wire, session.name)

    assert {one.state for one in round.candidates} == {round_pb2.CANDIDATE_STATE_QUEUED}
    assert waits_ms(round) == []
