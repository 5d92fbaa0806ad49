"""How much a project has, counted on a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from redis.asyncio import Redis

from multibo.optimizer.adapters.redis_load import RedisLoad
from multibo.optimizer.adapters.redis_store import RedisStore
from multibo.optimizer.app.values import Change
from multibo.optimizer.session import machine
from multibo.optimizer.session.ids import SessionName
from multibo.optimizer.session.model import RoundEnd, RoundState, SessionState
from tests.support.builders import a_session, a_slate, jobs_of

pytestmark = pytest.mark.redis


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(redis_url)
    yield client
    await client.aclose()


@pytest.fixture
def store(redis: Redis) -> RedisStore:
    return RedisStore(redis, session_ttl_ms=60_000)


@pytest.fixture
def load(redis: Redis) -> RedisLoad:
    return RedisLoad(redis)


async def create(
    store: RedisStore, number: int, *, project: str = "local", finished: bool = False
) -> None:
    state = SessionState.FINISHED if finished else SessionState.ACTIVE
    name = SessionName(project, f"session-{number}")
    await store.create(a_session(name=name, state=state, create_time_ms=number), None)


async def test_finished_sessions_take_no_place(
    store: RedisStore, load: RedisLoad
) -> None:
    for number in range(6):
        await create(store, number, finished=number % 2 == 0)
    await create(store, 0, project="theirs")

    assert await load.sessions("local") == 3
    assert await load.sessions("theirs") == 1
    assert await load.sessions("nobody") == 0


async def test_finishing_and_deleting_free_a_place(
    store: RedisStore, load: RedisLoad
) -> None:
    for number in range(3):
        await create(store, number)
    first = await store.read(SessionName("local", "session-0"))
    finished = replace(first, rev=first.rev + 1, state=SessionState.FINISHED)

    await store.commit(Change(finished))
    await store.delete(SessionName("local", "session-1"))

    assert await load.sessions("local") == 1


async def test_an_expired_session_takes_no_place(redis: Redis, load: RedisLoad) -> None:
    short = RedisStore(redis, session_ttl_ms=30)
    await create(short, 1)

    await asyncio.sleep(0.06)

    assert await load.sessions("local") == 0


async def test_a_command_keeps_the_place(redis: Redis, load: RedisLoad) -> None:
    short = RedisStore(redis, session_ttl_ms=30)
    lasting = RedisStore(redis, session_ttl_ms=60_000)
    await create(short, 1)
    session = await short.read(SessionName("local", "session-1"))
    await lasting.commit(Change(replace(session, rev=session.rev + 1)))

    await asyncio.sleep(0.06)

    assert await load.sessions("local") == 1


async def test_a_refused_question_changes_no_index(
    redis: Redis, load: RedisLoad
) -> None:
    short = RedisStore(redis, session_ttl_ms=30)
    await create(short, 1)
    await asyncio.sleep(0.06)

    await load.sessions("local")
    asked = await redis.zcard("mbo:project:local:open")
    await create(short, 2)

    assert asked == 1
    assert await redis.zrange("mbo:project:local:open", 0, -1) == [b"local/session-2"]


async def test_rows_count_until_they_end(store: RedisStore, load: RedisLoad) -> None:
    for project in ("local", "local2"):
        session = a_session(name=SessionName(project, "session-1"))
        slate = a_slate()
        await store.create(session, None)
        opened = machine.open_round(session, slate)
        await store.commit(Change(opened, slate=slate, jobs=jobs_of(slate)))
    name = SessionName("local", "session-1")
    before = await load.rows("local")
    session = await store.read(name)
    end = RoundEnd(state=RoundState.CANCELLED, time_ms=1)

    await store.commit(Change(replace(session, rev=session.rev + 1), ends=((0, end),)))

    assert before == 4
    assert await load.rows("local") == 0
    assert await load.rows("local2") == 4
