"""A browser for ASGI applications: one request, its response, or leaving early."""

import asyncio
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

from multibo.gateway.app import Gateway
from multibo.gateway.asgi import Event


@dataclass
class Response:
    """What the application sent."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    ended: bool = False


@dataclass(frozen=True)
class Parts:
    """A gRPC-Web response body, taken apart."""

    messages: list[bytes]
    trailers: dict[str, str]


class Browser:
    """Sends requests to an application without a socket."""

    def __init__(self, app: Gateway) -> None:
        self._app = app
        self.response = Response()
        self.leave = asyncio.Event()

    async def request(
        self,
        path: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        chunks: tuple[bytes, ...] = (b"",),
        host: str = "127.0.0.1:8080",
    ) -> Response:
        pending = list(chunks)

        async def receive() -> Event:
            if pending:
                body = pending.pop(0)
                more = bool(pending)
                return {"type": "http.request", "body": body, "more_body": more}
            await self.leave.wait()
            return {"type": "http.disconnect"}

        path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [
                (name.encode(), value.encode())
                for name, value in {"host": host, **(headers or {})}.items()
            ],
        }
        self.response = Response()
        await self._app(scope, receive, self._send)
        return self.response

    async def call(
        self, path: str, body: bytes, headers: Mapping[str, str] | None = None
    ) -> Parts:
        """Make a gRPC-Web call with a framed body."""
        own = {"content-type": "application/grpc-web+proto", **(headers or {})}
        response = await self.request(path, method="POST", headers=own, chunks=(body,))
        assert response.status == 200, response.body
        return take_apart(response.body)

    async def _send(self, event: Event) -> None:
        if event["type"] == "http.response.start":
            self.response.status = event["status"]
            self.response.headers = {
                name.decode(): value.decode() for name, value in event["headers"]
            }
        else:
            self.response.body += event["body"]
            self.response.ended = not event.get("more_body", False)


def framed(message: bytes, flags: int = 0) -> bytes:
    return struct.pack("!BI", flags, len(message)) + message


def take_apart(body: bytes) -> Parts:
    messages: list[bytes] = []
    trailers: dict[str, str] = {}
    while body:
        flags, size = struct.unpack_from("!BI", body)
        part, body = body[5 : 5 + size], body[5 + size :]
        if flags == 0:
            messages.append(part)
            continue
        lines = part.decode("ascii").split("\r\n")
        assert lines.pop() == ""
        trailers = dict(line.split(": ", 1) for line in lines)
        assert body == b"", "nothing may follow the trailers"
    return Parts(messages, trailers)
