"""Calls over a real channel, traced."""

from __future__ import annotations

import pytest
from opentelemetry.trace import SpanKind, StatusCode

from multibo.v1 import session_service_pb2
from tests.support.collector import tracing_in_memory
from tests.support.fakes import an_app
from tests.support.wire import refused, serving

CALLER = f"00-{'ab' * 16}-{'cd' * 8}-01"
GetSession = session_service_pb2.GetSessionRequest
ListSessions = session_service_pb2.ListSessionsRequest


@pytest.mark.parametrize(
    ("metadata", "joins"), [((("traceparent", CALLER),), True), ((), False)]
)
async def test_a_call_joins_its_callers_trace_if_there_is_one(
    metadata: tuple[tuple[str, str], ...], joins: bool
) -> None:
    tracing, exporter = tracing_in_memory()

    async with serving(an_app(), tracing=tracing) as wire:
        request = ListSessions(parent="projects/local")
        await wire.sessions.ListSessions(
            request, metadata=(*metadata, ("x-request-id", "call-1"))
        )

    (span,) = exporter.get_finished_spans()
    assert span.kind is SpanKind.SERVER
    assert (span.parent is not None) == joins
    assert (f"{span.context.trace_id:032x}" == "ab" * 16) == joins
    assert dict(span.attributes or {}) == {
        "rpc.method": "/multibo.v1.SessionService/ListSessions",
        "rpc.grpc.status": "OK",
        "multibo.request_id": "call-1",
    }


async def test_a_refused_call_is_a_failed_span_without_words() -> None:
    tracing, exporter = tracing_in_memory()

    async with serving(an_app(), tracing=tracing) as wire:
        call = GetSession(name="projects/local/sessions/nobody")
        answer = await refused(wire.sessions.GetSession(call))

    (span,) = exporter.get_finished_spans()
    assert answer.reason == "SESSION_NOT_FOUND"
    assert span.status.status_code is StatusCode.ERROR
    assert span.status.description == "NOT_FOUND"
    assert span.events == ()


async def test_a_watch_is_no_span() -> None:
    tracing, exporter = tracing_in_memory()

    async with serving(an_app(), tracing=tracing) as wire:
        session = await wire.create()
        request = session_service_pb2.WatchSessionRequest(name=session.name)
        async for _ in wire.sessions.WatchSession(request):
            break

    names = [span.name for span in exporter.get_finished_spans()]
    assert names == ["multibo.v1.SessionService/CreateSession"]
