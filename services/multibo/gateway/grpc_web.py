"""gRPC-Web calls, relayed to the optimizer as raw bytes.

No message is parsed here: every rule stays in the optimizer. Each call is made
as unary-request, stream-response, which on the wire is also what a unary method
is; so the gateway needs no table of methods.
"""

import asyncio
import contextlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import grpc

from multibo.gateway import asgi, frames
from multibo.gateway.errors import (
    BrowserGoneError,
    GatewayError,
    MessageTooLargeError,
    RequestMalformedError,
    RequestUnsupportedError,
)

PATH: Final = re.compile(r"/multibo\.v1\.[A-Za-z]+Service/[A-Za-z]+")
CONTENT_TYPES: Final = (b"application/grpc-web+proto", b"application/grpc-web")
MAX_MESSAGE_BYTES: Final = 1 << 20
# A browser only reads the refusal of a large upload once it has sent all of it.
MAX_DRAIN_BYTES: Final = 8 << 20
# WatchSession leaves by itself after 75 s on this transport; this is the backstop.
MAX_CALL_S: Final = 90.0
DRAIN_GRACE_S: Final = 3.0
TRANSPORT: Final = ("x-multibo-transport", "grpc-web")

_FORWARDED: Final = ("authorization", "traceparent", "x-request-id")
_RETURNED: Final = frozenset({"grpc-status-details-bin", "x-request-id"})
_PRINTABLE: Final = re.compile(rb"[\x20-\x7e]*")
_REFUSALS: Final[dict[type[GatewayError], grpc.StatusCode]] = {
    MessageTooLargeError: grpc.StatusCode.RESOURCE_EXHAUSTED,
    RequestMalformedError: grpc.StatusCode.INVALID_ARGUMENT,
    RequestUnsupportedError: grpc.StatusCode.UNIMPLEMENTED,
}

_Metadata = tuple[tuple[str, str | bytes], ...]
_Call = grpc.aio.UnaryStreamCall[bytes, bytes]


@dataclass(frozen=True, slots=True)
class CallEnd:
    """How a call ended: the content of the trailers frame."""

    code: grpc.StatusCode
    message: str = ""
    metadata: _Metadata = ()


class Reply:
    """One HTTP response that carries message frames and then the trailers."""

    def __init__(self, send: asgi.Send, headers: asgi.Headers) -> None:
        """Hold the response; nothing is sent before there is something to say.

        Args:
            send: the connection's ASGI send.
            headers: headers of every response.
        """
        self._send = send
        self._headers = headers
        self._started = False

    async def message(self, message: bytes) -> None:
        """Send one message.

        Args:
            message: serialized protobuf message.
        """
        await self._write(frames.frame(message), more=True)

    async def end(self, end: CallEnd) -> None:
        """Send the trailers and close the response.

        Args:
            end: how the call ended.
        """
        code = int(end.code.value[0])
        trailers = frames.frame_trailers(code, end.message, end.metadata)
        await self._write(trailers, more=False)

    async def _write(self, body: bytes, *, more: bool) -> None:
        if not self._started:
            self._started = True
            own = (
                (b"content-type", CONTENT_TYPES[0]),
                (b"cache-control", b"no-store"),
                # A buffering proxy in between would turn the watch into silence.
                (b"x-accel-buffering", b"no"),
            )
            start = {"type": "http.response.start", "status": 200}
            await self._send({**start, "headers": [*own, *self._headers]})
        await self._send(
            {"type": "http.response.body", "body": body, "more_body": more}
        )


