"""How a worker process ends: told to, or for lack of memory."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from multibo.jobs import keys
from multibo.jobs.job import JobState
from tests.support import fleet
from tests.support.servers import Server

pytestmark = [pytest.mark.redis, pytest.mark.slow, pytest.mark.timeout(240)]


async def test_a_worker_without_grace_gives_its_batch_back(
    redis_server: Server, tmp_path: Path
) -> None:
    worker = fleet.start_worker(redis_server.url, tmp_path, GRACE_S="0")
    async with fleet.an_optimizer(redis_server.url, tmp_path) as (app, redis):
        await fleet.until_ready(redis, worker)
        round = await fleet.a_proposed_round(app, "given-back")
        await _until_rendering(redis, "local/given-back")

        worker.send(signal.SIGTERM)
        status = await asyncio.to_thread(worker.stop)

        after = await app.store.read_round(round.name.session, 0)
        entries = [key async for key in redis.scan_iter(match=keys.fleet("*"))]
    assert status == 0, worker.log.read_text()[-3000:]
    assert entries == []
    assert {job.state for job in after.jobs} <= {JobState.QUEUED, JobState.READY}
    assert any(job.state is JobState.QUEUED for job in after.jobs)
    assert all(job.failures == job.lapses == 0 for job in after.jobs)


async def _until_rendering(redis: object, sid: str) -> None:
    progress = keys.SessionKeys(sid).progress
    for _ in range(2_000):
        if await redis.exists(progress):  # type: ignore[attr-defined]
            return
        await asyncio.sleep(0.01)
    raise AssertionError("no step was told")


async def test_a_budget_below_the_only_model_is_for_the_operator(
    redis_server: Server, tmp_path: Path
) -> None:
    worker = fleet.start_worker(redis_server.url, tmp_path, MEMORY_BUDGET_MB="1")

    status = await asyncio.to_thread(worker.process.wait, 120)

    assert status == 78
    assert "the budget is 1 MB" in worker.log.read_text()
