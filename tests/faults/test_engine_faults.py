"""The preference engine killed in a fit, and given histories of every kind."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
import pytest
import torch

from multibo.optimizer.adapters.engine_process import EngineProcess
from multibo.optimizer.preference import engine
from multibo.optimizer.preference.dataset import Answer
from multibo.optimizer.preference.slate import Proposal, ProposalRequest
from tests.support.deployment import GIVEN_UP_S
from tests.support.fault_rows import Trial, in_short_and_full
from tests.support.histories import (
    HISTORY_KINDS,
    a_hard_history,
    a_history,
    a_mixed_history,
)

pytestmark = pytest.mark.fault
REQUEST: Final = ProposalRequest(16, 4, 3, a_history(16, 10))
LONG: Final = ProposalRequest(32, 4, 3, a_history(32, 200))
"""Keeps the engine busy long enough to be killed meanwhile."""
KINDS: Final = ("mixed", *HISTORY_KINDS)
DIMENSIONS: Final = (2, 4, 8, 12, 16)
ROUNDS: Final = (1, 2, 3, 5, 8, 12, 20, 30, 50, 200)
SHARES: Final = (0.12, 0.12, 0.14, 0.16, 0.16, 0.12, 0.1, 0.05, 0.025, 0.005)
"""How often a history has so many rounds: most sessions are short."""


@in_short_and_full(12, short=None)
async def test_an_engine_killed_in_a_fit_is_back_soon_and_proposes_as_before(
    trial: Trial,
) -> None:
    process = EngineProcess()
    await process.start()
    try:
        before = await process.propose(REQUEST, timeout_s=60)
        assert not before.degraded
        await _kill_in_fits(process, before, trial)
    finally:
        await process.stop()

    trial.conclude()


async def _kill_in_fits(process: EngineProcess, before: Proposal, trial: Trial) -> None:
    for _ in range(trial.n):
        proposing = asyncio.create_task(process.propose(LONG, timeout_s=60))
        await asyncio.sleep(0.1)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        trial.counts["kills"] += 1
        killed_at = time.monotonic()
        killed = await proposing
        async with asyncio.timeout(GIVEN_UP_S):
            while not process.ready:
                await asyncio.sleep(0.02)
        trial.recovered(time.monotonic() - killed_at)
        after = await process.propose(REQUEST, timeout_s=60)
        trial.counts["lost"] += len(killed.candidates) != 4 or not killed.degraded
        trial.counts["failed"] += after != before


@in_short_and_full(19, short=None, timeout_s=7_200)
def test_no_history_is_too_strange_for_the_engine(trial: Trial) -> None:
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(mp_context=spawned, initializer=_alone) as pool:
        for fit in pool.map(_fitted, range(trial.n), chunksize=50):
            trial.counts["degraded"] += fit.degraded
            trial.counts["failed"] += fit.degraded or fit.n_distinct != 4
            trial.counts[fit.kind] += 1
            longest = max(trial.counts["longest, ms"], round(1_000 * fit.seconds))
            trial.counts["longest, ms"] = longest

    trial.conclude()


@dataclass(frozen=True)
class Fitted:
    """What came of one fit and proposal."""

    kind: str
    degraded: bool
    n_distinct: int
    seconds: float


def _alone() -> None:
    # One thread a process: there are as many processes as cores.
    torch.set_num_threads(1)


def _fitted(seed: int) -> Fitted:
    generator = np.random.default_rng([19, seed])
    kind = KINDS[seed % len(KINDS)]
    dimension = DIMENSIONS[seed // len(KINDS) % len(DIMENSIONS)]
    n_rounds = int(generator.choice(ROUNDS, p=SHARES))
    history = _history(kind, dimension, n_rounds, seed)
    began = time.monotonic()
    proposal = engine.propose(ProposalRequest(dimension, 4, seed, history))
    seconds = time.monotonic() - began
    warps = {candidate.warp for candidate in proposal.candidates}
    return Fitted(kind, bool(proposal.degraded), len(warps), seconds)


def _history(kind: str, dimension: int, n_rounds: int, seed: int) -> tuple[Answer, ...]:
    if kind == "mixed":
        return a_mixed_history(dimension, n_rounds, seed=seed)
    return a_hard_history(kind, dimension, n_rounds, seed=seed)
