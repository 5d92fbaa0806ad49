"""The test servers themselves: what other suites rely on."""

from __future__ import annotations

import time

import pytest
import redis

from tests.support.servers import Server

pytestmark = pytest.mark.redis


def test_the_shared_server_starts_each_test_empty(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0

        client.set("left", "behind")


def test_what_another_test_left_behind_is_gone(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0


def test_a_killed_server_keeps_what_it_acknowledged(private_redis: Server) -> None:
    with redis.Redis.from_url(private_redis.url) as client:
        client.set("answer", "0")

    private_redis.kill()
    private_redis.restart()

    with redis.Redis.from_url(private_redis.url) as client:
        assert client.get("answer") == b"0"


def test_a_frozen_server_answers_after_the_thaw(private_redis: Server) -> None:
    with redis.Redis.from_url(private_redis.url, socket_timeout=0.2) as client:
        private_redis.freeze()
        with pytest.raises(redis.TimeoutError):
            client.ping()

        private_redis.thaw()

        started = time.monotonic()
        assert client.ping()
        assert time.monotonic() - started < 1.0
