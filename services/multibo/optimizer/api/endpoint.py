"""The gRPC server of one optimizer process: services, health, reflection, drain."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health_pb2
from grpc_health.v1.health_pb2_grpc import add_HealthServicer_to_server
from grpc_reflection.v1alpha import reflection

from multibo.optimizer.api.auth import Authenticator
from multibo.optimizer.api.auth_scopes import check_projects
from multibo.optimizer.api.call_spans import CallSpans
from multibo.optimizer.api.health import Health
from multibo.optimizer.api.image_servicer import ImageServicer
from multibo.optimizer.api.insight_servicer import InsightServicer
from multibo.optimizer.api.interceptors import Around
from multibo.optimizer.api.limits import (
    DEADLINES,
    SERVER_OPTIONS,
    CallSlots,
    WatchSlots,
)
from multibo.optimizer.api.model_servicer import ModelServicer
from multibo.optimizer.api.paging import PageTokens
from multibo.optimizer.api.rate_limit import CallRates
from multibo.optimizer.api.registration import Surround, service_handler
from multibo.optimizer.api.round_servicer import RoundServicer
from multibo.optimizer.api.session_servicer import SessionServicer
from multibo.optimizer.app.ports import App
from multibo.optimizer.background import ended
from multibo.telemetry.metrics import Meter
from multibo.telemetry.tracing import Tracing
from multibo.v1 import (
    image_service_pb2,
    insight_service_pb2,
    model_service_pb2,
    round_service_pb2,
    session_service_pb2,
)

logger = logging.getLogger(__name__)

GRACE_S: Final = 20.0
"""What calls in flight are given when the process is asked to stop."""

_LAST_WORDS_S: Final = 0.5
"""A call that has ended still has to send its reply."""

SERVICES: Final[tuple[ServiceDescriptor, ...]] = tuple(
    service
    for module in (
        session_service_pb2,
        round_service_pb2,
        insight_service_pb2,
        image_service_pb2,
        model_service_pb2,
    )
    for service in module.DESCRIPTOR.services_by_name.values()
)


@dataclass(frozen=True, slots=True)
class Capacity:
    """How much one process serves at a time."""

    n_calls: int = 256
    n_watches: int = 1_000
    n_project_watches: int = 100
    calls_per_s: int = 100
    """Of one principal that has shown credentials."""
    deadlines_s: Mapping[str, float] = field(default_factory=lambda: DEADLINES)
    """The longest a method may take."""


class Endpoint:
    """Serves an `App` at one address."""

    def __init__(
        self,
        app: App,
        *,
        engine_ready: Callable[[], bool],
        meter: Meter | None = None,
        capacity: Capacity | None = None,
        authenticator: Authenticator | None = None,
        tracing: Tracing | None = None,
    ) -> None:
        """Make the server.

        Args:
            app: what is served.
            engine_ready: whether the preference engine has started.
            meter: counts the calls.
            capacity: of this process.
            authenticator: says who calls; without one anybody may.
            tracing: of this process; None traces nothing.
        """
        capacity = capacity or Capacity()
        self._authenticator = authenticator or Authenticator()
        self._draining = asyncio.Event()
        self._slots = CallSlots(capacity.n_calls)
        self._watches = WatchSlots(
            per_process=capacity.n_watches, per_project=capacity.n_project_watches
        )
        names = tuple(service.full_name for service in SERVICES)
        self._health = Health(names, ping=app.store.ping, engine_ready=engine_ready)
        self._server = grpc.aio.server(options=SERVER_OPTIONS)
        around: Surround = self._around(meter or Meter(), capacity)
        if tracing is not None:
            around = CallSpans(around, tracing)
        self._add_services(app, names, around)
        self._watching_health: asyncio.Task[None] | None = None

    def _around(self, meter: Meter, capacity: Capacity) -> Around:
        return Around(
            meter,
            self._authenticator,
            CallRates(capacity.calls_per_s),
            self._slots,
            self._draining,
            capacity.deadlines_s,
        )

    def _add_services(self, app: App, names: tuple[str, ...], around: Surround) -> None:
        tokens = PageTokens(app.store.secret)
        servicers = (
            SessionServicer(app, tokens, self._watches, self._draining),
            RoundServicer(app, tokens),
            InsightServicer(app),
            ImageServicer(app),
            ModelServicer(app, tokens),
        )
        self._server.add_generic_rpc_handlers(
            tuple(
                service_handler(service, servicer, check_projects, around)
                for service, servicer in zip(SERVICES, servicers, strict=True)
            )
        )
        add_HealthServicer_to_server(self._health.servicer, self._server)
        health_name = health_pb2.DESCRIPTOR.services_by_name["Health"].full_name
        reflection.enable_server_reflection(
            (*names, health_name, reflection.SERVICE_NAME), self._server
        )

    @property
    def ready(self) -> bool:
        """Whether it takes calls, as the health service says."""
        return self._health.serving and not self._draining.is_set()

    async def start(
        self, listen: str, credentials: grpc.ServerCredentials | None = None
    ) -> int:
        """Serve from now on.

        Args:
            listen: `host:port`, `[v6]:port` or `unix:/path`; checked by `auth`.
            credentials: for TLS; None speaks in the clear.

        Returns:
            The port, chosen by the system where it was 0; 1 for a unix socket.

        Raises:
            RuntimeError: if the address cannot be bound.
        """
        if credentials is None:
            port = self._server.add_insecure_port(listen)
        else:
            port = self._server.add_secure_port(listen, credentials)
        await self._health.refresh()
        await self._server.start()
        self._watching_health = asyncio.create_task(self._health.run())
        return port

    async def drain(self, grace_s: float = GRACE_S) -> None:
        """Stop taking calls, end the watches with `resume`, finish the others.

        Args:
            grace_s: calls that take longer are cut off.
        """
        self._draining.set()
        if self._watching_health is not None:
            await ended(self._watching_health)
        await self._health.drain()
        # The GOAWAY that `stop` sends at once sends clients to another replica. Its
        # own wait forgets aborted methods (grpc/grpc#37239) and goes on for as long
        # as anybody watches the health, so what counts is our own calls.
        stopping = asyncio.create_task(self._server.stop(grace_s))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                await self._slots.idle()
                await self._watches.idle()
        await asyncio.wait((stopping,), timeout=_LAST_WORDS_S)
        await self._server.stop(None)
        await stopping
        logger.info("drained")
