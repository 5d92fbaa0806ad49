"""Two replicas, many people, every call sent again and out of order: one vote each."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final

import grpc
import pytest
from redis.asyncio import Redis

from multibo.jobs import keys
from multibo.jobs.keys import SessionKeys
from multibo.optimizer.session.ids import parse_session
from multibo.v1 import round_pb2, round_service_pb2, session_service_pb2
from tests.support.digest_engine import DigestEngine
from tests.support.fakes import RedisFakeFleet, a_redis_app
from tests.support.wire import Wire, create_request, new_id, refusal, serving

N_SESSIONS: Final = 50


@dataclass
class Replicas:
    """Two servers that share nothing but Redis."""

    wires: tuple[Wire, Wire]
    fleets: tuple[RedisFakeFleet, ...]
    redis: Redis

    async def propose(self, session: str, *, at: int = 0) -> round_pb2.Round:
        request = round_service_pb2.ProposeRoundRequest(parent=session)
        round: round_pb2.Round = (
            await self.wires[at].rounds.ProposeRound(request)
        ).round
        return round

    async def log_length(self, session: str) -> int:
        sid = parse_session(session).sid
        return int(await self.redis.llen(SessionKeys(sid).log))


@pytest.fixture
async def replicas(redis_url: str) -> AsyncIterator[Replicas]:
    """Both of them, with one fake fleet each that renders at once."""
    async with AsyncExitStack() as stack:
        wires, fleets = [], []
        for _ in range(2):
            redis = await stack.enter_async_context(Redis.from_url(redis_url))
            app = a_redis_app(redis, engine=DigestEngine())
            wires.append(await stack.enter_async_context(serving(app)))
            fleets.append(app.fleet)
        yield Replicas((wires[0], wires[1]), tuple(fleets), redis)  # type: ignore[arg-type]


def an_answer(
    round: round_pb2.Round, slot: int
) -> round_service_pb2.SubmitFeedbackRequest:
    return round_service_pb2.SubmitFeedbackRequest(
        name=round.name,
        feedback=round_pb2.Feedback(chosen=slot, shown=[0, 1, 2, 3]),
        request_id=new_id(),
    )


async def outcome(call: Any) -> bytes | str:
    """The reply's bytes, or the reason of the refusal."""
    try:
        reply = await call
    except grpc.aio.AioRpcError as error:
        return refusal(error).reason
    return bytes(reply.SerializeToString())


async def test_two_hundred_duplicates_out_of_order_are_one_vote_each(
    replicas: Replicas,
) -> None:
    generator = random.Random(7)
    sessions = [(await replicas.wires[0].create()).name for _ in range(N_SESSIONS)]
    requests = []
    replies: dict[str, set[bytes | str]] = {}

    async def send(request: round_service_pb2.SubmitFeedbackRequest, at: int) -> None:
        call = replicas.wires[at].rounds.SubmitFeedback(request)
        replies.setdefault(request.request_id, set()).add(await outcome(call))

    for slot in (1, 2):
        rounds = await asyncio.gather(
            *[replicas.propose(name, at=slot % 2) for name in sessions]
        )
        news = [an_answer(round, slot) for round in rounds]
        racing = [(request, at) for request in news for at in (0, 1)]
        generator.shuffle(racing)
        await asyncio.gather(*[send(*one) for one in racing])
        requests += news
    # The repeats of the first round's answers come after the second round's.
    late = [(request, generator.randrange(2)) for request in requests]
    generator.shuffle(late)
    await asyncio.gather(*[send(*one) for one in late])

    assert len(requests) == 2 * N_SESSIONS
    assert all(len(seen) == 1 for seen in replies.values())
    assert not any(isinstance(seen, str) for one in replies.values() for seen in one)
    assert {await replicas.log_length(name) for name in sessions} == {2}


async def test_of_racing_answers_to_one_round_one_counts(replicas: Replicas) -> None:
    sessions = [(await replicas.wires[0].create()).name for _ in range(10)]
    rounds = [await replicas.propose(name) for name in sessions]

    outcomes = await asyncio.gather(
        *[
            outcome(
                replicas.wires[slot % 2].rounds.SubmitFeedback(an_answer(round, slot))
            )
            for round in rounds
            for slot in range(4)
        ]
    )

    refused = Counter(one for one in outcomes if isinstance(one, str))
    assert refused == {"ROUND_NOT_OPEN": 30}
    assert {await replicas.log_length(name) for name in sessions} == {1}