class GrpcWeb:
    """Relays gRPC-Web requests over one channel."""

    def __init__(
        self,
        channel: grpc.aio.Channel,
        draining: asyncio.Event,
        *,
        drain_grace_s: float = DRAIN_GRACE_S,
    ) -> None:
        """Take the channel; the caller closes it.

        Args:
            channel: channel to the optimizer.
            draining: set when the process is asked to stop.
            drain_grace_s: time that calls then have to end by themselves.
        """
        self._channel = channel
        self._draining = draining
        self._drain_grace_s = drain_grace_s

    async def __call__(
        self,
        scope: asgi.Scope,
        receive: asgi.Receive,
        send: asgi.Send,
        headers: asgi.Headers,
    ) -> None:
        """Answer one gRPC-Web request.

        Args:
            scope: its connection scope; the path has matched `PATH`.
            receive: the connection's ASGI receive.
            send: the connection's ASGI send.
            headers: headers of every response.
        """
        reply = Reply(send, headers)
        try:
            call = await self._start_call(scope, receive)
        except BrowserGoneError:
            return
        except GatewayError as error:
            await reply.end(CallEnd(_REFUSALS[type(error)], str(error)))
            return
        await self._relay(call, receive, reply)

    async def _start_call(self, scope: asgi.Scope, receive: asgi.Receive) -> _Call:
        message = frames.unframe(
            await _read_body(receive), limit_bytes=MAX_MESSAGE_BYTES
        )
        timeout = asgi.header(scope, b"grpc-timeout")
        timeout_s = MAX_CALL_S if timeout is None else frames.parse_timeout(timeout)
        # Without serializers grpc passes bytes through in both directions.
        method: grpc.aio.UnaryStreamMultiCallable[bytes, bytes]
        method = self._channel.unary_stream(scope["path"])
        return method(
            message,
            timeout=min(timeout_s, MAX_CALL_S),
            metadata=grpc.aio.Metadata(*_forwarded(scope), TRANSPORT),
        )

    async def _relay(self, call: _Call, receive: asgi.Receive, reply: Reply) -> None:
        """Carry messages until the call ends, the browser leaves or we drain."""
        relay = asyncio.create_task(_carry(call, reply))
        gone = asyncio.create_task(_browser_gone(receive))
        drain = asyncio.create_task(self._drained())
        try:
            await asyncio.wait(
                {relay, gone, drain}, return_when=asyncio.FIRST_COMPLETED
            )
            if relay.done():
                await reply.end(relay.result())
            elif not gone.done():
                await _stop(relay, call)
                end = CallEnd(grpc.StatusCode.UNAVAILABLE, "the gateway is stopping")
                await reply.end(end)
        finally:
            # Also the path of a browser that left: the optimizer stops its work.
            await _stop(relay, call)
            await _stop(gone)
            await _stop(drain)

    async def _drained(self) -> None:
        await self._draining.wait()
        await asyncio.sleep(self._drain_grace_s)


async def _read_body(receive: asgi.Receive) -> bytes:
    """Return the request body; of one too large, only enough to be refused."""
    limit_bytes = MAX_MESSAGE_BYTES + frames.PREFIX_BYTES
    body = bytearray()
    n_bytes = 0
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise BrowserGoneError
        chunk = event.get("body", b"")
        n_bytes += len(chunk)
        if n_bytes <= limit_bytes:
            body += chunk
        if not event.get("more_body", False) or n_bytes > MAX_DRAIN_BYTES:
            break
    if n_bytes > limit_bytes:
        raise MessageTooLargeError(limit_bytes=MAX_MESSAGE_BYTES)
    return bytes(body)


def _forwarded(scope: asgi.Scope) -> Iterable[tuple[str, str]]:
    """Return the request metadata the optimizer needs, and no other."""
    for name in _FORWARDED:
        value = asgi.header(scope, name.encode())
        if value is None:
            continue
        if not _PRINTABLE.fullmatch(value):
            raise RequestMalformedError(f"{name} is not printable ASCII")
        yield name, value.decode("ascii")


async def _carry(call: _Call, reply: Reply) -> CallEnd:
    try:
        async for message in call:
            await reply.message(message)
        code, details = await call.code(), await call.details() or ""
        trailing = await call.trailing_metadata()
    except grpc.aio.AioRpcError as error:
        code, details = error.code(), error.details() or ""
        trailing = error.trailing_metadata()
    metadata = tuple((k, v) for k, v in trailing or () if k in _RETURNED)
    if code is grpc.StatusCode.UNAVAILABLE and not metadata:
        # Not the optimizer's word but grpc's, which names sockets and addresses.
        return CallEnd(code, "the optimizer cannot be reached")
    return CallEnd(code, details, metadata)


async def _browser_gone(receive: asgi.Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _stop(
    task: asyncio.Task[CallEnd] | asyncio.Task[None], call: _Call | None = None
) -> None:
    if call is not None:
        call.cancel()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, Exception):
        await task
