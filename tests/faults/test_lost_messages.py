"""Celery messages that are lost, swallowed by a dead worker, or come too often."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import AsyncExitStack

from multibo.jobs.job import JobState
from multibo.jobs.keys import SessionKeys
from multibo.v1 import round_pb2
from tests.support import doom, mischief
from tests.support.deployment import (
    GIVEN_UP_S,
    Caller,
    Deploy,
    Deployment,
    a_caller,
    a_person,
    session_of,
    side_by_side,
)
from tests.support.fault_rows import OF_PROCESSES, Trial, in_short_and_full

pytestmark = OF_PROCESSES
LANES = 5
OPEN = round_pb2.ROUND_STATE_OPEN


@in_short_and_full(2, short=1)
async def test_no_round_is_lost_with_a_worker_that_froze_while_it_waited(
    deploy: Deploy, trial: Trial
) -> None:
    async def lane(number: int, n: int) -> None:
        async with a_person(deploy, number) as (there, caller):
            for _ in range(n):
                await _outlive_a_frozen_worker(there, caller, trial)

    await side_by_side(trial.n, LANES, lane)

    trial.conclude()


async def _outlive_a_frozen_worker(
    there: Deployment, caller: Caller, trial: Trial
) -> None:
    await caller.create()
    await there.until_waiting()
    there.live[-1].send(signal.SIGSTOP)
    await caller.propose()
    await asyncio.sleep(0.2)
    there.live[-1].send(signal.SIGKILL)
    await there.live[-1].ended
    trial.counts["kills"] += 1
    n_left = await there.n_messages()
    trial.counts["messages gone"] += not n_left
    await there.worker()
    ready_at = time.monotonic()
    round = await caller.until_open()
    trial.recovered(time.monotonic() - ready_at)
    trial.counts["lost"] += round.state != OPEN


@in_short_and_full(7, short=1)
async def test_the_reconciler_opens_every_round_whose_message_is_dropped(
    deploy: Deploy, trial: Trial
) -> None:
    async def lane(number: int, n: int) -> None:
        muted = {mischief.MUTED: True}
        async with a_person(deploy, number, mischief=muted) as (there, caller):
            for _ in range(n):
                await caller.create()
                await there.until_no_message()
                began = time.monotonic()
                await caller.propose()
                round = await caller.until_open()
                trial.recovered(time.monotonic() - began)
                trial.counts["lost"] += round.state != OPEN
                await _until_told_of_a_push(there, caller)

    await side_by_side(trial.n, LANES, lane)

    trial.conclude()


async def _until_told_of_a_push(there: Deployment, caller: Caller) -> None:
    """Return once the reconciler has said that it was the one who woke the worker."""
    session = f'"{session_of(caller.round).sid}"'
    async with asyncio.timeout(GIVEN_UP_S):
        while not any(
            "rows pushed again" in line and session in line
            for line in (there.folder / "optimizer.log").read_text().splitlines()
        ):
            await asyncio.sleep(0.02)


@in_short_and_full(8, short=1)
async def test_of_messages_that_come_five_times_each_candidate_is_ready_once(
    deploy: Deploy, trial: Trial
) -> None:
    async with AsyncExitStack() as stack:
        five = {mischief.DOUBLED: 5}
        there = await stack.enter_async_context(deploy(mischief=five))
        await there.start(doom.OPTIMIZER)
        await asyncio.gather(*[there.worker() for _ in range(3)])

        async def lane(_number: int, n: int) -> None:
            caller = await a_caller(there, stack)
            for _ in range(n):
                await caller.create()
                await caller.propose()
                await caller.until_open()
                await _count_events(there, caller, trial)

        await side_by_side(trial.n, LANES, lane)

    trial.conclude()


async def _count_events(there: Deployment, caller: Caller, trial: Trial) -> None:
    """Every claim and every end is told once; nothing failed, so each happens once."""
    name = session_of(caller.round)
    entries = await there.redis.xrange(SessionKeys(name.sid).events)
    told = [values[b"slot"] for _, values in entries if values[b"kind"] == b"candidate"]
    jobs = (await there.stored(caller.session, 0)).jobs
    trial.counts["lost"] += any(job.state is not JobState.READY for job in jobs)
    trial.counts["candidates"] += len(jobs)
    # A claim and its end: two each, whoever else was sent for the row.
    once = all(told.count(str(job.slot).encode()) == 2 * job.attempt for job in jobs)
    trial.counts["failed"] += not (once and {job.attempt for job in jobs} == {1})
