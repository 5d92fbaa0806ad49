"""A session whose ports work ahead goes the way it would have gone without."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from redis.asyncio import Redis

from multibo.jobs import keys
from multibo.jobs.keys import SessionKeys
from multibo.optimizer.adapters.redis_lookahead import RedisLookahead
from multibo.optimizer.adapters.speculating import (
    SpeculatingFleet,
    Speculator,
    speculating_engine,
    speculating_store,
)
from multibo.optimizer.app import finish, rounds
from multibo.optimizer.app.ports import App
from multibo.optimizer.app.speculation import Ahead, Effort
from multibo.optimizer.preference import engine
from multibo.optimizer.preference.dataset import choice
from multibo.optimizer.preference.slate import ProposalRequest
from multibo.optimizer.session.model import Slate
from multibo.telemetry.metrics import Meter
from tests.support.builders import chosen
from tests.support.driver import NAME, Driver
from tests.support.fakes import DirectEngine, a_redis_app

pytestmark = pytest.mark.redis
KEY = SessionKeys(NAME.sid)


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(redis_url)
    yield client
    await client.aclose()


class Ahead4:
    """A driven session, and the loop that works ahead of it."""

    def __init__(self, redis: Redis) -> None:
        self.redis, self.meter = redis, Meter()
        self.engine = DirectEngine()
        plain = a_redis_app(redis, engine=self.engine)
        lookahead = RedisLookahead(redis, self._wake)
        store = speculating_store(plain.store, lookahead, self.meter)
        self.ahead = Ahead(plain.store, plain.fleet, self.engine, lookahead, Effort())
        self.speculator = Speculator(self.ahead, lookahead)
        self.driver = Driver(
            App(
                store=store,
                feed=plain.feed,
                fleet=SpeculatingFleet(plain.fleet, lookahead, self.meter),
                engine=speculating_engine(self.engine, lookahead, self.meter),
                figures=plain.figures,
                images=plain.images,
                catalog=plain.catalog,
                clock=plain.clock,
                limits=plain.limits,
            )
        )

    async def _wake(self, _model: str, _compat_key: str) -> None:
        return None

    async def open(self) -> None:
        """Propose, and work ahead as if the last image were just there."""
        name = (await self.driver.propose()).name
        await self.redis.rpush(keys.OPENED, f"{NAME.sid}/{name.number}")
        assert await self.speculator.work() == 4

    def counts(self, line: str) -> bool:
        return line in self.meter.exposition().decode()


def _told(slate: Slate) -> list[object]:
    return [(c.warp, c.base_seed, c.role, c.utility_mean) for c in slate.candidates]


async def test_slates_found_are_those_that_would_have_been_computed(
    redis: Redis,
) -> None:
    plain = Driver(a_redis_app(redis, engine=DirectEngine()))
    await plain.create()
    for slot in (1, 3, 0):
        await plain.answer(chosen(slot))
    expected = [_told((await plain.round(n)).slate) for n in range(3)]
    await redis.flushdb()
    one = Ahead4(redis)
    await one.driver.create()

    for slot in (1, 3, 0):
        await one.open()
        await one.driver.answer(chosen(slot))

    slates = [(await one.driver.round(n)).slate for n in range(3)]
    assert [_told(slate) for slate in slates] == expected
    assert one.counts('multibo_speculative_slates_total{result="hit"} 2.0')
    assert one.counts('multibo_speculative_slates_total{result="miss"} 1.0')


async def test_what_is_asked_for_by_a_person_is_not_waiting_ahead_any_more(
    redis: Redis,
) -> None:
    one = Ahead4(redis)
    await one.driver.create()
    await one.open()
    compat = (await one.driver.round(0)).jobs[0].spec.compat_key
    n_ahead = await redis.zcard(keys.speculative_rows(compat))

    await one.driver.answer(chosen(2))
    n_left = await redis.zcard(keys.speculative_rows(compat))
    await one.driver.propose()

    assert (n_ahead, n_left) == (8, 2)
    assert await redis.zcard(keys.speculative_rows(compat)) == 0
    assert not await redis.exists(KEY.speculation)
    assert one.counts('multibo_speculative_images_total{result="late"} 2.0')


@pytest.mark.parametrize("way", ["cancel", "variety", "none", "skip", "finish"])
async def test_whoever_goes_another_way_leaves_nothing_waiting(
    redis: Redis, way: str
) -> None:
    one = Ahead4(redis)
    await one.driver.create()
    await one.open()

    if way == "finish":
        await finish.finish_session(one.driver.app, NAME)
    else:
        await one.driver.do(way)

    assert not await redis.exists(KEY.speculation)
    assert not [key async for key in redis.scan_iter("mbo:speculative:*")]


async def test_rows_ahead_are_no_part_of_the_session(redis: Redis) -> None:
    one = Ahead4(redis)
    await one.driver.create()
    await one.driver.propose()
    before = await one.driver.snapshot(), await redis.xlen(KEY.events)
    due = await redis.zrange(keys.DUE, 0, -1)

    await one.open()

    assert (await one.driver.snapshot(), await redis.xlen(KEY.events)) == before
    assert await redis.zrange(keys.DUE, 0, -1) == due
    assert await rounds.cancel_round(one.driver.app, (await one.driver.propose()).name)


async def test_a_damaged_proposal_is_computed_instead(redis: Redis) -> None:
    one = Ahead4(redis)
    await one.driver.create()
    await one.open()
    async for key in redis.scan_iter("mbo:proposal:*"):
        await redis.set(key, b"{")

    await one.driver.answer(chosen(0))
    round = await one.driver.propose()

    assert not round.slate.degraded
    assert one.counts('multibo_speculative_slates_total{result="miss"} 2.0')


async def test_a_proposal_made_ahead_reads_back_bit_for_bit(redis: Redis) -> None:
    answer = choice(((0, 0, 0), (2048, -1024, 7), (5, 6, 7)), 1)
    request = ProposalRequest(3, 4, 11, (answer, answer), n_initial=0)
    lookahead, proposal = Ahead4(redis).ahead.lookahead, engine.propose(request)

    await lookahead.keep_proposal(request, proposal)

    assert await lookahead.proposal(request) == proposal
    assert await lookahead.proposal(replace(request, seed=12)) is None
