"""Workers that are killed all the time, or wake up when others have done their work."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack, suppress
from typing import Final

from multibo.jobs.job import JobState, RenderJob
from multibo.optimizer.adapters.redis_store import RedisStore
from multibo.optimizer.session.ids import parse_session
from multibo.v1 import round_pb2
from tests.support import doom, mischief
from tests.support.as_alone import compared
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
from tests.support.doom import Doom
from tests.support.fault_rows import OF_PROCESSES, Trial, in_short_and_full

pytestmark = OF_PROCESSES
N_WORKERS: Final = 3
N_SESSIONS: Final = 30
K: Final = 8
KILL_EVERY_S: Final = 2.4
NOT_OURS: Final = "row was not ours any more"


@in_short_and_full(3, short=None)
async def test_rows_outlive_workers_that_are_killed_all_the_time(
    deploy: Deploy, trial: Trial
) -> None:
    n_rounds = -(-trial.n // (N_SESSIONS * K))
    async with AsyncExitStack() as stack:
        # Long enough to be killed in the middle of it.
        slow = {mischief.SLOW: 0.04}
        there = await stack.enter_async_context(deploy(mischief=slow))
        await there.start(doom.OPTIMIZER)
        await asyncio.gather(*[there.worker() for _ in range(N_WORKERS)])
        callers = [await a_caller(there, stack) for _ in range(N_SESSIONS)]
        killing = asyncio.create_task(_kill_workers(there, trial))
        await asyncio.gather(*[_play(caller, n_rounds, trial) for caller in callers])
        killing.cancel()
        with suppress(asyncio.CancelledError):
            await killing
        jobs = [job for caller in callers for job in await _jobs(there, caller)]

    _count(jobs, trial)
    found = compared(
        [job for job in jobs if job.image is not None], there.images, there.catalog
    )
    trial.counts["images equal"] = found.n_equal
    trial.counts["images within 2/255"] = found.n_close
    trial.counts["failed"] += len(found.different)
    assert len(jobs) >= trial.n
    assert trial.counts["kills"] >= 18 * trial.n / 1_500
    trial.conclude(len(jobs))


async def _play(caller: Caller, n_rounds: int, trial: Trial) -> None:
    await caller.create(slate_size=K, steps=6)
    for _ in range(n_rounds):
        await caller.propose()
        round = await caller.until_open()
        trial.counts["lost"] += round.state != round_pb2.ROUND_STATE_OPEN
        await caller.choose()


async def _kill_workers(there: Deployment, trial: Trial) -> None:
    """Kill the worker that has lived longest, start another; again and again."""
    while True:
        await asyncio.sleep(KILL_EVERY_S)
        # The first of all is the optimizer.
        victim = next(life for life in there.live[1:] if not life.ended.done())
        victim.send(signal.SIGKILL)
        await victim.ended
        trial.counts["kills"] += 1
        await there.start(doom.WORKER)


async def _jobs(there: Deployment, caller: Caller) -> list[RenderJob]:
    store = RedisStore(there.redis, session_ttl_ms=600_000)
    name = parse_session(caller.session)
    rounds = await store.read_rounds(name, after=-1, limit=1_000)
    return [job for round in rounds for job in round.jobs]


def _count(jobs: list[RenderJob], trial: Trial) -> None:
    trial.counts["failed"] += sum(job.state is JobState.FAILED for job in jobs)
    unfinished = (JobState.QUEUED, JobState.RENDERING)
    trial.counts["lost"] += sum(job.state in unfinished for job in jobs)
    trial.counts["rows rendered again"] = sum(job.attempt > 1 for job in jobs)
    trial.counts["lapses of one row, most"] = max(job.lapses for job in jobs)


@in_short_and_full(6, short=None)
async def test_a_worker_that_wakes_up_too_late_changes_nothing(
    deploy: Deploy, trial: Trial
) -> None:
    n_refused = 0

    async def lane(number: int, n: int) -> None:
        nonlocal n_refused
        async with a_person(deploy, number) as (there, caller):
            for _ in range(n):
                refused = await _wake_up_too_late(there, caller, trial)
                n_refused += refused

    while n_refused < trial.n:
        # Each stale worker has a batch of up to four rows to finish.
        await side_by_side(-(-(trial.n - n_refused) // 4), 5, lane)

    trial.conclude(n_refused)


async def _wake_up_too_late(there: Deployment, caller: Caller, trial: Trial) -> int:
    """Freeze a worker that has its images; thaw it when another one has, too."""
    await caller.create()
    stale = there.live[-1]
    n_before = _n_refused(there)
    there.sentence.freeze_at(Doom("finish", doom.BEFORE))
    await caller.propose()
    async with asyncio.timeout(GIVEN_UP_S):
        while there.sentence.is_open:
            await asyncio.sleep(0.02)
    # What its other thread had told by then is no matter of the fence.
    jobs = (await there.stored(caller.session, 0)).jobs
    n_stale = sum(job.state is JobState.RENDERING for job in jobs)
    await there.worker()
    round = await caller.until_open()
    trial.counts["lost"] += round.state != round_pb2.ROUND_STATE_OPEN
    before = await _dump(there, caller)

    stale.send(signal.SIGCONT)
    async with asyncio.timeout(GIVEN_UP_S):
        while (refused := _n_refused(there) - n_before) < n_stale:
            # The watchdog, too, may find that it has slept for too long.
            if stale.ended.done():
                break
            await asyncio.sleep(0.05)

    after = await _dump(there, caller)
    trial.counts["failed"] += after != before
    trial.counts["ended by the watchdog"] += stale.ended.done()
    stale.send(signal.SIGKILL)
    await stale.ended
    return refused


def _n_refused(there: Deployment) -> int:
    return (there.folder / "worker.log").read_text().count(NOT_OURS)


async def _dump(there: Deployment, caller: Caller) -> dict[bytes, bytes]:
    pattern = f"mbo:{{{session_of(caller.round).sid}}}:*"
    found = [key async for key in there.redis.scan_iter(pattern)]
    values = [await there.redis.dump(key) for key in sorted(found)]
    return dict(zip(sorted(found), values, strict=True))
