"""A running engine process and the two pipes to it."""

from __future__ import annotations

import asyncio
import pickle
import sys
from contextlib import suppress
from typing import Final

from multibo.optimizer.adapters import engine_child
from multibo.optimizer.adapters.engine_wire import (
    HEADER,
    EngineHello,
    frame,
    message_of,
)

HELLO_S: Final = 60.0
"""Loading numpy and scipy takes a second, on a starved host many."""
_CLOSE_S: Final = 2.0


class EngineLostError(Exception):
    """The engine process is dead or has to be; start another."""


class EnginePipe:
    """One child that answers one request at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        if process.stdin is None or process.stdout is None:
            raise EngineLostError("it was started without pipes")
        self._process = process
        self._requests = process.stdin
        self._replies = process.stdout
        self.exit = asyncio.ensure_future(process.wait())
        """Done once the child has ended, with its exit code."""

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    async def greet(self) -> None:
        """Wait until the child has loaded everything.

        Raises:
            EngineLostError: if it does not say hello.
        """
        hello = await self._receive(timeout_s=HELLO_S)
        if not isinstance(hello, EngineHello):
            raise EngineLostError("it does not say hello")

    async def exchange(self, request: object, *, timeout_s: float) -> object:
        """Return the child's reply to a request.

        Args:
            request: anything `engine_child` answers.
            timeout_s: the longest wait for the reply.

        Raises:
            EngineLostError: if the child is dead, or too late to be waited for.
        """
        try:
            self._requests.write(frame(request))
            await self._requests.drain()
        except (BrokenPipeError, ConnectionResetError) as error:
            raise EngineLostError("it is gone") from error
        return await self._receive(timeout_s=timeout_s)

    async def close(self) -> None:
        """End the child: its input ends, and a deaf one is killed."""
        self._requests.close()
        await asyncio.wait({self.exit}, timeout=_CLOSE_S)
        if not self.exit.done():
            with suppress(ProcessLookupError):
                self._process.kill()
        await self.exit

    async def _receive(self, *, timeout_s: float) -> object:
        try:
            async with asyncio.timeout(timeout_s):
                header = await self._replies.readexactly(HEADER.size)
                (length,) = HEADER.unpack(header)
                return message_of(await self._replies.readexactly(length))
        except asyncio.IncompleteReadError as error:
            raise EngineLostError("it ended instead of answering") from error
        except pickle.UnpicklingError as error:
            raise EngineLostError("it writes what is not a message") from error
        except TimeoutError as error:
            raise EngineLostError(f"no reply within {timeout_s:g} s") from error


async def open_engine(arguments: tuple[str, ...]) -> EnginePipe:
    """Start a child and return it once it has said hello.

    Args:
        arguments: of `engine_child`, threads and cache size.

    Raises:
        EngineLostError: if it does not start, or says something else.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            engine_child.__name__,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        raise EngineLostError(f"it does not start: {error}") from error
    child = EnginePipe(process)
    try:
        await child.greet()
    except BaseException:
        await child.close()
        raise
    return child
