"""Background work ends with its block, and takes the block along when it fails."""

from __future__ import annotations

import asyncio

import pytest

from multibo.optimizer.background import ended, running


class Deaf:
    """Work that loses the first cancellations, as a driver may."""

    def __init__(self, n_lost: int) -> None:
        self.n_lost = n_lost

    async def run(self) -> None:
        while True:
            try:
                await asyncio.sleep(30)
            except asyncio.CancelledError:
                if not self.n_lost:
                    raise
                self.n_lost -= 1


async def fail() -> None:
    await asyncio.sleep(0)
    raise ValueError("broken")


async def succeed() -> None:
    await asyncio.sleep(0)


async def test_a_task_that_loses_a_cancellation_still_ends() -> None:
    task = asyncio.create_task(Deaf(n_lost=2).run())
    await asyncio.sleep(0)

    await asyncio.wait_for(ended(task), 5)

    assert task.cancelled()


async def test_work_ends_with_its_block() -> None:
    failed = asyncio.Event()
    deaf = Deaf(n_lost=0)

    async with running(deaf.run(), failed):
        await asyncio.sleep(0)

    assert not failed.is_set()


async def test_work_may_end_before_its_block() -> None:
    failed = asyncio.Event()

    async with running(succeed(), failed):
        await asyncio.sleep(0.01)

    assert not failed.is_set()


async def test_work_that_fails_ends_its_block() -> None:
    failed = asyncio.Event()

    with pytest.raises(ValueError, match="broken"):
        async with running(fail(), failed):
            await asyncio.wait_for(failed.wait(), 5)
