"""Refusals that every method shares have changed nothing either, over Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import grpc
import pytest
from redis.asyncio import Redis

from multibo.optimizer.api.auth_scopes import ACCESS
from multibo.optimizer.api.endpoint import Capacity
from multibo.optimizer.api.errors import RateExceededError
from multibo.optimizer.api.rate_limit import CallRates
from multibo.optimizer.preference.slate import Proposal, ProposalRequest
from tests.support import scenes
from tests.support.credentials import (
    Signer,
    a_signer,
    an_authenticator,
    bearer,
    write_jwks,
)
from tests.support.digest_engine import DigestEngine
from tests.support.fakes import a_redis_app
from tests.support.legal_requests import METHODS, OF_NO_PROJECT, a_request
from tests.support.scenes import Scene
from tests.support.wire import Wire, refusal, serving

pytestmark = pytest.mark.redis

NAMES: Final = [method.rpartition("/")[2] for method in METHODS]
PROPOSE: Final = "/multibo.v1.RoundService/ProposeRound"


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """An empty database."""
    async with Redis.from_url(redis_url) as redis:
        yield redis


@dataclass
class Door:
    """A server that asks for credentials, and a session that could be changed."""

    wire: Wire
    redis: Redis
    scene: Scene
    signer: Signer

    async def told(self, method: str, token: str | None) -> str:
        """Make a call that is refused and changes nothing; return its reason."""
        before = await scenes.dump(self.redis)
        session = self.scene.name.rpartition("/")[2]
        data = a_request(method.rpartition("/")[2], session=session)
        reason = await reason_of(self.wire, method, data.SerializeToString(), token)
        assert await scenes.dump(self.redis) == before
        return reason


async def reason_of(wire: Wire, method: str, data: bytes, token: str | None) -> str:
    metadata = bearer(token) if token is not None else ()
    # A unary call is a stream of one message to the wire.
    call: Any = wire.channel.unary_stream(method)(data, metadata=metadata, timeout=10)
    try:
        async for _ in call:
            pass
    except grpc.aio.AioRpcError as error:
        return refusal(error).reason
    return "answered"


@pytest.fixture(scope="module")
def signer() -> Signer:
    return a_signer()


@pytest.fixture
async def door(redis: Redis, signer: Signer, tmp_path: Path) -> AsyncIterator[Door]:
    app = a_redis_app(redis, engine=DigestEngine())
    scene = await scenes.set_up(redis, app, scenes.opened)
    authenticator = an_authenticator(jwks=write_jwks(tmp_path / "jwks", [signer]))
    async with serving(app, authenticator=authenticator) as wire:
        yield Door(wire, redis, scene, signer)


@pytest.mark.parametrize("method", METHODS, ids=NAMES)
async def test_who_may_not_call_changes_nothing(door: Door, method: str) -> None:
    token, needed = door.signer.token, ACCESS[method].scope
    others = " ".join(one.scope for one in ACCESS.values() if one.scope is not needed)

    assert await door.told(method, None) == "TOKEN_MISSING"
    assert await door.told(method, token(aud="elsewhere")) == "TOKEN_INVALID"
    assert await door.told(method, token(scope=others)) == "SCOPE_MISSING"
    if method.rpartition("/")[2] not in OF_NO_PROJECT:
        foreign = token(projects=["theirs"])
        assert await door.told(method, foreign) == "SESSION_NOT_FOUND"


async def test_who_calls_too_often_changes_nothing(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spent(_: CallRates, principal: str) -> None:
        raise RateExceededError(calls_per_s=1, retry_after_ms=1_000)

    monkeypatch.setattr(CallRates, "take", spent)

    told = {await door.told(method, door.signer.token()) for method in METHODS}

    assert told == {"RATE_LIMITED"}


async def test_a_server_that_goes_away_changes_nothing(door: Door) -> None:
    # Calls that were under way when it began: a later one reaches another server.
    door.wire.endpoint._draining.set()

    told = {await door.told(method, door.signer.token()) for method in METHODS}

    assert told == {"DRAINING"}


class FaultyEngine(DigestEngine):
    """Fails as nobody foresaw."""

    async def propose(self, request: ProposalRequest, *, timeout_s: float) -> Proposal:
        raise ValueError("a fault of ours")


class SlowEngine(DigestEngine):
    """Takes longer than the call."""

    async def propose(self, request: ProposalRequest, *, timeout_s: float) -> Proposal:
        await asyncio.sleep(30)
        raise AssertionError("nobody waited")


@pytest.mark.parametrize(
    ("engine", "reason"),
    [(FaultyEngine(), "INTERNAL"), (SlowEngine(), "DEADLINE_EXCEEDED")],
    ids=["faulty", "slow"],
)
async def test_a_proposal_that_fails_midway_changes_nothing(
    redis: Redis, engine: DigestEngine, reason: str
) -> None:
    app = a_redis_app(redis, engine=DigestEngine())
    scene = await scenes.set_up(redis, app, scenes.new)
    capacity = Capacity(deadlines_s={PROPOSE: 0.3})
    request = a_request("ProposeRound", session=scene.name.rpartition("/")[2])

    async with serving(replace(app, engine=engine), capacity=capacity) as wire:
        before = await scenes.dump(redis)
        told = await reason_of(wire, PROPOSE, request.SerializeToString(), None)

        assert told == reason
        assert await scenes.dump(redis) == before
