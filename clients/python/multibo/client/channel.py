"""The channel to the optimizer, and the one way a call is made on it."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import grpc

from multibo.client.errors import (
    BY_REASON,
    CallFailedError,
    CommitContendedError,
    DeadlineExceededError,
    ServerUnreachableError,
    TokenUnusableError,
)
from multibo.client.refusal import Refusal, read_refusal
from multibo.telemetry.tracing import TRACEPARENT, callers_traceparent
from multibo.v1 import (
    image_service_pb2_grpc,
    insight_service_pb2_grpc,
    model_service_pb2_grpc,
    round_service_pb2_grpc,
    session_service_pb2_grpc,
)

Reply = TypeVar("Reply")

READ_WITHIN_S: Final = 10.0
WRITE_WITHIN_S: Final = 35.0
"""The server's own maximum is 30 s; it should be the one to give up."""
CONTENDED_ATTEMPTS: Final = 4
CONTENDED_PAUSE_S: Final = 0.05
_NOBODY: Final = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}
"""Without a reason beside them: no server of ours looked at the call."""
SERVICES: Final = (
    "SessionService",
    "RoundService",
    "InsightService",
    "ImageService",
    "ModelService",
)


def service_config() -> str:
    """Return the retry rules: for what a server on its way out says, not the watch.

    A server that stops answers CANCELLED to a call that came in before its goodbye
    was heard, without having looked at it. A request keeps its `request_id` through
    every attempt, so a repeat of a command that had already been carried out returns
    the first reply.
    """
    retry = {
        "maxAttempts": 4,
        "initialBackoff": "0.2s",
        "maxBackoff": "2s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE", "CANCELLED"],
    }
    names = [{"service": f"multibo.v1.{service}"} for service in SERVICES]
    # The watch has its own loop, which knows the cursor.
    watch = {"service": "multibo.v1.SessionService", "method": "WatchSession"}
    return json.dumps(
        {"methodConfig": [{"name": names, "retryPolicy": retry}, {"name": [watch]}]}
    )


def open_channel(
    address: str, credentials: grpc.ChannelCredentials | None = None
) -> grpc.aio.Channel:
    """Return a channel; it connects with the first call.

    Args:
        address: gRPC target: `host:port` or `unix:/path`.
        credentials: for TLS; None means plain text.
    """
    options: list[tuple[str, Any]] = [
        ("grpc.service_config", service_config()),
        # Pings only while a call is open: a phone's radio may sleep.
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.keepalive_permit_without_calls", 0),
    ]
    if _is_local(address):
        # gRPC would send even a loopback call through http_proxy.
        options.append(("grpc.enable_http_proxy", 0))
    if credentials is None:
        return grpc.aio.insecure_channel(address, options)
    return grpc.aio.secure_channel(address, credentials, options)


def _is_local(address: str) -> bool:
    return address.startswith(("unix:", "localhost:", "127.", "[::1]", "ipv4:127."))


def check_token(token: str, address: str, *, encrypted: bool) -> None:
    """Refuse a token that cannot be sent, or that others would read.

    Args:
        token: a bearer token or an API key; empty is none.
        address: gRPC target.
        encrypted: whether the channel has TLS.

    Raises:
        TokenUnusableError: never with the token in its text.
    """
    if not token:
        return
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise TokenUnusableError("the token is not one line of ASCII without spaces")
    if not encrypted and not _is_local(address):
        raise TokenUnusableError(
            f"the token would go to {address} in plain text; give `credentials`"
        )


class Transport:
    """The stubs of all services over one channel.

    Attributes:
        metadata: sent with every call.
    """

    def __init__(self, channel: grpc.aio.Channel, token: str = "") -> None:
        self._channel = channel
        header = (("authorization", f"Bearer {token}"),)
        self.metadata: tuple[tuple[str, str], ...] = header if token else ()
        # The generated stubs carry no annotations.
        self.sessions: Any = _stub(session_service_pb2_grpc.SessionServiceStub, channel)
        self.rounds: Any = _stub(round_service_pb2_grpc.RoundServiceStub, channel)
        self.insight: Any = _stub(insight_service_pb2_grpc.InsightServiceStub, channel)
        self.images: Any = _stub(image_service_pb2_grpc.ImageServiceStub, channel)
        self.models: Any = _stub(model_service_pb2_grpc.ModelServiceStub, channel)

    async def read(
        self, method: Callable[..., Awaitable[Reply]], request: object
    ) -> Reply:
        """Make a call that changes nothing.

        Args:
            method: of one of the stubs.
            request: its request message.

        Raises:
            CallFailedError: the subclass says what to do.
        """
        return await self._call(method, request, READ_WITHIN_S)

    async def write(
        self, method: Callable[..., Awaitable[Reply]], request: object
    ) -> Reply:
        """Make a call that changes something; repeats itself where that is safe.

        Args:
            method: of one of the stubs.
            request: its request message, with its `request_id` if it takes one.

        Raises:
            CallFailedError: the subclass says what to do.
        """
        for _ in range(CONTENDED_ATTEMPTS - 1):
            try:
                return await self._call(method, request, WRITE_WITHIN_S)
            except CommitContendedError as busy:
                await asyncio.sleep(busy.retry_after_s or CONTENDED_PAUSE_S)
        return await self._call(method, request, WRITE_WITHIN_S)

    async def _call(
        self,
        method: Callable[..., Awaitable[Reply]],
        request: object,
        timeout_s: float,
    ) -> Reply:
        try:
            return await method(
                request, timeout=timeout_s, metadata=(*self.metadata, *_trace())
            )
        except grpc.aio.AioRpcError as error:
            raise error_of(read_refusal(error)) from error

    async def close(self) -> None:
        """Close the channel; calls under way are canceled."""
        await self._channel.close()


def _trace() -> tuple[tuple[str, str], ...]:
    """Name the span the program is in, if it traces: the server's join it."""
    traceparent = callers_traceparent()
    return ((TRACEPARENT, traceparent),) if traceparent else ()


def _stub(kind: Callable[[grpc.aio.Channel], Any], channel: grpc.aio.Channel) -> Any:
    return kind(channel)


def error_of(refusal: Refusal) -> CallFailedError:
    """Return the error to raise for a refusal.

    Args:
        refusal: what the server said, or the channel in its place.
    """
    if refusal.reason:
        return BY_REASON.get(refusal.reason, CallFailedError)(refusal)
    if refusal.status in _NOBODY:
        return ServerUnreachableError(refusal)
    if refusal.status is grpc.StatusCode.DEADLINE_EXCEEDED:
        return DeadlineExceededError(refusal)
    return CallFailedError(refusal)


def new_request_id() -> str:
    """Return an id for one command, to be kept through all its attempts."""
    return str(uuid.uuid4())
