"""Following a session across lost connections, restarts and full servers.

The stream is at-least-once, so events are dropped by cursor. Where it cannot be had,
polling the whole session gives the same knowledge, only later.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

import grpc

from multibo.client import convert
from multibo.client.channel import Transport, error_of
from multibo.client.errors import (
    CallFailedError,
    NotOfferedError,
    ServerUnreachableError,
    WatchLimitError,
)
from multibo.client.events import Event, Snapshot
from multibo.client.refusal import Refusal, read_refusal
from multibo.client.types import SessionInfo
from multibo.v1 import session_pb2, session_service_pb2

LASTING: Final = frozenset(
    {
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.UNIMPLEMENTED,
    }
)
"""Another attempt would meet the same refusal."""
CURSORS_KEPT: Final = 1000
POLL_EVERY_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a watch waits for what."""

    silence_s: float = 25.0
    """A stream without a message for so long is dead; heartbeats come each 10 s."""
    shortest_pause_s: float = 0.2
    longest_pause_s: float = 5.0
    unheard_s: float = 60.0
    """After so long without any word the server counts as unreachable."""
    polling_s: float = 30.0
    """How long a full server is polled before the stream is tried again."""


class Watch:
    """The events of one session; iterate `events()` once."""

    def __init__(
        self,
        transport: Transport,
        name: str,
        *,
        include_progress: bool = False,
        include_previews: bool = False,
        patience: Patience | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._transport = transport
        self._name = name
        self._include_progress = include_progress
        self._include_previews = include_previews
        self._patience = patience or Patience()
        self._jitter = jitter
        self._cursor = ""
        self._seen: deque[str] = deque(maxlen=CURSORS_KEPT)
        self._n_failures = 0
        self._heard_s = 0.0
        self._pause_s = 0.0
        self._poll_for_s = 0.0

    async def events(self) -> AsyncGenerator[Event, None]:
        """Yield a snapshot, then every event in order, without end.

        Yields:
            Events; a further snapshot where the thread was lost.

        Raises:
            SessionNotFoundError: if there is no such session, or it is deleted.
            ServerUnreachableError: if nothing was heard for too long.
            CallFailedError: any other refusal that would last.
        """
        self._heard_s = _now_s()
        while True:
            polling = self._poll_for_s > 0
            source = self._poll() if polling else self._listen()
            try:
                async with aclosing(source):
                    async for event in source:
                        yield event
                        # The caller's own time is no silence of the server.
                        self._heard_s = _now_s()
            except CallFailedError as error:
                self._after_failure(error, polling=polling)
            except TimeoutError:
                self._after_silence()
            await asyncio.sleep(self._pause_s)

    async def _listen(self) -> AsyncGenerator[Event, None]:
        """Read one stream to its end."""
        self._pause_s = self._backoff_s()
        call = self._transport.sessions.WatchSession(
            session_service_pb2.WatchSessionRequest(
                name=self._name,
                cursor=self._cursor,
                include_progress=self._include_progress,
                include_previews=self._include_previews,
            ),
            metadata=self._transport.metadata,
        )
        try:
            while True:
                message = await asyncio.wait_for(call.read(), self._patience.silence_s)
                if message is grpc.aio.EOF:
                    return
                self._heard()
                event = self._accept(message)
                if event is not None:
                    yield event
        except grpc.aio.AioRpcError as error:
            raise error_of(read_refusal(error)) from error
        finally:
            call.cancel()

    def _accept(
        self, message: session_service_pb2.WatchSessionResponse
    ) -> Event | None:
        """Note the cursor; return the event unless it is none or a repeat."""
        if message.HasField("resume"):
            self._cursor = message.resume.cursor or self._cursor
            self._pause_s = message.resume.delay.ToTimedelta().total_seconds()
            return None
        event = convert.event(message)
        if event is None or not message.cursor or message.HasField("progress"):
            return event
        repeated = message.cursor in self._seen and not isinstance(event, Snapshot)
        self._cursor = message.cursor
        self._seen.append(message.cursor)
        return None if repeated else event

    async def _poll(self) -> AsyncGenerator[Event, None]:
        """Ask for the whole session again and again; yield it where it differs."""
        until_s = _now_s() + self._poll_for_s
        self._poll_for_s = 0.0
        self._pause_s = 0.0
        # What the stream told before may be outdated when it comes back.
        self._cursor = ""
        last: SessionInfo | None = None
        while _now_s() < until_s:
            reply: session_service_pb2.GetSessionResponse = await self._transport.read(
                self._transport.sessions.GetSession,
                session_service_pb2.GetSessionRequest(
                    name=self._name, view=session_pb2.SESSION_VIEW_FULL
                ),
            )
            self._heard()
            session = convert.session_info(reply.session)
            if session != last:
                last = session
                yield Snapshot(session)
            await asyncio.sleep(POLL_EVERY_S)

    def _heard(self) -> None:
        self._n_failures = 0
        self._heard_s = _now_s()

    def _backoff_s(self) -> float:
        longest_s = self._patience.shortest_pause_s * 2.0**self._n_failures
        # Half of it is drawn, so that clients of a restarted server spread out.
        return min(longest_s, self._patience.longest_pause_s) * (
            0.5 + 0.5 * self._jitter()
        )

    def _after_failure(self, error: CallFailedError, *, polling: bool) -> None:
        """Decide what comes after a refused or broken stream; may raise it."""
        self._n_failures += 1
        if isinstance(error, WatchLimitError | NotOfferedError) and not polling:
            self._poll_for_s = error.retry_after_s or self._patience.polling_s
            self._pause_s = 0.0
            return
        unheard_s = _now_s() - self._heard_s
        if error.status in LASTING or unheard_s > self._patience.unheard_s:
            raise error
        self._pause_s = self._backoff_s()

    def _after_silence(self) -> None:
        """Decide what comes after a stream fell silent; may raise."""
        self._n_failures += 1
        if _now_s() - self._heard_s > self._patience.unheard_s:
            raise ServerUnreachableError(
                Refusal(grpc.StatusCode.UNAVAILABLE, message="the watch is silent")
            )
        if self._cursor:
            self._pause_s = self._backoff_s()
        else:
            # Not even a snapshot came: something on the way holds streams back.
            self._poll_for_s = self._patience.polling_s


def _now_s() -> float:
    return asyncio.get_running_loop().time()
