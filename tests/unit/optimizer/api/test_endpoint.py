"""The server as a whole: how it starts, says what it offers, and goes away."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from multibo.optimizer.api.endpoint import SERVICES, Endpoint
from multibo.optimizer.api.idempotency import request_key
from multibo.optimizer.api.image_servicer import ImageServicer
from multibo.optimizer.api.insight_servicer import InsightServicer
from multibo.optimizer.api.model_servicer import ModelServicer
from multibo.optimizer.api.registration import method_name
from multibo.optimizer.api.round_servicer import RoundServicer
from multibo.optimizer.api.session_servicer import SessionServicer
from multibo.optimizer.app.ports import App
from multibo.optimizer.app.values import Readiness
from multibo.v1 import model_service_pb2, session_service_pb2
from tests.support.fakes import an_app
from tests.support.wire import Wire, create_request, refused, serving

ListModels = model_service_pb2.ListModelsRequest


class GatedFleet:
    """Answers once it is let."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.let = asyncio.Event()

    async def wake(self, name: object, jobs: object) -> None:
        raise AssertionError("nothing is proposed")

    async def readiness(self, model: str) -> Readiness:
        self.asked.set()
        await self.let.wait()
        return Readiness(n_workers=1)


@pytest.fixture
def gate() -> GatedFleet:
    return GatedFleet()


async def test_a_unix_socket_is_served(app: App, tmp_path: Path) -> None:
    endpoint = Endpoint(app, engine_ready=lambda: True)
    target = f"unix:{tmp_path / 'o.sock'}"
    await endpoint.start(target)

    async with grpc.aio.insecure_channel(target) as channel:
        wire = Wire(channel, endpoint)
        reply = await wire.models.ListModels(ListModels())
    await endpoint.drain(grace_s=0.5)

    assert len(reply.models) == 1


async def test_an_address_that_is_taken_is_not_shared(app: App) -> None:
    first = Endpoint(app, engine_ready=lambda: True)
    second = Endpoint(app, engine_ready=lambda: True)
    port = await first.start("127.0.0.1:0")

    with pytest.raises(RuntimeError, match=str(port)):
        await second.start(f"127.0.0.1:{port}")

    await first.drain(grace_s=0.5)


async def test_reflection_names_every_service(wire: Wire) -> None:
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(wire.channel)
    request = reflection_pb2.ServerReflectionRequest(list_services="")

    (reply,) = [one async for one in stub.ServerReflectionInfo(iter([request]))]

    names = {service.name for service in reply.list_services_response.service}
    assert {service.full_name for service in SERVICES} <= names
    assert "grpc.health.v1.Health" in names


async def test_a_call_in_flight_is_answered_while_the_server_drains(
    gate: GatedFleet,
) -> None:
    async with serving(replace(an_app(), fleet=gate)) as wire:
        call = wire.models.ListModels(ListModels())
        await gate.asked.wait()

        draining = asyncio.create_task(wire.endpoint.drain(grace_s=5))
        await asyncio.sleep(0.1)
        assert not draining.done()
        gate.let.set()

        assert len((await call).models) == 1
        await asyncio.wait_for(draining, 2)


async def test_a_call_that_takes_too_long_is_cut_off(gate: GatedFleet) -> None:
    async with serving(replace(an_app(), fleet=gate)) as wire:
        call = wire.models.ListModels(ListModels())
        await gate.asked.wait()

        await asyncio.wait_for(wire.endpoint.drain(grace_s=0.2), 3)
        answer = await refused(call)

    assert answer.code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)


async def test_a_drained_server_takes_no_new_call(app: App) -> None:
    async with serving(app) as wire:
        await wire.models.ListModels(ListModels())
        await wire.endpoint.drain(grace_s=0.5)

        answer = await refused(wire.models.ListModels(ListModels(), timeout=5))

    assert answer.code is grpc.StatusCode.UNAVAILABLE


async def test_a_draining_server_says_not_serving_and_waits_for_no_such_watch(
    wire: Wire,
) -> None:
    stub: Any = health_pb2_grpc.HealthStub(wire.channel)
    watch = stub.Watch(health_pb2.HealthCheckRequest(service=""))
    first = await watch.read()

    draining = asyncio.create_task(wire.endpoint.drain(grace_s=30))
    second = await watch.read()
    await asyncio.wait_for(draining, 5)

    assert first.status == health_pb2.HealthCheckResponse.SERVING
    assert second.status == health_pb2.HealthCheckResponse.NOT_SERVING


def test_every_method_a_servicer_has_is_one_of_the_contract() -> None:
    servicers = {
        "SessionService": SessionServicer,
        "RoundService": RoundServicer,
        "InsightService": InsightServicer,
        "ImageService": ImageServicer,
        "ModelService": ModelServicer,
    }
    for service in SERVICES:
        offered = {n for n in vars(servicers[service.name]) if not n.startswith("_")}

        assert offered <= {method_name(method.name) for method in service.methods}


@pytest.mark.parametrize(
    "changed",
    [
        create_request(request_id="b", session_id="other"),
        session_service_pb2.ImportSessionRequest(request_id="a"),
    ],
)
def test_a_digest_tells_contents_apart(changed: Message) -> None:
    first = request_key(create_request(request_id="a"), "a")

    assert first.digest != request_key(changed, "b").digest


def test_a_digest_does_not_depend_on_the_id() -> None:
    first = request_key(create_request(request_id="a"), "a")
    second = request_key(create_request(request_id="b"), "b")

    assert first.digest == second.digest
    assert (first.request_id, second.request_id) == ("a", "b")
