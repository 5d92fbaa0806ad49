"""Is it ready? One short question per kind of process; a refusal is a no."""

from __future__ import annotations

import http.client
from typing import Final

import grpc
import redis
from grpc_health.v1 import health_pb2, health_pb2_grpc

from multibo.jobs import keys

ANSWER_WITHIN_S: Final = 1.0


def redis_answers(url: str) -> bool:
    """Say whether the server has loaded its data and answers PING.

    Args:
        url: in the spelling of redis-py.
    """
    try:
        with _connect(url) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def optimizer_serves(target: str) -> bool:
    """Say whether the gRPC health service reports SERVING.

    Args:
        target: gRPC address.
    """
    # A loopback call has no business with a proxy from the environment.
    options = (("grpc.enable_http_proxy", 0),)
    with grpc.insecure_channel(target, options) as channel:
        try:
            reply = health_pb2_grpc.HealthStub(channel).Check(
                health_pb2.HealthCheckRequest(), timeout=ANSWER_WITHIN_S
            )
        except grpc.RpcError:
            return False
    return bool(reply.status == health_pb2.HealthCheckResponse.SERVING)


def worker_is_ready(redis_url: str, pid: int) -> bool:
    """Say whether a worker process has reported itself ready.

    Args:
        redis_url: where it reports, in the spelling of redis-py.
        pid: its process id, with which its name in the fleet ends. Others may serve
            the same Redis, and an entry outlives a killed worker by some seconds.
    """
    entries = keys.fleet(f"*-{pid}")
    try:
        with _connect(redis_url) as client:
            found = list(client.scan_iter(match=entries))
            return any(client.hget(key, "ready") == b"1" for key in found)
    except redis.RedisError:
        return False


def gateway_answers(host: str, port: int) -> bool:
    """Say whether GET /healthz is answered with 200.

    Args:
        host: without brackets.
        port: of the page.
    """
    connection = http.client.HTTPConnection(host, port, timeout=ANSWER_WITHIN_S)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _connect(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url, socket_timeout=ANSWER_WITHIN_S, socket_connect_timeout=ANSWER_WITHIN_S
    )
