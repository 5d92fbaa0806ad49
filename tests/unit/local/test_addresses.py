"""Listen addresses: loopback only, and which port."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from multibo.local.addresses import Address, parse_loopback, settle_port
from multibo.local.errors import ListenAddressRefusedError


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8080", Address("127.0.0.1", 8080)),
        ("127.1.2.3:0", Address("127.1.2.3", 0)),
        ("localhost:80", Address("localhost", 80)),
        ("[::1]:8080", Address("::1", 8080)),
    ],
)
def test_loopback_addresses_are_taken(text: str, address: Address) -> None:
    assert parse_loopback(text) == address
    assert str(address) == text


@pytest.mark.parametrize(
    "text",
    ["0.0.0.0:8080", "[::]:80", "192.168.1.7:80", "example.com:80", "127.0.0.1.x:80"],
)
def test_an_address_others_can_reach_is_refused_with_the_reason(text: str) -> None:
    with pytest.raises(ListenAddressRefusedError, match="no API keys yet"):
        parse_loopback(text)


@pytest.mark.parametrize(
    "text", ["", "8080", "127.0.0.1", "127.0.0.1:", ":80", "127.0.0.1:http", "h:²"]
)
def test_a_malformed_address_is_refused(text: str) -> None:
    with pytest.raises(ListenAddressRefusedError, match="expected HOST:PORT"):
        parse_loopback(text)


def test_a_port_beyond_the_last_is_refused() -> None:
    with pytest.raises(ListenAddressRefusedError, match="at most 65535"):
        parse_loopback("127.0.0.1:65536")


def test_port_zero_becomes_a_free_port() -> None:
    assert settle_port(Address("127.0.0.1", 0), remembered=None).port > 0


def test_the_port_of_last_time_is_taken_again(taken_port: int) -> None:
    free = settle_port(Address("127.0.0.1", 0), remembered=None).port

    assert settle_port(Address("127.0.0.1", 0), remembered=free).port == free


def test_another_port_is_found_when_that_of_last_time_is_taken(
    taken_port: int,
) -> None:
    found = settle_port(Address("127.0.0.1", 0), remembered=taken_port)

    assert found.port not in (0, taken_port)


def test_a_port_asked_for_and_taken_is_refused(taken_port: int) -> None:
    with pytest.raises(ListenAddressRefusedError, match="taken"):
        settle_port(Address("127.0.0.1", taken_port), remembered=None)
