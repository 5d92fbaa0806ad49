"""Rows that break their batch, are canceled in it, or find no place for their image."""

from __future__ import annotations

import asyncio
import json
import resource
import shutil
import signal
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final

from multibo.jobs import codec
from multibo.jobs.job import JobState
from multibo.jobs.keys import SessionKeys
from multibo.v1 import round_pb2, round_service_pb2
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
from tests.support.fault_rows import OF_PROCESSES, Trial, in_short_and_full
from tests.support.wire import new_id

pytestmark = OF_PROCESSES
LANES: Final = 5
STEP_S: Final = 0.3
"""Longer than the shortest time between two renewals of a lease."""


@in_short_and_full(9, short=1)
async def test_only_the_poisoned_row_of_a_batch_fails_and_its_worker_lives(
    deploy: Deploy, trial: Trial, tmp_path: Path
) -> None:
    poison = tmp_path / "poison"
    async with AsyncExitStack() as stack:
        there = await stack.enter_async_context(
            deploy(mischief={mischief.POISON: str(poison)})
        )
        await there.start(doom.OPTIMIZER)
        worker = await there.worker()
        worker.send(signal.SIGSTOP)
        callers = [await a_caller(there, stack) for _ in range(trial.n)]
        bad = []
        for number, caller in enumerate(callers):
            await caller.create()
            await caller.propose()
            jobs = (await there.stored(caller.session, 0)).jobs
            bad.append(list(jobs[number % 4].spec.warp))
        poison.write_text(json.dumps(bad))
        worker.send(signal.SIGCONT)

        for number, caller in enumerate(callers):
            await _check_poisoned(there, caller, number % 4, trial)
        trial.counts["failed"] += worker.ended.done()

    trial.conclude()


async def _check_poisoned(
    there: Deployment, caller: Caller, slot: int, trial: Trial
) -> None:
    round = await caller.until_open()
    jobs = (await there.stored(caller.session, 0)).jobs
    reason = round.candidates[slot].failure.reason
    told = "poisoned row" in (reason + jobs[slot].failure)
    pays = jobs[slot].state is JobState.FAILED and jobs[slot].failures == 3 and told
    others = [job for job in jobs if job.slot != slot]
    trial.counts["failed"] += not pays
    trial.counts["lost"] += any(job.state is not JobState.READY for job in others)
    trial.counts["lost"] += round.state != round_pb2.ROUND_STATE_OPEN


@in_short_and_full(15, short=1)
async def test_a_canceled_row_stops_within_a_step_and_the_others_do_not_notice(
    deploy: Deploy, trial: Trial
) -> None:
    close = []

    async def lane(number: int, n: int) -> None:
        async with AsyncExitStack() as stack:
            # The step is noted before it is waited for.
            there = await stack.enter_async_context(deploy(number))
            log = there.folder / "steps"
            there.mischief = {mischief.SLOW: STEP_S, mischief.STEPS: str(log)}
            await there.start(doom.OPTIMIZER)
            callers = [await a_caller(there, stack) for _ in range(2)]
            await there.worker()
            for _ in range(n):
                log.write_text("")
                await _cancel_in_a_batch(there, callers, trial)
                jobs = (await there.stored(callers[1].session, 0)).jobs
                close.append((jobs, there.images, there.catalog))

    await side_by_side(trial.n, LANES, lane)

    for jobs, images, catalog in close:
        found = await asyncio.to_thread(compared, jobs, images, catalog)
        trial.counts["images equal"] += found.n_equal
        trial.counts["images within 2/255"] += found.n_close
        trial.counts["failed"] += len(found.different)
    trial.conclude()


