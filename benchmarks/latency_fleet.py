"""What latency.py measures between optimizer and fleet, both ways."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any, Final

from celery import Celery
from latency_paths import Bench, Figures
from latency_sessions import created, ended
from redis.asyncio import Redis
from rig_fleet import DRAINS, FINISHES, NOTHING, NOTHING_QUEUE, NOTHINGS

from multibo.jobs.queues import broker_url, celery_settings
from multibo.v1 import round_pb2, round_service_pb2, session_service_pb2

_IDLE_S: Final = 0.1
"""After this long the fleet waits for a message again."""


async def watching(bench: Bench, figures: Figures, n: int) -> None:
    """Measure from a worker's finish to the event at a watching client.

    Args:
        bench: of a rig whose fleet pauses after each row.
        figures: to add to.
        n: rounds of four rows, and readings of the floor.
    """
    redis, reader = [Redis.from_url(bench.rig.redis_url) for _ in range(2)]
    name = await created(bench.stubs)
    request = session_service_pb2.WatchSessionRequest(name=name)
    stream = bench.stubs.sessions.WatchSession(request)
    await stream.read()  # the snapshot
    seconds, floor = [], []
    for _ in range(n):
        await redis.delete(FINISHES)
        propose = round_service_pb2.ProposeRoundRequest(parent=name)
        round = (await bench.stubs.rounds.ProposeRound(propose)).round
        seen = await _seen(stream, round.name)
        for reference, began in map(json.loads, await redis.lrange(FINISHES, 0, -1)):
            if reference.rpartition("/")[2] in seen:
                seconds.append(seen[reference.rpartition("/")[2]] - began)
        floor += await _xread(reader, redis, 4)
        cancel = round_service_pb2.CancelRoundRequest(name=round.name)
        await bench.stubs.rounds.CancelRound(cancel)
    stream.cancel()
    await redis.aclose()
    await reader.aclose()
    figures.seconds["finish_to_watch"] = seconds
    figures.seconds["xread"] = floor


async def _seen(stream: Any, round: str) -> dict[str, float]:
    """Return when each slot of a round was told to be ready."""
    seen: dict[str, float] = {}
    while True:
        told = await stream.read()
        now = time.perf_counter()
        candidate = told.candidate_changed.candidate
        if candidate.state == round_pb2.CANDIDATE_STATE_READY:
            seen.setdefault(str(candidate.slot), now)
        changed = told.round_changed.round
        if changed.name == round and changed.state == round_pb2.ROUND_STATE_OPEN:
            # The fleet notes its clock after the last row.
            await asyncio.sleep(0.05)
            return seen


async def _xread(reader: Redis, writer: Redis, n: int) -> list[float]:
    """Return the seconds from XADD to a blocked reader, on warm connections."""
    last, seconds = await writer.xadd("bench:floor", {"n": 0}), []
    for turn in range(-1, n):
        waiting = asyncio.create_task(reader.xread({"bench:floor": last}, block=4000))
        await asyncio.sleep(0.01)
        began = time.perf_counter()
        last = await writer.xadd("bench:floor", {"n": 1}, maxlen=10)
        await waiting
        if turn >= 0:
            seconds.append(time.perf_counter() - began)
    return seconds


async def waking(bench: Bench, figures: Figures, n: int) -> None:
    """Measure from the commit of a proposal to the start of a worker.

    The time of the commit is the one its script wrote, in whole milliseconds: what is
    measured is up to one too long.

    Args:
        bench: of a rig whose fleet notes when it starts.
        figures: to add to.
        n: proposals, and messages of the floor.
    """
    app = Celery("floor", broker=broker_url(bench.rig.redis_url))
    app.conf.update(celery_settings())
    redis = Redis.from_url(bench.rig.redis_url)
    name = await created(bench.stubs)
    seconds, floor = [], []
    for _ in range(n + 1):
        await redis.delete(DRAINS, NOTHINGS)
        request = round_service_pb2.ProposeRoundRequest(parent=name)
        round = (await bench.stubs.rounds.ProposeRound(request)).round
        committed = (await ended(bench.stubs, round)).candidates[0].enqueue_time
        started = json.loads((await redis.lrange(DRAINS, 0, 0))[0])
        seconds.append(started - committed.ToMilliseconds() / 1000)
        await asyncio.sleep(_IDLE_S)
        began = time.perf_counter()
        await asyncio.to_thread(app.send_task, NOTHING, queue=NOTHING_QUEUE)
        while not (found := await redis.lrange(NOTHINGS, 0, 0)):
            await asyncio.sleep(0.002)
        floor.append(json.loads(found[0]) - began)
        cancel = round_service_pb2.CancelRoundRequest(name=round.name)
        await bench.stubs.rounds.CancelRound(cancel)
        await asyncio.sleep(_IDLE_S)
    await redis.aclose()
    figures.seconds["commit_to_start"] = seconds[1:]
    figures.seconds["celery"] = floor[1:]
