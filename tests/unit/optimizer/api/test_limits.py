"""Deadlines for every method, and slots that run out."""

from __future__ import annotations

import asyncio

import pytest

from multibo.optimizer.api.endpoint import SERVICES
from multibo.optimizer.api.errors import RateLimitedError, WatchLimitError
from multibo.optimizer.api.limits import DEADLINES, CallSlots, WatchSlots


def test_every_method_of_the_contract_has_a_deadline() -> None:
    methods = {
        f"/{service.full_name}/{method.name}"
        for service in SERVICES
        for method in service.methods
    }

    assert set(DEADLINES) == methods
    assert all(0 < limit_s <= 600 for limit_s in DEADLINES.values())


def test_a_call_beyond_the_slots_is_refused_until_one_ends() -> None:
    slots = CallSlots(1)

    with slots.held(), pytest.raises(RateLimitedError), slots.held():
        pass

    with slots.held():
        pass


async def test_idle_waits_for_the_last_call() -> None:
    slots = CallSlots(2)

    with slots.held():
        waiting = asyncio.create_task(slots.idle())
        await asyncio.sleep(0)
        assert not waiting.done()

    await asyncio.wait_for(waiting, 1)


def test_a_project_cannot_take_all_watches_of_the_server() -> None:
    slots = WatchSlots(per_process=3, per_project=1)

    with (
        slots.held("a"),
        slots.held("b"),
        pytest.raises(WatchLimitError, match="project"),
        slots.held("a"),
    ):
        pass


def test_the_server_has_a_limit_of_its_own() -> None:
    slots = WatchSlots(per_process=1, per_project=5)

    with slots.held("a"), pytest.raises(WatchLimitError, match="server") as refused:
        slots.held("b").__enter__()

    assert refused.value.retry_after_ms > 0
    with slots.held("b"):
        pass
