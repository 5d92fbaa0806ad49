"""A drain over real Redis and real files; only the diffusion is a fake."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisAwayError

from multibo.blobs.filesystem import FilesystemBlobs
from multibo.blobs.port import thumbnail_address
from multibo.jobs import codec, keys
from multibo.jobs.job import ImageRef, JobState
from multibo.render.batching import Drain
from multibo.render.delivery import Delivery
from multibo.render.keeping import KEEP_AFTER_S, Keeper
from multibo.render.leases import Leases
from multibo.render.stopping import Stop
from tests.support.drains import KEY, N_STEPS, FlatPipeline, a_drain, enqueue, job


def drawn_alone(redis: Redis, drain: Drain) -> ImageRef:
    """Return the image of a first row."""
    drain.run(enqueue(redis, 1), limit_s=5)
    image = job(redis, 0).image
    assert image is not None
    return image


def test_waiting_rows_become_stored_images(
    redis: Redis, blobs: FilesystemBlobs
) -> None:
    pipeline = FlatPipeline()
    compat = enqueue(redis, 1, 2, 3, 4)

    more = a_drain(redis, blobs, pipeline).run(compat, limit_s=5)

    assert not more
    assert pipeline.batches == [4]
    for slot in range(4):
        image = job(redis, slot).image
        assert image is not None
        assert len(blobs.get(image.address)) == image.size_bytes
        assert len(job(redis, slot).features) == 256
        assert job(redis, slot).note == f"warp {slot + 1}"


def test_a_row_whose_image_exists_is_not_rendered(
    redis: Redis, blobs: FilesystemBlobs
) -> None:
    pipeline = FlatPipeline()
    drain = a_drain(redis, blobs, pipeline)
    drain.run(enqueue(redis, 1, 2), limit_s=5)

    drain.run(enqueue(redis, 2, 3, round=1), limit_s=5)

    assert pipeline.batches == [2, 1]
    assert job(redis, 0, round=1).image == job(redis, 1).image
    assert job(redis, 0, round=1).features == job(redis, 1).features


def test_rows_whose_images_exist_leave_their_places_in_a_batch(
    redis: Redis, blobs: FilesystemBlobs
) -> None:
    pipeline = FlatPipeline()
    drain = a_drain(redis, blobs, pipeline)
    drain.run(enqueue(redis, 1, 2), limit_s=5)

    drain.run(enqueue(redis, 1, 3, 2, 4, 5, 6, 7, round=1), limit_s=5)

    assert pipeline.batches == [2, 4, 1]
    states = {job(redis, slot, round=1).state for slot in range(7)}
    assert states == {JobState.READY}


def test_a_small_image_has_no_thumbnail_of_its_own(
    redis: Redis, blobs: FilesystemBlobs
) -> None:
    a_drain(redis, blobs, FlatPipeline()).run(enqueue(redis, 1), limit_s=5)

    image = job(redis, 0).image

    assert image is not None
    assert image.thumbnail is None
    assert not blobs.has(thumbnail_address(image.address))


def test_beside_a_large_image_lies_its_thumbnail_also_when_it_is_found_again(
    redis: Redis, blobs: FilesystemBlobs
) -> None:
    drain = a_drain(redis, blobs, FlatPipeline(side_px=320))
    image = drawn_alone(redis, drain)
    blobs.delete(thumbnail_address(image.address))

    drain.run(enqueue(redis, 1, round=1), limit_s=5)

    small = image.thumbnail
    assert small is not None
    assert (image.media_type, image.width_px) == ("image/webp", 320)
    assert (small.media_type, small.width_px) == ("image/webp", 128)
    data = blobs.get(small.address)
    assert (len(data), hashlib.sha256(data).hexdigest()) == (
        small.size_bytes,
        small.digest,
    )
    assert job(redis, 0, round=1).image == image


def test_a_thumbnail_that_outlived_its_image_is_kept_from_the_sweep(
    redis: Redis, blobs: FilesystemBlobs
) -> None:
    drain = a_drain(redis, blobs, FlatPipeline(side_px=320))
    image = drawn_alone(redis, drain)
    small = thumbnail_address(image.address)
    blobs.delete(image.address)
    redis.set(keys.image_doomed(small), 1)

    drain.run(enqueue(redis, 1, round=1), limit_s=5)

    given_back = job(redis, 0, round=1)
    assert (given_back.state, given_back.failures) == (JobState.QUEUED, 0)
    redis.delete(keys.image_doomed(small))
    blobs.delete(image.address)
    drain.run(enqueue(redis, 1, round=1), limit_s=5)
    assert job(redis, 0, round=1).image == image
    assert redis.exists(keys.image_taken(small))


def test_only_the_poisoned_row_of_a_batch_pays(
    redis: Redis, blobs: FilesystemBlobs
) -> None:
    pipeline = FlatPipeline(poison={3})
    compat = enqueue(redis, 1, 2, 3, 4)

    a_drain(redis, blobs, pipeline).run(compat, limit_s=5)

    states = [job(redis, slot).state for slot in range(4)]
    assert states.count(JobState.READY) == 3
    assert job(redis, 2).failures == 1
    assert "poison" in job(redis, 2).failure
    assert pipeline.batches == [4, 1, 1, 1, 1]


def test_a_canceled_row_leaves_the_batch_and_the_others_arrive(
    redis: Redis, blobs: FilesystemBlobs
) -> None:
    def cancel(step: int) -> None:
        if step < N_STEPS:
            return
        canceled = replace(job(redis, 1), state=JobState.CANCELLED)
        redis.hset(KEY.jobs, "0/1", codec.job_to_json(canceled))

    compat = enqueue(redis, 1, 2, 3)

    a_drain(redis, blobs, FlatPipeline(before_step=cancel)).run(compat, limit_s=5)

    states = [job(redis, slot).state for slot in range(3)]
    assert states == [JobState.READY, JobState.CANCELLED, JobState.READY]


def test_equal_rows_are_rendered_once_at_a_time(
    redis: Redis, blobs: FilesystemBlobs
) -> None:
    pipeline = FlatPipeline()
    compat = enqueue(redis, 1, 1)

    a_drain(redis, blobs, pipeline).run(compat, limit_s=5)

    second = job(redis, 1)
    assert pipeline.batches == [1]
    assert job(redis, 0).state is JobState.READY
    assert (second.state, second.failures) == (JobState.QUEUED, 0)
    assert second.due_ms > 0


def test_a_stopping_worker_claims_nothing(redis: Redis, blobs: FilesystemBlobs) -> None:
    stop = Stop()
    stop.begin()
    compat = enqueue(redis, 1, 2)

    drain = a_drain(redis, blobs, FlatPipeline(), stop=stop)

    assert not drain.run(compat, limit_s=5)
    assert redis.zcard(keys.rows(compat)) == 2


def test_keys_take_turns(redis: Redis, blobs: FilesystemBlobs) -> None:
    compat = enqueue(redis, 1, 2, 3)

    assert a_drain(redis, blobs, FlatPipeline()).run(compat, limit_s=0)


def test_rows_of_a_model_that_is_not_here_are_left_alone(
    redis: Redis, blobs: FilesystemBlobs
) -> None:
    drain = a_drain(redis, blobs, FlatPipeline())
    compat = "huge:1:64x64:s4:cfg:flow-8@1"
    redis.zadd(keys.rows(compat), {"p/s/0/0": 1})

    assert not drain.run(compat, limit_s=5)
    assert redis.zcard(keys.rows(compat)) == 1


def test_no_model_is_asked_for_where_no_row_waits(
    redis: Redis, blobs: FilesystemBlobs
) -> None:
    class Untouched(dict[str, FlatPipeline]):
        def get(self, *_args: object) -> FlatPipeline:
            raise AssertionError("loaded, others evicted for it")

    drain = a_drain(redis, blobs, FlatPipeline(), models=Untouched())

    assert not drain.run("avatars:1:64x64:s4:cfg:flow-8@1", limit_s=5)


def test_a_damaged_image_costs_its_own_row_alone(
    redis: Redis, blobs: FilesystemBlobs
) -> None:
    compat = enqueue(redis, 1, 2)
    blobs.put(job(redis, 0).spec.address(FlatPipeline.numerics), b"no picture")

    a_drain(redis, blobs, FlatPipeline()).run(compat, limit_s=5)

    assert [job(redis, slot).failures for slot in range(2)] == [1, 0]
    assert job(redis, 1).state is JobState.READY


def test_a_store_that_cannot_be_written_fails_the_row_with_its_reason(
    redis: Redis, tmp_path: Path
) -> None:
    blocked = tmp_path / "images"
    blocked.write_text("a file where the folder should be")
    compat = enqueue(redis, 1)

    a_drain(redis, FilesystemBlobs(blocked), FlatPipeline()).run(compat, limit_s=5)

    assert job(redis, 0).failures == 1
    assert "image store" in job(redis, 0).failure


class Interrupted(Leases):
    """Redis goes away while a batch is put together."""

    n_held = 0

    def hold_image(self, address: str) -> bool:
        self.n_held += 1
        if self.n_held == 2:
            raise RedisAwayError
        return super().hold_image(address)


def test_rows_of_a_batch_that_never_begins_are_not_kept(
    redis: Redis, blobs: FilesystemBlobs
) -> None:
    leases, now_s = Interrupted(redis, "worker"), [0.0]
    keeper = Keeper(leases, clock=lambda: now_s[0])
    delivery = Delivery(leases, blobs, keeper)
    compat = enqueue(redis, 1, 2)
    drain = a_drain(redis, blobs, FlatPipeline(), keeper=keeper, delivery=delivery)
    with pytest.raises(RedisAwayError):
        drain.run(compat, limit_s=5)
    before = job(redis, 0).lease_until_ms

    now_s[0] += 2 * KEEP_AFTER_S
    keeper.keep()

    assert job(redis, 0).state is JobState.RENDERING
    assert job(redis, 0).lease_until_ms == before
