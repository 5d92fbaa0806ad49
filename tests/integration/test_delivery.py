"""Images are encoded, stored and told beside the rendering; Redis is real."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisAwayError

from multibo.blobs.errors import BlobError
from multibo.blobs.filesystem import FilesystemBlobs
from multibo.blobs.port import thumbnail_address
from multibo.jobs import codec
from multibo.jobs.job import JobState
from multibo.render.delivery import Delivery
from multibo.render.keeping import KEEP_AFTER_S, Keeper, Work
from multibo.render.leases import Leases
from tests.support.drains import KEY, FlatPipeline, a_drain, enqueue, in_a_thread, job
from tests.support.dummies import until


@dataclass
class SlowBlobs(FilesystemBlobs):
    """A store that puts nothing before it may; some rows it refuses."""

    root: Path
    may_put: threading.Event = field(default_factory=threading.Event)
    refused: set[int] = field(default_factory=set)
    asked: int = 0

    def __post_init__(self) -> None:
        super().__init__(self.root)

    def put(self, address: str, data: bytes) -> bool:
        self.asked += 1
        number = self.asked
        assert self.may_put.wait(20)
        if number in self.refused:
            raise BlobError("disk full")
        return super().put(address, data)


@pytest.fixture
def blobs(tmp_path: Path) -> Iterator[SlowBlobs]:
    slow = SlowBlobs(tmp_path / "images")
    yield slow
    slow.may_put.set()


def states(redis: Redis, n_rows: int) -> list[JobState]:
    return [job(redis, slot).state for slot in range(n_rows)]


def test_the_next_batch_denoises_while_the_first_is_stored(
    redis: Redis, blobs: SlowBlobs
) -> None:
    pipeline = FlatPipeline()
    drain = a_drain(redis, blobs, pipeline, batch_rows=2)
    compat = enqueue(redis, 1, 2, 3, 4)

    draining = in_a_thread(lambda: drain.run(compat, limit_s=60))

    until(lambda: pipeline.batches == [2, 2])
    assert states(redis, 4) == [JobState.RENDERING] * 4
    blobs.may_put.set()
    draining.join(20)
    assert states(redis, 4) == [JobState.READY] * 4


def test_a_full_backlog_holds_the_rendering_up(redis: Redis, blobs: SlowBlobs) -> None:
    pipeline = FlatPipeline()
    leases = Leases(redis, "worker")
    keeper = Keeper(leases)
    delivery = Delivery(leases, blobs, keeper, n_threads=1, backlog_rows=2)
    drain = a_drain(
        redis, blobs, pipeline, delivery=delivery, keeper=keeper, batch_rows=2
    )
    compat = enqueue(redis, 1, 2, 3, 4, 5, 6)

    draining = in_a_thread(lambda: drain.run(compat, limit_s=60))

    # Two rows wait for the store; the second batch is done and finds no room.
    until(lambda: pipeline.steps == 20)
    draining.join(0.3)
    assert pipeline.batches == [2, 2]
    blobs.may_put.set()
    draining.join(20)
    assert pipeline.batches == [2, 2, 2]
    assert states(redis, 6) == [JobState.READY] * 6


def test_a_row_that_cannot_be_stored_pays_and_no_other(
    redis: Redis, blobs: SlowBlobs
) -> None:
    blobs.refused, pipeline = {2}, FlatPipeline()
    blobs.may_put.set()

    a_drain(redis, blobs, pipeline).run(enqueue(redis, 1, 2, 3), limit_s=60)

    assert sorted(states(redis, 3)) == [JobState.QUEUED, *[JobState.READY] * 2]
    [failed] = [row for row in (job(redis, n) for n in range(3)) if row.failures]
    assert failed.failures == 1
    assert "disk full" in failed.failure
    assert pipeline.batches == [3]


def test_a_row_is_kept_while_it_is_stored(redis: Redis, blobs: SlowBlobs) -> None:
    now = [0.0]
    leases = Leases(redis, "worker")
    keeper = Keeper(leases, clock=lambda: now[0])
    drain = a_drain(
        redis,
        blobs,
        FlatPipeline(),
        keeper=keeper,
        delivery=Delivery(leases, blobs, keeper),
    )
    draining = in_a_thread(lambda: drain.run(enqueue(redis, 1), limit_s=60))
    until(lambda: blobs.asked)
    before = job(redis, 0).lease_until_ms

    keeper.keep()
    assert job(redis, 0).lease_until_ms == before  # renewed a moment ago
    now[0] += KEEP_AFTER_S
    keeper.keep()

    assert job(redis, 0).lease_until_ms > before
    blobs.may_put.set()
    draining.join(20)
    now[0] += KEEP_AFTER_S
    keeper.keep()
    assert job(redis, 0).state is JobState.READY
    assert not redis.keys("mbo:img:*")


def test_a_row_that_went_to_another_worker_is_not_told(
    redis: Redis, blobs: SlowBlobs
) -> None:
    drain = a_drain(redis, blobs, FlatPipeline())
    draining = in_a_thread(lambda: drain.run(enqueue(redis, 1), limit_s=60))
    until(lambda: blobs.asked)
    redis.hset(KEY.jobs, "0/0", _taken_over(redis))

    blobs.may_put.set()
    draining.join(20)

    assert job(redis, 0).state is JobState.RENDERING
    assert job(redis, 0).owner == "another"
    assert job(redis, 0).image is None


def _taken_over(redis: Redis) -> str:
    document = redis.hget(KEY.jobs, "0/0")
    assert isinstance(document, bytes)
    lapsed = document.replace(b'"attempt":1', b'"attempt":2')
    return codec.job_to_json(codec.job_from_json(lapsed)).replace("worker", "another")


def test_a_store_that_went_away_is_told_when_it_is_back(
    redis: Redis, blobs: SlowBlobs
) -> None:
    blobs.may_put.set()
    enqueue(redis, 1)
    leases = _Away(redis, "worker")
    keeper = Keeper(leases)
    [reference] = leases.pop(job(redis, 0).spec.compat_key, 1)
    claim = leases.claim(reference)
    assert claim is not None
    work = Work(claim, "a" * 64)
    keeper.hold(work)
    leases.n_away = 1

    Delivery(leases, blobs, keeper).fail(work, "x" * 900)

    assert job(redis, 0).failure == "x" * 500
    leases.n_away = 2
    keeper.drop(work)
    keeper.keep()  # nothing is held, nobody is asked
    assert leases.n_away == 1


def test_an_attempt_that_lapsed_ends_beside_the_next_one(redis: Redis) -> None:
    now = [0.0]
    enqueue(redis, 1)
    leases = Leases(redis, "worker")
    keeper = Keeper(leases, clock=lambda: now[0])
    [reference] = leases.pop(job(redis, 0).spec.compat_key, 1)
    attempts: list[Work] = []
    for _ in range(2):
        claim = leases.claim(reference)
        assert claim is not None
        attempts.append(Work(claim, f"{len(attempts)}" * 64))
        assert keeper.hold(attempts[-1])
        lapsed = replace(job(redis, 0), lease_until_ms=1)
        redis.hset(KEY.jobs, "0/0", codec.job_to_json(lapsed))

    keeper.drop(attempts[0])
    now[0] += KEEP_AFTER_S
    keeper.keep()

    assert job(redis, 0).lease_until_ms > 1


def test_a_redis_that_is_away_charges_no_row_whose_image_is_stored(
    redis: Redis, blobs: SlowBlobs
) -> None:
    blobs.may_put.set()
    compat = enqueue(redis, 1)
    address = job(redis, 0).spec.address(FlatPipeline.numerics)
    blobs.put(thumbnail_address(address), b"left over")
    leases = _Away(redis, "worker")
    keeper = Keeper(leases)
    delivery = Delivery(leases, blobs, keeper)
    leases.n_away = 1

    large = FlatPipeline(side_px=320)
    drain = a_drain(redis, blobs, large, delivery=delivery, keeper=keeper)
    drain.run(compat, limit_s=60)

    assert blobs.has(address)
    assert job(redis, 0).state is JobState.RENDERING  # and lapses
    assert job(redis, 0).failures == 0
    assert not redis.keys("mbo:img:*")


class _Away(Leases):
    """Leases of a Redis that does not answer a few times."""

    n_away = 0

    def fail(self, claim: object, reason: str) -> bool:
        self._answer()
        return super().fail(claim, reason)  # type: ignore[arg-type]

    def reuse_image(self, address: str) -> bool:
        self._answer()
        return super().reuse_image(address)

    def drop_image(self, address: str) -> None:
        self._answer()
        super().drop_image(address)

    def _answer(self) -> None:
        if self.n_away:
            self.n_away -= 1
            raise RedisAwayError("away")
