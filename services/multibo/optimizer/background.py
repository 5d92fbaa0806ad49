"""Work that runs beside the server for as long as the server does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

_AGAIN_S: Final = 0.2


@asynccontextmanager
async def running(
    work: Coroutine[Any, Any, None], failed: asyncio.Event
) -> AsyncIterator[None]:
    """Run something while the block lasts; its error leaves the block.

    Args:
        work: what to run; it may end before the block.
        failed: set at once when the work fails, to end a block that waits.
    """
    task = asyncio.create_task(work)

    def look(done: asyncio.Task[None]) -> None:
        if not done.cancelled() and done.exception() is not None:
            failed.set()

    task.add_done_callback(look)
    try:
        yield
    finally:
        await ended(task)
    if not task.cancelled():
        task.result()


async def ended(task: asyncio.Task[None]) -> None:
    """Cancel a task until it has ended.

    Once is not enough: up to Python 3.11 `asyncio.wait_for`, which redis-py calls in
    every command, loses a cancellation that comes together with its result.

    Args:
        task: to end; its error, if any, stays in it.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait((task,), timeout=_AGAIN_S)
