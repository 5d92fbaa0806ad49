"""What `multibo doctor` asks a Redis server and the ports of the processes."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

import redis

from multibo.local.probes import ANSWER_WITHIN_S

SKEW_S: Final = 5.0
"""Tokens are taken 30 s past their expiry; leases use the server's clock alone."""
WANTED: Final = {
    "maxmemory-policy": ("noeviction", "evicted keys are lost sessions"),
    "appendonly": ("yes", "a restart of the server forgets every session"),
}
LISTENERS: Final = {
    "MULTIBO_OPTIMIZER_LISTEN": "optimizer",
    "MULTIBO_GATEWAY_LISTEN": "gateway",
    "MULTIBO_OPTIMIZER_METRICS_LISTEN": "metrics",
}


def redis_complaints(url: str) -> Iterator[str]:
    """Yield what is wrong with a server that answers.

    Args:
        url: in the spelling of redis-py.
    """
    client = redis.Redis.from_url(
        url, socket_timeout=ANSWER_WITHIN_S, socket_connect_timeout=ANSWER_WITHIN_S
    )
    try:
        with client:
            yield from _settings(client)
            yield from _skew(client)
    except redis.RedisError as error:
        yield f"cannot be asked: {error}"


def _settings(client: redis.Redis) -> Iterator[str]:
    for name, (wanted, otherwise) in WANTED.items():
        try:
            found: Any = client.config_get(name)
        except redis.ResponseError:
            # Hosted servers forbid CONFIG; their console shows the setting.
            yield f"{name} cannot be read; it has to be {wanted}"
            continue
        value = found.get(name)
        if value != wanted:
            yield f"{name} is {value}, not {wanted}: {otherwise}"


def _skew(client: redis.Redis) -> Iterator[str]:
    before_s = time.time()
    answer: Any = client.time()
    after_s = time.time()
    there_s = answer[0] + answer[1] / 1e6
    skew_s = max(there_s - after_s, before_s - there_s)
    if skew_s > SKEW_S:
        yield f"its clock and that of this machine differ by {skew_s:.0f} s"


def port_findings(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each listener that is set and what is at its address.

    Args:
        environment: the process environment.

    Yields:
        Name of the listener; `free`, or what is wrong.
    """
    for variable, name in LISTENERS.items():
        listen = environment.get(variable, "")
        if listen and not listen.startswith("unix:"):
            yield f"{name} at {listen}", _state(listen)


def _state(listen: str) -> str:
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    if not (host and port.isdecimal() and int(port) < 1 << 16):
        return "expected HOST:PORT"
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            return f"taken, perhaps by a running one ({error.strerror})"
    return "free"
