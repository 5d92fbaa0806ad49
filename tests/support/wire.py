"""The optimizer's real gRPC endpoint over ports in memory, and callers for it."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from multibo.optimizer.api.endpoint import Capacity, Endpoint
from multibo.optimizer.app.ports import App
from multibo.v1 import (
    image_service_pb2_grpc,
    insight_service_pb2_grpc,
    model_service_pb2_grpc,
    round_service_pb2_grpc,
    session_pb2,
    session_service_pb2,
    session_service_pb2_grpc,
)

PROJECT = "projects/local"


@dataclass(frozen=True)
class Refused:
    """What the wire said about a refused call."""

    code: grpc.StatusCode
    reason: str
    text: str
    metadata: dict[str, str]
    violations: dict[str, str]
    retry_after_ms: int | None
    trailers: dict[str, Any]
    quota: list[str]
    """Whose quota is used up."""


class Wire:
    """One stub per service, over one channel."""

    def __init__(
        self, channel: grpc.aio.Channel, endpoint: Endpoint, address: str = ""
    ) -> None:
        self.channel = channel
        self.address = address
        self.endpoint = endpoint
        self.sessions: Any
        self.rounds: Any
        self.insight: Any
        self.images: Any
        self.models: Any
        every = stubs(channel)
        self.sessions, self.rounds, self.insight, self.images, self.models = every

    async def create(self, **fields: Any) -> session_pb2.Session:
        """Create a session with everything a test does not care about filled in."""
        reply = await self.sessions.CreateSession(create_request(**fields))
        session: session_pb2.Session = reply.session
        return session


def stubs(channel: grpc.aio.Channel) -> tuple[Any, ...]:
    """Sessions, rounds, insight, images, models."""
    return (
        session_service_pb2_grpc.SessionServiceStub(channel),
        round_service_pb2_grpc.RoundServiceStub(channel),
        insight_service_pb2_grpc.InsightServiceStub(channel),
        image_service_pb2_grpc.ImageServiceStub(channel),
        model_service_pb2_grpc.ModelServiceStub(channel),
    )


def new_id() -> str:
    return str(uuid.uuid4())


def a_spec(**fields: Any) -> session_pb2.SessionSpec:
    return session_pb2.SessionSpec(
        **{"prompt": "comic portrait, brown long hair", **fields}
    )


def create_request(**fields: Any) -> session_service_pb2.CreateSessionRequest:
    return session_service_pb2.CreateSessionRequest(
        **{"parent": PROJECT, "spec": a_spec(), "request_id": new_id(), **fields}
    )


@asynccontextmanager
async def serving(
    app: App,
    *,
    capacity: Capacity | None = None,
    engine_ready: Callable[[], bool] = lambda: True,
    **others: Any,
) -> AsyncIterator[Wire]:
    """Serve an app on a free port for as long as the block lasts."""
    endpoint = Endpoint(app, engine_ready=engine_ready, capacity=capacity, **others)
    port = await endpoint.start("127.0.0.1:0")
    address = f"127.0.0.1:{port}"
    async with grpc.aio.insecure_channel(address) as channel:
        try:
            yield Wire(channel, endpoint, address)
        finally:
            await endpoint.drain(grace_s=0.5)


async def refused(call: Awaitable[Message]) -> Refused:
    """Return how a call was refused; fail if it was not."""
    try:
        reply = await call
    except grpc.aio.AioRpcError as error:
        return refusal(error)
    raise AssertionError(f"not refused: {reply}")


def refusal(error: grpc.aio.AioRpcError) -> Refused:
    info, bad, retry, quota = (
        error_details_pb2.ErrorInfo(),
        error_details_pb2.BadRequest(),
        error_details_pb2.RetryInfo(),
        error_details_pb2.QuotaFailure(),
    )
    status: Any = rpc_status.from_call(error)
    has_retry = False
    for detail in status.details if status else ():
        detail.Unpack(info)
        detail.Unpack(bad)
        detail.Unpack(quota)
        has_retry = detail.Unpack(retry) or has_retry
    return Refused(
        code=error.code(),
        reason=info.reason,
        text=error.details() or "",
        metadata=dict(info.metadata),
        violations={one.field: one.description for one in bad.field_violations},
        retry_after_ms=retry.retry_delay.ToMilliseconds() if has_retry else None,
        trailers=dict(error.trailing_metadata() or ()),
        quota=[violation.subject for violation in quota.violations],
    )
