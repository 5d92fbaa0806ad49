"""Redis servers for tests: one protocol over processes, containers and a given URL.

Every server is a real one. A test that kills or freezes takes the `private_redis`
fixture; the others share `redis_server` and start on an empty database.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import redis

from multibo.local import redis_binary
from multibo.local.tether import tethered

READY_WITHIN_S: Final = 20.0
IMAGES: Final = ("redis:8", "valkey/valkey:9")


class Server(Protocol):
    """A Redis server that a test may also maltreat."""

    name: str

    @property
    def url(self) -> str:
        """Address in the spelling of redis-py; the same after a restart."""
        ...

    def kill(self) -> None:
        """End it at once (SIGKILL); what it had written to its file stays."""
        ...

    def freeze(self) -> None:
        """Stop its clock (SIGSTOP): connections stay open, nothing answers."""
        ...

    def thaw(self) -> None:
        """Undo `freeze`."""
        ...

    def restart(self) -> None:
        """Start it again on the same data and address; kills a live one first."""
        ...

    def close(self) -> None:
        """Stop it for good; what it holds is of no use any more."""
        ...


class ServerNotOursError(Exception):
    """The server was given by URL: it may be used, never killed."""


class ProcessServer:
    """A server program run in a folder, behind a unix socket."""

    def __init__(self, program: redis_binary.RedisProgram, folder: Path) -> None:
        self.name = f"process: {program.version} ({program.path})"
        self._program = program.path
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self._socket = redis_binary.socket_path(folder)
        self._process = self._spawn()

    @property
    def url(self) -> str:
        return redis_binary.socket_url(self._socket)

    @property
    def pid(self) -> int:
        return self._process.pid

    def _spawn(self) -> subprocess.Popen[bytes]:
        # Tethered: a killed test run leaves no server behind.
        command = tethered(
            redis_binary.server_command(
                self._program, folder=self._folder, socket=self._socket
            )
        )
        with (self._folder / "server.log").open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            wait_for_pong(self.url, alive=lambda: process.poll() is None)
        except BaseException:
            process.kill()
            process.wait()
            raise
        return process

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def restart(self) -> None:
        self.kill()
        self._process = self._spawn()

    def close(self) -> None:
        self.kill()
        redis_binary.discard_socket(self._socket, self._folder)


class ContainerServer:
    """A server in a container; its port is published on loopback."""

    def __init__(self, image: str) -> None:
        # Imported here: only machines with a Docker engine need it.
        from testcontainers.community.redis import RedisContainer

        self.name = f"docker: {image}"
        container: Any = RedisContainer(image)
        # A fixed host port: Docker would draw a new one at every start.
        self._port = _free_port()
        container.with_bind_ports(6379, self._port)
        container.with_command(
            "--appendonly yes --appendfsync everysec --save '' "
            "--maxmemory-policy noeviction"
        )
        container.start()
        self._container = container
        self._host = str(container.get_container_host_ip())
        wait_for_pong(self.url)

    @property
    def url(self) -> str:
        return f"redis://{self._host}:{self._port}/0"

    def kill(self) -> None:
        self._wrapped.kill()

    def freeze(self) -> None:
        self._wrapped.pause()

    def thaw(self) -> None:
        self._wrapped.unpause()

    def restart(self) -> None:
        self._wrapped.restart(timeout=0)
        wait_for_pong(self.url)

    def close(self) -> None:
        self._container.stop()

    @property
    def _wrapped(self) -> Any:
        return self._container.get_wrapped_container()


class GivenServer:
    """A server somebody else runs; only its empty database is used."""

    def __init__(self, url: str) -> None:
        self.name = "url"
        self._url = url
        wait_for_pong(url)
        with redis.Redis.from_url(url) as client:
            if client.dbsize():
                raise ServerNotOursError(
                    "the test database is not empty; it would be flushed"
                )

    @property
    def url(self) -> str:
        return self._url

    def kill(self) -> None:
        raise ServerNotOursError("a server given by URL is never killed")

    def freeze(self) -> None:
        raise ServerNotOursError("a server given by URL is never frozen")

    def thaw(self) -> None:
        raise ServerNotOursError("a server given by URL is never frozen")

    def restart(self) -> None:
        raise ServerNotOursError("a server given by URL is never restarted")

    def close(self) -> None:
        with redis.Redis.from_url(self._url) as client:
            client.flushdb()


def wait_for_pong(url: str, *, alive: Callable[[], bool] = lambda: True) -> None:
    """Return once the server answers and has loaded its data."""
    give_up = time.monotonic() + READY_WITHIN_S
    while True:
        try:
            with redis.Redis.from_url(url, socket_timeout=2) as client:
                client.ping()
                return
        except (redis.ConnectionError, redis.TimeoutError) as error:
            if not alive():
                raise ServerNotOursError("the server ended at its start") from error
            if time.monotonic() > give_up:
                raise
        time.sleep(0.02)


def docker_engine_answers() -> bool:
    """Say whether a Docker engine is there; a command line alone is none."""
    host = urlsplit(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock"))
    over_tcp = host.scheme == "tcp"
    try:
        with socket.socket(
            socket.AF_INET if over_tcp else socket.AF_UNIX, socket.SOCK_STREAM
        ) as engine:
            engine.settimeout(2)
            engine.connect((host.hostname, host.port) if over_tcp else host.path)
            engine.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
            return b" 200 " in engine.recv(1024).split(b"\r\n")[0]
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def in_ci() -> bool:
    """Say whether a missing server is a failure rather than a skip."""
    return bool(os.environ.get("CI"))
