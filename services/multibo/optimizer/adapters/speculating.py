"""Ports that make use of work ahead, and the loop that does the work.

The use cases know nothing of it: a request that was answered ahead is answered from
there, an answer gives up what does not follow it, and a wake-up tells what is shown.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, Final, cast

from multibo.jobs.job import RenderJob
from multibo.optimizer.adapters.redis_lookahead import RedisLookahead, Settled
from multibo.optimizer.app.errors import StoreUnavailableError
from multibo.optimizer.app.ports import Engine, RenderFleet, SessionStore
from multibo.optimizer.app.speculation import Ahead, speculate
from multibo.optimizer.app.values import Change, Committed, Readiness
from multibo.optimizer.preference.slate import Proposal, ProposalRequest
from multibo.optimizer.session.history import FEEDBACK
from multibo.optimizer.session.ids import SessionName
from multibo.optimizer.session.model import FeedbackKind
from multibo.telemetry.metrics import SPECULATIVE_IMAGES, SPECULATIVE_SLATES, Meter

logger = logging.getLogger(__name__)

_PAUSE_S: Final = 1.0


def speculating_engine(
    engine: Engine, lookahead: RedisLookahead, meter: Meter
) -> Engine:
    """Return the engine, which need not be asked what was proposed ahead.

    Args:
        engine: that proposes.
        lookahead: where proposals made ahead are.
        meter: counts what was found.
    """
    return cast("Engine", _SpeculatingEngine(engine, lookahead, meter))


def speculating_store(
    store: SessionStore, lookahead: RedisLookahead, meter: Meter
) -> SessionStore:
    """Return the store; an answer gives up the rows that do not follow it.

    Args:
        store: where everything goes.
        lookahead: where rows asked for ahead are.
        meter: counts what was for nothing.
    """
    return cast("SessionStore", _SpeculatingStore(store, lookahead, meter))


class _SpeculatingEngine:
    def __init__(self, engine: Engine, lookahead: RedisLookahead, meter: Meter) -> None:
        self._engine = engine
        self._lookahead = lookahead
        self._meter = meter

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    async def propose(self, request: ProposalRequest, *, timeout_s: float) -> Proposal:
        found = await self._found(request)
        result = "hit" if found is not None else "miss"
        self._meter.count(SPECULATIVE_SLATES, result=result)
        if found is not None:
            return found
        return await self._engine.propose(request, timeout_s=timeout_s)

    async def _found(self, request: ProposalRequest) -> Proposal | None:
        try:
            return await self._lookahead.proposal(request)
        except Exception:  # whatever is wrong with it, the engine can be asked
            logger.exception("proposal made ahead cannot be read")
            return None


class _SpeculatingStore:
    def __init__(
        self, store: SessionStore, lookahead: RedisLookahead, meter: Meter
    ) -> None:
        self._store = store
        self._lookahead = lookahead
        self._meter = meter

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def commit(self, change: Change) -> Committed:
        committed = await self._store.commit(change)
        if committed is Committed.DONE and change.ends:
            await self._give_up(change)
        return committed

    async def _give_up(self, change: Change) -> None:
        """Keep of the rows ahead what follows the answer; without one, nothing."""
        name, entry = change.after.name, change.entry
        feedback = entry.feedback if entry and entry.kind == FEEDBACK else None
        try:
            if feedback is not None and feedback.kind is FeedbackKind.CHOSEN:
                settled = await self._lookahead.answered(name, feedback.slots[0])
            else:
                settled = await self._lookahead.shown(name, change.jobs)
        except StoreUnavailableError:
            logger.info("rows ahead are left to lapse", extra={"session": str(name)})
        else:
            count_settled(self._meter, settled)


class SpeculatingFleet:
    """The fleet; rows asked for ahead that are shown now are not rendered twice."""

    def __init__(
        self, fleet: RenderFleet, lookahead: RedisLookahead, meter: Meter
    ) -> None:
        self._fleet = fleet
        self._lookahead = lookahead
        self._meter = meter

    async def wake(self, name: SessionName, jobs: Sequence[RenderJob]) -> None:
        """Push the rows; see `RenderFleet.wake`."""
        try:
            # First: a worker gives up what it renders ahead once others wait for it,
            # but for what is told here.
            settled = await self._lookahead.shown(name, jobs)
        except StoreUnavailableError:
            logger.info("rows ahead are left to lapse", extra={"session": str(name)})
        else:
            count_settled(self._meter, settled)
        await self._fleet.wake(name, jobs)

    async def readiness(self, model: str) -> Readiness:
        """Return the fleet's state; see `RenderFleet.readiness`."""
        return await self._fleet.readiness(model)


def count_settled(meter: Meter, settled: Settled) -> None:
    """Count what became of pictures asked for ahead.

    Args:
        meter: of this process.
        settled: what became of them.
    """
    for result, n_images in (
        ("hit", settled.n_hits),
        ("late", settled.n_late),
        ("wasted", settled.n_wasted),
    ):
        meter.count(SPECULATIVE_IMAGES, n_images, result=result)


class Speculator:
    """Works ahead on every round that opens, one at a time: the engine is one, too."""

    def __init__(self, ahead: Ahead, lookahead: RedisLookahead) -> None:
        """Take the parts.

        Args:
            ahead: those that work.
            lookahead: that tells which rounds opened.
        """
        self._ahead = ahead
        self._lookahead = lookahead

    async def run(self) -> None:
        """Work until canceled; whatever goes wrong is not worth more than a line."""
        while True:
            try:
                await self.work()
            except StoreUnavailableError:
                await asyncio.sleep(_PAUSE_S)
            except Exception:  # nobody waits for it: a fault costs what it would save
                logger.exception("speculation failed")
                await asyncio.sleep(_PAUSE_S)

    async def work(self) -> int:
        """Work ahead on the next round that opens; return for how many answers."""
        opened = await self._lookahead.opened()
        return 0 if opened is None else await speculate(self._ahead, opened)
