"""What surrounds every call: id, log, refusal, admission, deadline."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import grpc
import pytest

from multibo.optimizer.api import limits
from multibo.optimizer.api.endpoint import Capacity
from multibo.v1 import model_service_pb2, session_service_pb2
from tests.support.fakes import an_app
from tests.support.wire import PROJECT, Wire, refused, serving

METHOD = "/multibo.v1.SessionService/GetSession"
SESSION = f"{PROJECT}/sessions/nobody-knows-me"


class SlowFleet:
    """Answers after a while, and says whether it was told to stop."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.stopped = asyncio.Event()

    async def wake(self, name: object, jobs: object) -> None:
        raise AssertionError("nothing is proposed")

    async def readiness(self, model: str) -> Any:
        self.asked.set()
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            self.stopped.set()
            raise


class BrokenFleet(SlowFleet):
    async def readiness(self, model: str) -> Any:
        raise ValueError("a secret of ours")


@pytest.fixture
def slow() -> SlowFleet:
    return SlowFleet()


@pytest.fixture
async def slow_wire(slow: SlowFleet) -> AsyncIterator[Wire]:
    """A server on which one call hangs, and no other fits beside it."""
    app = replace(an_app(), fleet=slow)
    async with serving(app, capacity=Capacity(n_calls=1)) as wire:
        yield wire


def get_session(name: str = SESSION) -> session_service_pb2.GetSessionRequest:
    return session_service_pb2.GetSessionRequest(name=name)


async def test_a_call_goes_by_the_id_its_caller_gave(wire: Wire) -> None:
    call = wire.sessions.GetSession(
        get_session(), metadata=(("x-request-id", "abc-123.X"),)
    )

    answer = await refused(call)

    assert answer.trailers["x-request-id"] == "abc-123.X"


@pytest.mark.parametrize("given", ["", "with space", "x" * 65, 'a"b'])
async def test_an_unfit_id_is_replaced(wire: Wire, given: str) -> None:
    call = wire.sessions.GetSession(get_session(), metadata=(("x-request-id", given),))

    answer = await refused(call)

    assert len(answer.trailers["x-request-id"]) == 16


async def test_an_answered_call_has_an_id_as_well(wire: Wire) -> None:
    call = wire.models.ListModels(model_service_pb2.ListModelsRequest())

    await call
    trailers = dict(await call.trailing_metadata())

    assert len(trailers["x-request-id"]) == 16


async def test_a_refusal_is_logged_with_its_code_and_without_words(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "multibo.optimizer.api.interceptors"):
        answer = await refused(wire.sessions.GetSession(get_session()))

    (record,) = [r for r in caplog.records if r.message == "call answered"]
    assert vars(record)["method"] == "GetSession"
    assert vars(record)["code"] == "NOT_FOUND"
    assert vars(record)["request_id"] == answer.trailers["x-request-id"]


@pytest.mark.parametrize("data", [b"\xff\xff", b"\x0a\xff", b"\x0a\x02\xc3\x28"])
async def test_damaged_bytes_are_the_callers_fault(wire: Wire, data: bytes) -> None:
    answer = await refused(wire.channel.unary_unary(METHOD)(data))

    assert (answer.code, answer.reason) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "FIELD_INVALID",
    )


async def test_a_message_over_the_limit_is_refused(wire: Wire) -> None:
    answer = await refused(wire.channel.unary_unary(METHOD)(bytes(1 << 20 | 1)))

    assert answer.code is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_a_fault_of_ours_says_nothing_but_the_request_id(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serving(replace(an_app(), fleet=BrokenFleet())) as wire:
        answer = await refused(
            wire.models.ListModels(model_service_pb2.ListModelsRequest())
        )

    (record,) = [r for r in caplog.records if r.message == "call failed"]
    assert (answer.code, answer.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
    assert answer.text == "internal error"
    assert answer.metadata == {"request_id": answer.trailers["x-request-id"]}
    assert "a secret of ours" in str(record.exc_info)


async def test_a_call_too_many_is_told_when_to_come_back(
    slow_wire: Wire, slow: SlowFleet
) -> None:
    models = model_service_pb2.ListModelsRequest()
    hanging = slow_wire.models.ListModels(models)
    await slow.asked.wait()

    answer = await refused(slow_wire.sessions.GetSession(get_session()))
    hanging.cancel()

    assert (answer.code, answer.reason, answer.retry_after_ms) == (
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        "RATE_LIMITED",
        1000,
    )


async def test_a_caller_who_leaves_takes_the_work_along(
    slow_wire: Wire, slow: SlowFleet
) -> None:
    call = slow_wire.models.ListModels(model_service_pb2.ListModelsRequest())
    await slow.asked.wait()

    call.cancel()

    await asyncio.wait_for(slow.stopped.wait(), 2)


async def test_the_servers_maximum_ends_a_call_without_a_deadline(
    slow: SlowFleet,
) -> None:
    short = {"/multibo.v1.ModelService/ListModels": 0.05}
    app = replace(an_app(), fleet=slow)

    async with serving(app, capacity=Capacity(deadlines_s=short)) as wire:
        answer = await refused(
            wire.models.ListModels(model_service_pb2.ListModelsRequest())
        )

    assert (answer.code, answer.reason) == (
        grpc.StatusCode.DEADLINE_EXCEEDED,
        "DEADLINE_EXCEEDED",
    )
    assert slow.stopped.is_set()


async def test_a_shorter_deadline_of_the_caller_stands(
    slow_wire: Wire, slow: SlowFleet
) -> None:
    answer = await refused(
        slow_wire.models.ListModels(model_service_pb2.ListModelsRequest(), timeout=0.1)
    )

    assert answer.code is grpc.StatusCode.DEADLINE_EXCEEDED
    await asyncio.wait_for(slow.stopped.wait(), 2)


@pytest.mark.parametrize("method", limits.DEADLINES)
async def test_a_method_that_is_built_reads_its_request(
    wire: Wire, method: str
) -> None:
    call = wire.channel.unary_stream(method)(b"")
    with contextlib.suppress(grpc.aio.AioRpcError):
        await call.read()

    # Of all requests, only that for the whole catalog may be empty.
    wanted = "OK" if method.endswith("ListModels") else "INVALID_ARGUMENT"
    assert (await call.code()).name == wanted