async def test_racing_proposals_and_varieties_make_one_round(
    replicas: Replicas,
) -> None:
    session = (await replicas.wires[0].create()).name

    first = await asyncio.gather(
        *[replicas.propose(session, at=at % 2) for at in range(10)]
    )
    request = round_service_pb2.RequestVarietyRequest(
        name=first[0].name, request_id=new_id()
    )
    varied = await asyncio.gather(
        *[
            outcome(replicas.wires[at % 2].rounds.RequestVariety(request))
            for at in range(10)
        ]
    )

    listed = await replicas.wires[1].rounds.ListRounds(
        round_service_pb2.ListRoundsRequest(parent=session)
    )
    assert len({round.name for round in first}) == 1
    assert len(set(varied)) == 1
    assert [round.number for round in listed.rounds] == [0, 1]


async def test_an_undo_sent_to_both_replicas_goes_back_once(replicas: Replicas) -> None:
    session = (await replicas.wires[0].create()).name
    for slot in (1, 2):
        round = await replicas.propose(session)
        reply = await replicas.wires[0].rounds.SubmitFeedback(an_answer(round, slot))
    request = session_service_pb2.UndoFeedbackRequest(
        name=session, request_id=new_id(), etag=reply.session.etag
    )

    undone = await asyncio.gather(
        *[
            outcome(replicas.wires[at % 2].sessions.UndoFeedback(request))
            for at in range(10)
        ]
    )

    got = await replicas.wires[1].sessions.GetSession(
        session_service_pb2.GetSessionRequest(name=session)
    )
    assert len(set(undone)) == 1
    assert (got.session.feedback_count, got.session.can_redo) == (1, True)
    assert await replicas.log_length(session) == 3


async def test_a_session_is_created_once_by_both_replicas(replicas: Replicas) -> None:
    request = create_request()

    replies = await asyncio.gather(
        *[
            outcome(replicas.wires[at % 2].sessions.CreateSession(request))
            for at in range(10)
        ]
    )

    assert len(set(replies)) == 1
    assert await replicas.redis.zcard(keys.project_sessions("local")) == 1


async def test_what_undo_reopens_is_pending_and_due_again(replicas: Replicas) -> None:
    wire, fleet, redis = replicas.wires[0], replicas.fleets[0], replicas.redis
    fleet.renders = False
    session = (await wire.create()).name
    round = await replicas.propose(session)
    key = SessionKeys(parse_session(session).sid)
    await _render(fleet, session, (0, 1))
    feedback = round_pb2.Feedback(chosen=1, shown=[0, 1])
    answer = an_answer(round, 0)
    answer.feedback.CopyFrom(feedback)
    reply = await wire.rounds.SubmitFeedback(answer)
    canceled = await redis.scard(key.pending)
    await redis.delete(keys.DUE)

    undone = await wire.sessions.UndoFeedback(
        session_service_pb2.UndoFeedbackRequest(
            name=session, request_id=new_id(), etag=reply.session.etag
        )
    )

    states = [one.state for one in undone.session.latest_round.candidates]
    ready, queued = (
        round_pb2.CANDIDATE_STATE_READY,
        round_pb2.CANDIDATE_STATE_QUEUED,
    )
    assert canceled == 0
    assert states == [ready, ready, queued, queued]
    assert await redis.smembers(key.pending) == {b"0/2", b"0/3"}
    assert await redis.zscore(keys.DUE, key.sid) is not None


async def _render(fleet: RedisFakeFleet, session: str, slots: tuple[int, ...]) -> None:
    name = parse_session(session)
    store = a_redis_app(fleet.redis, engine=DigestEngine()).store
    jobs = (await store.read_round(name, 0)).jobs
    fleet.renders = True
    await fleet.wake(name, [jobs[slot] for slot in slots])
    fleet.renders = False
