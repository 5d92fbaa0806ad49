"""Metrics and probes are read over HTTP."""

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


def test_a_probe_learns_whether_the_process_is_ready() -> None:
    ready = [False]
    with exposed(Meter(), "127.0.0.1:0", ready=lambda: ready[0]) as port:
        assert get(port, "/livez")[1] == "OK\n"
        with pytest.raises(urllib.error.HTTPError) as error:
            get(port, "/readyz")
        error.value.close()
        ready[0] = True

        assert get(port, "/readyz")[1] == "OK\n"

    assert error.value.code == 503


def test_further_pages_are_json() -> None:
    with exposed(Meter(), "127.0.0.1:0", pages={"/waits": lambda: {"s": 1}}) as port:
        assert get(port, "/waits") == ("application/json", '{"s": 1}')


def test_a_scraper_in_another_container_reaches_an_open_address() -> None:
    with exposed(Meter(), "0.0.0.0:0") as port:
        assert "multibo_rows_republished_total" in get(port)[1]


def test_an_address_of_version_6_is_served() -> None:
    with exposed(Meter(), "[::1]:0") as port:
        assert port


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
        "localhost:0",
        "8.8.8.8:0",
        "127.0.0.1",
        "127.0.0.1:x",
        "127.0.0.1:99999",
    ],
)
def test_an_address_that_is_not_of_this_machine_is_refused(listen: str) -> None:
    with pytest.raises(MetricsListenError), exposed(Meter(), listen):
        pass


def test_a_port_that_is_taken_is_an_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(MetricsListenError), exposed(Meter(), f"127.0.0.1:{port}"):
            pass
