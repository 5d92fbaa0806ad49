"""Redis killed, restarted and frozen while rounds are rendered."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import grpc

from multibo.jobs.job import JobState
from multibo.jobs.keys import SessionKeys
from multibo.v1 import round_pb2, round_service_pb2
from tests.support import mischief
from tests.support.deployment import (
    GIVEN_UP_S,
    Caller,
    Deploy,
    Deployment,
    a_person,
    session_of,
)
from tests.support.fault_rows import OF_PROCESSES, Trial, in_short_and_full
from tests.support.servers import Server

pytestmark = OF_PROCESSES
SLOW: Final = {mischief.SLOW: 0.15}
"""Rounds last long enough to have a middle."""
KILLS: Final = 3
DEAD_S: Final = 0.5
FROZEN_S: Final = 12.0


@dataclass
class Prober:
    """Calls all the time and notes what it is told."""

    caller: Caller
    heard_at: float = 0.0
    refusals: Counter[grpc.StatusCode] = field(default_factory=Counter)

    async def run(self) -> None:
        request = round_service_pb2.GetRoundRequest(name=self.caller.round.name)
        while True:
            asked_at = time.monotonic()
            try:
                await self.caller.rounds.GetRound(request, timeout=30)
            except grpc.aio.AioRpcError as error:
                self.refusals[error.code()] += 1
            else:
                self.heard_at = asked_at
            await asyncio.sleep(0.05)

    async def until_heard(self, since: float) -> float:
        """Return when the first call that came after `since` was answered."""
        async with asyncio.timeout(GIVEN_UP_S):
            while self.heard_at < since:
                await asyncio.sleep(0.01)
        return time.monotonic()

    @property
    def n_wrong(self) -> int:
        """Refusals other than the one that says: try again."""
        unavailable = self.refusals[grpc.StatusCode.UNAVAILABLE]
        return self.refusals.total() - unavailable


@asynccontextmanager
async def probing(caller: Caller) -> AsyncIterator[Prober]:
    prober = Prober(caller)
    task = asyncio.create_task(prober.run())
    try:
        yield prober
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _in_the_middle_of_a_round(there: Deployment, caller: Caller) -> None:
    """Answer a round; have the next one rendered."""
    await caller.create(steps=8)
    await caller.propose()
    await caller.until_open()
    await caller.choose()
    await caller.propose()
    async with asyncio.timeout(GIVEN_UP_S):
        while not _has_begun(await caller.refresh()):
            await asyncio.sleep(0.02)


def _has_begun(round: round_pb2.Round) -> bool:
    rendering = round_pb2.CANDIDATE_STATE_RENDERING
    return any(candidate.state == rendering for candidate in round.candidates)


async def _check_whole(there: Deployment, caller: Caller, trial: Trial) -> None:
    """Nothing FAILED, no answer lost, and the session goes on."""
    await _until_open(caller)
    round = caller.round
    trial.counts["failed"] += round.state != round_pb2.ROUND_STATE_OPEN
    await caller.choose()
    log = await there.redis.llen(SessionKeys(session_of(caller.round).sid).log)
    trial.counts["lost"] += log != 2
    jobs = (await there.stored(caller.session, 1)).jobs
    trial.counts["failed"] += any(job.state is not JobState.READY for job in jobs)


@in_short_and_full(10, short=1)
async def test_no_answer_is_lost_with_a_redis_that_is_killed_again_and_again(
    deploy: Deploy, private_redis: Server, trial: Trial
) -> None:
    async with a_person(deploy, mischief=SLOW) as (there, caller):
        for _ in range(trial.n):
            await _in_the_middle_of_a_round(there, caller)
            async with probing(caller) as prober:
                for _ in range(KILLS):
                    private_redis.kill()
                    trial.counts["kills"] += 1
                    await asyncio.sleep(DEAD_S)
                    # Returns with the first PONG.
                    await asyncio.to_thread(private_redis.restart)
                    began = time.monotonic()
                    trial.recovered(await prober.until_heard(began) - began)
            trial.counts["refused meanwhile"] += prober.refusals.total()
            trial.counts["failed"] += prober.n_wrong
            began = time.monotonic()
            await _check_whole(there, caller, trial)
            took_s = round(time.monotonic() - began)
            longest = max(trial.counts["round open after, s"], took_s)
            trial.counts["round open after, s"] = longest

    trial.conclude()


@in_short_and_full(11, short=None)
async def test_a_redis_that_stands_still_for_a_while_costs_no_row(
    deploy: Deploy, private_redis: Server, trial: Trial
) -> None:
    async with a_person(deploy, mischief=SLOW) as (there, caller):
        for _ in range(trial.n):
            await _in_the_middle_of_a_round(there, caller)
            async with probing(caller) as prober:
                private_redis.freeze()
                await asyncio.sleep(FROZEN_S)
                private_redis.thaw()
                thawed_at = time.monotonic()
                await _until_open(caller)
                trial.recovered(time.monotonic() - thawed_at)
            # A store that hangs is no store that is gone: calls may time out.
            for code, n in prober.refusals.items():
                trial.counts[f"refused with {code.name}"] += n
            await _check_whole(there, caller, trial)

    trial.conclude()


async def _until_open(caller: Caller) -> None:
    """Wait for the round's end, through refusals that pass."""
    async with asyncio.timeout(GIVEN_UP_S):
        while True:
            try:
                await caller.until_open()
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.UNAVAILABLE:
                    raise
            else:
                return
