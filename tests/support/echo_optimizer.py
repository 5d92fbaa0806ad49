"""A gRPC server that knows no message: it repeats bytes and records calls."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import grpc

SERVICE = "multibo.v1.EchoService"
Context = grpc.aio.ServicerContext[bytes, bytes]


@dataclass
class EchoOptimizer(grpc.GenericRpcHandler):
    """Methods Echo, Count, Fail, Hang and Large of `multibo.v1.EchoService`."""

    metadata: dict[str, str | bytes] = field(default_factory=dict)
    time_remaining_s: float | None = None
    hanging: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        self.metadata = dict(details.invocation_metadata)
        service, _, method = details.method.lstrip("/").partition("/")
        unary = {"Echo": self._echo, "Fail": self._fail, "Large": self._large}
        stream = {"Count": self._count, "Hang": self._hang}
        if service != SERVICE:
            return None
        if method in unary:
            return grpc.unary_unary_rpc_method_handler(unary[method])
        if method in stream:
            return grpc.unary_stream_rpc_method_handler(stream[method])
        return None

    async def _echo(self, message: bytes, context: Context) -> bytes:
        self.time_remaining_s = context.time_remaining()
        context.set_trailing_metadata((("x-request-id", "from-the-server"),))
        return message

    async def _fail(self, message: bytes, context: Context) -> bytes:
        details = (("grpc-status-details-bin", message), ("x-internal", "secret"))
        text = "größer als 100 %\nline two"
        await context.abort(grpc.StatusCode.NOT_FOUND, text, details)
        return b""

    async def _large(self, message: bytes, context: Context) -> bytes:
        return bytes(int(message))

    async def _count(self, message: bytes, context: Context) -> AsyncIterator[bytes]:
        for number in range(int(message)):
            yield str(number).encode()

    async def _hang(self, message: bytes, context: Context) -> AsyncIterator[bytes]:
        try:
            yield message
            self.hanging.set()
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            self.cancelled.set()
            raise


@asynccontextmanager
async def serving(echo: EchoOptimizer) -> AsyncIterator[str]:
    """Serve on a free port; yields the gRPC target."""
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((echo,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)
