"""Lost wake-ups and dead workers, repaired on a real Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest
from redis.asyncio import Redis

from multibo.jobs import codec, keys
from multibo.jobs.job import MAX_LAPSES, JobState, RenderJob
from multibo.jobs.keys import SessionKeys
from multibo.optimizer.adapters.reconciler import LEADER, Reconciler
from multibo.optimizer.adapters.redis_store import RedisStore
from multibo.optimizer.app.values import Change, Readiness
from multibo.optimizer.session import machine
from multibo.optimizer.session.ids import SessionName
from tests.support.builders import NAME, a_session, a_slate, jobs_of

KEY = SessionKeys(NAME.sid)


@dataclass
class DeafFleet:
    """Remembers whom it was told to wake."""

    woken: list[RenderJob] = field(default_factory=list)

    async def wake(self, name: SessionName, jobs: list[RenderJob]) -> None:
        assert name == NAME
        self.woken += jobs

    async def readiness(self, model: str) -> Readiness:
        return Readiness()


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(redis_url)
    store = RedisStore(client, session_ttl_ms=60_000)
    session, slate = a_session(), a_slate()
    await store.create(session, None)
    after = machine.open_round(session, slate)
    await store.commit(Change(after, slate=slate, jobs=jobs_of(slate)))
    yield client
    await client.aclose()


async def set_job(redis: Redis, slot: int, **changes: object) -> None:
    document = await redis.hget(KEY.jobs, f"0/{slot}")
    job = replace(codec.job_from_json(document or ""), **changes)  # type: ignore[arg-type]
    await redis.hset(KEY.jobs, job.field, codec.job_to_json(job))


async def job(redis: Redis, slot: int) -> RenderJob:
    return codec.job_from_json(await redis.hget(KEY.jobs, f"0/{slot}") or "")


async def make_due(redis: Redis) -> None:
    await redis.zadd(keys.DUE, {NAME.sid: 1})


async def test_a_fresh_round_is_left_alone(redis: Redis) -> None:
    fleet = DeafFleet()

    assert await Reconciler(redis, fleet).scan() == 0


async def test_rows_nobody_claimed_are_pushed_again(redis: Redis) -> None:
    fleet = DeafFleet()
    await make_due(redis)

    assert await Reconciler(redis, fleet).scan() == 4

    assert sorted(one.slot for one in fleet.woken) == [0, 1, 2, 3]
    # The next look is later: no storm.
    assert await Reconciler(redis, fleet).scan() == 0


async def test_the_row_of_a_dead_worker_returns_to_the_queue(redis: Redis) -> None:
    fleet = DeafFleet()
    await set_job(redis, 1, state=JobState.RENDERING, lease_until_ms=1, attempt=1)
    await set_job(redis, 2, state=JobState.RENDERING, lease_until_ms=2**42, attempt=1)
    await make_due(redis)

    assert await Reconciler(redis, fleet).scan() == 3

    lapsed, alive = await job(redis, 1), await job(redis, 2)
    assert (lapsed.state, lapsed.lapses) == (JobState.QUEUED, 1)
    assert (lapsed.attempt, lapsed.failures) == (1, 0)
    assert alive.state is JobState.RENDERING


async def test_a_row_that_keeps_killing_its_workers_fails(redis: Redis) -> None:
    await set_job(
        redis,
        1,
        state=JobState.RENDERING,
        lease_until_ms=1,
        lapses=MAX_LAPSES - 1,
    )
    await make_due(redis)

    await Reconciler(redis, DeafFleet()).scan()

    failed = await job(redis, 1)
    assert (failed.state, failed.failure) == (JobState.FAILED, "worker lost")
    assert await redis.sismember(KEY.pending, "0/1") == 0


async def test_a_session_without_work_is_forgotten(redis: Redis) -> None:
    await redis.delete(KEY.pending)
    await make_due(redis)

    assert await Reconciler(redis, DeafFleet()).scan() == 0

    assert await redis.zscore(keys.DUE, NAME.sid) is None


async def test_one_replica_leads_until_it_resigns(redis: Redis) -> None:
    one, other = Reconciler(redis, DeafFleet()), Reconciler(redis, DeafFleet())

    assert await one._lead()
    assert await one._lead()
    assert not await other._lead()
    await other.resign()
    assert await redis.exists(LEADER)
    await one.resign()
    assert await other._lead()


@pytest.mark.parametrize(
    "document",
    ["damaged", '{"state": "queued", "due_ms": 0, "enqueued_ms": 0}'],
    ids=["unreadable", "incomplete"],
)
async def test_a_damaged_session_does_not_keep_others_from_repair(
    redis: Redis, document: str
) -> None:
    await redis.hset(KEY.jobs, "0/1", document)
    await make_due(redis)
    await redis.zadd(keys.DUE, {"local/ended": 2})

    assert await Reconciler(redis, DeafFleet()).scan() == 0

    [(sid, due_ms)] = await redis.zrange(keys.DUE, 0, -1, withscores=True)
    assert sid == NAME.sid.encode()
    assert due_ms > 2  # and is looked at again, later
