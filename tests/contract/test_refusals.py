"""A refused call has changed nothing: every method, every reason, over Redis."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import grpc
import pytest
from google.protobuf.message_factory import GetMessageClass
from redis.asyncio import Redis

from multibo.optimizer.api.endpoint import SERVICES
from tests.contract.test_refusals_under_pressure import COVERED
from tests.support import scenes
from tests.support.digest_engine import DigestEngine
from tests.support.driver import Driver
from tests.support.fakes import a_redis_app
from tests.support.refusal_cases import CASES, Case
from tests.support.tree import ROOT
from tests.support.wire import refused, serving

METHODS: Final = {m.name: m for service in SERVICES for m in service.methods}


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """An empty database."""
    async with Redis.from_url(redis_url) as redis:
        yield redis


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_a_refused_call_leaves_the_store_as_it_was(
    redis: Redis, case: Case
) -> None:
    app = a_redis_app(redis, engine=DigestEngine())
    scene = await scenes.set_up(redis, app, _at_end(case), **case.spec)
    method = METHODS[case.method]
    request = GetMessageClass(method.input_type)(
        **{
            name: value
            for name, value in case.fields(scene).items()
            if name in method.input_type.fields_by_name
        }
    )
    served = scenes.rationed(redis, app) if case.rationed else app
    async with serving(served) as wire:
        before = await scenes.dump(redis)

        path = f"/{method.containing_service.full_name}/{method.name}"
        call = wire.channel.unary_unary(path)
        answer = await refused(call(request.SerializeToString()))

        assert answer.reason == case.reason
        assert answer.code is not grpc.StatusCode.INTERNAL
        assert await scenes.dump(redis) == before


def _at_end(case: Case) -> Callable[[Driver], Awaitable[None]]:
    # A spent session has no open round.
    return _nothing_more if case.spec.get("rounds") == 1 else case.scene


async def _nothing_more(driver: Driver) -> None:
    """One answer, which was the last of the budget."""


def documented() -> set[tuple[str, str]]:
    """Method and reason, as the comments of the contract have them."""
    found = set()
    for path in (ROOT / "proto" / "multibo" / "v1").glob("*_service.proto"):
        text = path.read_text("utf-8")
        pattern = r"((?:^  //.*\n)+)^  rpc (\w+)\("
        for comment, method in re.findall(pattern, text, re.MULTILINE):
            errors = comment.replace("\n  //", "").partition("Errors:")[2]
            for reasons in re.findall(r"\(([A-Z_, ]+)\)", errors):
                found |= {(method, reason.strip()) for reason in reasons.split(",")}
    return found


def test_every_documented_reason_has_its_case() -> None:
    cases = {(case.method, case.reason) for case in CASES} | COVERED

    missing = {
        (method, reason)
        for method, reason in documented() - cases
        if reason != "UNIMPLEMENTED"
    }

    assert missing == set()
