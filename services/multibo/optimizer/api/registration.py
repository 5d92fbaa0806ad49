"""Servicers as gRPC handlers, straight from the contract's descriptors.

A servicer has one coroutine per method it offers, `GetSession` as `get_session`; a
method it lacks answers UNIMPLEMENTED with a reason. The messages are read here and
not by gRPC, whose answer to damaged bytes is INTERNAL with a stack's words.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final, Protocol, TypeAlias

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
Unary = Callable[[bytes, Context], Awaitable[Reply]]
"""A unary method on the wire."""
Stream = Callable[[bytes, Context], AsyncIterator[Reply]]
"""A streaming method on the wire."""
Offered = Callable[[Message], Awaitable[Reply]]
OfferedStream = Callable[[Message, Context], AsyncIterator[Message]]
Check = Callable[[], None]
Admit = Callable[[str, Message], None]
"""Full method name and request; raises where the caller may not ask that."""


class Surround(Protocol):
    """What is put around a method when it is registered."""

    def unary(self, method: str, inner: Unary) -> Unary:
        """Return the method as it is to be called.

        Args:
            method: full name.
            inner: the method.
        """
        ...

    def stream(self, method: str, inner: Stream) -> Stream:
        """Return the method as it is to be called.

        Args:
            method: full name.
            inner: the method.
        """
        ...


_CAPITAL: Final = re.compile(r"(?<!^)(?=[A-Z])")


def method_name(name: str) -> str:
    """Return the servicer's name for an RPC: `GetSession` is `get_session`."""
    return _CAPITAL.sub("_", name).lower()


def service_handler(
    service: ServiceDescriptor, servicer: object, admit: Admit, around: Surround
) -> grpc.GenericRpcHandler:
    """Return the handler of a service.

    Args:
        service: from the contract.
        servicer: offers some or all of its methods.
        admit: asked about every request before the servicer sees it.
        around: put around every method.
    """
    return grpc.method_handlers_generic_handler(
        service.full_name,
        {
            method.name: _handler(method, servicer, admit, around)
            for method in service.methods
        },
    )


def _handler(
    method: MethodDescriptor, servicer: object, admit: Admit, around: Surround
) -> Handler:
    path = f"/{method.containing_service.full_name}/{method.name}"
    read = _reader(method, path, admit)
    offered = getattr(servicer, method_name(method.name), None)
    if offered is None:
        return grpc.unary_unary_rpc_method_handler(
            around.unary(path, _refusing(method))
        )
    if method.server_streaming:
        return grpc.unary_stream_rpc_method_handler(
            around.stream(path, _streaming(offered, read)), response_serializer=_written
        )
    return grpc.unary_unary_rpc_method_handler(
        around.unary(path, _answering(offered, read)), response_serializer=_written
    )


def _reader(
    method: MethodDescriptor, path: str, admit: Admit
) -> Callable[[bytes], Message]:
    kind = GetMessageClass(method.input_type)

    def read(data: bytes) -> Message:
        try:
            request = kind.FromString(data)
        except DecodeError:
            raise RequestUnreadableError(f"not a {kind.DESCRIPTOR.name}") from None
        admit(path, request)
        return request

    return read


def _refusing(method: MethodDescriptor) -> Unary:
    async def refuse(_data: bytes, _context: Context) -> bytes:
        raise MethodUnimplementedError(method.full_name)

    return refuse


def _answering(unary: Offered, read: Callable[[bytes], Message]) -> Unary:
    async def answer(data: bytes, _context: Context) -> Reply:
        return await unary(read(data))

    return answer


def _streaming(stream: OfferedStream, read: Callable[[bytes], Message]) -> Stream:
    async def tell(data: bytes, context: Context) -> AsyncIterator[Reply]:
        async for message in stream(read(data), context):
            yield message

    return tell


def _written(reply: Reply) -> bytes:
    return reply if isinstance(reply, bytes) else reply.SerializeToString()
