"""Servicers as gRPC handlers, straight from the contract's descriptors.

A servicer has one coroutine per method it offers, `GetSession` as `get_session`; a
method it lacks answers UNIMPLEMENTED with a reason. The messages are read here and
not by gRPC, whose answer to damaged bytes is INTERNAL with a stack's words.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final, TypeAlias

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from multibo.optimizer.api.errors import (
    MethodUnimplementedError,
    RequestUnreadableError,
)

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"  # generic in the stubs only
Reply = Message | bytes
"""A stored reply goes out as the bytes that were stored."""
Context = grpc.aio.ServicerContext[Any, Any]
Unary = Callable[[Message], Awaitable[Reply]]
Stream = Callable[[Message, Context], AsyncIterator[Message]]
Check = Callable[[], None]
Admit = Callable[[str, Message], None]
"""Full method name and request; raises where the caller may not ask that."""

_CAPITAL: Final = re.compile(r"(?<!^)(?=[A-Z])")


def method_name(name: str) -> str:
    """Return the servicer's name for an RPC: `GetSession` is `get_session`."""
    return _CAPITAL.sub("_", name).lower()


def service_handler(
    service: ServiceDescriptor, servicer: object, admit: Admit
) -> grpc.GenericRpcHandler:
    """Return the handler of a service.

    Args:
        service: from the contract.
        servicer: offers some or all of its methods.
        admit: asked about every request before the servicer sees it.
    """
    return grpc.method_handlers_generic_handler(
        service.full_name,
        {method.name: _handler(method, servicer, admit) for method in service.methods},
    )


def _handler(method: MethodDescriptor, servicer: object, admit: Admit) -> Handler:
    read = _reader(method, admit)
    offered = getattr(servicer, method_name(method.name), None)
    if offered is None:
        return grpc.unary_unary_rpc_method_handler(_refusing(method))
    if method.server_streaming:
        return grpc.unary_stream_rpc_method_handler(
            _streaming(offered, read), response_serializer=_written
        )
    return grpc.unary_unary_rpc_method_handler(
        _answering(offered, read), response_serializer=_written
    )


def _reader(method: MethodDescriptor, admit: Admit) -> Callable[[bytes], Message]:
    kind = GetMessageClass(method.input_type)
    path = f"/{method.containing_service.full_name}/{method.name}"

    def read(data: bytes) -> Message:
        try:
            request = kind.FromString(data)
        except DecodeError:
            raise RequestUnreadableError(f"not a {kind.DESCRIPTOR.name}") from None
        admit(path, request)
        return request

    return read


def _refusing(method: MethodDescriptor) -> Callable[[bytes, Context], Awaitable[bytes]]:
    async def refuse(_data: bytes, _context: Context) -> bytes:
        raise MethodUnimplementedError(method.full_name)

    return refuse


def _answering(
    unary: Unary, read: Callable[[bytes], Message]
) -> Callable[[bytes, Context], Awaitable[Reply]]:
    async def answer(data: bytes, _context: Context) -> Reply:
        return await unary(read(data))

    return answer


def _streaming(
    stream: Stream, read: Callable[[bytes], Message]
) -> Callable[[bytes, Context], AsyncIterator[Message]]:
    async def tell(data: bytes, context: Context) -> AsyncIterator[Message]:
        async for message in stream(read(data), context):
            yield message

    return tell


def _written(reply: Reply) -> bytes:
    return reply if isinstance(reply, bytes) else reply.SerializeToString()
