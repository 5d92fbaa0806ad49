"""A caller who cancels a call has canceled it: nobody makes it again for them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest

from multibo.client import channel

METHOD = "/multibo.v1.SessionService/GetSession"


class Counted:
    """A server whose one method counts its calls before it does as told."""

    def __init__(self, *, hangs: bool) -> None:
        self.n_calls = 0
        self.called = asyncio.Event()
        self._hangs = hangs

    async def answer(self, _request: bytes, context: Any) -> bytes:
        self.n_calls += 1
        self.called.set()
        if self._hangs:
            await asyncio.Event().wait()
        await context.abort(grpc.StatusCode.CANCELLED)
        raise AssertionError("abort raises")


@asynccontextmanager
async def serving(counted: Counted) -> AsyncIterator[grpc.aio.Channel]:
    """Serve it; gives a client's channel to it."""
    server = grpc.aio.server()
    service, _, method = METHOD[1:].partition("/")
    handler: Any = grpc.unary_unary_rpc_method_handler(counted.answer)
    handlers = grpc.method_handlers_generic_handler(service, {method: handler})
    server.add_generic_rpc_handlers((handlers,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with channel.open_channel(f"127.0.0.1:{port}") as opened:
            yield opened
    finally:
        await server.stop(None)


async def called(opened: grpc.aio.Channel) -> None:
    method: Any = opened.unary_unary(METHOD)
    await method(b"", timeout=20)


@pytest.mark.parametrize("hangs", [True, False], ids=["at work", "between attempts"])
async def test_a_call_that_its_caller_cancels_is_not_made_again(hangs: bool) -> None:
    counted = Counted(hangs=hangs)
    async with serving(counted) as opened:
        call = asyncio.create_task(called(opened))
        await counted.called.wait()

        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        # Two attempts more would have been made by now, but one may be under way.
        await asyncio.sleep(1.0)

    assert counted.n_calls <= (1 if hangs else 2)
