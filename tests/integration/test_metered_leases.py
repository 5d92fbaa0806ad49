"""What a worker does with its rows can be read from its metrics."""

from __future__ import annotations

from dataclasses import replace

import pytest
from redis import Redis

from multibo.jobs import codec, keys
from multibo.jobs.job import MAX_ATTEMPTS, RenderJob
from multibo.jobs.keys import SessionKeys
from multibo.render.leases import Claim
from multibo.render.metered import MeteredLeases
from multibo.telemetry.metrics import Meter
from tests.support.builders import NAME, a_render_spec, an_image

pytestmark = pytest.mark.redis

KEY = SessionKeys(NAME.sid)


def queued(redis: Redis, **changes: object) -> None:
    """Queue one row, three seconds ago by the store's clock."""
    seconds, micros = redis.time()  # type: ignore[misc]
    now_ms = seconds * 1000 + micros // 1000
    job = RenderJob(0, 1, a_render_spec(), enqueued_ms=now_ms - 3_000)
    job = replace(job, **changes)  # type: ignore[arg-type]
    redis.hset(KEY.jobs, job.field, codec.job_to_json(job))
    redis.sadd(KEY.pending, job.field)


def claimed(leases: MeteredLeases) -> Claim:
    claim = leases.claim(keys.row_reference(NAME.sid, 0, 1))
    assert claim is not None
    return claim


def said(meter: Meter, line: str) -> bool:
    return line in meter.exposition().decode().splitlines()


def test_a_picture_counts_as_a_row_and_its_wait_is_observed_once(redis: Redis) -> None:
    meter = Meter()
    leases = MeteredLeases(redis, "worker", meter)
    queued(redis)

    leases.release(claimed(leases))
    leases.ready(claimed(leases), an_image(), (), "")

    name = "multibo_wait_duration_seconds"
    assert said(meter, f'{name}_bucket{{le="2.5",model="avatars"}} 0.0')
    assert said(meter, f'{name}_count{{model="avatars"}} 1.0')
    ready = 'multibo_rows_rendered_total{model="avatars",state="ready"} 1.0'
    assert said(meter, ready)


def test_only_the_last_failure_of_a_row_ends_it(redis: Redis) -> None:
    meter = Meter()
    leases = MeteredLeases(redis, "worker", meter)
    failed = 'multibo_rows_rendered_total{model="avatars",state="failed"} 1.0'

    queued(redis, failures=MAX_ATTEMPTS - 2)
    leases.fail(claimed(leases), "broken")
    assert not said(meter, failed)

    queued(redis, failures=MAX_ATTEMPTS - 1)
    leases.fail(claimed(leases), "broken")
    assert said(meter, failed)


def test_a_row_that_is_not_ours_any_more_counts_for_nobody(redis: Redis) -> None:
    meter = Meter()
    leases = MeteredLeases(redis, "worker", meter)
    queued(redis)
    claim = claimed(leases)
    queued(redis)
    claimed(leases)

    stale = replace(claim, job=replace(claim.job, attempt=claim.job.attempt + 7))

    assert not leases.ready(stale, an_image(), (), "")
    assert "multibo_rows_rendered_total{" not in meter.exposition().decode()
