"""A span around every call, as a child of the caller's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import grpc

from multibo.optimizer.api.interceptors import REQUEST_ID
from multibo.optimizer.api.registration import Context, Reply, Stream, Surround, Unary
from multibo.telemetry import tracing as names
from multibo.telemetry.tracing import TRACEPARENT, Side, Tracing


@dataclass(frozen=True, slots=True)
class CallSpans:
    """Guards that trace every call but watches, which last for minutes."""

    guards: Surround
    """What happens inside the span."""
    tracing: Tracing

    def unary(self, method: str, inner: Unary) -> Unary:
        """Return a handler's coroutine function, guarded and traced.

        Args:
            method: full name.
            inner: takes a request and the context.
        """
        guarded = self.guards.unary(method, inner)

        async def answer(request: bytes, context: Context) -> Reply:
            with self.tracing.span(
                method.removeprefix("/"),
                {names.METHOD: method},
                side=Side.SERVER,
                parent=_callers_span(context),
            ) as span:
                code = grpc.StatusCode.OK.name
                try:
                    return await guarded(request, context)
                except grpc.aio.AbortError:
                    code = _name(context.code())
                    span.fail(code)
                    raise
                finally:
                    request_id = REQUEST_ID.get()
                    span.set({names.STATUS: code, names.REQUEST_ID: request_id})

        return answer

    def stream(self, method: str, inner: Stream) -> Stream:
        """Return a handler's generator function, guarded; see `Surround.stream`.

        Args:
            method: full name.
            inner: takes a request and the context.
        """
        return self.guards.stream(method, inner)


def _callers_span(context: Context) -> str:
    for key, value in context.invocation_metadata() or ():
        if key == TRACEPARENT and isinstance(value, str):
            return value
    return ""


def _name(code: Any) -> str:
    # The aio context gives back the number it was aborted with, or the enum.
    found = next((c for c in grpc.StatusCode if code in (c, c.value[0])), None)
    return found.name if found else grpc.StatusCode.UNKNOWN.name
