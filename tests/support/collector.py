"""A collector of traces: receives OTLP over HTTP and keeps the spans."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from multibo.telemetry.otel import OtelTracing


@dataclass(frozen=True)
class Collected:
    """One span, as tests look at it."""

    service: str
    name: str
    trace: str
    span: str
    parent: str
    links: tuple[str, ...]
    attributes: dict[str, Any]
    failed: str


@dataclass
class Collector:
    """What came in, and where it comes in."""

    endpoint: str = ""
    raw: bytearray = field(default_factory=bytearray)
    spans: list[Collected] = field(default_factory=list)

    def of(self, *names: str) -> list[Collected]:
        """The spans of some names, in the order of the names."""
        return [span for name in names for span in self.spans if span.name == name]

    def one(self, name: str) -> Collected:
        (span,) = self.of(name)
        return span

    def take(self, data: bytes) -> None:
        self.raw += data
        for part in ExportTraceServiceRequest.FromString(data).resource_spans:
            service = _plain(part.resource.attributes)["service.name"]
            for scope in part.scope_spans:
                self.spans += [_collected(service, span) for span in scope.spans]


@contextmanager
def collecting() -> Iterator[Collector]:
    """Serve a collector on a free port for as long as the block lasts."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collector.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()


def tracing_to(exporter: SpanExporter, service: str = "test") -> OtelTracing:
    """Tracing that hands over each span as it ends."""
    provider = TracerProvider(resource=Resource({"service.name": service}))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return OtelTracing(provider)


def tracing_in_memory() -> tuple[OtelTracing, InMemorySpanExporter]:
    """Tracing, and where its spans are found."""
    exporter = InMemorySpanExporter()
    return tracing_to(exporter), exporter


def _collected(service: str, span: Any) -> Collected:
    return Collected(
        service=service,
        name=span.name,
        trace=span.trace_id.hex(),
        span=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        links=tuple(link.span_id.hex() for link in span.links),
        attributes=_plain(span.attributes),
        failed=span.status.message,
    )


def _plain(attributes: Any) -> dict[str, Any]:
    return {
        one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes
    }
