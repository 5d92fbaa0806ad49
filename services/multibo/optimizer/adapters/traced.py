"""Ports whose use becomes part of a trace.

Jobs take the trace along: the store's wrapper writes its span's name into each job it
commits, so that a worker's spans join the call that asked for the image.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from multibo.jobs.job import RenderJob
from multibo.optimizer.app.ports import Engine, RenderFleet, SessionStore
from multibo.optimizer.app.values import Change, Committed, Readiness
from multibo.optimizer.preference.slate import Proposal, ProposalRequest
from multibo.optimizer.session.ids import SessionName
from multibo.telemetry import tracing as names
from multibo.telemetry.tracing import Side, Tracing


def traced_store(store: SessionStore, tracing: Tracing | None) -> SessionStore:
    """Return the store, with a span for each commit; itself where nobody traces.

    Args:
        store: where everything goes.
        tracing: of this process.
    """
    return cast("SessionStore", _TracedStore(store, tracing)) if tracing else store


def traced_engine(engine: Engine, tracing: Tracing | None) -> Engine:
    """Return the engine, with a span for each proposal; itself where nobody traces.

    Args:
        engine: that proposes.
        tracing: of this process.
    """
    return cast("Engine", _TracedEngine(engine, tracing)) if tracing else engine


def traced_fleet(fleet: RenderFleet, tracing: Tracing | None) -> RenderFleet:
    """Return the fleet, with a span for each wake-up; itself where nobody traces.

    Args:
        fleet: that is woken.
        tracing: of this process.
    """
    return _TracedFleet(fleet, tracing) if tracing else fleet


class _TracedStore:
    def __init__(self, store: SessionStore, tracing: Tracing) -> None:
        self._store = store
        self._tracing = tracing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def commit(self, change: Change) -> Committed:
        session = {names.SESSION: str(change.after.name)}
        with self._tracing.span("commit", session) as span:
            jobs = [replace(job, trace=span.traceparent) for job in change.jobs]
            committed = await self._store.commit(replace(change, jobs=tuple(jobs)))
            span.set({names.OUTCOME: committed.value, names.ROWS: len(jobs)})
            return committed


class _TracedEngine:
    def __init__(self, engine: Engine, tracing: Tracing) -> None:
        self._engine = engine
        self._tracing = tracing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    async def propose(self, request: ProposalRequest, *, timeout_s: float) -> Proposal:
        with self._tracing.span("propose", {names.SLATE_SIZE: request.k}) as span:
            proposal = await self._engine.propose(request, timeout_s=timeout_s)
            span.set({names.DEGRADED: bool(proposal.degraded)})
            return proposal


class _TracedFleet:
    def __init__(self, fleet: RenderFleet, tracing: Tracing) -> None:
        self._fleet = fleet
        self._tracing = tracing

    async def wake(self, name: SessionName, jobs: Sequence[RenderJob]) -> None:
        """Push the rows; see `RenderFleet.wake`."""
        about: names.Attributes = {names.SESSION: str(name), names.ROWS: len(jobs)}
        with self._tracing.span("wake", about, side=Side.PRODUCER):
            await self._fleet.wake(name, jobs)

    async def readiness(self, model: str) -> Readiness:
        """Return the fleet's state; see `RenderFleet.readiness`."""
        return await self._fleet.readiness(model)
