"""`GET /metrics`, `/livez` and `/readyz` on a port and from a thread of their own."""

from __future__ import annotations

import ipaddress
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, TypeAlias

from multibo.telemetry.errors import MetricsListenError
from multibo.telemetry.metrics import Meter

_METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_IDLE_S: Final = 5.0


Page: TypeAlias = Callable[[], Mapping[str, Any]]
"""Makes a JSON document; called in the thread of the port."""


@contextmanager
def exposed(
    meter: Meter,
    listen: str,
    *,
    ready: Callable[[], bool] = lambda: True,
    pages: Mapping[str, Page] | None = None,
) -> Iterator[int]:
    """Serve a meter for as long as the block lasts.

    In the clear and to anybody who reaches the address: names of methods and models
    and how often, never a session or a prompt. Off loopback it belongs behind a rule
    that lets in the scraper alone.

    Args:
        meter: what `/metrics` serves.
        listen: `host:port` with a numeric host, `[v6]:port`; "" serves nothing.
        ready: whether `/readyz` answers 200 (else 503); `/livez` always does.
        pages: further JSON documents by path, such as `/waits`.

    Yields:
        The port; 0 where nothing is served.

    Raises:
        MetricsListenError: if the address is none or is taken.
    """
    if not listen:
        yield 0
        return
    server = _server(listen, _Site(meter, ready, pages or {}))
    thread = threading.Thread(target=server.serve_forever, daemon=True, name="metrics")
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _server(listen: str, site: _Site) -> _Server:
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    try:
        version = ipaddress.ip_address(host).version
        number = int(port)
    except ValueError:
        raise MetricsListenError(listen, "expected 127.0.0.1:PORT") from None
    kind = _Server6 if version == 6 else _Server
    try:
        return kind((host, number), site)
    except (OSError, OverflowError) as error:
        raise MetricsListenError(listen, str(error)) from error


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # The default joins every open connection when the server closes.
    block_on_close = False

    def __init__(self, address: tuple[str, int], site: _Site) -> None:
        super().__init__(address, _Handler)
        self.answer = site.answer


class _Server6(_Server):
    address_family = socket.AF_INET6


class _Handler(BaseHTTPRequestHandler):
    timeout = _IDLE_S
    server: _Server

    def do_GET(self) -> None:
        answer = self.server.answer(self.path.partition("?")[0])
        if answer is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        status, kind, body = answer
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a scraper comes every few seconds."""


@dataclass(frozen=True, slots=True)
class _Site:
    meter: Meter
    ready: Callable[[], bool]
    pages: Mapping[str, Page]

    def answer(self, path: str) -> tuple[HTTPStatus, str, bytes] | None:
        if path == "/metrics":
            return HTTPStatus.OK, _METRICS_TYPE, self.meter.exposition()
        if path in ("/livez", "/readyz"):
            fine = path == "/livez" or self.ready()
            status = HTTPStatus.OK if fine else HTTPStatus.SERVICE_UNAVAILABLE
            return status, "text/plain", f"{status.phrase}\n".encode()
        if path in self.pages:
            body = json.dumps(self.pages[path]()).encode()
            return HTTPStatus.OK, "application/json", body
        return None
