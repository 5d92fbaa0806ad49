"""Traces: one call from the client's request to the stored image, over all processes.

Nothing of OpenTelemetry is imported here. Without `OTEL_EXPORTER_OTLP_ENDPOINT` there
is no `Tracing`, and whoever takes `Tracing | None` wraps nothing: no cost. Attributes
use our vocabulary and never hold a prompt, a token or a picture.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from enum import Enum
from typing import Final, Protocol

logger = logging.getLogger(__name__)

TRACEPARENT: Final = "traceparent"
"""Name under which a context travels: metadata key, message header, job field.
Its form is https://www.w3.org/TR/trace-context/."""
ENDPOINT: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
TRACES_ENDPOINT: Final = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"

SESSION: Final = "multibo.session"
ROUND: Final = "multibo.round"
SLOT: Final = "multibo.slot"
ATTEMPT: Final = "multibo.attempt"
COMPAT_KEY: Final = "multibo.compat_key"
MODEL: Final = "multibo.model"
SLATE_SIZE: Final = "multibo.slate_size"
ROWS: Final = "multibo.rows"
STEPS: Final = "multibo.steps"
OUTCOME: Final = "multibo.outcome"
DIGEST: Final = "multibo.image.digest"
DEGRADED: Final = "multibo.degraded"
REQUEST_ID: Final = "multibo.request_id"
METHOD: Final = "rpc.method"
STATUS: Final = "rpc.grpc.status"

Attributes = Mapping[str, str | int | float | bool]


class Side(Enum):
    """Which end of a call or message a span is."""

    INTERNAL = "internal"
    SERVER = "server"
    PRODUCER = "producer"
    CONSUMER = "consumer"


class Span(Protocol):
    """Something that takes time."""

    @property
    def traceparent(self) -> str:
        """What a child or a link elsewhere names it by."""
        ...

    def set(self, attributes: Attributes) -> None:
        """Add attributes.

        Args:
            attributes: under names of this module.
        """
        ...

    def fail(self, what: str) -> None:
        """Mark it as failed.

        Args:
            what: a code or the name of an error; not its text, which may quote.
        """
        ...

    def end(self) -> None:
        """Say that it is over."""
        ...


class Tracing(Protocol):
    """Makes the spans of one process."""

    def span(
        self,
        name: str,
        attributes: Attributes,
        *,
        side: Side = Side.INTERNAL,
        parent: str = "",
    ) -> AbstractContextManager[Span]:
        """Make a span for as long as a block lasts; spans made in it are its children.

        Args:
            name: of few: what is done, not to whom.
            attributes: under names of this module.
            side: which end of a call or message it is.
            parent: traceparent of a caller elsewhere; empty means the current span.
        """
        ...

    def start(
        self,
        name: str,
        attributes: Attributes,
        *,
        parent: str = "",
        links: Sequence[str] = (),
        began_ns: int | None = None,
    ) -> Span:
        """Make a span that its owner ends; it is nobody's current one.

        Args:
            name: of few: what is done, not to whom.
            attributes: under names of this module.
            parent: traceparent of what it belongs to; empty means the current span.
            links: traceparents of what it was done together with.
            began_ns: nanoseconds since the epoch, if before now.
        """
        ...

    def traceparent(self) -> str:
        """Return the name of the current span; empty where there is none."""
        ...

    def close(self) -> None:
        """Send what was not sent yet."""
        ...


@contextmanager
def open_tracing(
    process: str, environment: Mapping[str, str]
) -> Iterator[Tracing | None]:
    """Trace with a collector while a block lasts; with None where there is none.

    Args:
        process: who speaks: optimizer, render.
        environment: `OTEL_EXPORTER_OTLP_ENDPOINT` names the collector; the exporter
            reads the other `OTEL_` variables itself.

    Yields:
        What the process traces with; spans not yet sent are sent at the end.
    """
    tracing = _tracing(process, environment)
    try:
        yield tracing
    finally:
        if tracing is not None:
            tracing.close()


def _tracing(process: str, environment: Mapping[str, str]) -> Tracing | None:
    if not (environment.get(ENDPOINT) or environment.get(TRACES_ENDPOINT)):
        return None
    try:
        # The extra [otel].
        from multibo.telemetry.otel import exporting
    except ImportError:
        logger.warning("no traces", extra={"reason": "pip install 'multibo[otel]'"})
        return None
    return exporting(process)


def callers_traceparent() -> str:
    """Return the name of the span a program of somebody else is in; mostly empty.

    A client library must not bring OpenTelemetry along: where the program has not
    loaded it, there is nothing to carry on.
    """
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None:
        return ""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return ""
    return traceparent_of(context.trace_id, context.span_id, flags=context.trace_flags)


def traceparent_of(trace_id: int, span_id: int, *, flags: int) -> str:
    """Return the W3C form of a span's identity.

    Args:
        trace_id: 128 bits.
        span_id: 64 bits.
        flags: 8 bits; the lowest says that the trace is recorded.
    """
    return f"00-{trace_id:032x}-{span_id:016x}-{flags:02x}"
