"""`grpc.health.v1`: SERVING while store and engine are there and nothing drains."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from grpc_health.v1 import health_pb2
from grpc_health.v1.health import aio as health_aio

from multibo.optimizer.app.errors import StoreUnavailableError

logger = logging.getLogger(__name__)

_SERVING: Final = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING: Final = health_pb2.HealthCheckResponse.NOT_SERVING
_PERIOD_S: Final = 1.0
_PATIENCE_S: Final = 2.0
"""A store that takes longer to answer a ping counts as away."""


class Health:
    """The standard health service, told once a second how this process is."""

    def __init__(
        self,
        services: Sequence[str],
        *,
        ping: Callable[[], Awaitable[None]],
        engine_ready: Callable[[], bool],
    ) -> None:
        self.servicer = health_aio.HealthServicer()
        self._services = ("", *services)
        self._ping = ping
        self._engine_ready = engine_ready
        self._engine_started = False
        self._serving: bool | None = None

    @property
    def serving(self) -> bool:
        """What the last look found; False before the first."""
        return bool(self._serving)

    async def refresh(self) -> bool:
        """Look once, tell the service, and return whether all is well."""
        # Once started, an engine that is away means degraded slates, not an outage.
        self._engine_started = self._engine_started or self._engine_ready()
        serving = self._engine_started and await self._store_answers()
        if serving is not self._serving:
            self._serving = serving
            for name in self._services:
                await self.servicer.set(name, _SERVING if serving else _NOT_SERVING)
            logger.info("health changed", extra={"serving": serving})
        return serving

    async def run(self) -> None:
        """Refresh until canceled."""
        while True:
            await self.refresh()
            await asyncio.sleep(_PERIOD_S)

    async def drain(self) -> None:
        """Say NOT_SERVING from now on."""
        await self.servicer.enter_graceful_shutdown()

    async def _store_answers(self) -> bool:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._ping()
        except (TimeoutError, StoreUnavailableError):
            return False
        return True
