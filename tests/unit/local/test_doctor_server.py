"""What the doctor says of a server and of ports."""

from __future__ import annotations

import socket

import pytest
import redis

from multibo.local.doctor_server import port_findings, redis_complaints


def test_a_port_is_free_or_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        environment = {
            "MULTIBO_OPTIMIZER_LISTEN": f"127.0.0.1:{port}",
            "MULTIBO_GATEWAY_LISTEN": "127.0.0.1:0",
            "MULTIBO_OPTIMIZER_METRICS_LISTEN": "somewhere",
        }

        found = dict(port_findings(environment))

    assert found[f"optimizer at 127.0.0.1:{port}"].startswith("taken")
    assert found["gateway at 127.0.0.1:0"] == "free"
    assert found["metrics at somewhere"] == "expected HOST:PORT"


def test_what_is_not_set_or_a_socket_is_not_looked_at() -> None:
    environment = {"MULTIBO_OPTIMIZER_LISTEN": "unix:/run/optimizer.sock"}

    assert list(port_findings(environment)) == []


@pytest.mark.redis
def test_a_server_set_up_as_it_should_be_gives_no_complaint(redis_url: str) -> None:
    assert list(redis_complaints(redis_url)) == []


@pytest.mark.redis
def test_a_server_that_evicts_or_forgets_is_complained_about(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            (complaint,) = redis_complaints(redis_url)
        finally:
            client.config_set("maxmemory-policy", "noeviction")

    assert "maxmemory-policy is allkeys-lru, not noeviction" in complaint


def test_a_server_that_is_away_is_one_complaint() -> None:
    (complaint,) = redis_complaints("unix:///nowhere/redis.sock")

    assert "cannot be asked" in complaint
