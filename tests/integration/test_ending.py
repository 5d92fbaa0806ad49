"""Rows that leave a batch: canceled, or given back by a worker that has to end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from redis import Redis

from multibo.blobs.filesystem import FilesystemBlobs
from multibo.jobs import codec, keys
from multibo.jobs.job import JobState
from multibo.render import keeping
from multibo.render.leases import Leases
from multibo.render.stopping import Stop
from tests.support.drains import (
    KEY,
    N_STEPS,
    FlatPipeline,
    a_drain,
    enqueue,
    job,
)


class Clock:
    """Seconds that pass as the steps do."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of every batch; a test turns it."""
    clock = Clock()
    renewal = keeping.Renewal

    def timed(*parts: Any) -> keeping.Renewal:
        return renewal(*parts, clock=clock)

    monkeypatch.setattr("multibo.render.batching.Renewal", timed)
    return clock


def cancel(redis: Redis, *slots: int) -> None:
    for slot in slots:
        canceled = replace(job(redis, slot), state=JobState.CANCELLED)
        redis.hset(KEY.jobs, canceled.field, codec.job_to_json(canceled))


def told_steps(redis: Redis, slot: int) -> list[int]:
    return [
        int(entry[b"step"])
        for _, entry in redis.xrange(KEY.progress)
        if int(entry[b"slot"]) == slot
    ]


def test_a_canceled_row_is_dropped_within_one_step(
    redis: Redis, blobs: FilesystemBlobs, clock: Clock
) -> None:
    seen: list[int] = []

    def step(number: int) -> None:
        clock.now_s += 0.5
        if number == 4:
            cancel(redis, 1)
        seen.append(len(told_steps(redis, 1)))

    compat = enqueue(redis, 1, 2, 3)
    a_drain(redis, blobs, FlatPipeline(before_step=step)).run(compat, limit_s=60)

    assert told_steps(redis, 1) == [1, 2, 3]
    assert told_steps(redis, 0) == list(range(1, N_STEPS + 1))
    states = [job(redis, slot).state for slot in range(3)]
    assert states == [JobState.READY, JobState.CANCELLED, JobState.READY]


def test_a_batch_that_nobody_wants_stops_within_one_step(
    redis: Redis, blobs: FilesystemBlobs, clock: Clock
) -> None:
    def step(number: int) -> None:
        clock.now_s += 0.5
        if number == 4:
            cancel(redis, 0, 1)

    pipeline, told = FlatPipeline(before_step=step), []
    a_drain(redis, blobs, pipeline, on_batch=lambda *one: told.append(one)).run(
        enqueue(redis, 1, 2), limit_s=60
    )

    assert pipeline.steps == 4
    assert told == []
    assert not redis.keys("mbo:img:*")


def test_short_steps_are_told_and_asked_about_now_and_then(
    redis: Redis, blobs: FilesystemBlobs, clock: Clock
) -> None:
    def step(_number: int) -> None:
        clock.now_s += 0.04

    compat = enqueue(redis, 1)
    a_drain(redis, blobs, FlatPipeline(before_step=step)).run(compat, limit_s=60)

    # Every tenth of a second it is renewed, every quarter a step is told.
    assert told_steps(redis, 0) == [9, N_STEPS]


def test_a_batch_that_fits_into_the_grace_is_finished(
    redis: Redis, blobs: FilesystemBlobs, clock: Clock
) -> None:
    stop = Stop(10.0, clock=clock)
    told = []

    def step(number: int) -> None:
        clock.now_s += 0.5
        if number == 4:
            stop.begin()

    pipeline = FlatPipeline(before_step=step)
    drain = a_drain(
        redis, blobs, pipeline, stop=stop, on_batch=lambda *one: told.append(one)
    )
    compat = enqueue(redis, 1, 2, 3, 4, 5)

    more = drain.run(compat, limit_s=60)

    assert not more  # it sends itself no message any more
    assert [job(redis, n).state for n in range(4)] == [JobState.READY] * 4
    assert job(redis, 4).state is JobState.QUEUED
    assert redis.zcard(keys.rows(compat)) == 1
    assert [n_rows for n_rows, _ in told] == [4]


def test_a_batch_that_outlasts_the_grace_is_given_back_uncharged(
    redis: Redis, blobs: FilesystemBlobs, clock: Clock
) -> None:
    stop = Stop(10.0, clock=clock)

    def step(number: int) -> None:
        clock.now_s += 5.0
        if number == 4:
            stop.begin()

    pipeline, told = FlatPipeline(before_step=step), []
    compat = enqueue(redis, 1, 2)
    a_drain(
        redis, blobs, pipeline, stop=stop, on_batch=lambda *one: told.append(one)
    ).run(compat, limit_s=60)

    assert pipeline.steps == 4
    assert told == []  # it says nothing of the speed
    for slot in range(2):
        row = job(redis, slot)
        assert (row.state, row.failures, row.lapses) == (JobState.QUEUED, 0, 0)
    assert redis.zscore(keys.DUE, KEY.sid) is not None  # the reconciler looks now
    assert not redis.keys("mbo:img:*")


def test_steps_taken_from_a_cache_count_as_no_time(redis: Redis, clock: Clock) -> None:
    stop = Stop(10.0, clock=clock)
    observer = keeping.Renewal(*_a_batch(redis), stop, clock=clock)
    stop.begin()
    clock.now_s += 4.0

    # The first step seen is the eighth: 4 s a step, three more with the decoding.
    assert observer.step(8, N_STEPS) == {0}


def _a_batch(redis: Redis) -> tuple[keeping.Keeper, Leases, list[keeping.Work]]:
    leases = Leases(redis, "worker")
    enqueue(redis, 1)
    claim = leases.claim(keys.row_reference(KEY.sid, 0, 0))
    assert claim is not None
    return keeping.Keeper(leases), leases, [keeping.Work(claim, "a" * 64)]


def test_another_worker_renders_what_was_given_back(
    redis: Redis, blobs: FilesystemBlobs, clock: Clock
) -> None:
    stop = Stop(0.0, clock=clock)

    def step(_number: int) -> None:
        clock.now_s += 1.0
        stop.begin()

    compat = enqueue(redis, 1)
    a_drain(redis, blobs, FlatPipeline(before_step=step), stop=stop).run(
        compat, limit_s=60
    )
    redis.zadd(keys.rows(compat), {keys.row_reference(KEY.sid, 0, 0): 1})

    a_drain(redis, blobs, FlatPipeline()).run(compat, limit_s=60)

    assert job(redis, 0).state is JobState.READY
    assert (job(redis, 0).attempt, job(redis, 0).failures) == (2, 0)


def test_the_grace_begins_once() -> None:
    clock = Clock()
    stop = Stop(5.0, clock=clock)
    assert not stop.is_set()
    assert stop.left_s() > 10**6

    stop.begin()
    clock.now_s += 2
    stop.begin()

    assert stop.is_set()
    assert stop.left_s() == 3.0
