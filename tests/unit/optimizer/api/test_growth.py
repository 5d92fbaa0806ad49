"""Requests that are refused leave nothing in the memory of the server."""

from __future__ import annotations

import gc
import random
import tracemalloc
from collections.abc import Iterator
from typing import Final

import grpc
import pytest

from tests.support.legal_requests import METHODS, a_request
from tests.support.target import Target

_SEED: Final = 20261123
_EACH: Final = 2
"""Requests of each method and kind."""
_PASSES: Final = 10
_MAX_BYTES: Final = 128 * 1024
"""An eighth of a kilobyte a call. What there is has a bound: the event loop drops the
timers of calls that have ended once they are a hundred, with all they refer to."""

Bytes = tuple[str, bytes]


def flipped(data: bytes, numbers: random.Random) -> bytes:
    wire = bytearray(data)
    for _ in range(min(3, len(wire))):
        wire[numbers.randrange(len(wire))] = numbers.randrange(256)
    return bytes(wire)


def a_lot() -> list[Bytes]:
    """Damaged requests of every method, and bytes that are no request at all."""
    numbers = random.Random(_SEED)
    found = []
    for method in METHODS:
        legal = a_request(method.rpartition("/")[2], session="here")
        for _ in range(_EACH):
            found.append((method, flipped(legal.SerializeToString(), numbers)))
            found.append((method, numbers.randbytes(numbers.randrange(1, 200))))
    return found


@pytest.fixture
def target() -> Iterator[Target]:
    target = Target()
    yield target
    target.close()


def traced_after(target: Target, requests: list[Bytes]) -> int:
    for method, data in requests:
        target.code(method, data)
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def test_refused_requests_leave_nothing_behind(target: Target) -> None:
    refused = [
        (method, data)
        for method, data in a_lot()
        if target.code(method, data) is not grpc.StatusCode.OK
    ]
    tracemalloc.start()
    try:
        before = traced_after(target, refused)

        after = traced_after(target, refused * _PASSES)
    finally:
        tracemalloc.stop()

    assert len(refused) * _PASSES > 1_000
    assert after - before < _MAX_BYTES
