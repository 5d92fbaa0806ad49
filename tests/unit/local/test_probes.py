"""Readiness, asked of real servers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent import futures
from http.server import BaseHTTPRequestHandler, HTTPServer

import grpc
import pytest
import redis
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from multibo.local import probes
from tests.support.scripted_optimizer import a_free_port
from tests.support.servers import Server


@pytest.fixture
def health_service() -> Iterator[tuple[str, health.HealthServicer]]:
    server = grpc.server(futures.ThreadPoolExecutor(1))
    servicer = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}", servicer
    server.stop(None)


@pytest.fixture
def web_server() -> Iterator[tuple[HTTPServer, dict[str, int]]]:
    answers: dict[str, int] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(answers.get(self.path, 404))
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server, answers
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.redis
def test_a_redis_server_is_ready_when_it_answers(private_redis: Server) -> None:
    assert probes.redis_answers(private_redis.url)

    private_redis.kill()

    assert not probes.redis_answers(private_redis.url)


@pytest.mark.redis
def test_a_worker_is_ready_when_its_own_entry_says_so(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.hset("mbo:fleet:host-41", "ready", "1")
        assert not probes.worker_is_ready(redis_url, 42)

        client.hset("mbo:fleet:host-42", "ready", "0")
        assert not probes.worker_is_ready(redis_url, 42)

        client.hset("mbo:fleet:host-42", "ready", "1")
        assert probes.worker_is_ready(redis_url, 42)


def test_without_a_redis_server_no_worker_is_ready() -> None:
    assert not probes.worker_is_ready(f"redis://127.0.0.1:{a_free_port()}/0", 1)


def test_the_optimizer_is_ready_when_it_serves(
    health_service: tuple[str, health.HealthServicer],
) -> None:
    target, servicer = health_service
    servicer.set("", health_pb2.HealthCheckResponse.NOT_SERVING)
    assert not probes.optimizer_serves(target)

    servicer.set("", health_pb2.HealthCheckResponse.SERVING)

    assert probes.optimizer_serves(target)


def test_a_proxy_of_the_environment_is_not_asked(
    health_service: tuple[str, health.HealthServicer], monkeypatch: pytest.MonkeyPatch
) -> None:
    target, servicer = health_service
    servicer.set("", health_pb2.HealthCheckResponse.SERVING)
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{a_free_port()}")

    assert probes.optimizer_serves(target)


def test_an_optimizer_that_is_not_there_is_not_ready() -> None:
    assert not probes.optimizer_serves(f"127.0.0.1:{a_free_port()}")


def test_the_gateway_is_ready_when_its_health_is_good(
    web_server: tuple[HTTPServer, dict[str, int]],
) -> None:
    server, answers = web_server
    port = server.server_port
    answers["/healthz"] = 503
    assert not probes.gateway_answers("127.0.0.1", port)

    answers["/healthz"] = 200

    assert probes.gateway_answers("127.0.0.1", port)


def test_a_gateway_that_is_not_there_is_not_ready() -> None:
    assert not probes.gateway_answers("127.0.0.1", a_free_port())
