"""`GET /metrics` on a loopback port of its own, from a thread of its own."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from multibo.telemetry.errors import MetricsListenError
from multibo.telemetry.metrics import Meter

_CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_IDLE_S: Final = 5.0


@contextmanager
def exposed(meter: Meter, listen: str) -> Iterator[int]:
    """Serve a meter for as long as the block lasts.

    In the clear and to anybody, hence on loopback alone: the names of methods and
    models are no secret, but how many people answer is nobody else's business.

    Args:
        meter: what to serve.
        listen: `127.0.0.1:port` or `[::1]:port`; "" serves nothing.

    Yields:
        The port; 0 where nothing is served.

    Raises:
        MetricsListenError: if the address is not on loopback or is taken.
    """
    if not listen:
        yield 0
        return
    server = _server(meter, listen)
    thread = threading.Thread(target=server.serve_forever, daemon=True, name="metrics")
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _server(meter: Meter, listen: str) -> ThreadingHTTPServer:
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    try:
        loopback = ipaddress.ip_address(host).is_loopback
        number = int(port)
    except ValueError:
        raise MetricsListenError(listen, "expected 127.0.0.1:PORT") from None
    if not loopback:
        raise MetricsListenError(listen, "not on loopback")
    try:
        return _Server((host, number), _handler(meter))
    except (OSError, OverflowError) as error:
        raise MetricsListenError(listen, str(error)) from error


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # The default joins every open connection when the server closes.
    block_on_close = False


def _handler(meter: Meter) -> type[BaseHTTPRequestHandler]:
    class Metrics(BaseHTTPRequestHandler):
        timeout = _IDLE_S

        def do_GET(self) -> None:
            if self.path.partition("?")[0] != "/metrics":
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            body = meter.exposition()
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", _CONTENT_TYPE)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: a scraper comes every few seconds."""

    return Metrics
