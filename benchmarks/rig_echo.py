"""The floor: a grpc.aio server that returns bytes, over the same kind of socket."""

from __future__ import annotations

import asyncio
import sys
from typing import Any, Final

import grpc

ECHO: Final = "/bench.Floor/Echo"
"""Returns the request."""
DELIVER: Final = "/bench.Floor/Deliver"
"""Returns as many bytes as the request says in decimal digits."""


async def _echo(request: bytes, _context: Any) -> bytes:
    return request


async def _deliver(request: bytes, _context: Any) -> bytes:
    return _PAYLOAD[: int(request)]


_PAYLOAD: Final = bytes(1 << 20)


async def serve(target: str) -> None:
    """Serve until killed.

    Args:
        target: where to listen.
    """
    server = grpc.aio.server()
    handlers = {
        "Echo": grpc.unary_unary_rpc_method_handler(_echo),
        "Deliver": grpc.unary_unary_rpc_method_handler(_deliver),
    }
    service = grpc.method_handlers_generic_handler("bench.Floor", handlers)
    server.add_generic_rpc_handlers((service,))
    server.add_insecure_port(target)
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
