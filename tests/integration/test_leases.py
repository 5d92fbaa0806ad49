"""Claim, renew and finish on a real Redis."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from redis import Redis

from multibo.jobs import codec, keys
from multibo.jobs.job import MAX_ATTEMPTS, JobState, RenderJob
from multibo.jobs.keys import SessionKeys
from multibo.render.leases import Claim, Leases, Verdict
from tests.support.builders import NAME, a_render_spec, an_image

KEY = SessionKeys(NAME.sid)
ROW = keys.row_reference(NAME.sid, 0, 1)


def queued(redis: Redis, slot: int = 1, **changes: object) -> None:
    job = replace(RenderJob(0, slot, a_render_spec()), **changes)  # type: ignore[arg-type]
    redis.hset(KEY.jobs, job.field, codec.job_to_json(job))
    redis.sadd(KEY.pending, job.field)


def stored(redis: Redis, slot: int = 1) -> RenderJob:
    return codec.job_from_json(redis.hget(KEY.jobs, f"0/{slot}") or "")


def lapse(redis: Redis, slot: int = 1) -> None:
    job = replace(stored(redis, slot), lease_until_ms=1)
    redis.hset(KEY.jobs, job.field, codec.job_to_json(job))


def claimed(leases: Leases, row: str = ROW) -> Claim:
    claim = leases.claim(row)
    assert claim is not None
    return claim


def test_a_queued_row_is_claimed_once(redis: Redis) -> None:
    queued(redis)
    workers = [Leases(redis, f"worker-{n}") for n in range(8)]

    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda leases: leases.claim(ROW), workers))

    [claim] = [claim for claim in claims if claim is not None]
    assert claim.job.attempt == 1
    assert stored(redis).state is JobState.RENDERING
    assert stored(redis).owner == claim.job.owner
    assert claim.job.spec == a_render_spec()


def test_what_is_not_there_or_not_due_is_not_claimed(redis: Redis) -> None:
    leases = Leases(redis, "worker")
    queued(redis, due_ms=2**41)

    assert leases.claim(ROW) is None
    assert leases.claim(keys.row_reference(NAME.sid, 9, 9)) is None
    assert leases.claim("no reference at all") is None


def test_a_lapsed_lease_passes_to_another_worker_and_fences_the_first(
    redis: Redis,
) -> None:
    queued(redis)
    old, new = Leases(redis, "old"), Leases(redis, "new")
    stale = claimed(old)
    assert new.claim(ROW) is None
    lapse(redis)
    fresh = claimed(new)

    assert old.renew([stale], step=1, n_steps=10) == [Verdict.LOST]
    assert not old.ready(stale, an_image(), (1.0,), "")
    assert not old.fail(stale, "late")
    assert not old.release(stale)
    assert new.ready(fresh, an_image(), (1.0,), "a note")

    job = stored(redis)
    assert (job.state, job.attempt, job.lapses) == (JobState.READY, 2, 1)
    assert (job.image, job.features, job.note) == (an_image(), (1.0,), "a note")


def test_a_stale_worker_never_changes_a_byte(redis: Redis) -> None:
    queued(redis)
    leases = Leases(redis, "worker")
    stale = claimed(leases)
    leases.ready(stale, an_image(), (), "")
    before = redis.hgetall(KEY.jobs)

    for _ in range(100):
        assert not leases.ready(stale, an_image(7), (), "")
        assert not leases.fail(stale, "late")

    assert redis.hgetall(KEY.jobs) == before


def test_rounds_that_opened_are_forgotten_where_nobody_asks(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "OPENED_KEPT", 2)
    leases = Leases(redis, "worker")

    for _ in range(3):
        queued(redis)
        assert leases.ready(claimed(leases), an_image(), (), "")

    assert redis.lrange(keys.OPENED, 0, -1) == [f"{NAME.sid}/0".encode()] * 2
    assert 0 < redis.pttl(keys.OPENED) <= keys.OPENED_TTL_MS


def test_renewing_reports_steps_and_cancellations(redis: Redis) -> None:
    queued(redis, 1)
    queued(redis, 2)
    leases = Leases(redis, "worker")
    claims = [claimed(leases, keys.row_reference(NAME.sid, 0, n)) for n in (1, 2)]
    job = replace(stored(redis, 2), state=JobState.CANCELLED)
    redis.hset(KEY.jobs, job.field, codec.job_to_json(job))

    verdicts = leases.renew(claims, step=3, n_steps=10)

    assert verdicts == [Verdict.MINE, Verdict.CANCELED]
    [(_, entry)] = redis.xrange(KEY.progress)
    assert entry == {b"round": b"0", b"slot": b"1", b"step": b"3", b"steps": b"10"}


def test_a_deleted_session_reads_as_canceled(redis: Redis) -> None:
    queued(redis)
    leases = Leases(redis, "worker")
    claim = claimed(leases)
    redis.delete(KEY.jobs)

    assert leases.renew([claim], step=1, n_steps=2) == [Verdict.CANCELED]
    assert not leases.ready(claim, an_image(), (), "")
    assert not redis.exists(KEY.jobs)


def test_a_row_fails_after_three_attempts_of_its_own(redis: Redis) -> None:
    queued(redis)
    leases = Leases(redis, "worker")
    for attempt in range(1, MAX_ATTEMPTS + 1):
        leases.fail(claimed(leases), f"poison {attempt}")
        job = stored(redis)
        assert job.failures == attempt
        redis.hset(KEY.jobs, job.field, codec.job_to_json(replace(job, due_ms=0)))

    assert stored(redis).state is JobState.FAILED
    assert stored(redis).failure == "poison 3"
    assert leases.claim(ROW) is None
    assert not redis.smembers(KEY.pending)


def test_a_released_row_is_free_again_and_not_charged(redis: Redis) -> None:
    queued(redis)
    leases = Leases(redis, "worker")
    leases.release(claimed(leases))

    again = claimed(leases)

    assert (again.job.attempt, again.job.failures) == (2, 0)


def test_the_last_row_of_a_round_tells_the_round(redis: Redis) -> None:
    queued(redis, 1)
    queued(redis, 2)
    leases = Leases(redis, "worker")
    for slot in (1, 2):
        row = keys.row_reference(NAME.sid, 0, slot)
        leases.ready(claimed(leases, row), an_image(slot), (), "")

    kinds = [entry[b"kind"] for _, entry in redis.xrange(KEY.events)]

    assert kinds == [b"candidate"] * 4 + [b"round"]


def test_urgent_rows_come_first_then_the_oldest(redis: Redis) -> None:
    leases = Leases(redis, "worker")
    leases.push_back("key", {"p/late": 30.0, "p/urgent": 1.0, "p/early": 20.0})
    leases.push_back("key", {})

    assert leases.pop("key", 2) == ["p/urgent", "p/early"]
    assert leases.waiting("key") == 1


def test_one_worker_renders_an_image_at_a_time(redis: Redis) -> None:
    one, other = Leases(redis, "one"), Leases(redis, "other")

    assert one.hold_image("a" * 64)
    assert not other.hold_image("a" * 64)
    one.keep_image(["a" * 64])
    one.drop_image("a" * 64)
    assert other.hold_image("a" * 64)
    one.drop_image("a" * 64)
    assert not one.hold_image("a" * 64)


def test_numbers_survive_lua(redis: Redis) -> None:
    queued(redis, enqueued_ms=1_795_440_181_339, features=(0.1234567890123,))
    leases = Leases(redis, "worker")
    claim = claimed(leases)

    raw = json.loads(redis.hget(KEY.jobs, "0/1") or "")

    assert claim.job.spec.base_seed == 2**62 + 12345
    assert raw["enqueued_ms"] == 1_795_440_181_339
    assert stored(redis).features == (0.1234567890123,)
