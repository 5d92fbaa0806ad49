"""The autoscaling signal, read from a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from multibo.jobs import keys
from multibo.optimizer.adapters import fleet_state
from multibo.optimizer.adapters.fleet_state import NOBODY_S, FleetGauges
from multibo.telemetry.metrics import Meter

pytestmark = pytest.mark.redis

COMPAT = "avatars:1:128x128:s10:cfg:flow-16@1"


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(redis_url)
    yield client
    await client.aclose()


async def announce(redis: Redis, process: str, rows_per_s: float) -> None:
    entry = {"ready": "1", "models": "avatars,sdxl", "rows_per_s": str(rows_per_s)}
    await redis.hset(keys.fleet(process), mapping=entry)
    await redis.sadd(keys.PROCESSES, process)


async def queue(redis: Redis, n_rows: int, compat: str = COMPAT) -> None:
    await redis.sadd(keys.COMPATS, compat)
    await redis.zadd(keys.rows(compat), {f"p/s/0/{n}": n for n in range(n_rows)})


async def test_the_wait_is_the_work_over_the_speed_of_all_workers(
    redis: Redis,
) -> None:
    await announce(redis, "one", 2.0)
    await announce(redis, "two", 3.0)
    await queue(redis, 6)
    await queue(redis, 4, COMPAT.replace("s10", "s20"))

    state = await fleet_state.read(redis)

    assert state.readiness("avatars").n_workers == 2
    assert state.wait_s("avatars") == pytest.approx(2.0)
    assert state.wait_s("sdxl") == 0
    assert state.readiness("unknown").n_workers == 0


async def test_rows_that_nobody_renders_ask_for_the_first_worker(redis: Redis) -> None:
    await queue(redis, 1)

    assert (await fleet_state.read(redis)).wait_s("avatars") == NOBODY_S


async def test_a_worker_that_was_killed_is_forgotten(redis: Redis) -> None:
    await announce(redis, "killed", 2.0)
    await redis.delete(keys.fleet("killed"))

    state = await fleet_state.read(redis)

    assert state.readiness("avatars").n_workers == 0
    assert await redis.smembers(keys.PROCESSES) == set()


async def test_metrics_and_the_page_of_the_autoscaler_say_the_same(
    redis: Redis,
) -> None:
    meter = Meter()
    gauges = FleetGauges(redis, ("avatars",), meter)
    await announce(redis, "one", 2.0)
    await queue(redis, 5)

    await gauges.refresh()

    text = meter.exposition().decode()
    assert 'multibo_wait_estimate_seconds{model="avatars"} 2.5' in text
    assert 'multibo_rows_waiting{model="avatars"} 5.0' in text
    assert 'multibo_workers_ready{model="avatars"} 1.0' in text
    assert gauges.page() == {
        "wait_s": 2.5,
        "models": {"avatars": {"wait_s": 2.5, "rows_waiting": 5, "workers_ready": 1}},
    }
