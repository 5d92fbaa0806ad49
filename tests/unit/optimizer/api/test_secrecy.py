"""What a person asked for and what opens the door are in no log."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from multibo.optimizer.api.auth_api_keys import editing, new_key
from multibo.optimizer.api.auth_principals import Scope
from multibo.telemetry.logs import JsonFormatter
from tests.support.credentials import a_signer, an_authenticator, bearer, write_jwks
from tests.support.fakes import an_app
from tests.support.legal_requests import METHODS, a_request
from tests.support.wire import Wire, serving

PROMPT = "portrait of Ada with a teal turban"
NEGATIVE = "no moustache whatsoever"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything any logger of any library says, as it would be written."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter("optimizer"))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


async def every_call(wire: Wire, create: Any, tokens: list[str]) -> None:
    """Each method with each token, however it ends."""
    requests = [("/multibo.v1.SessionService/CreateSession", create)] + [
        (path, a_request(path.rpartition("/")[2], session="here"))
        for path in METHODS
        if not path.endswith(("DeleteSession", "WatchSession"))
    ]
    for path, request in requests:
        for token in tokens:
            call: Any = wire.channel.unary_unary(path)
            with contextlib.suppress(grpc.aio.AioRpcError):
                await call(
                    request.SerializeToString(), metadata=bearer(token), timeout=10
                )


async def test_a_whole_session_tells_neither_prompt_nor_token(
    log: io.StringIO, tmp_path: Path
) -> None:
    signer = a_signer()
    key, text = new_key(["local"], Scope)
    with editing(tmp_path / "keys") as keys:
        keys.append(key)
    authenticator = an_authenticator(
        jwks=write_jwks(tmp_path / "jwks", [signer]), keys=tmp_path / "keys"
    )
    tokens = [text, signer.token(), signer.token(aud="elsewhere"), text + "x"]
    create = a_request("CreateSession")
    create.session_id = "here"
    create.spec.prompt, create.spec.negative_prompt = PROMPT, NEGATIVE

    async with serving(an_app(), authenticator=authenticator) as wire:
        await wire.sessions.CreateSession(create, metadata=bearer(text))
        create.spec.rounds = 7  # refused: the id is taken by another spec
        await every_call(wire, create, tokens)
        with editing(tmp_path / "keys") as keys:
            keys.clear()
        await authenticator.refresh()

    written = log.getvalue()
    assert "call answered" in written
    assert f"key:{key.id}" in written
    for secret in (PROMPT, NEGATIVE, *tokens, text.split("_", 2)[2], key.digest):
        assert secret not in written
    assert signer.private.decode() not in written
