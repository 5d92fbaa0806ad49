"""Ports that count what passes through them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final, cast

from multibo.jobs.job import RenderJob
from multibo.optimizer.app.ports import Engine, RenderFleet, SessionStore
from multibo.optimizer.app.values import Change, Committed, Readiness
from multibo.optimizer.preference.slate import Proposal, ProposalRequest
from multibo.optimizer.session.ids import SessionName
from multibo.telemetry.metrics import (
    FEEDBACK,
    PROPOSE_DURATION,
    ROUNDS_PROPOSED,
    ROWS_REPUBLISHED,
    SESSIONS_CREATED,
    SLATES_DEGRADED,
    Meter,
)

_KINDS: Final = (
    ("starting", "starting"),
    ("no answer", "timeout"),
    ("failed", "failure"),
)


def metered_store(store: SessionStore, meter: Meter) -> SessionStore:
    """Return the store, counting sessions, rounds and feedback once written.

    Args:
        store: where everything goes.
        meter: of this process.
    """
    return cast("SessionStore", _MeteredStore(store, meter))


def metered_engine(engine: Engine, meter: Meter) -> Engine:
    """Return the engine, timing its proposals and counting the degraded ones.

    Args:
        engine: that proposes.
        meter: of this process.
    """
    return cast("Engine", _MeteredEngine(engine, meter))


class _MeteredStore:
    def __init__(self, store: SessionStore, meter: Meter) -> None:
        self._store = store
        self._meter = meter

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def create(self, *arguments: Any) -> Any:
        holder = await self._store.create(*arguments)
        if holder is None:
            self._meter.count(SESSIONS_CREATED)
        return holder

    async def commit(self, change: Change) -> Committed:
        committed = await self._store.commit(change)
        if committed is Committed.DONE:
            self._count(change)
        return committed

    def _count(self, change: Change) -> None:
        if change.slate is not None:
            self._meter.count(ROUNDS_PROPOSED)
        feedback = change.entry.feedback if change.entry else None
        if feedback is not None:
            self._meter.count(FEEDBACK, kind=feedback.kind.value)


class _MeteredEngine:
    def __init__(self, engine: Engine, meter: Meter) -> None:
        self._engine = engine
        self._meter = meter

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    async def propose(self, request: ProposalRequest, *, timeout_s: float) -> Proposal:
        began_s = time.perf_counter()
        proposal = await self._engine.propose(request, timeout_s=timeout_s)
        self._meter.observe(PROPOSE_DURATION, time.perf_counter() - began_s)
        if proposal.degraded:
            self._meter.count(SLATES_DEGRADED, reason=_kind(proposal.degraded))
        return proposal


def _kind(reason: str) -> str:
    # The words name numbers and errors: a label must not grow without bound.
    return next((kind for words, kind in _KINDS if words in reason), "other")


class RepublishingFleet:
    """The fleet as the reconciler wakes it: each row is one that had been lost."""

    def __init__(self, fleet: RenderFleet, meter: Meter) -> None:
        self._fleet = fleet
        self._meter = meter

    async def wake(self, name: SessionName, jobs: Sequence[RenderJob]) -> None:
        """Push the rows again; see `RenderFleet.wake`."""
        self._meter.count(ROWS_REPUBLISHED, len(jobs))
        await self._fleet.wake(name, jobs)

    async def readiness(self, model: str) -> Readiness:
        """Return the fleet's state; see `RenderFleet.readiness`."""
        return await self._fleet.readiness(model)
