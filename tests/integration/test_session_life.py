"""How long a session lives that nobody touches, and what is left of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from redis.asyncio import Redis

from multibo.jobs.keys import SessionKeys
from multibo.optimizer.adapters.redis_store import RedisStore
from multibo.optimizer.app.errors import SessionNotFoundError
from multibo.v1 import round_pb2, round_service_pb2, session_service_pb2
from tests.support.builders import NAME, a_receipt, a_session, judged, proposed
from tests.support.digest_engine import DigestEngine
from tests.support.fakes import a_redis_app
from tests.support.wire import Wire, a_spec, new_id, serving

pytestmark = pytest.mark.redis

TTL_MS = 60_000
PROMPT, NEGATIVE, LABEL = "my-secret-wish", "my-secret-fear", "my-secret-name"
KEYS = SessionKeys(NAME.sid).all()


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """An empty database."""
    async with Redis.from_url(redis_url) as redis:
        yield redis


async def lives_ms(redis: Redis) -> list[int]:
    """Return how long each key lives that is there; -1 is for ever."""
    return [await redis.pttl(key) for key in KEYS if await redis.exists(key)]


async def expire(redis: Redis, ttl_ms: int) -> None:
    for key in KEYS:
        await redis.pexpire(key, ttl_ms)


async def test_every_command_prolongs_the_life_of_all_there_is(redis: Redis) -> None:
    store = RedisStore(redis, session_ttl_ms=TTL_MS)
    await store.create(a_session(), a_receipt("id-0"))
    opened = proposed(a_session())
    await store.commit(replace(opened, receipt=a_receipt("id-1")))
    await expire(redis, TTL_MS // 2)

    await store.commit(judged(opened.after, request_id="id-2"))

    lives = await lives_ms(redis)
    # State, rounds, log, jobs, requests, events; no row waits any more.
    assert len(lives) == 6
    assert all(TTL_MS // 2 < life <= TTL_MS for life in lives)


async def test_a_session_that_has_expired_is_not_there(redis: Redis) -> None:
    store = RedisStore(redis, session_ttl_ms=TTL_MS)
    await store.create(a_session(), None)
    await store.commit(proposed(a_session()))

    await expire(redis, 1)
    async with asyncio.timeout(10):
        while await lives_ms(redis):
            await asyncio.sleep(0.01)

    with pytest.raises(SessionNotFoundError):
        await store.read(NAME)
    assert await store.read_log(NAME) == ((), {})
    listed = await store.list_sessions("local", limit=5, cursor="")
    assert listed.sessions == ()


async def test_a_deleted_session_leaves_no_word_of_the_person(redis: Redis) -> None:
    app = a_redis_app(redis, engine=DigestEngine())
    async with serving(app) as wire:
        spec = a_spec(prompt=PROMPT, negative_prompt=NEGATIVE, labels={"of": LABEL})
        session = await wire.create(spec=spec, session_id="told-in-private")
        await answer(wire, session.name)
        await propose(wire, session.name)
        assert any(PROMPT in text for text in await texts(redis))

        await wire.sessions.DeleteSession(
            session_service_pb2.DeleteSessionRequest(name=session.name)
        )

    left = await texts(redis)
    for word in (PROMPT, NEGATIVE, LABEL, "told-in-private"):
        assert not any(word in text for text in left)


async def texts(redis: Redis) -> list[str]:
    """Every key, field and value there is."""
    found: list[str] = []
    async for key in redis.scan_iter(count=1_000):
        match (await redis.type(key)).decode():
            case "hash":
                value: object = await redis.hgetall(key)
            case "list":
                value = await redis.lrange(key, 0, -1)
            case "zset":
                value = await redis.zrange(key, 0, -1)
            case "set":
                value = await redis.smembers(key)
            case "stream":
                value = await redis.xrange(key)
            case _:
                value = await redis.get(key)
        found += [str(key), str(value)]
    return found


async def propose(wire: Wire, session: str) -> round_pb2.Round:
    request = round_service_pb2.ProposeRoundRequest(parent=session)
    round: round_pb2.Round = (await wire.rounds.ProposeRound(request)).round
    return round


async def answer(wire: Wire, session: str) -> None:
    await wire.rounds.SubmitFeedback(
        round_service_pb2.SubmitFeedbackRequest(
            name=(await propose(wire, session)).name,
            feedback=round_pb2.Feedback(chosen=1, shown=[0, 1, 2, 3]),
            request_id=new_id(),
        )
    )
