"""A hundred thousand calls to one replica, and what they leave in its memory."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, Final

import grpc
from latency_sessions import Judge, Stubs, created, opened
from rig import Rig, Wanted, a_rig
from rig_measure import memory_bytes

from multibo.v1 import image_service_pb2, round_service_pb2, session_service_pb2

MAX_GROWTH: Final = 0.05
"""Of the resident memory, from the end of the warm-up to the last call."""
_TURNS: Final = 10
"""Answers given and undone in a session, with reads after each."""
_READS: Final = 3
"""Of each kind, after each answer: people look more often than they answer."""
_READINGS: Final = 10
WARM_UP_SESSIONS: Final = 600
"""More than what is remembered of documents has room for: a test compares them."""
LOGGED: Final = 2 * _TURNS
"""Entries of a session's log."""
_CALLS: Final = 3 + _TURNS * (2 + 3 * _READS)
"""Of a session."""


async def _session(stubs: Stubs) -> int:
    """Play with one session, finish or delete it; return the number of calls."""
    name = await created(stubs)
    round = await opened(stubs, name)
    judge = Judge(stubs, name, round.name)
    picture = f"{round.name}/candidates/0"
    reads: tuple[Callable[[], Awaitable[Any]], ...] = (
        lambda: stubs.sessions.GetSession(
            session_service_pb2.GetSessionRequest(name=name)
        ),
        lambda: stubs.rounds.GetRound(
            round_service_pb2.GetRoundRequest(name=round.name)
        ),
        lambda: stubs.images.GetImage(image_service_pb2.GetImageRequest(name=picture)),
    )
    for _ in range(_TURNS):
        await judge.submit()
        for read in reads * _READS:
            await read()
    if uuid.uuid4().int % 2:
        finish = session_service_pb2.FinishSessionRequest(name=name)
        await stubs.sessions.FinishSession(finish)
    else:
        delete = session_service_pb2.DeleteSessionRequest(name=name)
        await stubs.sessions.DeleteSession(delete)
    return _CALLS


async def _called(rig: Rig, n_calls: int, drivers: int) -> int:
    """Make calls over fresh connections, as people come and go."""
    n_done = 0

    async def person() -> None:
        nonlocal n_done
        async with grpc.aio.insecure_channel(rig.replicas[0]) as channel:
            stubs = Stubs.over(channel)
            while n_done < n_calls:
                n_made = await _session(stubs)
                n_done += n_made

    await asyncio.gather(*[person() for _ in range(drivers)])
    return n_done


def flat(n_calls: int, *, drivers: int, settings: dict[str, str]) -> dict[str, Any]:
    """Return what many calls do to the memory of one replica.

    Args:
        n_calls: at least so many after the warm-up, which is a quarter of it or more,
            and fills every cache that is bounded.
        drivers: people at a time.
        settings: of the optimizer.
    """
    with a_rig(Wanted(optimizer=settings)) as rig:
        pid = rig.pids[0]
        # Caches are bounded and fill up first; what grows after that is a leak.
        least = max(n_calls // 4, WARM_UP_SESSIONS * _CALLS)
        warm = asyncio.run(_called(rig, least, drivers))
        readings, n_done = [memory_bytes(pid)], 0
        print(f"{warm} calls of warm-up, {readings[0] / 2**20:.1f} MiB", flush=True)
        for _ in range(_READINGS):
            n_done += asyncio.run(_called(rig, n_calls // _READINGS, drivers))
            readings.append(memory_bytes(pid))
            print(f"{n_done} calls, {readings[-1] / 2**20:.1f} MiB", flush=True)
    growth = readings[-1] / readings[0] - 1
    return {
        "replicas": 1,
        "drivers": drivers,
        "calls_of_warm_up": warm,
        "calls": n_done,
        "memory_bytes": readings,
        "bytes_per_call": round((readings[-1] - readings[0]) / n_done, 1),
        "growth": round(growth, 4),
        "bound": MAX_GROWTH,
        "holds": growth <= MAX_GROWTH,
    }
