"""Credentials that end, keys that change, and what is open meanwhile."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import grpc
import pytest

from multibo.optimizer.api.auth_api_keys import editing, new_key
from multibo.optimizer.api.auth_principals import Scope
from multibo.optimizer.app.values import Limits
from multibo.v1 import model_service_pb2, session_service_pb2
from tests.support.credentials import (
    a_signer,
    an_authenticator,
    bearer,
    write_jwks,
)
from tests.support.fakes import an_app
from tests.support.legal_requests import a_request
from tests.support.wire import create_request, refusal, refused, serving

ListModels = model_service_pb2.ListModelsRequest
QUICK = Limits(heartbeat_s=0.05)


class Now:
    """Seconds since the epoch, moved by hand."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead_s


async def until_refused(watch: Any) -> str:
    try:
        async with asyncio.timeout(5):
            while await watch.read() is not grpc.aio.EOF:
                pass
    except grpc.aio.AioRpcError as error:
        return refusal(error).reason
    return "ended"


async def test_a_watch_ends_soon_after_its_token(tmp_path: Path) -> None:
    signer, now = a_signer(), Now()
    jwks = write_jwks(tmp_path / "jwks", [signer])
    metadata = bearer(signer.token())
    app = an_app(limits=QUICK)
    async with serving(
        app, authenticator=an_authenticator(jwks=jwks, now_s=now)
    ) as wire:
        reply = await wire.sessions.CreateSession(create_request(), metadata=metadata)
        watch = wire.sessions.WatchSession(
            session_service_pb2.WatchSessionRequest(name=reply.session.name),
            metadata=metadata,
        )
        await watch.read()

        now.ahead_s = 700

        assert await until_refused(watch) == "TOKEN_INVALID"


def test_a_watch_is_asked_often_enough() -> None:
    # A token is good for 30 s after its expiry, and a watch is silent this long.
    assert Limits().heartbeat_s + 30 < 60


async def test_a_revoked_key_closes_calls_and_watches(tmp_path: Path) -> None:
    key, text = new_key(["local"], Scope)
    path = tmp_path / "keys"
    with editing(path) as keys:
        keys.append(key)
    authenticator = an_authenticator(keys=path)
    async with serving(an_app(limits=QUICK), authenticator=authenticator) as wire:
        reply = await wire.sessions.CreateSession(
            create_request(), metadata=bearer(text)
        )
        watch = wire.sessions.WatchSession(
            session_service_pb2.WatchSessionRequest(name=reply.session.name),
            metadata=bearer(text),
        )
        await watch.read()

        with editing(path) as keys:
            keys.clear()
        await authenticator.refresh()
        answer = await refused(
            wire.models.ListModels(ListModels(), metadata=bearer(text))
        )

        assert answer.reason == "TOKEN_INVALID"
        assert await until_refused(watch) == "TOKEN_INVALID"


async def test_signing_keys_rotate_without_a_restart(tmp_path: Path) -> None:
    old, new = a_signer(id="old"), a_signer("ES256", id="new")
    jwks = write_jwks(tmp_path / "jwks", [old])
    authenticator = an_authenticator(jwks=jwks)

    async def reason(token: str) -> str:
        try:
            await wire.models.ListModels(ListModels(), metadata=bearer(token))
        except grpc.aio.AioRpcError as error:
            return refusal(error).reason
        return "OK"

    async with serving(an_app(), authenticator=authenticator) as wire:
        first = await reason(old.token()), await reason(new.token())
        write_jwks(jwks, [old, new])
        await authenticator.refresh()
        both = await reason(old.token()), await reason(new.token())
        write_jwks(jwks, [new])
        await authenticator.refresh()
        last = await reason(old.token()), await reason(new.token())
        jwks.write_text("damaged")
        await authenticator.refresh()
        damaged = await reason(new.token())

    assert first == ("OK", "TOKEN_INVALID")
    assert both == ("OK", "OK")
    assert last == ("TOKEN_INVALID", "OK")
    assert damaged == "OK"


async def test_a_changed_file_is_noticed_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    with editing(path):
        pass
    authenticator = an_authenticator(keys=path)
    watching = asyncio.create_task(authenticator.run())
    key, text = new_key(["local"], Scope)
    with editing(path) as keys:
        keys.append(key)

    async with serving(an_app(), authenticator=authenticator) as wire:
        give_up = time.monotonic() + 5
        while True:
            try:
                await wire.models.ListModels(ListModels(), metadata=bearer(text))
                break
            except grpc.aio.AioRpcError:
                assert time.monotonic() < give_up
                await asyncio.sleep(0.1)
    watching.cancel()


@pytest.mark.parametrize(
    "metadata",
    [
        (("authorization", "Basic YTpi"),),
        (("authorization", "Bearer"),),
        (("authorization", "Bearer "),),
        (("authorization", "Bearer " + "x" * 5000),),
        (("authorization", "Bearer mbo_unknown_secret"),),
    ],
    ids=lambda metadata: metadata[0][1][:20],
)
async def test_a_header_of_another_form_is_no_credential(
    tmp_path: Path, metadata: Any
) -> None:
    with editing(tmp_path / "keys"):
        pass
    authenticator = an_authenticator(keys=tmp_path / "keys")

    async with serving(an_app(), authenticator=authenticator) as wire:
        answer = await refused(wire.models.ListModels(ListModels(), metadata=metadata))

    assert answer.reason == "TOKEN_INVALID"


async def test_two_tokens_at_once_are_none(tmp_path: Path) -> None:
    signer = a_signer()
    jwks = write_jwks(tmp_path / "jwks", [signer])
    metadata = bearer(signer.token()) * 2

    async with serving(an_app(), authenticator=an_authenticator(jwks=jwks)) as wire:
        answer = await refused(wire.models.ListModels(ListModels(), metadata=metadata))

    assert answer.reason == "TOKEN_INVALID"


async def test_an_expired_key_is_over(tmp_path: Path) -> None:
    key, text = new_key(["local"], Scope, ttl_s=60)
    with editing(tmp_path / "keys") as keys:
        keys.append(key)
    now = Now()
    authenticator = an_authenticator(keys=tmp_path / "keys", now_s=now)

    async with serving(an_app(), authenticator=authenticator) as wire:
        await wire.models.ListModels(ListModels(), metadata=bearer(text))
        now.ahead_s = 61
        answer = await refused(
            wire.models.ListModels(ListModels(), metadata=bearer(text))
        )

    assert answer.reason == "TOKEN_INVALID"


async def test_a_token_is_verified_once(tmp_path: Path) -> None:
    signer = a_signer("RS256")
    jwks = write_jwks(tmp_path / "jwks", [signer])
    authenticator = an_authenticator(jwks=jwks)
    metadata = bearer(signer.token())

    async with serving(an_app(), authenticator=authenticator) as wire:
        await refused(
            wire.sessions.GetSession(a_request("GetSession"), metadata=metadata)
        )
        # What is remembered needs no key any more.
        authenticator._jwks.value._keys = ()  # type: ignore[union-attr]
        answer = await refused(
            wire.sessions.GetSession(a_request("GetSession"), metadata=metadata)
        )

    assert answer.reason == "SESSION_NOT_FOUND"
