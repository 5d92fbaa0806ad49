"""The optimizer as a process that others may reach: TLS, keys, quotas, metrics."""

from __future__ import annotations

import asyncio
import os
import sys
import urllib.request
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from multibo.optimizer.api.auth_api_keys import editing, new_key
from multibo.optimizer.api.auth_principals import Scope
from tests.support.credentials import a_certificate, bearer
from tests.support.fakes import CATALOG
from tests.support.scripted_optimizer import a_free_port
from tests.support.wire import create_request, refused, stubs

pytestmark = pytest.mark.redis

READY_S = 40
STOP_S = 15
TURNED_AWAY = 'multibo_calls_total{code="UNAUTHENTICATED",method="CreateSession"}'


def scraped(port: int) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:{port}/metrics", timeout=5) as reply:
        text: str = reply.read().decode()
    return text


async def launched(
    redis_url: str, folder: Path, **own: str
) -> asyncio.subprocess.Process:
    shared = {
        "MULTIBO_REDIS_URL": redis_url,
        "MULTIBO_BLOB_URL": (folder / "blobs").as_uri(),
        "MULTIBO_CATALOG": str(CATALOG),
    }
    given = {f"MULTIBO_OPTIMIZER_{field}": value for field, value in own.items()}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "multibo.optimizer"),
        env={**os.environ, **shared, **given},
        stderr=asyncio.subprocess.PIPE,
    )


async def test_a_key_opens_an_encrypted_listener_up_to_its_quota(
    tmp_path: Path, redis_url: str
) -> None:
    authority = a_certificate(tmp_path, "authority")
    own = a_certificate(tmp_path, "server", signer=authority)
    key, text = new_key(["local"], Scope)
    with editing(tmp_path / "keys.json") as keys:
        keys.append(key)
    port, metrics_port = a_free_port(), a_free_port()
    process = await launched(
        redis_url,
        tmp_path,
        LISTEN=f"0.0.0.0:{port}",
        TLS_CERT=str(own.cert),
        TLS_KEY=str(own.key),
        API_KEYS_FILE=str(tmp_path / "keys.json"),
        MAX_PROJECT_SESSIONS="2",
        METRICS_LISTEN=f"127.0.0.1:{metrics_port}",
    )
    trust = grpc.ssl_channel_credentials(authority.cert.read_bytes())
    try:
        async with grpc.aio.secure_channel(f"127.0.0.1:{port}", trust) as channel:
            await asyncio.wait_for(serving(channel), READY_S)
            sessions = stubs(channel)[0]
            stranger = await refused(sessions.CreateSession(create_request()))
            for _ in range(2):
                await sessions.CreateSession(create_request(), metadata=bearer(text))
            third = await refused(
                sessions.CreateSession(create_request(), metadata=bearer(text))
            )
            metrics = await asyncio.to_thread(scraped, metrics_port)
    finally:
        errors = await stopped(process)

    assert stranger.reason == "TOKEN_MISSING"
    assert third.reason == "QUOTA_EXCEEDED"
    assert "multibo_sessions_created_total 2.0" in metrics
    assert f"{TURNED_AWAY} 1.0" in metrics
    assert text not in errors
    assert process.returncode == 0


async def stopped(process: asyncio.subprocess.Process) -> str:
    """Ask the process to stop, kill it if it does not; what it wrote."""
    process.terminate()
    try:
        _, errors = await asyncio.wait_for(process.communicate(), STOP_S)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return errors.decode()


async def serving(channel: grpc.aio.Channel) -> None:
    """Return once the process says SERVING."""
    stub: Any = health_pb2_grpc.HealthStub(channel)
    request = health_pb2.HealthCheckRequest(service="")
    async for reply in stub.Watch(request, wait_for_ready=True):
        if reply.status == health_pb2.HealthCheckResponse.SERVING:
            return