async def _cancel_in_a_batch(
    there: Deployment, callers: list[Caller], trial: Trial
) -> None:
    leaving, staying = callers
    worker = there.live[-1]
    worker.send(signal.SIGSTOP)
    for caller in callers:
        await caller.create(slate_size=2, steps=8)
        await caller.propose()
    worker.send(signal.SIGCONT)
    await _until_denoised(there, n_rows=4)
    rows = [f"{session_of(leaving.round).sid}/0/{slot}" for slot in (0, 1)]

    await _cancel_row(there, leaving)
    first_at = time.monotonic()
    await _until_denoised(there, n_rows=3)
    request = round_service_pb2.CancelRoundRequest(name=leaving.round.name)
    await leaving.rounds.CancelRound(request, timeout=60)
    both_at = time.monotonic()

    round = await staying.until_open()
    trial.counts["lost"] += round.state != round_pb2.ROUND_STATE_OPEN
    for row, at in zip(rows, (first_at, both_at), strict=True):
        steps = sum(row in live and when > at for when, live in _steps(there))
        trial.counts["failed"] += steps > 1


async def _cancel_row(there: Deployment, caller: Caller) -> None:
    key = SessionKeys(session_of(caller.round).sid).jobs
    job = codec.job_from_json(await there.redis.hget(key, "0/0") or "")
    canceled = codec.job_to_json(replace(job, state=JobState.CANCELLED))
    await there.redis.hset(key, "0/0", canceled)


def _steps(there: Deployment) -> list[tuple[float, list[str]]]:
    lines = (there.folder / "steps").read_text().splitlines()
    return [(when, live) for when, _, live in map(json.loads, lines)]


async def _until_denoised(there: Deployment, *, n_rows: int) -> None:
    async with asyncio.timeout(GIVEN_UP_S):
        while not any(len(live) == n_rows for _, live in _steps(there)):
            await asyncio.sleep(0.01)


@in_short_and_full(16, short=None)
async def test_a_store_without_room_fails_the_row_which_is_rendered_once_there_is(
    deploy: Deploy, trial: Trial
) -> None:
    async def lane(number: int, n: int) -> None:
        async with a_person(deploy, number) as (there, caller):
            for repeat in range(n):
                full = (number + repeat) % 2 == 0
                await _run_out_of_room(there, caller, trial, full=full)

    await side_by_side(trial.n, LANES, lane)

    trial.conclude()


async def _run_out_of_room(
    there: Deployment, caller: Caller, trial: Trial, *, full: bool
) -> None:
    trial.counts["full" if full else "unwritable"] += 1
    _break(there, full=full)
    await caller.create()
    await caller.propose()
    round = await caller.until_open()
    reasons = all(candidate.failure.reason for candidate in round.candidates)
    jobs = (await there.stored(caller.session, 0)).jobs
    told = all(job.failure.startswith("image store") for job in jobs)
    failed = {job.state for job in jobs} == {JobState.FAILED}
    trial.counts["failed"] += not (told and failed and reasons)

    _repair(there, full=full)
    repaired_at = time.monotonic()
    for candidate in round.candidates:
        request = round_service_pb2.RetryCandidateRequest(
            name=candidate.name, request_id=new_id()
        )
        await caller.rounds.RetryCandidate(request, timeout=60)
    round = await caller.until_open()
    trial.counts["lost"] += round.state != round_pb2.ROUND_STATE_OPEN
    jobs = (await there.stored(caller.session, 0)).jobs
    trial.counts["lost"] += any(job.state is not JobState.READY for job in jobs)
    trial.recovered(time.monotonic() - repaired_at)
    leftovers = list(there.images.glob("*/.put-*"))
    trial.counts["files left behind"] += len(leftovers)


def _break(there: Deployment, *, full: bool) -> None:
    if full:
        _limit_files(there, 0)
        return
    shutil.rmtree(there.images, ignore_errors=True)
    there.images.write_text("a file where the folder should be")


def _repair(there: Deployment, *, full: bool) -> None:
    if full:
        _limit_files(there, resource.RLIM_INFINITY)
    else:
        there.images.unlink()


def _limit_files(there: Deployment, n_bytes: int) -> None:
    """Have the kernel refuse each write of the worker past `n_bytes`."""
    limits = (n_bytes, resource.RLIM_INFINITY)
    resource.prlimit(there.live[-1].pid, resource.RLIMIT_FSIZE, limits)
