"""Two optimizer processes that are called at once, and again, and out of order."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

import grpc

from multibo.jobs.keys import SessionKeys
from multibo.optimizer.session.ids import parse_session
from multibo.v1 import round_service_pb2, session_service_pb2
from tests.support import doom
from tests.support.deployment import (
    GIVEN_UP_S,
    Caller,
    Deploy,
    Deployment,
    side_by_side,
)
from tests.support.fault_rows import OF_PROCESSES, Trial, in_short_and_full
from tests.support.scripted_optimizer import a_free_port
from tests.support.wire import stubs

pytestmark = OF_PROCESSES
N_SESSIONS: Final = 50
AT_ONCE: Final = 10
Stubs = tuple[Any, Any]
"""Of sessions and of rounds, at one replica."""


@asynccontextmanager
async def two_replicas(
    deploy: Deploy,
) -> AsyncIterator[tuple[Deployment, list[Stubs]]]:
    """Run two optimizer processes on one Redis."""
    async with AsyncExitStack() as stack:
        there = await stack.enter_async_context(deploy())
        replicas = []
        for _ in range(2):
            address = f"127.0.0.1:{a_free_port()}"
            there.settings = {"MULTIBO_OPTIMIZER_LISTEN": address}
            await there.start(doom.OPTIMIZER)
            channel = grpc.aio.insecure_channel(address)
            await stack.enter_async_context(channel)
            await asyncio.wait_for(channel.channel_ready(), GIVEN_UP_S)
            replicas.append(stubs(channel)[:2])
        yield there, replicas


@in_short_and_full(4, short=None)
async def test_answers_sent_twice_and_out_of_order_to_two_processes_count_once(
    deploy: Deploy, trial: Trial
) -> None:
    async with two_replicas(deploy) as (there, replicas):
        await there.worker()
        for seed in range(trial.n):
            await _answer_twice(there, replicas, trial, random.Random(seed))

    trial.conclude()


async def _answer_twice(
    there: Deployment, replicas: list[Stubs], trial: Trial, generator: random.Random
) -> None:
    """Two answers by each of the people, each sent to both, then all of them again."""
    people = [Caller(*replicas[at % 2]) for at in range(N_SESSIONS)]
    await asyncio.gather(*[person.create() for person in people])
    requests: list[round_service_pb2.SubmitFeedbackRequest] = []
    replies: dict[str, set[bytes]] = {}

    async def send(
        request: round_service_pb2.SubmitFeedbackRequest, rounds: Any
    ) -> None:
        reply = await rounds.SubmitFeedback(request, timeout=60)
        replies.setdefault(request.request_id, set()).add(reply.SerializeToString())
        trial.counts["submissions"] += 1

    for slot in (1, 2):
        # Not all at once: a project may wait for so many images and no more.
        for at in range(0, N_SESSIONS, AT_ONCE):
            for person in people[at : at + AT_ONCE]:
                await person.propose()
            for person in people[at : at + AT_ONCE]:
                await person.until_open()
        news = [person.answer(slot) for person in people]
        racing = [(request, rounds) for request in news for _, rounds in replicas]
        generator.shuffle(racing)
        await asyncio.gather(*[send(*one) for one in racing])
        requests += news
    late = [(request, generator.choice(replicas)[1]) for request in requests]
    generator.shuffle(late)
    await asyncio.gather(*[send(*one) for one in late])

    trial.counts["answers"] += len(requests)
    trial.counts["failed"] += sum(len(seen) != 1 for seen in replies.values())
    for person in people:
        log = SessionKeys(parse_session(person.session).sid).log
        n_entries = await there.redis.llen(log)
        trial.counts["lost"] += n_entries != 2


@in_short_and_full(5, short=None)
async def test_two_processes_that_race_to_propose_make_one_round(
    deploy: Deploy, trial: Trial
) -> None:
    async with two_replicas(deploy) as (_, replicas):

        async def lane(_number: int, n: int) -> None:
            for _ in range(n):
                await _race(replicas, trial)

        await side_by_side(trial.n, AT_ONCE, lane)

    trial.conclude()


async def _race(replicas: list[Stubs], trial: Trial) -> None:
    first, second = (Caller(*replica) for replica in replicas)
    await first.create()
    second.session = first.session
    seen = await asyncio.gather(first.propose(), second.propose())
    listing = round_service_pb2.ListRoundsRequest(parent=first.session)
    listed = (await second.rounds.ListRounds(listing)).rounds
    same = seen[0].name == seen[1].name and len(listed) == 1
    drawn = {tuple(one.name for one in round.candidates) for round in seen}
    trial.counts["failed"] += not (same and len(drawn) == 1)
    # Nobody renders here: what waits would fill the project's backlog.
    request = session_service_pb2.DeleteSessionRequest(name=first.session)
    await first.sessions.DeleteSession(request)
