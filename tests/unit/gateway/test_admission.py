from collections.abc import Mapping

import pytest

from multibo.gateway.admission import Admission, host_name
from multibo.gateway.asgi import Scope
from multibo.gateway.settings import Address, Settings


def scope(headers: Mapping[str, str]) -> Scope:
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "headers": pairs}


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (b"Example.org", "example.org"),
        (b"example.org:8080", "example.org"),
        (b"[::1]:8080", "::1"),
        (b"[::1]", "::1"),
        (b"", ""),
    ],
)
def test_the_host_header_is_reduced_to_its_name(value: bytes, name: str) -> None:
    assert host_name(value) == name


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("localhost:8080", True),
        ("127.0.0.1:8080", True),
        ("[::1]:8080", True),
        ("multibo.localhost", True),
        ("tunnel.example", True),
        ("rebound.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("", False),
    ],
)
def test_a_loopback_gateway_is_reached_by_loopback_names_only(
    host: str, allowed: bool
) -> None:
    admission = Admission(Settings(hosts=("tunnel.example",)))

    assert admission.host_allowed(scope({"host": host})) is allowed


def test_a_public_gateway_is_reached_by_any_name() -> None:
    settings = Settings(listen=Address(host="192.0.2.1", port=80))

    assert Admission(settings).host_allowed(scope({"host": "multibo.example"}))


@pytest.mark.parametrize(
    ("host", "allowed"),
    [("multibo.example", True), ("localhost:8080", True), ("evil.example", False)],
)
def test_a_list_of_names_counts_on_any_address(host: str, allowed: bool) -> None:
    settings = Settings(
        listen=Address(host="0.0.0.0", port=80), hosts=("multibo.example",)
    )

    assert Admission(settings).host_allowed(scope({"host": host})) is allowed


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost:8080", True),
        ("https://localhost:8080", True),  # TLS ended before us
        ("https://studio.example", True),
        ("http://studio.example", False),
        ("http://localhost:9999", False),
        ("null", False),
    ],
)
def test_only_our_own_and_listed_origins_call(origin: str, allowed: bool) -> None:
    admission = Admission(Settings(origins=("https://studio.example",)))

    request = scope({"host": "localhost:8080", "origin": origin})

    assert admission.origin_allowed(request) is allowed
