"""Work ahead over a real Redis: asked for, given up, rendered, found."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from multibo.blobs.filesystem import FilesystemBlobs
from multibo.jobs import keys
from multibo.jobs.keys import SessionKeys
from multibo.jobs.spec import RenderSpec
from multibo.jobs.speculation import SpeculativeRow, digest_of
from multibo.optimizer.adapters.redis_lookahead import (
    Bounds,
    RedisLookahead,
    Settled,
)
from multibo.optimizer.adapters.redis_store import RedisStore
from multibo.optimizer.session.model import Session
from multibo.render import images
from multibo.render.denoise import RowObserver
from multibo.render.images import RenderedImage
from multibo.render.leases import Leases
from multibo.render.speculation import SpeculativeDrain, SpeculativeRows
from multibo.telemetry.metrics import Meter
from tests.support.builders import NAME, a_render_spec, a_session, proposed

pytestmark = pytest.mark.redis
COMPAT = a_render_spec().compat_key
KEY = SessionKeys(NAME.sid)


@dataclass
class GrayPipeline:
    """Paints; tells at each of ten steps what is to go, and stops when all is gone."""

    numerics: str = "test"
    rendered: list[int] = field(default_factory=list)
    at_step: Callable[[int], None] = lambda _: None

    def render(
        self, rows: Sequence[RenderSpec], observer: RowObserver
    ) -> list[RenderedImage | None]:
        gone: frozenset[int] = frozenset()
        for step in range(1, 11):
            self.at_step(step)
            gone |= observer.step(step, 10)
        live = [n for n in range(len(rows)) if n not in gone]
        self.rendered += [rows[n].warp[0] for n in live]
        return [_gray(row) if n in live else None for n, row in enumerate(rows)]


def _gray(spec: RenderSpec) -> RenderedImage:
    file = images.encode(torch.full((3, 8, 8), 0.5), images.provenance(spec))
    return RenderedImage(file, ())


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[AsyncRedis]:
    client = AsyncRedis.from_url(redis_url)
    yield client
    await client.aclose()


@pytest.fixture
def fleet_redis(redis_url: str) -> Iterator[Redis]:
    client: Redis = Redis.from_url(redis_url)
    yield client
    client.close()


def a_drain(
    redis: Redis, folder: Path, pipeline: GrayPipeline, **changes: Any
) -> tuple[SpeculativeDrain, FilesystemBlobs, Meter]:
    blobs, meter = FilesystemBlobs(folder), Meter()
    drain = SpeculativeDrain(
        SpeculativeRows(redis, "worker"),
        Leases(redis, "worker"),
        blobs,
        {"avatars": pipeline},  # type: ignore[dict-item]
        meter,
        **{
            "loaded": lambda _: True,
            "batch_rows": 4,
            "stopping": lambda: False,
            "guard": lambda _: None,
            **changes,
        },
    )
    return drain, blobs, meter


def a_row(first: int, *answers: int, chance: float = 0.25) -> SpeculativeRow:
    spec = a_render_spec(warp=(first, *(0,) * 15))
    return SpeculativeRow(spec, answers, chance)


async def a_stored(redis: AsyncRedis) -> Session:
    session = a_session()
    await RedisStore(redis, session_ttl_ms=60_000).create(session, None)
    return session


def a_lookahead(redis: AsyncRedis, bounds: Bounds | None = None) -> RedisLookahead:
    async def wake(model: str, compat_key: str) -> None:
        assert (model, compat_key) == ("avatars", COMPAT)

    return RedisLookahead(redis, wake, bounds)


async def waiting(redis: AsyncRedis) -> list[str]:
    found = await redis.zrange(keys.speculative_rows(COMPAT), 0, -1)
    return [reference.decode().rpartition("/")[2] for reference in found]


async def test_rows_wait_in_the_order_of_their_chance(redis: AsyncRedis) -> None:
    rows = [a_row(1, 0, chance=0.2), a_row(2, 1, chance=0.7), a_row(3, 2, chance=0.1)]

    assert await a_lookahead(redis).push(await a_stored(redis), rows)

    ranked = [rows[1].digest, rows[0].digest, rows[2].digest]
    assert await waiting(redis) == ranked


async def test_a_session_that_has_moved_on_asks_for_nothing(redis: AsyncRedis) -> None:
    session = await a_stored(redis)

    assert not await a_lookahead(redis).push(replace(session, rev=7), [a_row(1, 0)])

    assert await waiting(redis) == []


@pytest.mark.parametrize(
    "bounds", [Bounds(session_rows=2), Bounds(project_rows=2), Bounds(2, 2)]
)
async def test_no_more_is_asked_for_than_the_budget_allows(
    redis: AsyncRedis, bounds: Bounds
) -> None:
    lookahead, session = a_lookahead(redis, bounds), await a_stored(redis)

    await lookahead.push(session, [a_row(n, n, chance=0.25) for n in range(4)])
    await lookahead.push(session, [a_row(9, 3, chance=0.3)])

    assert len(await waiting(redis)) == 2


async def test_an_answer_gives_up_what_does_not_follow_it(redis: AsyncRedis) -> None:
    lookahead, session = a_lookahead(redis), await a_stored(redis)
    rows = [a_row(1, 0), a_row(2, 0, 2), a_row(3, 2, 12), a_row(4, 1)]
    await lookahead.push(session, rows)

    settled = await lookahead.answered(NAME, 2)

    assert settled == Settled()
    assert set(await waiting(redis)) == {rows[1].digest, rows[2].digest}
    assert await redis.hlen(KEY.speculation) == 2
    assert await redis.zcard(keys.project_speculation("local")) == 2


async def test_however_many_rows_wait_an_answer_gives_them_up(
    redis: AsyncRedis,
) -> None:
    lookahead = a_lookahead(redis, Bounds(session_rows=4_100, project_rows=4_100))
    rows = [a_row(n, 0) for n in range(-2_050, 2_050)]
    await lookahead.push(await a_stored(redis), rows)

    await lookahead.answered(NAME, 1)

    assert await waiting(redis) == []
    assert await redis.exists(KEY.speculation) == 0


async def test_what_is_shown_is_told_apart_from_what_was_for_nothing(
    redis: AsyncRedis, fleet_redis: Redis, tmp_path: Path
) -> None:
    lookahead, session = a_lookahead(redis), await a_stored(redis)
    change = proposed(session)
    first, second, third, _ = (job.spec for job in change.jobs)
    for spec, chance in ((first, 0.9), (a_row(77).spec, 0.8), (second, 0.2)):
        await lookahead.push(session, [SpeculativeRow(spec, (0,), chance)])
    drain, _, meter = a_drain(fleet_redis, tmp_path, GrayPipeline(), batch_rows=2)
    assert drain.run(COMPAT)

    settled = await lookahead.shown(NAME, change.jobs)

    assert settled == Settled(n_hits=1, n_late=1, n_wasted=1)
    assert await waiting(redis) == []
    assert await redis.exists(KEY.speculation) == 0
    assert digest_of(third) not in await waiting(redis)
    assert b'result="rendered"} 2.0' in meter.exposition()


async def test_rows_ahead_are_stored_under_the_name_a_round_looks_for(
    redis: AsyncRedis, fleet_redis: Redis, tmp_path: Path
) -> None:
    session, pipeline = await a_stored(redis), GrayPipeline()
    spec = proposed(session).jobs[1].spec
    await a_lookahead(redis).push(session, [SpeculativeRow(spec, (0,), 0.5)])
    drain, blobs, _ = a_drain(fleet_redis, tmp_path, pipeline)

    assert not drain.run(COMPAT)

    assert blobs.has(spec.address("test"))
    assert await redis.exists(KEY.jobs, KEY.events, KEY.pending, keys.DUE) == 1
    assert not await redis.exists(keys.image_lease(spec.address("test")))
    assert not drain.run(COMPAT)
    assert pipeline.rendered == [spec.warp[0]]


async def test_no_model_is_loaded_for_rows_ahead(
    redis: AsyncRedis, fleet_redis: Redis, tmp_path: Path
) -> None:
    session, pipeline = await a_stored(redis), GrayPipeline()
    await a_lookahead(redis).push(session, [a_row(1, 0)])
    drain, _, _ = a_drain(fleet_redis, tmp_path, pipeline, loaded=lambda _: False)

    assert not drain.run(COMPAT)

    assert pipeline.rendered == []
    assert len(await waiting(redis)) == 1


async def test_nothing_is_rendered_ahead_while_somebody_waits(
    redis: AsyncRedis, fleet_redis: Redis, tmp_path: Path
) -> None:
    session, pipeline = await a_stored(redis), GrayPipeline()
    await a_lookahead(redis).push(session, [a_row(1, 0)])
    fleet_redis.sadd(keys.COMPATS, COMPAT)
    fleet_redis.zadd(keys.rows(COMPAT), {"local/another/0/0": 5.0})
    drain, _, _ = a_drain(fleet_redis, tmp_path, pipeline)

    assert not drain.run(COMPAT)

    assert pipeline.rendered == []
    assert len(await waiting(redis)) == 1


async def test_a_batch_ahead_is_given_up_for_those_who_wait(
    redis: AsyncRedis, fleet_redis: Redis, tmp_path: Path
) -> None:
    session, lookahead = await a_stored(redis), a_lookahead(redis)
    wanted = SpeculativeRow(proposed(session).jobs[1].spec, (0,), 0.9)
    await lookahead.push(session, [wanted, a_row(7, 1), a_row(8, 2, chance=0.1)])
    pipeline = GrayPipeline(at_step=_somebody_waits(fleet_redis, wanted))
    drain, blobs, meter = a_drain(fleet_redis, tmp_path, pipeline)

    drain.run(COMPAT)

    assert pipeline.rendered == [wanted.spec.warp[0]]
    assert blobs.has(wanted.spec.address("test"))
    assert b'result="dropped"} 2.0' in meter.exposition()
    assert await waiting(redis) == [a_row(7, 1).digest, a_row(8, 2).digest]
    assert await redis.pttl(keys.speculative_rows(COMPAT)) > 0


def _somebody_waits(redis: Redis, asked: SpeculativeRow) -> Callable[[int], None]:
    """At step 3 a person asks for one of the rows, and another one for other rows."""

    def at_step(step: int) -> None:
        time.sleep(0.06)
        if step == 3:
            row = json.loads(redis.hget(KEY.speculation, asked.digest) or "")
            document = json.dumps({**row, "asked": True})
            redis.hset(KEY.speculation, asked.digest, document)
            redis.sadd(keys.COMPATS, COMPAT)
            redis.zadd(keys.rows(COMPAT), {"local/another/0/0": 5.0})

    return at_step


async def test_who_waits_for_an_image_need_not_wait_for_who_makes_it_ahead(
    fleet_redis: Redis,
) -> None:
    ahead, leases = SpeculativeRows(fleet_redis, "one"), Leases(fleet_redis, "two")
    assert ahead.hold("a" * 64)

    assert leases.hold_image("a" * 64)
    assert not Leases(fleet_redis, "three").hold_image("a" * 64)
    assert not ahead.hold("a" * 64)

    ahead.drop("a" * 64)
    assert fleet_redis.get(keys.image_lease("a" * 64)) == b"two"
