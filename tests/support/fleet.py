"""A real optimizer app and real worker processes over a real Redis."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from redis.asyncio import Redis

from multibo.blobs.opening import open_blobs
from multibo.jobs import keys, queues
from multibo.optimizer.adapters.celery_fleet import CeleryFleet
from multibo.optimizer.adapters.redis_feed import RedisFeed
from multibo.optimizer.adapters.redis_store import RedisStore
from multibo.optimizer.adapters.system import BlobImages, SystemClock
from multibo.optimizer.app import create, propose
from multibo.optimizer.app.create import CreateSession
from multibo.optimizer.app.ports import App, RenderFleet
from multibo.optimizer.app.values import Limits, RequestKey
from multibo.optimizer.figures.threaded import ThreadedFigures
from multibo.optimizer.session.ids import SessionName
from multibo.optimizer.session.model import Round, RoundState
from tests.support.fakes import CATALOG, DirectEngine, a_catalog

STARTUP_S = 120.0


@dataclass
class WorkerProcess:
    """`python -m multibo.render` with a log to look at."""

    process: subprocess.Popen[bytes]
    log: Path

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def stop(self) -> int:
        if self.process.poll() is None:
            self.send(signal.SIGCONT)
            self.send(signal.SIGTERM)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def start_worker(redis_url: str, folder: Path, **settings: str) -> WorkerProcess:
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"worker-{time.monotonic_ns()}.log"
    environment = {
        **os.environ,
        "MULTIBO_REDIS_URL": redis_url,
        "MULTIBO_BLOB_URL": blob_url(folder),
        "MULTIBO_CATALOG": str(CATALOG),
        **{f"MULTIBO_RENDER_{name}": value for name, value in settings.items()},
    }
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "multibo.render"],
            env=environment,
            stdout=file,
            stderr=file,
        )
    return WorkerProcess(process, log)


def blob_url(folder: Path) -> str:
    return (folder / "images").as_uri()


async def until_ready(redis: Redis, worker: WorkerProcess) -> None:
    ends_at = time.monotonic() + STARTUP_S
    key = f"*-{worker.process.pid}"
    while time.monotonic() < ends_at and worker.process.poll() is None:
        if [found async for found in redis.scan_iter(match=keys.fleet(key))]:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"the worker is not ready:\n{worker.log.read_text()[-4000:]}")


@asynccontextmanager
async def an_optimizer(
    redis_url: str, folder: Path, fleet: RenderFleet | None = None
) -> AsyncIterator[tuple[App, Redis]]:
    """Yield the app of a replica; without `fleet` it reaches real Celery."""
    redis = Redis.from_url(redis_url)
    celery = CeleryFleet(redis, queues.broker_url(redis_url))
    app = App(
        store=RedisStore(redis, session_ttl_ms=600_000),
        feed=RedisFeed(redis),
        fleet=fleet or celery,
        engine=DirectEngine(),
        figures=ThreadedFigures(),
        images=BlobImages(open_blobs(blob_url(folder))),
        catalog=a_catalog(),
        clock=SystemClock(),
        limits=Limits(),
    )
    try:
        yield app, redis
    finally:
        await celery.close()
        await redis.aclose()


async def a_proposed_round(app: App, session_id: str, **changes: object) -> Round:
    """Create a session of few steps and propose its first round."""
    command = CreateSession(
        "local",
        session_id,
        "comic portrait, brown long hair",
        steps=4,
        **changes,  # type: ignore[arg-type]
    )
    key = RequestKey(f"create-{session_id}", "d")
    await create.create_session(app, command, key, lambda _: b"")
    return await propose.propose_round(app, SessionName("local", session_id))


async def until_ended(app: App, round: Round, *, limit_s: float) -> Round:
    ends_at = time.monotonic() + limit_s
    while time.monotonic() < ends_at:
        now = await app.store.read_round(round.name.session, round.slate.number)
        if now.state is not RoundState.RENDERING:
            return now
        await asyncio.sleep(0.05)
    raise AssertionError(f"still rendering: {[job.state for job in now.jobs]}")
