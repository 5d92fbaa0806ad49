"""TLS and certificates of callers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

from multibo.optimizer.api.auth_api_keys import editing, new_key
from multibo.optimizer.api.auth_principals import Scope
from multibo.optimizer.api.auth_tls import TlsFiles, server_credentials
from multibo.optimizer.api.endpoint import Endpoint
from multibo.optimizer.errors import CredentialsUnreadableError
from multibo.v1 import model_service_pb2
from tests.support.credentials import Certificate, a_certificate, an_authenticator
from tests.support.fakes import an_app
from tests.support.wire import Wire, refused

ListModels = model_service_pb2.ListModelsRequest


@pytest.fixture
def authority(tmp_path: Path) -> Certificate:
    return a_certificate(tmp_path, "authority")


@asynccontextmanager
async def serving_tls(files: TlsFiles, **others: Any) -> AsyncIterator[int]:
    endpoint = Endpoint(an_app(), engine_ready=lambda: True, **others)
    try:
        yield await endpoint.start("127.0.0.1:0", server_credentials(files))
    finally:
        await endpoint.drain(grace_s=0.2)


def a_channel(
    port: int, authority: Certificate, own: Certificate | None = None
) -> grpc.aio.Channel:
    credentials = grpc.ssl_channel_credentials(
        authority.cert.read_bytes(),
        own.key.read_bytes() if own else None,
        own.cert.read_bytes() if own else None,
    )
    # A pool of its own: channels of one address share their connections otherwise.
    options = (("grpc.use_local_subchannel_pool", 1),)
    return grpc.aio.secure_channel(f"127.0.0.1:{port}", credentials, options)


async def listed(channel: grpc.aio.Channel) -> int:
    async with channel:
        wire = Wire(channel, None)  # type: ignore[arg-type]
        reply = await wire.models.ListModels(ListModels(), timeout=5)
    return len(reply.models)


async def test_a_caller_who_trusts_the_authority_is_served(
    authority: Certificate, tmp_path: Path
) -> None:
    own = a_certificate(tmp_path, "server", signer=authority)

    async with serving_tls(TlsFiles(own.cert, own.key)) as port:
        assert await listed(a_channel(port, authority)) == 1


async def test_a_caller_who_speaks_in_the_clear_is_not(
    authority: Certificate, tmp_path: Path
) -> None:
    own = a_certificate(tmp_path, "server", signer=authority)

    async with serving_tls(TlsFiles(own.cert, own.key)) as port:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await listed(grpc.aio.insecure_channel(f"127.0.0.1:{port}"))

    assert error.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_renewed_certificate_needs_no_restart(
    authority: Certificate, tmp_path: Path
) -> None:
    own = a_certificate(tmp_path, "server", signer=authority)
    async with serving_tls(TlsFiles(own.cert, own.key)) as port:
        await listed(a_channel(port, authority))
        other = a_certificate(tmp_path, "other-authority")
        a_certificate(tmp_path, "server", signer=other)

        assert await listed(a_channel(port, other)) == 1
        with pytest.raises(grpc.aio.AioRpcError):
            await listed(a_channel(port, authority))


async def test_a_peer_with_an_entry_calls_by_its_certificate(
    authority: Certificate, tmp_path: Path
) -> None:
    own = a_certificate(tmp_path, "server", signer=authority)
    known = a_certificate(tmp_path, "studio.example.org", signer=authority)
    stranger = a_certificate(tmp_path, "stranger", signer=authority)
    with editing(tmp_path / "keys") as keys:
        keys.append(new_key(["local"], Scope, peer="studio.example.org")[0])
    files = TlsFiles(own.cert, own.key, authority.cert)
    authenticator = an_authenticator(keys=tmp_path / "keys")

    async with serving_tls(files, authenticator=authenticator) as port:
        assert await listed(a_channel(port, authority, known)) == 1
        async with a_channel(port, authority, stranger) as channel:
            wire = Wire(channel, None)  # type: ignore[arg-type]
            answer = await refused(wire.models.ListModels(ListModels(), timeout=5))
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await listed(a_channel(port, authority))

    assert answer.reason == "TOKEN_MISSING"
    assert error.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_certificate_of_another_authority_is_no_way_in(
    authority: Certificate, tmp_path: Path
) -> None:
    own = a_certificate(tmp_path, "server", signer=authority)
    rogue = a_certificate(tmp_path, "rogue-authority")
    forged = a_certificate(tmp_path, "studio.example.org", signer=rogue)
    files = TlsFiles(own.cert, own.key, authority.cert)

    async with serving_tls(files) as port:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await listed(a_channel(port, authority, forged))

    assert error.value.code() is grpc.StatusCode.UNAVAILABLE


def test_a_key_of_another_certificate_stops_the_process(
    authority: Certificate, tmp_path: Path
) -> None:
    own = a_certificate(tmp_path, "server", signer=authority)

    with pytest.raises(CredentialsUnreadableError, match=r"server\.pem"):
        server_credentials(TlsFiles(own.cert, authority.key))
    with pytest.raises(CredentialsUnreadableError, match="nowhere"):
        server_credentials(TlsFiles(tmp_path / "nowhere.pem", own.key))
