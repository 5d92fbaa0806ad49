"""The stack's own part: what it settles, announces, refuses and cleans up."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis

from multibo.client.discovery import read_endpoints
from multibo.local.errors import (
    ListenAddressRefusedError,
    ProcessNotReadyError,
    RedisUnreachableError,
    StackStoppedError,
)
from multibo.local.state_dir import StateDir
from multibo.local.supervisor import Stack
from tests.support.scripted_optimizer import a_free_port
from tests.support.servers import Server


def test_an_address_others_can_reach_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ListenAddressRefusedError):
        Stack(state_dir=tmp_path / "state", listen="0.0.0.0:0")
    with pytest.raises(ListenAddressRefusedError):
        Stack(state_dir=tmp_path / "state", grpc_listen="0.0.0.0:0")

    assert not (tmp_path / "state").exists()


def test_a_stack_that_does_not_run_has_no_addresses(tmp_path: Path) -> None:
    stack = Stack(state_dir=tmp_path)

    with pytest.raises(RuntimeError, match="does not run"):
        _ = stack.endpoints
    assert stack.pids() == {}
    assert stack.wait(0)
    stack.stop()


def test_a_named_server_that_does_not_answer_is_said_so(tmp_path: Path) -> None:
    url = f"redis://:secret@127.0.0.1:{a_free_port()}/0"

    with pytest.raises(RedisUnreachableError), Stack(state_dir=tmp_path, redis_url=url):
        pass

    with StateDir(tmp_path):
        pass


@pytest.mark.redis
def test_a_failed_start_shows_the_log_and_leaves_nothing_running(
    tmp_path: Path,
) -> None:
    said: list[str] = []
    stack = Stack(
        state_dir=tmp_path, catalog=tmp_path / "no-catalog.toml", report=said.append
    )

    with pytest.raises(ProcessNotReadyError, match="optimizer") as failure:
        stack.start()

    assert failure.value.log == tmp_path / "logs" / "optimizer.log"
    assert failure.value.tail
    assert said[0].startswith("redis")
    assert stack.pids() == {}
    assert read_endpoints(tmp_path) is None
    assert not list(tmp_path.glob("redis/redis.sock"))
    with StateDir(tmp_path):
        pass


@pytest.mark.redis
def test_somebody_elses_server_outlives_a_failed_start(
    tmp_path: Path, private_redis: Server
) -> None:
    with redis.Redis.from_url(private_redis.url) as client:
        client.set("theirs", "1")
        stack = Stack(
            state_dir=tmp_path / "state",
            catalog=tmp_path / "no-catalog.toml",
            redis_url=private_redis.url,
        )

        with pytest.raises(ProcessNotReadyError):
            stack.start()

        assert client.get("theirs") == b"1"


@pytest.mark.redis
def test_a_stop_asked_for_before_the_start_ends_it(tmp_path: Path) -> None:
    stack = Stack(state_dir=tmp_path)
    stack.request_stop()

    with pytest.raises(StackStoppedError):
        stack.start()

    assert stack.pids() == {}
