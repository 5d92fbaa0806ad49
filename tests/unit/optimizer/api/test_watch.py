"""WatchSession: a snapshot, what happens, and an end that says where to go on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from multibo.optimizer.api.endpoint import Capacity
from multibo.optimizer.app.values import Limits
from multibo.v1 import round_pb2, round_service_pb2, session_service_pb2
from tests.support.fakes import an_app
from tests.support.wire import PROJECT, Wire, refused, serving

Watched = session_service_pb2.WatchSessionResponse
BROWSER = (("x-multibo-transport", "grpc-web"),)


@pytest.fixture
async def quick_wire() -> AsyncIterator[Wire]:
    """A server whose watches beat and end soon."""
    limits = Limits(heartbeat_s=0.0, watch_s=1.5, watch_browser_s=0.0)
    capacity = Capacity(n_watches=2, n_project_watches=1)
    async with serving(an_app(limits=limits), capacity=capacity) as wire:
        yield wire


def watch(wire: Wire, name: str, cursor: str = "", **options: Any) -> Any:
    request = session_service_pb2.WatchSessionRequest(name=name, cursor=cursor)
    return wire.sessions.WatchSession(request, **options)


async def events(call: Any) -> list[Watched]:
    """All that is still to come."""
    messages = []
    while (message := await call.read()) is not grpc.aio.EOF:
        messages.append(message)
    return messages


def kinds(messages: list[Watched]) -> list[str]:
    return [message.WhichOneof("event") or "" for message in messages]


async def propose(wire: Wire, name: str) -> round_pb2.Round:
    request = round_service_pb2.ProposeRoundRequest(parent=name)
    round: round_pb2.Round = (await wire.rounds.ProposeRound(request)).round
    return round


async def test_a_watch_starts_with_the_whole_session(wire: Wire) -> None:
    session = await wire.create()
    round = await propose(wire, session.name)

    call = watch(wire, session.name)
    first = await call.read()
    call.cancel()

    assert first.snapshot.session.name == session.name
    assert first.snapshot.session.latest_round.name == round.name
    assert first.cursor


async def test_what_happens_afterwards_is_told_in_order(quick_wire: Wire) -> None:
    session = await quick_wire.create()
    call = watch(quick_wire, session.name)
    await call.read()

    round = await propose(quick_wire, session.name)
    told = [message for message in await events(call) if message.cursor]

    changed = [m for m in told if m.HasField("candidate_changed")]
    assert kinds(told)[0] == "round_changed"
    assert [m.candidate_changed.candidate.slot for m in changed] == [0, 1, 2, 3]
    assert changed[0].candidate_changed.candidate.name == round.candidates[0].name
    assert kinds(told)[-1] == "resume"
    assert told[-1].resume.cursor == told[-1].cursor


async def test_a_silent_watch_beats_without_a_cursor(quick_wire: Wire) -> None:
    session = await quick_wire.create()

    messages = await events(watch(quick_wire, session.name))

    beats = [message for message in messages if message.HasField("heartbeat")]
    assert kinds(messages)[0] == "snapshot"
    assert kinds(messages)[-1] == "resume"
    assert beats
    assert all(message.cursor == "" for message in beats)


async def test_a_watch_goes_on_where_another_ended(quick_wire: Wire) -> None:
    session = await quick_wire.create()
    call = watch(quick_wire, session.name)
    cursor = (await call.read()).cursor
    call.cancel()
    await propose(quick_wire, session.name)
    await asyncio.sleep(0.1)

    messages = await events(watch(quick_wire, session.name, cursor))

    assert kinds(messages)[0] == "round_changed"


async def test_a_cursor_nobody_knows_gives_a_snapshot(quick_wire: Wire) -> None:
    session = await quick_wire.create()

    messages = await events(watch(quick_wire, session.name, "9999-0"))

    assert kinds(messages)[0] == "snapshot"


async def test_a_browsers_watch_ends_sooner(quick_wire: Wire) -> None:
    session = await quick_wire.create()
    loop = asyncio.get_running_loop()

    began_s = loop.time()
    messages = await events(watch(quick_wire, session.name, metadata=BROWSER))

    assert kinds(messages)[-1] == "resume"
    assert loop.time() - began_s < 1.4


async def test_a_project_has_so_many_watches_and_gets_them_back(
    quick_wire: Wire,
) -> None:
    session = await quick_wire.create()
    held = watch(quick_wire, session.name)
    await held.read()

    answer = await refused(watch(quick_wire, session.name).read())
    held.cancel()
    await asyncio.sleep(0.1)
    again = watch(quick_wire, session.name)
    first = await again.read()
    again.cancel()

    assert (answer.reason, answer.metadata["scope"]) == ("WATCH_LIMIT", "project")
    assert answer.retry_after_ms == 5000
    assert first.HasField("snapshot")


async def test_a_session_that_is_not_there_cannot_be_watched(wire: Wire) -> None:
    answer = await refused(watch(wire, f"{PROJECT}/sessions/nobody").read())

    assert answer.reason == "SESSION_NOT_FOUND"


async def test_a_drain_ends_watches_with_where_to_go_on(wire: Wire) -> None:
    session = await wire.create()
    call = watch(wire, session.name)
    await call.read()

    draining = asyncio.create_task(wire.endpoint.drain(grace_s=5))
    messages = await events(call)
    await draining

    assert kinds(messages) == ["resume"]
    assert (await call.code()).name == "OK"
