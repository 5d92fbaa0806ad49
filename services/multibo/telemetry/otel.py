"""Tracing by OpenTelemetry; imported only where traces are collected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from multibo.telemetry.tracing import (
    TRACEPARENT,
    Attributes,
    Side,
    Span,
    Tracing,
    traceparent_of,
)

_KINDS: Final = {
    Side.INTERNAL: trace.SpanKind.INTERNAL,
    Side.SERVER: trace.SpanKind.SERVER,
    Side.PRODUCER: trace.SpanKind.PRODUCER,
    Side.CONSUMER: trace.SpanKind.CONSUMER,
}
_PROPAGATOR: Final = TraceContextTextMapPropagator()


def exporting(process: str) -> Tracing:
    """Return tracing that sends to the collector the environment names.

    Args:
        process: who speaks; `OTEL_SERVICE_NAME` overrides it.
    """
    resource = Resource.create().merge(_named(process))
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return OtelTracing(provider)


def _named(process: str) -> Resource:
    given = Resource.create().attributes.get("service.name", "")
    unnamed = not given or str(given).startswith("unknown_service")
    return Resource({"service.name": f"multibo-{process}"} if unnamed else {})


class OtelTracing:
    """A `Tracing` over a provider of one's own: no global one is set."""

    def __init__(self, provider: TracerProvider) -> None:
        """Take the provider.

        Args:
            provider: with its exporters.
        """
        self._provider = provider
        self._tracer = provider.get_tracer("multibo")

    @contextmanager
    def span(
        self,
        name: str,
        attributes: Attributes,
        *,
        side: Side = Side.INTERNAL,
        parent: str = "",
    ) -> Iterator[Span]:
        """Make a span around a block; see `Tracing.span`."""
        with self._tracer.start_as_current_span(
            name,
            context=_context(parent),
            kind=_KINDS[side],
            attributes=dict(attributes),
            # The text of an error may quote what a person wrote.
            record_exception=False,
            set_status_on_exception=False,
        ) as started:
            span = OtelSpan(started)
            try:
                yield span
            except Exception as error:
                if not span.failed:
                    span.fail(type(error).__name__)
                raise

    def start(
        self,
        name: str,
        attributes: Attributes,
        *,
        parent: str = "",
        links: Sequence[str] = (),
        began_ns: int | None = None,
    ) -> Span:
        """Make a span that its owner ends; see `Tracing.start`."""
        started = self._tracer.start_span(
            name,
            context=_context(parent),
            attributes=dict(attributes),
            links=[trace.Link(_identity(link)) for link in links if link],
            start_time=began_ns,
        )
        return OtelSpan(started)

    def traceparent(self) -> str:
        """Return the name of the current span; see `Tracing.traceparent`."""
        return _traceparent(trace.get_current_span())

    def close(self) -> None:
        """Send what was not sent yet; see `Tracing.close`."""
        self._provider.shutdown()


class OtelSpan:
    """A `Span` of OpenTelemetry."""

    def __init__(self, span: trace.Span) -> None:
        """Take the span.

        Args:
            span: already started.
        """
        self._span = span
        self.failed = False

    @property
    def traceparent(self) -> str:
        """See `Span.traceparent`."""
        return _traceparent(self._span)

    def set(self, attributes: Attributes) -> None:
        """See `Span.set`."""
        self._span.set_attributes(dict(attributes))

    def fail(self, what: str) -> None:
        """See `Span.fail`."""
        self.failed = True
        self._span.set_status(trace.StatusCode.ERROR, what)

    def end(self) -> None:
        """See `Span.end`."""
        self._span.end()


def _traceparent(span: trace.Span) -> str:
    context = span.get_span_context()
    if not context.is_valid:
        return ""
    return traceparent_of(context.trace_id, context.span_id, flags=context.trace_flags)


def _context(parent: str) -> Context | None:
    # None is the current context.
    return _PROPAGATOR.extract({TRACEPARENT: parent}, Context()) if parent else None


def _identity(traceparent: str) -> trace.SpanContext:
    return trace.get_current_span(_context(traceparent)).get_span_context()
