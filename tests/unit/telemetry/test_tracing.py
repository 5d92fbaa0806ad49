from __future__ import annotations

import logging
import sys

import pytest
from opentelemetry import trace
from opentelemetry.trace import StatusCode

from multibo.telemetry import tracing as names
from multibo.telemetry.tracing import Side, callers_traceparent, open_tracing
from tests.support.collector import collecting, tracing_in_memory

ELSEWHERE = f"00-{'ab' * 16}-{'cd' * 8}-01"


def test_without_a_collector_nothing_is_traced() -> None:
    with open_tracing("optimizer", {}) as tracing:
        assert tracing is None


def test_without_the_extra_nothing_is_traced_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "multibo.telemetry.otel", None)

    with (
        caplog.at_level(logging.WARNING),
        open_tracing("render", {names.ENDPOINT: "http://127.0.0.1:1"}) as tracing,
    ):
        assert tracing is None

    assert "no traces" in caplog.text


@pytest.mark.parametrize(
    ("given", "service"), [("", "multibo-render"), ("my-fleet", "my-fleet")]
)
def test_spans_reach_the_collector_before_the_process_ends(
    monkeypatch: pytest.MonkeyPatch, given: str, service: str
) -> None:
    with collecting() as collector:
        monkeypatch.setenv(names.ENDPOINT, collector.endpoint)
        monkeypatch.setenv("OTEL_SERVICE_NAME", given)

        environment = {names.ENDPOINT: collector.endpoint}
        with open_tracing("render", environment) as tracing:
            assert tracing is not None
            with tracing.span(
                "drain", {names.COMPAT_KEY: "avatars:1"}, parent=ELSEWHERE
            ):
                pass

    span = collector.one("drain")
    assert span.service == service
    assert (span.trace, span.parent) == ("ab" * 16, "cd" * 8)
    assert span.attributes == {"multibo.compat_key": "avatars:1"}


def test_spans_made_in_a_block_are_its_children() -> None:
    tracing, exporter = tracing_in_memory()

    with tracing.span("commit", {}, side=Side.SERVER) as outer:
        assert tracing.traceparent() == outer.traceparent
        with tracing.span("wake", {}):
            pass

    inner, parent = exporter.get_finished_spans()
    assert inner.parent is not None
    assert inner.parent.span_id == parent.context.span_id
    assert parent.kind is trace.SpanKind.SERVER
    assert tracing.traceparent() == ""


def test_a_started_span_is_nobodys_parent_but_by_name() -> None:
    tracing, exporter = tracing_in_memory()

    row = tracing.start("render row", {}, parent=ELSEWHERE, links=["", ELSEWHERE])
    assert tracing.traceparent() == ""
    with tracing.span("finish", {}, parent=row.traceparent):
        pass
    row.set({names.OUTCOME: "ready"})
    row.end()

    finish, ended = exporter.get_finished_spans()
    assert finish.parent is not None
    assert finish.parent.span_id == ended.context.span_id
    assert len(ended.links) == 1
    assert dict(ended.attributes or {}) == {"multibo.outcome": "ready"}


def test_an_error_is_named_and_its_words_are_left_out() -> None:
    tracing, exporter = tracing_in_memory()

    with (
        pytest.raises(ValueError, match="secret"),
        tracing.span("propose", {}),
    ):
        raise ValueError("a secret prompt")

    (span,) = exporter.get_finished_spans()
    assert (span.status.status_code, span.status.description) == (
        StatusCode.ERROR,
        "ValueError",
    )
    assert span.events == ()


@pytest.mark.parametrize("parent", ["", "nonsense", "00-0-0-00"])
def test_a_damaged_traceparent_begins_a_new_trace(parent: str) -> None:
    tracing, exporter = tracing_in_memory()

    with tracing.span("call", {}, parent=parent):
        pass

    (span,) = exporter.get_finished_spans()
    assert span.parent is None


def test_the_span_of_a_calling_program_is_carried_on() -> None:
    tracing, _ = tracing_in_memory()

    assert callers_traceparent() == ""
    with tracing.span("their own", {}) as span:
        assert callers_traceparent() == span.traceparent


def test_a_program_that_does_not_trace_pays_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "opentelemetry.trace")

    assert callers_traceparent() == ""
    assert "opentelemetry.trace" not in sys.modules
