"""The channel to the optimizer, with and without TLS."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import grpc
import pytest

from multibo.gateway import upstream
from multibo.gateway.errors import SettingInvalidError
from multibo.gateway.settings import Settings
from tests.support.credentials import Certificate, a_certificate
from tests.support.echo_optimizer import SERVICE, EchoOptimizer, serving


@asynccontextmanager
async def secured(
    server: Certificate, clients: Certificate | None
) -> AsyncIterator[str]:
    """An echo over TLS; with `clients` it takes only certificates of theirs."""
    credentials = grpc.ssl_server_credentials(
        [(server.key.read_bytes(), server.cert.read_bytes())],
        root_certificates=clients.cert.read_bytes() if clients else None,
        require_client_auth=clients is not None,
    )
    echo = grpc.aio.server()
    echo.add_generic_rpc_handlers((EchoOptimizer(),))
    port = echo.add_secure_port("127.0.0.1:0", credentials)
    await echo.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await echo.stop(None)


async def echoed(settings: Settings) -> bytes:
    async with upstream.channel(settings, ()) as channel:
        call = channel.unary_unary(f"/{SERVICE}/Echo")
        answer: bytes = await call(b"hi", timeout=5)
        return answer


async def test_without_an_authority_it_speaks_in_the_clear() -> None:
    async with serving(EchoOptimizer()) as target:
        assert await echoed(Settings(optimizer=target)) == b"hi"


async def test_the_optimizer_must_show_a_certificate_of_the_authority(
    tmp_path: Path,
) -> None:
    authority, other = (a_certificate(tmp_path, name) for name in ("ours", "theirs"))
    server = a_certificate(tmp_path, "optimizer", signer=authority)

    async with secured(server, None) as target:
        trusting = Settings(optimizer=target, tls_ca=authority.cert)
        wary = replace(trusting, tls_ca=other.cert)

        assert await echoed(trusting) == b"hi"
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await echoed(wary)

    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_it_shows_its_own_certificate_where_one_is_asked_for(
    tmp_path: Path,
) -> None:
    authority = a_certificate(tmp_path, "ours")
    server = a_certificate(tmp_path, "optimizer", signer=authority)
    ours = a_certificate(tmp_path, "gateway", signer=authority)

    async with secured(server, authority) as target:
        plain = Settings(optimizer=target, tls_ca=authority.cert)
        known = replace(plain, tls_cert=ours.cert, tls_key=ours.key)

        assert await echoed(known) == b"hi"
        with pytest.raises(grpc.aio.AioRpcError):
            await echoed(plain)


async def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    settings = Settings(tls_ca=tmp_path / "missing.pem")

    with pytest.raises(SettingInvalidError, match=r"TLS_CA.*missing\.pem"):
        upstream.channel(settings, ())
