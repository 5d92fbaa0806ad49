"""The process itself: a socket, signals, exit status."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.support.asgi_browser import framed
from tests.support.echo_optimizer import SERVICE, EchoOptimizer, serving


@dataclass(frozen=True)
class Running:
    process: asyncio.subprocess.Process
    port: int

    async def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), 15)


@asynccontextmanager
async def running(target: str) -> AsyncIterator[Running]:
    environment = {
        "MULTIBO_GATEWAY_LISTEN": "127.0.0.1:0",
        "MULTIBO_GATEWAY_OPTIMIZER": target,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "multibo.gateway"),
        env={**os.environ, **environment},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield Running(process, await listening_port(process))
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def listening_port(process: asyncio.subprocess.Process) -> int:
    assert process.stderr is not None
    while line := await asyncio.wait_for(process.stderr.readline(), 20):
        event = json.loads(line)
        if event["event"] == "gateway listening":
            return int(event["address"].rpartition(",")[2].strip(" )"))
    raise AssertionError("the gateway ended before it listened")


@asynccontextmanager
async def posted(
    port: int, path: str, body: bytes
) -> AsyncIterator[asyncio.StreamReader]:
    """A gRPC-Web POST over a socket; leaving the block closes it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n"
        "content-type: application/grpc-web+proto\r\nconnection: close\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    try:
        yield reader
    finally:
        writer.close()
        await writer.wait_closed()


async def test_a_real_socket_serves_calls_until_sigterm_and_exits_zero() -> None:
    async with serving(EchoOptimizer()) as target, running(target) as gateway:
        async with posted(gateway.port, f"/{SERVICE}/Echo", framed(b"hi")) as reader:
            answer = await asyncio.wait_for(reader.read(), 10)
        status = await gateway.stop()

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert framed(b"hi") in answer
    assert status == 0


async def test_closing_the_socket_cancels_the_call_upstream() -> None:
    echo = EchoOptimizer()

    async with serving(echo) as target, running(target) as gateway:
        async with posted(gateway.port, f"/{SERVICE}/Hang", framed(b"first")):
            await asyncio.wait_for(echo.hanging.wait(), 10)
        await asyncio.wait_for(echo.cancelled.wait(), 10)

    assert echo.cancelled.is_set()


async def test_sigterm_ends_an_open_stream_with_trailers() -> None:
    echo = EchoOptimizer()

    async with (
        serving(echo) as target,
        running(target) as gateway,
        posted(gateway.port, f"/{SERVICE}/Hang", framed(b"first")) as reader,
    ):
        await asyncio.wait_for(echo.hanging.wait(), 10)
        status = await gateway.stop()
        answer = await asyncio.wait_for(reader.read(), 10)

    assert status == 0
    assert b"grpc-status: 14" in answer


async def test_a_setting_that_cannot_be_used_exits_with_2() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "multibo.gateway"),
        env={**os.environ, "MULTIBO_GATEWAY_LISTEN": "nowhere"},
        stderr=asyncio.subprocess.PIPE,
    )

    _, error = await asyncio.wait_for(process.communicate(), 20)

    assert process.returncode == 2
    assert b"MULTIBO_GATEWAY_LISTEN" in error
