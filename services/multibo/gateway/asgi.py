"""The part of the ASGI 3 interface that the gateway uses.

Source: https://asgi.readthedocs.io/en/latest/specs/www.html
"""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, TypeAlias

# ASGI events are untyped dictionaries by specification: this is the edge.
Scope: TypeAlias = MutableMapping[str, Any]
Event: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Event]]
Send: TypeAlias = Callable[[Event], Awaitable[None]]
Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]


def header(scope: Scope, name: bytes) -> bytes | None:
    """Return the first value of a request header, or None.

    Args:
        scope: the connection scope of an HTTP request.
        name: the header's name in lower case, as ASGI delivers it.

    Returns:
        The raw value without surrounding blanks.
    """
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value).strip()
    return None


async def respond(
    send: Send, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes = b""
) -> None:
    """Send one complete response.

    Args:
        send: the connection's ASGI send.
        status: HTTP status code.
        headers: header pairs with lower-case names.
        body: the whole body; `content-length` is the caller's.
    """
    start = {"type": "http.response.start", "status": status, "headers": list(headers)}
    await send(start)
    await send({"type": "http.response.body", "body": body})


async def respond_text(send: Send, status: int, text: str, headers: Headers) -> None:
    """Send a short plain-text response.

    Args:
        send: the connection's ASGI send.
        status: HTTP status code.
        text: one line for a person.
        headers: further headers, the security headers among them.
    """
    body = f"{text}\n".encode()
    own = (
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    )
    await respond(send, status, (*own, *headers), body)
