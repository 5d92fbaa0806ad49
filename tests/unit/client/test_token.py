"""The token goes with every call, and nowhere it could be read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import grpc
import pytest

from multibo.client import connect_async, errors
from multibo.v1 import event_pb2, model_service_pb2, session_service_pb2
from tests.support.scripted_optimizer import (
    HANG,
    ScriptedOptimizer,
    a_session,
    serving,
    told,
)


class Listening(ScriptedOptimizer):
    """Remembers the credentials it was shown."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[object] = []

    async def unary(self, method: str, request: Any, context: Any) -> Any:
        self._listen(context)
        return await super().unary(method, request, context)

    async def stream(
        self, method: str, request: Any, context: Any
    ) -> AsyncIterator[Any]:
        self._listen(context)
        async for item in super().stream(method, request, context):
            yield item

    def _listen(self, context: Any) -> None:
        metadata = dict(context.invocation_metadata())
        self.heard.append(metadata.get("authorization"))


@pytest.fixture
async def listening() -> AsyncIterator[Listening]:
    optimizer = Listening()
    optimizer.on("ListModels", model_service_pb2.ListModelsResponse())
    optimizer.on(
        "GetSession", session_service_pb2.GetSessionResponse(session=a_session())
    )
    snapshot = event_pb2.SnapshotEvent(session=a_session())
    optimizer.on("WatchSession", [told("1", snapshot=snapshot), HANG])
    async with serving(optimizer):
        yield optimizer


async def test_calls_and_watches_carry_the_token(listening: Listening) -> None:
    async with connect_async(listening.address, token="mbo_1_x") as project:
        session = await project.session("faces")
        async with aclosing(session.watch()) as watch:
            await anext(watch)

    assert listening.heard == ["Bearer mbo_1_x"] * 2


async def test_the_token_comes_from_the_environment_unless_given(
    listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MULTIBO_TOKEN", "held\n")
    async with connect_async(listening.address) as project:
        await project.models()
    async with connect_async(listening.address, token="given") as project:
        await project.models()

    assert listening.heard == ["Bearer held", "Bearer given"]


async def test_without_a_token_nothing_is_shown(
    listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MULTIBO_TOKEN", raising=False)

    async with connect_async(listening.address) as project:
        await project.models()

    assert listening.heard == [None]


@pytest.mark.parametrize("token", ["two words", "line\nline", "schlüssel"])
async def test_a_damaged_token_is_refused_and_not_repeated(token: str) -> None:
    with pytest.raises(errors.TokenUnusableError) as refused:
        connect_async("127.0.0.1:1", token=token)

    assert token not in str(refused.value)


async def test_a_token_leaves_this_machine_encrypted_only() -> None:
    with pytest.raises(errors.TokenUnusableError, match="plain text"):
        connect_async("optimizer.example:443", token="secret")

    tls = grpc.ssl_channel_credentials()
    await connect_async("optimizer.example:443", token="x", credentials=tls).close()
