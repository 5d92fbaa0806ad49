"""Whoever dies around a durable write, the session goes on as if nobody had.

Each point of the matrix: a real optimizer, a real worker and a real Redis, one of the
first two killed with SIGKILL before or after one of the eight durable writes, started
again as `multibo up` would, and the same calls made again with the same request ids.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import signal
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import grpc
import pytest

from multibo.evaluation.provenance import Provenance
from multibo.optimizer.session.ids import SessionName
from tests.support import doom, lives
from tests.support.deployment import database
from tests.support.doom import POINTS, Doom
from tests.support.durable_writes import (
    Course,
    Stage,
    a_catalog,
    course_of,
    play,
    running,
)
from tests.support.fault_rows import merge
from tests.support.servers import Server

pytestmark = [pytest.mark.redis, pytest.mark.fault]

AT_ONCE: Final = 5
"""Deployments side by side: a row whose worker was killed waits for 15 s."""
SLOW_FIRST: Final = sorted(POINTS, key=lambda end: end.role != doom.WORKER)


@dataclass(frozen=True)
class Outcome:
    """What a point of the matrix came to."""

    end: Doom | None
    course: Course
    killed: tuple[int, ...]
    """Exit statuses of the processes that ended meanwhile."""
    recovery_s: float
    """From the kill to the end of the session."""


class Ground:
    """Deployments that wait for the next session: each plays one at a time."""

    def __init__(self) -> None:
        self._free: asyncio.Queue[tuple[Stage, grpc.aio.Channel]] = asyncio.Queue()
        self._numbers = itertools.count()

    def take(self, stage: Stage, channel: grpc.aio.Channel) -> None:
        self._free.put_nowait((stage, channel))

    async def outcome(self, end: Doom | None) -> Outcome:
        """Play a session whose acting process dies at `end`."""
        stage, channel = await self._free.get()
        try:
            return await self._played(stage, channel, end)
        except Exception as error:
            error.add_note(f"{end}: killed {stage.statuses}\n{stage.logs()}")
            raise
        finally:
            self.take(stage, channel)

    async def _played(
        self, stage: Stage, channel: grpc.aio.Channel, end: Doom | None
    ) -> Outcome:
        # Nobody else's pictures: one that is there is not put again.
        shutil.rmtree(stage.images, ignore_errors=True)
        n_before = len(stage.statuses)
        if end is not None:
            stage.sentence.pass_on(end)
        name = SessionName("local", f"killed-midway-{next(self._numbers)}")
        await play(channel, name)
        ended_at = time.monotonic()
        killed = tuple(stage.statuses[n_before:])
        course = await course_of(stage.redis_url, name)
        return Outcome(end, course, killed, ended_at - stage.died_at if killed else 0.0)


@asynccontextmanager
async def ground(server: Server, folder: Path) -> AsyncIterator[Ground]:
    """Run some deployments, each with a folder and a Redis database of its own."""
    there = Ground()
    async with AsyncExitStack() as stack:
        parent = await stack.enter_async_context(lives.started(folder / "lives.log"))
        catalog = await asyncio.to_thread(a_catalog, folder / "model")
        for number in range(AT_ONCE):
            place = folder / str(number)
            place.mkdir()
            url = database(server.url, number)
            stage = Stage(parent, url, place, catalog)
            there.take(stage, await stack.enter_async_context(running(stage)))
        yield there


def check(outcome: Outcome, unfaulted: Course) -> None:
    assert outcome.killed == (-signal.SIGKILL,), f"{outcome.end} was not reached"
    assert outcome.course == unfaulted, f"{outcome.end} changed the session"


@pytest.mark.timeout(600)
async def test_a_session_survives_a_kill_at_each_of_its_writes(
    private_redis: Server, tmp_path: Path
) -> None:
    async with ground(private_redis, tmp_path) as there:
        unfaulted, *outcomes = await asyncio.gather(
            there.outcome(None), *[there.outcome(end) for end in SLOW_FIRST]
        )

    assert unfaulted.killed == ()
    assert unfaulted.course.states == ("judged", "open")
    assert all(unfaulted.course.digests)
    for outcome in outcomes:
        check(outcome, unfaulted.course)


@pytest.mark.slow
@pytest.mark.timeout(7_200)
async def test_every_repeat_of_every_kill_leaves_the_same_session(
    private_redis: Server, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    n_repeats = int(request.config.getoption("--fault-repeats"))
    measured_on = Provenance.collect()
    async with ground(private_redis, tmp_path) as there:
        unfaulted = await there.outcome(None)
        outcomes = await asyncio.gather(
            *[there.outcome(end) for _ in range(n_repeats) for end in SLOW_FIRST]
        )

    for outcome in outcomes:
        check(outcome, unfaulted.course)
    report(outcomes, measured_on)


def report(outcomes: list[Outcome], measured_on: Provenance) -> None:
    """Write what was measured; reached only if every point passed."""
    spent: dict[str, list[float]] = {}
    for outcome in outcomes:
        spent.setdefault(str(outcome.end), []).append(outcome.recovery_s)
    points = {
        point: {
            "n_passed": len(each),
            "recovery_s_p50": round(statistics.median(each), 2),
            "recovery_s_max": round(max(each), 2),
        }
        for point, each in spent.items()
    }
    merge(
        {
            "provenance": measured_on.to_json(),
            "command": f"make faults REPEATS={len(outcomes) // len(spent)}",
            "load_1_min": round(os.getloadavg()[0], 1),
            "n_points": len(spent),
            "n_kills": len(outcomes),
            "points": points,
        }
    )
