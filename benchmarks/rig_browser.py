"""A browser's side of gRPC-Web, with nothing of a browser's cost."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

_PREFIX: Final = struct.Struct("!BI")
_LIMIT: Final = 1 << 21


class Browser:
    """Calls over one HTTP/1.1 connection that is kept open."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    @asynccontextmanager
    async def at(cls, socket: Path) -> AsyncIterator[Browser]:
        """Connect for as long as the block lasts.

        Args:
            socket: where the gateway listens.
        """
        reader, writer = await asyncio.open_unix_connection(socket, limit=_LIMIT)
        try:
            yield cls(reader, writer)
        finally:
            writer.close()
            await writer.wait_closed()

    async def call(self, method: str, message: bytes) -> bytes:
        """Return the reply of a unary method.

        Args:
            method: full name.
            message: serialized request.

        Raises:
            RuntimeError: if the call was refused.
        """
        size = _PREFIX.size + len(message)
        head = (
            f"POST {method} HTTP/1.1\r\nhost: localhost\r\n"
            f"content-type: application/grpc-web+proto\r\n"
            f"content-length: {size}\r\n\r\n"
        )
        self._writer.write(head.encode() + _PREFIX.pack(0, len(message)) + message)
        head_lines = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        if b"transfer-encoding: chunked" not in head_lines:
            raise RuntimeError("the gateway did not stream its reply")
        body = b"".join([chunk async for chunk in self._chunks()])
        flags, size = _PREFIX.unpack_from(body)
        end = _PREFIX.size + size
        if flags or b"grpc-status: 0" not in body[end:]:
            raise RuntimeError(f"refused: {body[-200:]!r}")
        return body[_PREFIX.size : end]

    async def _chunks(self) -> AsyncIterator[bytes]:
        while size := int(await self._reader.readline(), 16):
            yield await self._reader.readexactly(size)
            await self._reader.readexactly(2)
        await self._reader.readexactly(2)
