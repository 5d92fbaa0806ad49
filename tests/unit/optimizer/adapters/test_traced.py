"""Ports that trace do what they did, and say so."""

from __future__ import annotations

from dataclasses import replace

from multibo.optimizer.adapters.traced import (
    traced_engine,
    traced_fleet,
    traced_store,
)
from multibo.optimizer.app import propose
from tests.support.collector import tracing_in_memory
from tests.support.fakes import an_app
from tests.support.loop import NAME, started


def test_where_nobody_traces_the_ports_are_themselves() -> None:
    app = an_app()

    assert traced_store(app.store, None) is app.store
    assert traced_engine(app.engine, None) is app.engine
    assert traced_fleet(app.fleet, None) is app.fleet


async def test_the_jobs_of_a_round_take_the_trace_of_its_commit_along() -> None:
    app = an_app(renders=False)
    tracing, exporter = tracing_in_memory()
    traced = replace(
        app,
        store=traced_store(app.store, tracing),
        engine=traced_engine(app.engine, tracing),
        fleet=traced_fleet(app.fleet, tracing),
    )
    await started(traced)

    with tracing.span("call", {}):
        await propose.propose_round(traced, NAME)

    spans = {span.name: span for span in exporter.get_finished_spans()}
    assert set(spans) == {"call", "propose", "commit", "wake"}
    stored = await app.store.read_round(NAME, 0)
    commit = f"{spans['commit'].context.span_id:016x}"
    assert {job.trace.split("-")[2] for job in stored.jobs} == {commit}
    assert dict(spans["commit"].attributes or {}) == {
        "multibo.session": str(NAME),
        "multibo.rows": 4,
        "multibo.outcome": "done",
    }
    assert dict(spans["propose"].attributes or {}) == {
        "multibo.slate_size": 4,
        "multibo.degraded": False,
    }


async def test_everything_else_of_a_port_passes_through() -> None:
    app = an_app()
    tracing, exporter = tracing_in_memory()
    fleet = traced_fleet(app.fleet, tracing)

    await started(replace(app, store=traced_store(app.store, tracing)))

    assert (await fleet.readiness("avatars")).wait_ms == 250
    assert (await app.store.read(NAME)).name == NAME
    assert "create" not in {span.name for span in exporter.get_finished_spans()}
