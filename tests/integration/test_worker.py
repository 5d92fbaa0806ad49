"""A real worker process: real Celery, real Redis, the embedded diffusion model."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from multibo.jobs import keys
from multibo.jobs.job import JobState
from multibo.optimizer.app import feedback, image
from multibo.optimizer.app.values import RequestKey
from multibo.optimizer.session.ids import CandidateName
from multibo.optimizer.session.model import RoundState
from multibo.render import images
from tests.support import fleet
from tests.support.builders import chosen
from tests.support.scripted_optimizer import a_free_port
from tests.support.servers import Server

pytestmark = [pytest.mark.redis, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fleet")


@pytest.fixture(scope="module")
def metrics() -> str:
    """Where the worker says what it did."""
    return f"127.0.0.1:{a_free_port()}"


@pytest.fixture(scope="module")
def worker(
    redis_server: Server, folder: Path, metrics: str
) -> Iterator[fleet.WorkerProcess]:
    process = fleet.start_worker(redis_server.url, folder, METRICS_LISTEN=metrics)
    yield process
    process.stop()


async def test_a_round_of_four_becomes_four_different_pictures(
    redis_server: Server, folder: Path, worker: fleet.WorkerProcess
) -> None:
    async with fleet.an_optimizer(redis_server.url, folder) as (app, redis):
        await fleet.until_ready(redis, worker)
        proposed = await fleet.a_proposed_round(app, "four-pictures")

        round = await fleet.until_ended(app, proposed, limit_s=60)

        names = [CandidateName(round.name, slot) for slot in range(4)]
        pictures = [await image.get_image(app, name) for name in names]
    assert round.state is RoundState.OPEN
    assert len({picture.image.digest for picture in pictures}) == 4
    pixels = [images.decode(picture.data) for picture in pictures]
    for one in range(4):
        for other in range(one):
            assert (pixels[one] - pixels[other]).abs().mean() > 0.01


async def test_the_metrics_count_rows_and_how_long_they_waited(
    redis_server: Server, folder: Path, worker: fleet.WorkerProcess, metrics: str
) -> None:
    async with fleet.an_optimizer(redis_server.url, folder) as (app, redis):
        await fleet.until_ready(redis, worker)
        proposed = await fleet.a_proposed_round(app, "counted")
        await fleet.until_ended(app, proposed, limit_s=60)

    with urlopen(f"http://{metrics}/metrics", timeout=10) as page:
        lines = page.read().decode().splitlines()

    counted = dict(line.rsplit(" ", 1) for line in lines if line[:1] != "#")
    rows = counted['multibo_rows_rendered_total{model="avatars",state="ready"}']
    waits = counted['multibo_wait_duration_seconds_count{model="avatars"}']
    assert float(rows) >= 4
    assert float(waits) >= 4


async def test_the_repeated_anchor_is_not_rendered_again(
    redis_server: Server, folder: Path, worker: fleet.WorkerProcess
) -> None:
    async with fleet.an_optimizer(redis_server.url, folder) as (app, redis):
        await fleet.until_ready(redis, worker)
        proposed = await fleet.a_proposed_round(app, "anchor-again")
        first = await fleet.until_ended(app, proposed, limit_s=60)
        key = RequestKey("a-1", "d")
        await feedback.submit_feedback(app, first.name, chosen(2), key, lambda _: b"")
        proposed = await fleet.a_proposed_round(app, "anchor-again")

        second = await fleet.until_ended(app, proposed, limit_s=60)

    assert second.jobs[0].image == first.jobs[2].image
    assert second.jobs[0].features == first.jobs[2].features


async def test_closing_a_round_stops_its_rows(
    redis_server: Server, folder: Path, worker: fleet.WorkerProcess
) -> None:
    async with fleet.an_optimizer(redis_server.url, folder) as (app, redis):
        await fleet.until_ready(redis, worker)
        proposed = await fleet.a_proposed_round(app, "stop-early")
        await app.store.delete(proposed.name.session)
        other = await fleet.a_proposed_round(app, "goes-on")

        round = await fleet.until_ended(app, other, limit_s=60)

    assert {job.state for job in round.jobs} == {JobState.READY}


async def test_two_sessions_share_one_worker_and_batch(
    redis_server: Server, folder: Path, worker: fleet.WorkerProcess
) -> None:
    async with fleet.an_optimizer(redis_server.url, folder) as (app, redis):
        await fleet.until_ready(redis, worker)
        proposed = [await fleet.a_proposed_round(app, f"pair-{n}", k=2) for n in "ab"]

        rounds = await asyncio.gather(
            *[fleet.until_ended(app, round, limit_s=60) for round in proposed]
        )

    assert {round.state for round in rounds} == {RoundState.OPEN}


async def test_sigterm_ends_the_worker_cleanly(
    redis_server: Server, folder: Path, worker: fleet.WorkerProcess
) -> None:
    async with fleet.an_optimizer(redis_server.url, folder) as (_, redis):
        await fleet.until_ready(redis, worker)

        status = await asyncio.to_thread(worker.stop)

        entries = [key async for key in redis.scan_iter(match=keys.fleet("*"))]
    assert status == 0, worker.log.read_text()[-3000:]
    assert entries == []
