"""A network between client and server that a test may cut, and a watch that counts."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from multibo.client.events import Event, SessionChanged, Snapshot
from multibo.client.session import AsyncSession
from multibo.client.types import SessionInfo
from multibo.client.watch import Watch
from multibo.v1 import session_service_pb2
from tests.support.scripted_optimizer import a_free_port


@dataclass
class Line:
    """One client's way to a server."""

    port: int
    """Of the server."""
    own_port: int = field(default_factory=a_free_port)
    _open: asyncio.Event = field(default_factory=asyncio.Event)
    _server: asyncio.Server | None = None
    _ends: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.own_port}"

    async def connect(self) -> None:
        """Let connections through from now on."""
        self._open.set()
        if self._server is None:
            self._server = await asyncio.start_server(
                self._serve, "127.0.0.1", self.own_port
            )

    def silence(self) -> None:
        """Let nothing through; nobody is told."""
        self._open.clear()

    def tear(self) -> None:
        """Reset every connection and refuse new ones."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for end in self._ends:
            end.transport.abort()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await self._open.wait()
        there, back = await asyncio.open_connection("127.0.0.1", self.port)
        ends = {writer, back}
        self._ends |= ends
        try:
            await asyncio.gather(self._pass(reader, back), self._pass(there, writer))
        finally:
            self._ends -= ends

    async def _pass(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while data := await source.read(1 << 16):
                await self._open.wait()
                sink.write(data)
                await sink.drain()
        sink.close()


class CountedWatch(Watch):
    """A watch that keeps what it was told, each event once."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(session._transport, session.name)
        self.cursors: list[str] = []
        self.n_snapshots = 0
        self.n_streams = 0
        self.last: SessionInfo | None = None

    def _accept(
        self, message: session_service_pb2.WatchSessionResponse
    ) -> Event | None:
        self.n_streams += message.HasField("resume")
        event = super()._accept(message)
        if isinstance(event, Snapshot):
            self.n_snapshots += 1
        if isinstance(event, Snapshot | SessionChanged):
            self.last = event.session
        if event is not None and message.cursor:
            self.cursors.append(message.cursor)
        return event

    async def run(self) -> None:
        """Watch until canceled."""
        async for _ in self.events():
            pass


def missing(told: list[str], entries: list[str]) -> int:
    """Count what a watch was not told, or told out of order, after its snapshot."""
    after = entries[entries.index(told[0]) + 1 :] if told else entries
    return len(set(after) - set(told)) + (told[1:] != after)
