"""What a fleet survives: lost messages and killed workers."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis.asyncio import Redis

from multibo.jobs import queues
from multibo.jobs.job import JobState, RenderJob
from multibo.optimizer.adapters.celery_fleet import CeleryFleet
from multibo.optimizer.adapters.reconciler import Reconciler
from multibo.optimizer.app.ports import App, RenderFleet
from multibo.optimizer.app.values import Readiness
from multibo.optimizer.session.ids import SessionName
from multibo.optimizer.session.model import Round, RoundState
from tests.support import fleet
from tests.support.servers import Server

pytestmark = [pytest.mark.redis, pytest.mark.fault, pytest.mark.timeout(280)]


@dataclass
class DeafFleet:
    """Every wake-up is lost."""

    async def wake(self, name: SessionName, jobs: Sequence[RenderJob]) -> None:
        return None

    async def readiness(self, model: str) -> Readiness:
        return Readiness()


@asynccontextmanager
async def a_replica(
    url: str, folder: Path, port: RenderFleet | None = None
) -> AsyncIterator[tuple[App, Redis]]:
    """Yield an app with a running reconciler."""
    async with fleet.an_optimizer(url, folder, port) as (app, redis):
        celery = app.fleet
        if port is not None:
            celery = CeleryFleet(redis, queues.broker_url(url))
        task = asyncio.create_task(Reconciler(redis, celery).run())
        try:
            yield app, redis
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def until_rendering(app: App, round: Round) -> None:
    for _ in range(600):
        now = await app.store.read_round(round.name.session, round.slate.number)
        if any(job.state is JobState.RENDERING for job in now.jobs):
            return
        await asyncio.sleep(0.02)
    raise AssertionError("no row was claimed")


async def test_rows_outlive_lost_messages_and_killed_workers(
    redis_server: Server, tmp_path: Path
) -> None:
    """Two faults in a row on one pair of workers: starting one is what costs."""
    url = redis_server.url
    first = fleet.start_worker(url, tmp_path)
    second = None
    try:
        async with a_replica(url, tmp_path, DeafFleet()) as (app, redis):
            await fleet.until_ready(redis, first)
            unheard = await fleet.a_proposed_round(app, "never-told")
            opened = await fleet.until_ended(app, unheard, limit_s=30)
            assert opened.state is RoundState.OPEN

        async with a_replica(url, tmp_path) as (app, redis):
            # Long enough to be killed in the middle of it.
            killed = await fleet.a_proposed_round(app, "killed-midway", k=8)
            await until_rendering(app, killed)
            first.send(signal.SIGKILL)
            second = fleet.start_worker(url, tmp_path)
            await fleet.until_ready(redis, second)

            opened = await fleet.until_ended(app, killed, limit_s=90)

            assert {job.state for job in opened.jobs} == {JobState.READY}
            assert {job.failures for job in opened.jobs} == {0}
            assert max(job.lapses for job in opened.jobs) >= 1
    finally:
        first.stop()
        if second is not None:
            second.stop()
