"""A reader that stops reading is cut off: it holds neither a slot nor memory."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from multibo.optimizer.api import session_servicer, stalling
from multibo.optimizer.api.endpoint import Capacity
from multibo.optimizer.app.watch import Heartbeat, Watched
from multibo.v1 import session_service_pb2
from tests.support.fakes import an_app
from tests.support.wire import Wire, serving

MANY = 50_000
"""More messages than any buffer between the two sides takes."""


class Told:
    """An endless watch that counts what it was asked for."""

    def __init__(self) -> None:
        self.n_asked = 0
        self.closed = asyncio.Event()

    async def watch(self, *_: object, **__: object) -> AsyncGenerator[Watched]:
        try:
            while self.n_asked < MANY:
                self.n_asked += 1
                # A cursor as large as a session's news.
                yield Watched(Heartbeat(), "", 0)
                await asyncio.sleep(0)
        finally:
            self.closed.set()


def padded(*_: object) -> session_service_pb2.WatchSessionResponse:
    return session_service_pb2.WatchSessionResponse(cursor="c" * 10_000)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    told = Told()
    monkeypatch.setattr(session_servicer.watch, "watch_session", told.watch)
    monkeypatch.setattr(session_servicer, "watch_response", padded)
    monkeypatch.setitem(
        stalling.unstalled.__kwdefaults__,  # type: ignore[arg-type]
        "patience_s",
        1.0,
    )
    return told


async def opened(wire: Wire) -> Any:
    session = await wire.create()
    request = session_service_pb2.WatchSessionRequest(name=session.name)
    return wire.sessions.WatchSession(request)


async def test_a_reader_that_stops_reading_is_cut_off(
    told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    capacity = Capacity(n_watches=1, n_project_watches=1)
    async with serving(an_app(), capacity=capacity) as wire:
        stalled = await opened(wire)
        await stalled.read()

        await asyncio.wait_for(told.closed.wait(), 10)
        n_asked = told.n_asked
        await asyncio.sleep(0.1)
        again = await opened(wire)

        # The slot is free again, and nobody prepared what nobody read.
        assert (await again.read()).cursor
        assert n_asked < MANY
        again.cancel()
        stalled.cancel()
    assert [r for r in caplog.records if r.levelno >= logging.ERROR] == []


async def test_a_reader_that_reads_keeps_its_watch(told: Told) -> None:
    loop = asyncio.get_running_loop()
    async with serving(an_app()) as wire:
        watch = await opened(wire)

        until_s = loop.time() + 1.5
        while loop.time() < until_s and not told.closed.is_set():
            assert (await watch.read()).cursor

        assert loop.time() >= until_s or told.n_asked == MANY
        watch.cancel()
