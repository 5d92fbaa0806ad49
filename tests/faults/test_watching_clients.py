"""Clients that watch while optimizers are replaced or their network is cut."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import grpc

from multibo.client import connect_async
from multibo.client.errors import CallFailedError
from multibo.client.session import AsyncSession
from multibo.jobs.keys import SessionKeys
from multibo.optimizer.session.ids import parse_session
from tests.support import doom
from tests.support.deployment import GIVEN_UP_S, Deploy, Deployment
from tests.support.fault_rows import OF_PROCESSES, Trial, in_short_and_full
from tests.support.lives import Life
from tests.support.network import CountedWatch, Line, missing
from tests.support.scripted_optimizer import a_free_port

pytestmark = OF_PROCESSES
PROMPT: Final = "comic portrait, brown long hair"
LISTEN: Final = "MULTIBO_OPTIMIZER_LISTEN"
N_WATCHES: Final = 20
CALLS_PER_S: Final = 100
CUT_S: Final = 30.0
SHORTLY_S: Final = 2.0


@dataclass
class Load:
    """Calls at a rate, and people who play; what fails is counted."""

    sessions: list[AsyncSession]
    trial: Trial

    async def ask(self, stop: asyncio.Event) -> None:
        """Read sessions at a rate, whether or not the calls before have returned."""
        generator = random.Random(7)
        async with asyncio.TaskGroup() as asked:
            while not stop.is_set():
                session = generator.choice(self.sessions)
                asked.create_task(self._counted(session.refresh()))
                await asyncio.sleep(1 / CALLS_PER_S)

    async def play(self, session: AsyncSession, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self._counted(self._answer(session))
            await asyncio.sleep(0.5)

    async def _answer(self, session: AsyncSession) -> None:
        round = await session.propose()
        await round.choose(1)

    async def _counted(self, call: Coroutine[Any, Any, object]) -> None:
        self.trial.counts["calls"] += 1
        try:
            await call
        except CallFailedError as error:
            self.trial.counts["failed"] += 1
            self.trial.counts[f"error {error.status.name}"] += 1


@dataclass
class Replica:
    """One optimizer and where it listens."""

    port: int
    life: Life


async def _replica(there: Deployment, port: int) -> Replica:
    there.settings = {LISTEN: f"127.0.0.1:{port}"}
    life = await there.start(doom.OPTIMIZER)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        await asyncio.wait_for(channel.channel_ready(), GIVEN_UP_S)
    return Replica(port, life)


@asynccontextmanager
async def _watched(
    there: Deployment, sessions: list[AsyncSession], trial: Trial
) -> AsyncIterator[list[CountedWatch]]:
    """Watch sessions; at the end, compare with what was to be told."""
    watches = [CountedWatch(session) for session in sessions]
    tasks = [asyncio.create_task(watch.run()) for watch in watches]
    try:
        async with asyncio.timeout(GIVEN_UP_S):
            while not all(watch.cursors for watch in watches):
                await asyncio.sleep(0.05)
        yield watches
        for watch, task, session in zip(watches, tasks, sessions, strict=True):
            await _caught_up(there, watch, session)
            entries = await _told(there, session)
            trial.counts["lost"] += missing(watch.cursors, entries)
            trial.counts["failed"] += task.done() or watch.n_snapshots > 1
            trial.counts["events"] += len(watch.cursors) - 1
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _told(there: Deployment, session: AsyncSession) -> list[str]:
    key = SessionKeys(parse_session(session.name).sid).events
    return [entry.decode() for entry, _ in await there.redis.xrange(key) or ()]


async def _caught_up(
    there: Deployment, watch: CountedWatch, session: AsyncSession
) -> None:
    for _ in range(1_200):
        if watch.cursors[-1] == (await _told(there, session))[-1]:
            return
        await asyncio.sleep(0.05)


@in_short_and_full(13, short=None)
async def test_no_call_fails_and_no_event_is_missed_while_optimizers_are_replaced(
    deploy: Deploy, trial: Trial
) -> None:
    async with AsyncExitStack() as stack:
        there = await stack.enter_async_context(deploy())
        await there.worker()
        replicas = [await _replica(there, a_free_port()) for _ in range(2)]
        target = "ipv4:" + ",".join(f"127.0.0.1:{one.port}" for one in replicas)
        sessions = []
        for _ in range(N_WATCHES):
            project = await stack.enter_async_context(connect_async(target))
            sessions.append(await project.create_session(PROMPT, rounds=200))
        async with _watched(there, sessions, trial) as watches:
            load = Load(sessions, trial)
            stop = asyncio.Event()
            asking = asyncio.create_task(load.ask(stop))
            playing = [asyncio.create_task(load.play(one, stop)) for one in sessions]
            # All clients are with the first, then with the other one.
            for repeat in range(trial.n):
                await asyncio.sleep(2)
                await _replace(there, replicas, repeat % 2, trial)
            await asyncio.sleep(2)
            stop.set()
            await asyncio.gather(asking, *playing)
            resumed = sum(watch.n_streams > 0 for watch in watches)
            trial.counts["watches resumed"] += resumed

    trial.counts["failed"] += trial.counts["watches resumed"] < N_WATCHES
    trial.conclude()


async def _replace(
    there: Deployment, replicas: list[Replica], at: int, trial: Trial
) -> None:
    replicas[at].life.send(signal.SIGTERM)
    status = await asyncio.wait_for(asyncio.shield(replicas[at].life.ended), GIVEN_UP_S)
    trial.counts["failed"] += status != 0
    replicas[at] = await _replica(there, replicas[at].port)


@in_short_and_full(14, short=2)
async def test_a_client_whose_network_was_cut_is_told_everything_in_order(
    deploy: Deploy, trial: Trial
) -> None:
    async with AsyncExitStack() as stack:
        there = await stack.enter_async_context(deploy())
        await there.worker()
        replica = await _replica(there, a_free_port())
        lines = [Line(replica.port) for _ in range(trial.n)]
        direct = await stack.enter_async_context(
            connect_async(f"127.0.0.1:{replica.port}")
        )
        players, watchers = [], []
        for line in lines:
            await line.connect()
            stack.callback(line.tear)
            player = await direct.create_session(PROMPT, rounds=200)
            project = await stack.enter_async_context(connect_async(line.address))
            players.append(player)
            watchers.append(await project.session(player.name))
        async with _watched(there, watchers, trial) as watches:
            load = Load(players, trial)
            stop = asyncio.Event()
            playing = [asyncio.create_task(load.play(one, stop)) for one in players]
            await asyncio.sleep(1)
            await _cut(lines, CUT_S if trial.recorded else SHORTLY_S)
            stop.set()
            await asyncio.gather(*playing)
            for player, watch in zip(players, watches, strict=True):
                await player.finish()
                await _caught_up(there, watch, player)
                final = await player.refresh()
                trial.counts["lost"] += not _knows(watch, final)

    trial.conclude()


def _knows(watch: CountedWatch, session: Any) -> bool:
    last = watch.last
    assert last is not None
    return (last.state, last.etag, last.n_feedbacks) == (
        session.state,
        session.etag,
        session.n_feedbacks,
    )


async def _cut(lines: list[Line], seconds: float) -> None:
    """Every other line falls silent, the others are torn."""
    for number, line in enumerate(lines):
        if number % 2:
            line.tear()
        else:
            line.silence()
    await asyncio.sleep(seconds)
    for line in lines:
        await line.connect()
