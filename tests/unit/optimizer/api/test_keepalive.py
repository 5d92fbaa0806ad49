"""Pings that keep a connection alive: ours are welcome, a flood of them is not."""

from __future__ import annotations

import asyncio
import struct
from typing import Any, Final

import pytest

from multibo.client import channel
from multibo.gateway.server import CHANNEL_OPTIONS
from multibo.optimizer.api.limits import SERVER_OPTIONS
from tests.support.wire import Wire

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS, PING, GOAWAY = 4, 6, 7
ACK: Final = 1
ENHANCE_YOUR_CALM: Final = 11


def frame(kind: int, payload: bytes = b"", flags: int = 0) -> bytes:
    return (
        struct.pack(">I", len(payload))[1:] + bytes([kind, flags, 0, 0, 0, 0]) + payload
    )


async def read_frame(reader: asyncio.StreamReader) -> tuple[int, int, bytes]:
    head = await reader.readexactly(9)
    payload = await reader.readexactly(int.from_bytes(head[:3], "big"))
    return head[3], head[4], payload


async def connected(
    wire: Wire,
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, _, port = wire.address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(PREFACE + frame(SETTINGS))
    return reader, writer


async def test_a_ping_is_answered(wire: Wire) -> None:
    reader, writer = await connected(wire)

    writer.write(frame(PING, b"areyouup"))
    async with asyncio.timeout(10):
        while (told := await read_frame(reader))[2] != b"areyouup":
            pass
    writer.close()

    assert told[:2] == (PING, ACK)


async def test_who_pings_all_the_time_is_sent_away(wire: Wire) -> None:
    reader, writer = await connected(wire)

    # In one piece: the server may be gone before a second.
    writer.write(b"".join(frame(PING, struct.pack(">Q", n)) for n in range(10)))
    async with asyncio.timeout(10):
        while (told := await read_frame(reader))[0] != GOAWAY:
            pass
    writer.close()

    assert int.from_bytes(told[2][4:8], "big") == ENHANCE_YOUR_CALM


def test_our_own_pings_are_rarer_than_the_server_bears(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clients: list[Any] = []
    monkeypatch.setattr(
        "grpc.aio.insecure_channel", lambda _, options: clients.append(dict(options))
    )
    channel.open_channel("127.0.0.1:1")
    bears_ms = dict(SERVER_OPTIONS)["grpc.http2.min_ping_interval_without_data_ms"]

    every_ms = [
        options["grpc.keepalive_time_ms"]
        for options in (*clients, dict(CHANNEL_OPTIONS))
    ]

    assert len(every_ms) == 2
    assert all(ms > bears_ms for ms in every_ms)
    assert clients[0]["grpc.keepalive_permit_without_calls"] == 0
