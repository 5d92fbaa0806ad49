"""What happens around every call of ours, in one frame each.

Request id, log and metrics, errors to a status, authentication, call rate,
admission, deadline, in this order. The handlers are wrapped once, when they are
registered: grpc.aio runs its own interceptors, and makes a new handler for each, in
every call. Health and reflection are not wrapped.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import grpc

from multibo.optimizer.api.auth import Authenticator
from multibo.optimizer.api.auth_principals import PRINCIPAL
from multibo.optimizer.api.errors import INTERNAL, CallTooLongError
from multibo.optimizer.api.limits import CallSlots
from multibo.optimizer.api.rate_limit import CallRates
from multibo.optimizer.api.registration import Check, Context, Reply, Stream, Unary
from multibo.optimizer.api.status import refusal_of, status_of
from multibo.optimizer.app.errors import DrainingError
from multibo.telemetry.metrics import CALL_DURATION, CALLS, Meter

logger = logging.getLogger(__name__)

REQUEST_ID_KEY: Final = "x-request-id"
REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
_GIVEN_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_WATCH: Final = "/multibo.v1.SessionService/WatchSession"
_READ: Final = re.compile(r"/(Get|List|Predict|Render|Export|Watch)")


@dataclass(frozen=True, slots=True)
class Around:
    """Puts every call behind the same checks."""

    meter: Meter
    """Counts the calls."""
    authenticator: Authenticator
    rates: CallRates
    slots: CallSlots
    """For unary calls; watches count their own."""
    draining: asyncio.Event
    """Set once this process goes away."""
    maxima_s: Mapping[str, float]
    """The longest a method may take, by full name; a watch ends by itself."""

    def unary(self, method: str, inner: Unary) -> Unary:
        """Return a handler's coroutine function, guarded.

        Args:
            method: full name.
            inner: takes a request and the context.
        """
        limit_s = self.maxima_s.get(method)

        async def answer(request: bytes, context: Context) -> Reply:
            began_s, code = time.perf_counter(), grpc.StatusCode.CANCELLED.name
            _name_call(context)
            try:
                async with asyncio.timeout(limit_s) as limit:
                    self._admit(method, context)
                    with self.slots.held():
                        reply = await inner(request, context)
            except Exception as error:  # noqa: BLE001 - the table answers any
                late = isinstance(error, TimeoutError) and limit.expired()
                refused = CallTooLongError(limit_s=limit_s or 0.0) if late else error
                status = _status_of(refused, method)
                code = status.code.name
            else:
                code = grpc.StatusCode.OK.name
                return reply
            finally:
                self._report(method, code, time.perf_counter() - began_s)
            return await _abort(context, status)

        return answer

    def stream(self, method: str, inner: Stream) -> Stream:
        """Return a handler's generator function, guarded.

        Args:
            method: full name.
            inner: takes a request and the context.
        """

        async def tell(request: bytes, context: Context) -> AsyncIterator[Reply]:
            began_s, code = time.perf_counter(), grpc.StatusCode.CANCELLED.name
            _name_call(context)
            try:
                check = self._admit(method, context)
                async for message in inner(request, context):
                    check()
                    yield message
            except Exception as error:  # noqa: BLE001 - the table answers any
                status = _status_of(error, method)
                code = status.code.name
            else:
                code = grpc.StatusCode.OK.name
                return
            finally:
                self._report(method, code, time.perf_counter() - began_s)
            await _abort(context, status)

        return tell

    def _admit(self, method: str, context: Context) -> Check:
        check = self.authenticator.admit(method, context)
        self.rates.take_one()
        if self.draining.is_set():
            raise DrainingError
        return check

    def _report(self, method: str, code: str, spent_s: float) -> None:
        name = method.rpartition("/")[2]
        self.meter.count(CALLS, method=name, code=code)
        if method != _WATCH:
            self.meter.observe(CALL_DURATION, spent_s, method=name)
        quiet = code == grpc.StatusCode.OK.name and _READ.search(method)
        level = logging.DEBUG if quiet else logging.INFO
        if not logger.isEnabledFor(level):
            return
        principal = PRINCIPAL.get()
        logger.log(
            level,
            "call answered",
            extra={
                "method": name,
                "code": code,
                "duration_ms": round(spent_s * 1000, 1),
                "request_id": REQUEST_ID.get(),
                **({"principal": principal.name} if principal else {}),
            },
        )


def _name_call(context: Context) -> None:
    """Name the call: by the caller's id, or a new one; sent back as a trailer."""
    given: object = ""
    for key, value in context.invocation_metadata() or ():
        if key == REQUEST_ID_KEY:
            given = value
    fits = isinstance(given, str) and _GIVEN_ID.fullmatch(given)
    request_id = str(given) if fits else secrets.token_hex(8)
    context.set_trailing_metadata(((REQUEST_ID_KEY, request_id),))
    REQUEST_ID.set(request_id)


def _status_of(error: Exception, method: str) -> grpc.Status:
    request_id = REQUEST_ID.get()
    if refusal_of(error) is INTERNAL:
        logger.error(
            "call failed",
            extra={"method": method, "request_id": request_id},
            exc_info=error,
        )
    return status_of(error, request_id=request_id)


async def _abort(context: Context, status: grpc.Status) -> NoReturn:
    """Answer with an error's entry of the table; the only place that aborts."""
    details: Any = status.trailing_metadata
    trailers = ((REQUEST_ID_KEY, REQUEST_ID.get()), *details)
    await context.abort(status.code, status.details, trailers)
