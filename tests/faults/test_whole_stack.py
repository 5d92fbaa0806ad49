"""`multibo up` killed with everything running, refused calls, and undone answers."""

from __future__ import annotations

import signal
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from multibo.client import connect
from multibo.client.discovery import read_endpoints
from tests.contract import test_refusals as refusals
from tests.e2e import test_up as up
from tests.support.driver import ACTIONS
from tests.support.dummies import is_running, until
from tests.support.fault_rows import Trial, in_short_and_full
from tests.support.refusal_cases import CASES
from tests.unit.optimizer.app import test_undo as undo

pytestmark = [pytest.mark.redis, pytest.mark.fault]


@in_short_and_full(17, short=None)
def test_a_killed_stack_leaves_no_process_and_its_sessions_go_on(
    tmp_path: Path, trial: Trial
) -> None:
    process, _ = up._up(tmp_path)
    try:
        name = _created(tmp_path)
        for n_answers in range(1, trial.n + 1):
            running = up._descendants(process.pid)
            assert len(running) >= 5
            killed_at = time.monotonic()
            process.kill()
            process.communicate()
            until(partial(_gone, running), within_s=60)
            trial.recovered(time.monotonic() - killed_at)
            trial.counts["kills"] += 1
            process, _ = up._up(tmp_path)
            trial.counts["lost"] += _answered_again(tmp_path, name) != n_answers + 1
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)

    trial.conclude()


def _gone(pids: list[int]) -> bool:
    return not any(map(is_running, pids))


def _address(state_dir: Path) -> str:
    endpoints = read_endpoints(state_dir)
    assert endpoints is not None
    return endpoints.grpc


def _created(state_dir: Path) -> str:
    with connect(_address(state_dir)) as multibo:
        session = multibo.create_session(up.PROMPT, rounds=40, k=2, seed=17)
        session.propose().choose(1)
        return session.name


def _answered_again(state_dir: Path, name: str) -> int:
    """Answer a round more; return how many answers there are."""
    with connect(_address(state_dir)) as multibo:
        session = multibo.session(name)
        session.propose().choose(1)
        return session.refresh().n_feedbacks


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """A database that is emptied before each case."""
    async with Redis.from_url(redis_url) as redis:
        yield redis


@in_short_and_full(18, short=None)
async def test_every_refusal_leaves_the_store_as_it_was(
    redis: Redis, trial: Trial
) -> None:
    for case in CASES:
        await redis.flushdb()
        await refusals.test_a_refused_call_leaves_the_store_as_it_was(redis, case)
    trial.counts["reasons"] = len({case.reason for case in CASES})
    trial.counts["methods"] = len({case.method for case in CASES})

    trial.conclude(len(CASES))


@in_short_and_full(20, short=None)
def test_as_many_redos_as_undos_leave_no_trace(trial: Trial) -> None:
    seen = []
    inner: Any = undo.test_undo_and_redo_as_often_leave_no_trace
    healthy = [HealthCheck.too_slow]

    @settings(max_examples=trial.n, deadline=None, suppress_health_check=healthy)
    @given(
        st.lists(st.sampled_from(ACTIONS), max_size=14),
        st.integers(1, 6),
        st.sampled_from(undo.SPECS),
    )
    def check(actions: list[str], n: int, spec: dict[str, object]) -> None:
        inner.hypothesis.inner_test(actions, n, spec)
        seen.append(n)

    check()
    trial.conclude(len(seen))
