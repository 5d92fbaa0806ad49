"""One trace from the client's program to the stored image: real Celery, real worker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

from multibo.client import connect_async
from multibo.jobs import queues
from multibo.optimizer.adapters.celery_fleet import CeleryFleet
from multibo.optimizer.adapters.traced import (
    traced_engine,
    traced_fleet,
    traced_store,
)
from multibo.optimizer.app.ports import App
from multibo.telemetry.otel import OtelTracing
from multibo.telemetry.tracing import ENDPOINT
from tests.support import fleet
from tests.support.collector import Collector, collecting, tracing_to
from tests.support.servers import Server
from tests.support.wire import serving

pytestmark = [pytest.mark.redis, pytest.mark.timeout(240)]

PROMPT: Final = "a very private wish"
PROPOSE: Final = "multibo.v1.RoundService/ProposeRound"


@asynccontextmanager
async def a_traced_optimizer(
    server: Server, folder: Path, tracing: OtelTracing
) -> AsyncIterator[App]:
    async with fleet.an_optimizer(server.url, folder) as (app, redis):
        broker = queues.broker_url(server.url)
        celery = CeleryFleet(redis, broker, traceparent=tracing.traceparent)
        yield replace(
            app,
            store=traced_store(app.store, tracing),
            engine=traced_engine(app.engine, tracing),
            fleet=traced_fleet(celery, tracing),
        )
        await celery.close()


@pytest.fixture(scope="module")
def collector(
    redis_server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Collector:
    """The spans of one round of two, played by a client program that traces."""
    folder = tmp_path_factory.mktemp("traced")
    with collecting() as collector, pytest.MonkeyPatch.context() as patch:
        patch.setenv(ENDPOINT, collector.endpoint)
        worker = fleet.start_worker(redis_server.url, folder)
        try:
            asyncio.run(_play(redis_server, folder, worker, collector))
        finally:
            worker.stop()
    return collector


async def _play(
    server: Server, folder: Path, worker: fleet.WorkerProcess, collector: Collector
) -> None:
    exporter = OTLPSpanExporter(f"{collector.endpoint}/v1/traces")
    tracing = tracing_to(exporter, "multibo-optimizer")
    async with (
        fleet.an_optimizer(server.url, folder) as (_, redis),
        a_traced_optimizer(server, folder, tracing) as app,
        serving(app, tracing=tracing) as wire,
        connect_async(wire.address) as multibo,
    ):
        await fleet.until_ready(redis, worker)
        session = await multibo.create_session(PROMPT, k=2, steps=4)
        with tracing.span("the program", {}):
            round = await session.propose()
        assert [len(await one.image()) > 0 for one in round.candidates] == [True] * 2
    tracing.close()


def test_the_call_is_part_of_the_callers_trace(collector: Collector) -> None:
    call = collector.one(PROPOSE)

    assert call.parent == collector.one("the program").span
    assert call.attributes["rpc.grpc.status"] == "OK"


def test_proposal_commit_and_wake_up_are_part_of_the_call(collector: Collector) -> None:
    call = collector.one(PROPOSE)

    for span in collector.of("propose", "commit", "wake"):
        assert (span.trace, span.parent) == (call.trace, call.span)


def test_the_worker_goes_on_where_the_wake_up_ended(collector: Collector) -> None:
    drain = collector.of("drain")[0]

    assert drain.service == "multibo-render"
    assert drain.parent == collector.one("wake").span


def test_each_row_is_rendered_in_the_trace_that_asked_for_it(
    collector: Collector,
) -> None:
    commit, rows = collector.one("commit"), collector.of("render row")

    assert [row.attributes["multibo.outcome"] for row in rows] == ["ready", "ready"]
    assert {row.attributes["multibo.slot"] for row in rows} == {0, 1}
    for row in rows:
        assert (row.trace, row.parent) == (commit.trace, commit.span)
        children = {span.name for span in collector.spans if span.parent == row.span}
        assert children == {"claim", "finish"}
        assert row.attributes["multibo.session"] == commit.attributes["multibo.session"]
        assert len(row.attributes["multibo.image.digest"]) == 64


def test_a_batch_is_linked_with_its_rows(collector: Collector) -> None:
    rows = {row.span: row for row in collector.of("render row")}
    drains = {drain.span for drain in collector.of("drain")}
    batches = collector.of("denoise")

    assert {link for batch in batches for link in batch.links} == set(rows)
    assert {batch.parent for batch in batches} <= drains
    assert {link for row in rows.values() for link in row.links} <= drains


def test_no_span_holds_the_prompt(collector: Collector) -> None:
    assert PROMPT.encode() not in collector.raw
    assert b"private" not in collector.raw
