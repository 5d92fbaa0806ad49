"""What happens around every call of ours, outermost first.

Request id, log and metrics, errors to a status, authentication, call rate,
admission, deadline. Each is a context manager around the call; health and reflection
pass untouched.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from typing import Any, Final

import grpc

from multibo.optimizer.api.auth_principals import PRINCIPAL
from multibo.optimizer.api.errors import INTERNAL, CallTooLongError
from multibo.optimizer.api.limits import CallSlots
from multibo.optimizer.api.registration import Check, Context, Handler
from multibo.optimizer.api.status import refusal_of, status_of
from multibo.optimizer.app.errors import DrainingError
from multibo.telemetry.metrics import CALL_DURATION, CALLS, Meter

logger = logging.getLogger(__name__)

Guard = Callable[[str, Context], AbstractAsyncContextManager[Check | None]]
"""Method and context to what surrounds the call; a stream asks the check, if there
is one, before each message."""

REQUEST_ID_KEY: Final = "x-request-id"
REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
_GIVEN_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_OURS: Final = "/multibo.v1."
_WATCH: Final = "/multibo.v1.SessionService/WatchSession"
_READ: Final = re.compile(r"/(Get|List|Predict|Render|Export|Watch)")


class Around(grpc.aio.ServerInterceptor):
    """Runs every call of our services inside a guard."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        """Return the call's handler, guarded.

        Args:
            continuation: the next interceptor, or the handler itself.
            handler_call_details: method and metadata.
        """
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or not method.startswith(_OURS):
            return handler
        if handler.response_streaming:
            stream: Any = handler.unary_stream  # typed for the synchronous server
            return grpc.unary_stream_rpc_method_handler(
                _stream(self._guard, method, stream),
                handler.request_deserializer,
                handler.response_serializer,
            )
        unary: Any = handler.unary_unary
        return grpc.unary_unary_rpc_method_handler(
            _unary(self._guard, method, unary),
            handler.request_deserializer,
            handler.response_serializer,
        )


def _unary(guard: Guard, method: str, inner: Callable[..., Awaitable[object]]) -> Any:
    async def answer(request: object, context: Context) -> object:
        async with guard(method, context):
            return await inner(request, context)

    return answer


def _stream(
    guard: Guard, method: str, inner: Callable[..., AsyncIterator[object]]
) -> Any:
    async def tell(request: object, context: Context) -> AsyncIterator[object]:
        async with guard(method, context) as check:
            async for message in inner(request, context):
                if check is not None:
                    check()
                yield message

    return tell


@asynccontextmanager
async def request_ids(method: str, context: Context) -> AsyncIterator[None]:
    """Name the call: by the caller's id, or a new one; sent back as a trailer.

    Args:
        method: full name; unused.
        context: of the call.
    """
    del method
    given = dict(context.invocation_metadata() or ()).get(REQUEST_ID_KEY, "")
    fits = isinstance(given, str) and _GIVEN_ID.fullmatch(given)
    request_id = str(given) if fits else secrets.token_hex(8)
    context.set_trailing_metadata(((REQUEST_ID_KEY, request_id),))
    token = REQUEST_ID.set(request_id)
    try:
        yield
    finally:
        REQUEST_ID.reset(token)


def call_log(meter: Meter) -> Guard:
    """Return the guard that logs and counts every call.

    Args:
        meter: of this process.
    """

    @asynccontextmanager
    async def logged(method: str, context: Context) -> AsyncIterator[None]:
        began = time.perf_counter()
        code = grpc.StatusCode.CANCELLED.name
        try:
            yield
            code = grpc.StatusCode.OK.name
        except grpc.aio.AbortError:
            code = _name(context.code())
            raise
        finally:
            spent_s = time.perf_counter() - began
            _report(meter, method, code, spent_s)

    return logged


def _report(meter: Meter, method: str, code: str, spent_s: float) -> None:
    name = method.rpartition("/")[2]
    meter.count(CALLS, method=name, code=code)
    if method != _WATCH:
        meter.observe(CALL_DURATION, spent_s, method=name)
    principal = PRINCIPAL.get()
    quiet = code == grpc.StatusCode.OK.name and _READ.search(method)
    logger.log(
        logging.DEBUG if quiet else logging.INFO,
        "call answered",
        extra={
            "method": name,
            "code": code,
            "duration_ms": round(spent_s * 1000, 1),
            "request_id": REQUEST_ID.get(),
            **({"principal": principal.name} if principal else {}),
        },
    )


def _name(code: Any) -> str:
    # The aio context gives back the number it was aborted with, or the enum.
    found = next((c for c in grpc.StatusCode if code in (c, c.value[0])), None)
    return found.name if found else grpc.StatusCode.UNKNOWN.name


@asynccontextmanager
async def refusals(method: str, context: Context) -> AsyncIterator[None]:
    """Answer an error with its entry of the table; the only place that aborts.

    Args:
        method: full name.
        context: of the call.
    """
    try:
        yield
    except Exception as error:
        request_id = REQUEST_ID.get()
        if refusal_of(error) is INTERNAL:
            logger.exception(
                "call failed", extra={"method": method, "request_id": request_id}
            )
        status = status_of(error, request_id=request_id)
        details: Any = status.trailing_metadata
        trailers = ((REQUEST_ID_KEY, request_id), *details)
        await context.abort(status.code, status.details, trailers)


def admission(slots: CallSlots, draining: asyncio.Event) -> Guard:
    """Return the guard that lets calls in while there is room and time.

    Args:
        slots: for unary calls; watches count their own.
        draining: set once this process goes away.
    """

    @asynccontextmanager
    async def admitted(method: str, context: Context) -> AsyncIterator[None]:
        del context
        if draining.is_set():
            raise DrainingError
        if method == _WATCH:
            yield
            return
        with slots.held():
            yield

    return admitted


def deadlines(maxima: Mapping[str, float]) -> Guard:
    """Return the guard that ends a call at the server's maximum.

    gRPC itself sees to a shorter deadline of the caller; a watch ends by itself.

    Args:
        maxima: seconds by full method name.
    """

    @asynccontextmanager
    async def limited(method: str, context: Context) -> AsyncIterator[None]:
        del context
        limit_s = maxima[method]
        try:
            async with asyncio.timeout(None if method == _WATCH else limit_s) as limit:
                yield
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise CallTooLongError(limit_s=limit_s) from error

    return limited
