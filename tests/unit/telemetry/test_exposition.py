"""Metrics are scraped over HTTP, on loopback."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request

import pytest

from multibo.telemetry.errors import MetricsListenError
from multibo.telemetry.exposition import exposed
from multibo.telemetry.metrics import ROWS_REPUBLISHED, Meter


def get(port: int, path: str = "/metrics") -> tuple[str, str]:
    # No proxy of the environment has a business on loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:{port}{path}", timeout=5) as reply:
        return reply.headers["Content-Type"], reply.read().decode()


def test_what_was_counted_is_read() -> None:
    meter = Meter()
    with exposed(meter, "127.0.0.1:0") as port:
        meter.count(ROWS_REPUBLISHED, 3)

        kind, text = get(port)

    assert kind.startswith("text/plain; version=0.0.4")
    assert "multibo_rows_republished_total 3.0" in text


def test_nothing_else_is_there() -> None:
    with (
        exposed(Meter(), "127.0.0.1:0") as port,
        pytest.raises(urllib.error.HTTPError) as error,
    ):
        get(port, "/")

    assert error.value.code == 404
    error.value.close()


def test_without_an_address_nothing_is_served() -> None:
    with exposed(Meter(), "") as port:
        assert port == 0


def test_the_port_is_free_again_afterwards() -> None:
    with exposed(Meter(), "127.0.0.1:0") as port:
        pass

    with exposed(Meter(), f"127.0.0.1:{port}") as again:
        assert again == port


@pytest.mark.parametrize(
    "listen",
    [
        "0.0.0.0:0",
        "[::]:0",
        "localhost:0",
        "127.0.0.1",
        "127.0.0.1:x",
        "127.0.0.1:99999",
    ],
)
def test_an_address_that_others_reach_or_nobody_is_refused(listen: str) -> None:
    with pytest.raises(MetricsListenError), exposed(Meter(), listen):
        pass


def test_a_port_that_is_taken_is_an_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(MetricsListenError), exposed(Meter(), f"127.0.0.1:{port}"):
            pass
