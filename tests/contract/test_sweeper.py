"""Images that no session names go, all others stay: on a real Redis, in every store."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from redis import Redis as BlockingRedis
from redis.asyncio import Redis

from multibo.blobs.filesystem import FilesystemBlobs
from multibo.blobs.port import BlobStore, thumbnail_address
from multibo.jobs import keys
from multibo.jobs.job import ImageRef, JobState
from multibo.optimizer.adapters.redis_store import RedisStore
from multibo.optimizer.adapters.sweeper import DAY_MS, Sweeper
from multibo.optimizer.app.values import Content
from multibo.optimizer.session.ids import SessionName
from multibo.render.leases import Leases
from multibo.telemetry.metrics import Meter
from tests.support.builders import NAME, a_session, a_slate, jobs_of

PICTURE = b"picture"
NAMED = "ab" * 32
FORK = SessionName("local", "fork")


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(redis_url)
    yield client
    await client.aclose()


@pytest.fixture
def leases(redis_url: str) -> Leases:
    return Leases(BlockingRedis.from_url(redis_url), "worker")


def a_sweeper(
    redis: Redis, blobs: BlobStore, *, old_after_ms: int = -10_000, meter: Meter
) -> Sweeper:
    """One for which an image is old even if it was stored just now."""
    return Sweeper(
        redis,
        blobs,
        meter,
        leads=lambda: True,
        session_ttl_ms=old_after_ms - DAY_MS,
        settled_ms=-1_000,
    )


@pytest.fixture
def meter() -> Meter:
    return Meter()


@pytest.fixture
def sweeper(redis: Redis, blobs: BlobStore, meter: Meter) -> Sweeper:
    return a_sweeper(redis, blobs, meter=meter)


async def naming(redis: Redis, address: str, name: SessionName = NAME) -> None:
    """Store a session with one round whose first picture is at `address`."""
    small = ImageRef(thumbnail_address(address), "0" * 64, "image/webp", 1, 1, 1)
    image = ImageRef(address, "1" * 64, "image/png", 8, 8, 7, thumbnail=small)
    slate = a_slate()
    jobs = tuple(
        replace(job, image=image) if job.slot == 0 else replace(job, image=None)
        for job in jobs_of(slate, JobState.READY)
    )
    session = a_session(name=name, rev=1)
    store = RedisStore(redis, session_ttl_ms=60_000)
    assert await store.create(session, None, Content((slate,), (), jobs, ())) is None


async def deleted(redis: Redis, name: SessionName = NAME) -> None:
    assert await RedisStore(redis, session_ttl_ms=60_000).delete(name)


def others(n: int) -> list[str]:
    return [hashlib.sha256(b"%d" % place).hexdigest() for place in range(n)]


async def test_an_image_that_no_session_names_goes_at_the_second_look(
    redis: Redis, blobs: BlobStore, sweeper: Sweeper, meter: Meter
) -> None:
    await naming(redis, NAMED)
    for address in (NAMED, thumbnail_address(NAMED), *others(3)):
        blobs.put(address, PICTURE)

    assert await sweeper.note_old() == 3
    assert all(blobs.has(address) for address in others(3))
    assert await sweeper.delete_noted() == 3

    assert not any(blobs.has(address) for address in others(3))
    assert blobs.has(NAMED)
    assert blobs.has(thumbnail_address(NAMED))
    assert await redis.keys("mbo:images:*") == []
    assert await redis.keys("mbo:img:*") == []
    assert b"multibo_images_swept_total 3.0" in meter.exposition()
    assert b"multibo_images_swept_bytes_total 21.0" in meter.exposition()


async def test_an_image_younger_than_a_session_and_a_day_is_left_alone(
    redis: Redis, blobs: BlobStore, meter: Meter
) -> None:
    blobs.put(NAMED, PICTURE)
    sweeper = a_sweeper(redis, blobs, old_after_ms=60_000, meter=meter)

    assert await sweeper.note_old() == 0


async def test_with_a_session_its_images_go_but_those_of_its_fork(
    redis: Redis, blobs: BlobStore, sweeper: Sweeper
) -> None:
    alone, shared = others(2)
    await naming(redis, alone)
    await naming(redis, shared, SessionName("local", "source"))
    await naming(redis, shared, FORK)
    for address in (alone, thumbnail_address(alone), shared):
        blobs.put(address, PICTURE)

    await deleted(redis)
    await deleted(redis, SessionName("local", "source"))

    assert await sweeper.delete_noted() == 2
    assert not blobs.has(alone)
    assert not blobs.has(thumbnail_address(alone))
    assert blobs.has(shared)
    assert await redis.zcard(keys.UNNAMED) == 0


async def test_an_image_that_is_named_between_the_looks_stays(
    redis: Redis, blobs: BlobStore, sweeper: Sweeper
) -> None:
    blobs.put(NAMED, PICTURE)
    await sweeper.note_old()

    await naming(redis, NAMED)

    assert await sweeper.delete_noted() == 0
    assert blobs.has(NAMED)
    assert await redis.zcard(keys.UNNAMED) == 0


async def test_an_image_that_a_row_takes_stays_until_its_session_names_it(
    redis: Redis, blobs: BlobStore, sweeper: Sweeper, leases: Leases
) -> None:
    for address in (NAMED, thumbnail_address(NAMED)):
        blobs.put(address, PICTURE)
    await sweeper.note_old()

    assert leases.reuse_image(NAMED)

    assert await sweeper.delete_noted() == 0
    assert blobs.has(NAMED)
    assert blobs.has(thumbnail_address(NAMED))


async def test_an_image_that_a_worker_renders_stays(
    redis: Redis, blobs: BlobStore, sweeper: Sweeper, leases: Leases
) -> None:
    blobs.put(NAMED, PICTURE)
    await sweeper.note_old()

    assert leases.hold_image(NAMED)

    assert await sweeper.delete_noted() == 0
    assert blobs.has(NAMED)


async def test_an_image_that_was_drawn_again_stays(
    redis: Redis, blobs: BlobStore, sweeper: Sweeper
) -> None:
    blobs.put(NAMED, PICTURE)
    await redis.zadd(keys.UNNAMED, {NAMED: 1})

    assert await sweeper.delete_noted() == 0
    assert blobs.has(NAMED)
    assert await redis.zcard(keys.UNNAMED) == 0


async def test_an_image_that_is_gone_already_is_no_error(
    redis: Redis, sweeper: Sweeper
) -> None:
    await redis.zadd(keys.UNNAMED, {NAMED: 1})

    assert await sweeper.delete_noted() == 0
    assert await redis.zcard(keys.UNNAMED) == 0


async def test_a_row_does_not_take_an_image_that_is_being_deleted(
    redis: Redis, blobs: BlobStore, sweeper: Sweeper, leases: Leases
) -> None:
    blobs.put(NAMED, PICTURE)
    await sweeper.note_old()
    taken: list[bool] = []

    class Watched:
        """The store, asked for the image while it deletes it."""

        def __getattr__(self, name: str) -> object:
            return getattr(blobs, name)

        def delete(self, address: str) -> None:
            taken.append(leases.reuse_image(address))
            blobs.delete(address)

    watched: BlobStore = Watched()  # type: ignore[assignment]
    await a_sweeper(redis, watched, meter=Meter()).delete_noted()

    assert taken == [False]
    assert leases.reuse_image(NAMED)


async def test_an_image_that_is_noted_anew_since_the_look_waits_for_the_next(
    redis: Redis, blobs: BlobStore, redis_url: str, sweeper: Sweeper
) -> None:
    addresses = others(2)
    for address in addresses:
        blobs.put(address, PICTURE)
    await sweeper.note_old()
    client = BlockingRedis.from_url(redis_url)

    class Renoting:
        """The store; with the first deletion, a session of the other image goes."""

        def __getattr__(self, name: str) -> object:
            return getattr(blobs, name)

        def delete(self, address: str) -> None:
            blobs.delete(address)
            [other] = set(addresses) - {address}
            client.zincrby(keys.UNNAMED, 1, other)

    renoting: BlobStore = Renoting()  # type: ignore[assignment]

    assert await a_sweeper(redis, renoting, meter=Meter()).delete_noted() == 1

    assert sum(map(blobs.has, addresses)) == 1
    assert await redis.zcard(keys.UNNAMED) == 1
    client.close()


async def test_old_images_are_looked_for_once_a_day_noted_ones_once_an_hour(
    redis: Redis, blobs: BlobStore, sweeper: Sweeper
) -> None:
    first, second = others(2)
    blobs.put(first, PICTURE)
    await sweeper.sweep()
    blobs.put(second, PICTURE)

    await sweeper.sweep()
    assert not blobs.has(first)
    assert blobs.has(second)
    await redis.delete(keys.IMAGES_LISTED)
    await sweeper.sweep()
    assert blobs.has(second)
    await redis.delete(keys.IMAGES_SWEPT)
    await sweeper.sweep()
    assert not blobs.has(second)


async def test_what_killed_writers_left_goes_when_it_is_a_day_old(
    redis: Redis, tmp_path: Path
) -> None:
    left, writing = tmp_path / "ab" / ".put-left", tmp_path / "ab" / ".put-writing"
    left.parent.mkdir()
    left.write_bytes(PICTURE)
    writing.write_bytes(PICTURE)
    two_days_ago_s = time.time() - 2 * DAY_MS / 1000
    os.utime(left, (two_days_ago_s, two_days_ago_s))

    await a_sweeper(redis, FilesystemBlobs(tmp_path), meter=Meter()).sweep()

    assert list(left.parent.iterdir()) == [writing]
