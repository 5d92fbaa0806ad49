"""A server in a thread, for tests that send it bytes."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import grpc

from multibo.optimizer.app.values import Limits
from tests.support.fakes import an_app
from tests.support.legal_requests import a_request
from tests.support.wire import serving


class Target:
    """A server in a loop of its own, and how it answers bytes."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop: asyncio.Event
        self._channel: grpc.aio.Channel
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(20)

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        app = an_app(limits=Limits(watch_s=0.05, heartbeat_s=0.02))
        async with serving(app) as wire:
            self._channel = wire.channel
            await wire.create(session_id="here")
            await wire.rounds.ProposeRound(a_request("ProposeRound", session="here"))
            self._ready.set()
            await self._stop.wait()

    def code(self, method: str, data: bytes) -> grpc.StatusCode:
        call = self._call(method, data)
        return asyncio.run_coroutine_threadsafe(call, self._loop).result(30)

    async def _call(self, method: str, data: bytes) -> grpc.StatusCode:
        call: Any = self._channel.unary_stream(method)(data, timeout=20)
        try:
            async for _ in call:
                pass
        except grpc.aio.AioRpcError as error:
            return error.code()
        return grpc.StatusCode.OK

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)
        self._loop.close()
