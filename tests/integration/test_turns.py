"""Compat keys take turns, in a worker and among its queues; Redis is real."""

from __future__ import annotations

from typing import Any

import pytest
from kombu import Consumer
from redis import Redis

from multibo.blobs.filesystem import FilesystemBlobs
from multibo.jobs import keys, queues
from multibo.jobs.queues import INTERACTIVE, SPECULATIVE
from multibo.render import batching
from multibo.render.celery_app import make_app, wake_up
from tests.support.drains import FlatPipeline, a_drain, enqueue

OTHER = "avatars:1:64x64:s4:cfg:flow-16@1"


def others_wait(
    redis: Redis, compat_key: str = OTHER, priority: int = INTERACTIVE
) -> None:
    redis.sadd(keys.COMPATS, compat_key)
    score = queues.row_rank(priority, 1)
    redis.zadd(keys.rows(compat_key), {"p/s/0/0": score})


def demote(redis: Redis, compat_key: str) -> None:
    """Make all rows that wait guesses."""
    rows = [row for row, _ in redis.zscan_iter(keys.rows(compat_key))]
    for at, row in enumerate(rows):
        score = queues.row_rank(SPECULATIVE, at)
        redis.zadd(keys.rows(compat_key), {row: score})


def test_a_crowded_turn_is_short(
    redis: Redis, blobs: FilesystemBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "CROWDED_TURN_S", 0.0)
    pipeline = FlatPipeline()
    compat = enqueue(redis, 1, 2, 3, 4)
    others_wait(redis)

    more = a_drain(redis, blobs, pipeline, batch_rows=2).run(compat, limit_s=60)

    assert more
    assert pipeline.batches == [2]


def test_a_turn_is_not_cut_at_its_first_batch(
    redis: Redis, blobs: FilesystemBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "CROWDED_TURN_S", 3600.0)
    pipeline = FlatPipeline()
    compat = enqueue(redis, 1, 2, 3, 4)
    others_wait(redis)

    assert not a_drain(redis, blobs, pipeline, batch_rows=2).run(compat, limit_s=60)
    assert pipeline.batches == [2, 2]


def test_guesses_make_way_at_once(redis: Redis, blobs: FilesystemBlobs) -> None:
    pipeline = FlatPipeline()
    compat = enqueue(redis, 1, 2, 3, 4)
    demote(redis, compat)
    others_wait(redis)

    assert a_drain(redis, blobs, pipeline, batch_rows=2).run(compat, limit_s=60)
    assert pipeline.batches == [2]


@pytest.mark.parametrize(
    ("compat_key", "priority"),
    [(OTHER, SPECULATIVE), ("huge:1:64x64:s4:cfg:flow-16@1", INTERACTIVE)],
    ids=["guesses", "rows of other workers"],
)
def test_nobody_makes_way_for(
    redis: Redis,
    blobs: FilesystemBlobs,
    monkeypatch: pytest.MonkeyPatch,
    compat_key: str,
    priority: int,
) -> None:
    monkeypatch.setattr(batching, "CROWDED_TURN_S", 0.0)
    pipeline = FlatPipeline()
    compat = enqueue(redis, 1, 2, 3, 4)
    others_wait(redis, compat_key, priority)

    assert not a_drain(redis, blobs, pipeline, batch_rows=2).run(compat, limit_s=60)
    assert pipeline.batches == [2, 2]


def test_the_queues_of_two_models_take_turns(redis_url: str) -> None:
    app = make_app(redis_url, ["busy", "calm"])
    for model in ("busy", "busy", "busy", "calm"):
        wake_up(app, f"{model}:1:64x64:s4:cfg:flow-16@1")
    order: list[str] = []

    def received(body: Any, _message: Any) -> None:
        [[compat_key], *_] = body
        order.append(compat_key.partition(":")[0])

    with app.connection_for_read() as connection:
        consumer = Consumer(
            connection.channel(),
            app.conf.task_queues,
            callbacks=[received],
            accept=["json"],
            no_ack=True,
        )
        with consumer:
            for _ in range(4):
                connection.drain_events(timeout=5)
    app.close()

    assert "calm" in order[:2]
    assert sorted(order) == ["busy", "busy", "busy", "calm"]
