"""Keeping an engine process alive, and asking it one thing at a time."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from multibo.optimizer.adapters.engine_pipe import (
    HELLO_S,
    EngineLostError,
    EnginePipe,
    open_engine,
)
from multibo.optimizer.adapters.engine_wire import EngineFailure

_LEAST_BACKOFF_S: Final = 0.2
_LARGEST_BACKOFF_S: Final = 5.0
_RESTARTS: Final = EngineFailure("the preference engine restarts")

logger = logging.getLogger(__name__)


class EngineSupervisor:
    """One engine process, restarted when it dies; answers even while it is away."""

    def __init__(
        self, *, threads: int = 1, cache_size: int = 64, stuck_s: float = 30.0
    ) -> None:
        """Configure the process; nothing starts yet.

        Args:
            threads: of the child's linear algebra. Slates are equal bit for bit
                between processes of equal thread counts.
            cache_size: posteriors the child keeps.
            stuck_s: a request that keeps the child busy for longer is given up,
                and the child restarted.
        """
        self._arguments = (str(threads), str(cache_size))
        self._stuck_s = stuck_s
        self._calls: asyncio.Queue[_Call] = asyncio.Queue()
        self._child: EnginePipe | None = None
        self._backoff_s = _LEAST_BACKOFF_S
        self._ready = asyncio.Event()
        self._supervisor: asyncio.Task[None] | None = None

    @property
    def ready(self) -> bool:
        """Whether the child is up; if not, answers are degraded."""
        return self._ready.is_set()

    @property
    def pid(self) -> int | None:
        """The child's process id, or None while there is none."""
        return self._child.pid if self._child else None

    async def start(self, *, timeout_s: float = HELLO_S) -> None:
        """Start the child and wait until it is ready.

        Args:
            timeout_s: after this long the wait ends, and starting goes on.
        """
        if self._supervisor is None:
            self._supervisor = asyncio.create_task(self._supervise())
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._ready.wait()

    async def stop(self) -> None:
        """End the child; calls still waiting get degraded answers."""
        supervisor, self._supervisor = self._supervisor, None
        if supervisor is not None:
            supervisor.cancel()
            with suppress(asyncio.CancelledError):
                await supervisor

    async def ask(self, request: object, timeout_s: float) -> object:
        """Return the child's reply, or an `EngineFailure`; never raise.

        Args:
            request: anything `engine_child` answers.
            timeout_s: the longest wait for the reply.
        """
        if not self.ready:
            return EngineFailure("the preference engine is starting")
        call = _Call(request, asyncio.get_running_loop().create_future())
        self._calls.put_nowait(call)
        try:
            async with asyncio.timeout(timeout_s):
                return await call.reply
        except TimeoutError:
            return EngineFailure(f"no answer within {timeout_s:g} s")

    async def _supervise(self) -> None:
        while True:
            try:
                self._child = await open_engine(self._arguments)
                self._ready.set()
                await self._serve(self._child)
            except EngineLostError as error:
                logger.warning("engine process lost", extra={"reason": str(error)})
            finally:
                self._ready.clear()
                self._refuse_waiting()
                child, self._child = self._child, None
                if child is not None:
                    await child.close()
            await asyncio.sleep(self._backoff_s)
            self._backoff_s = min(2 * self._backoff_s, _LARGEST_BACKOFF_S)

    async def _serve(self, child: EnginePipe) -> None:
        """Pass one call at a time to the child, until it is lost."""
        while True:
            call = await self._next_call(child)
            if call.reply.done():  # its caller has given up waiting
                continue
            try:
                call.answer(await child.exchange(call.request, timeout_s=self._stuck_s))
                self._backoff_s = _LEAST_BACKOFF_S
            finally:
                call.answer(_RESTARTS)

    async def _next_call(self, child: EnginePipe) -> _Call:
        """Return the call that waits longest, unless the child exits first."""
        waiting = asyncio.ensure_future(self._calls.get())
        either: set[asyncio.Future[Any]] = {waiting, child.exit}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                return waiting.result()
            raise EngineLostError(f"it exited with {child.exit.result()}")
        finally:
            waiting.cancel()

    def _refuse_waiting(self) -> None:
        while not self._calls.empty():
            self._calls.get_nowait().answer(_RESTARTS)


@dataclass(frozen=True, slots=True)
class _Call:
    request: object
    reply: asyncio.Future[object]

    def answer(self, reply: object) -> None:
        if not self.reply.done():
            self.reply.set_result(reply)
