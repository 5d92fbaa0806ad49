"""SERVING means: the store answers and the engine has started."""

from __future__ import annotations

from dataclasses import dataclass

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from multibo.optimizer.api.health import Health
from multibo.optimizer.app.errors import StoreUnavailableError
from tests.support.fakes import an_app
from tests.support.wire import Wire, serving

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@dataclass
class Parts:
    """Store and engine of a process."""

    store: bool = True
    engine: bool = True

    async def ping(self) -> None:
        if not self.store:
            raise StoreUnavailableError

    def health(self) -> Health:
        return Health(("one",), ping=self.ping, engine_ready=lambda: self.engine)


@pytest.mark.parametrize(
    ("store", "engine", "serving"),
    [
        (True, True, True),
        (False, True, False),
        (True, False, False),
        (False, False, False),
    ],
)
async def test_a_process_serves_when_its_parts_are_there(
    store: bool, engine: bool, serving: bool
) -> None:
    assert await Parts(store, engine).health().refresh() is serving


async def test_the_store_may_go_and_come_back() -> None:
    parts = Parts()
    health = parts.health()

    seen = []
    for parts.store in (True, False, True):
        seen.append(await health.refresh())

    assert seen == [True, False, True]


async def test_an_engine_that_restarts_does_not_take_the_service_away() -> None:
    parts = Parts()
    health = parts.health()
    await health.refresh()

    parts.engine = False

    assert await health.refresh()


async def status_of(wire: Wire, service: str = "") -> int:
    stub = health_pb2_grpc.HealthStub(wire.channel)
    reply = await stub.Check(health_pb2.HealthCheckRequest(service=service))
    status: int = reply.status
    return status


@pytest.mark.parametrize(
    "service", ["", "multibo.v1.SessionService", "multibo.v1.ModelService"]
)
async def test_every_service_answers_for_itself(wire: Wire, service: str) -> None:
    assert await status_of(wire, service) == SERVING


async def test_a_starting_engine_is_not_serving() -> None:
    async with serving(an_app(), engine_ready=lambda: False) as wire:
        assert await status_of(wire) == NOT_SERVING


async def test_a_service_nobody_knows_is_not_found(wire: Wire) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await status_of(wire, "multibo.v2.SessionService")

    assert refused.value.code() is grpc.StatusCode.NOT_FOUND
