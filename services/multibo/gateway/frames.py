"""gRPC-Web framing: five bytes of prefix, then a message or the trailers.

Source: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md
"""

import base64
import re
import struct
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

from multibo.gateway.errors import (
    MessageTooLargeError,
    RequestMalformedError,
    RequestUnsupportedError,
)

_PREFIX: Final = struct.Struct("!BI")
_COMPRESSED: Final = 0x01
_TRAILERS: Final = 0x80
_TIMEOUT: Final = re.compile(rb"([0-9]{1,8})([HMSmun])")
_UNIT_S: Final = {
    b"H": 3600.0,
    b"M": 60.0,
    b"S": 1.0,
    b"m": 1e-3,
    b"u": 1e-6,
    b"n": 1e-9,
}
# What may stand unescaped in grpc-message: printable ASCII but the percent sign.
_MESSAGE_SAFE: Final = " !\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~"

PREFIX_BYTES: Final = _PREFIX.size


def frame(message: bytes) -> bytes:
    """Frame one message.

    Args:
        message: a serialized protobuf message.

    Returns:
        The data frame.
    """
    return _PREFIX.pack(0, len(message)) + message


def frame_trailers(
    code: int, message: str, metadata: Iterable[tuple[str, str | bytes]] = ()
) -> bytes:
    """Frame the end of a call.

    Args:
        code: gRPC status code.
        message: status message, any text.
        metadata: trailing metadata to pass on; names ending in `-bin` hold bytes.

    Returns:
        The trailers frame, which ends the response body.
    """
    lines = [f"grpc-status: {code}"]
    if message:
        lines.append(f"grpc-message: {quote(message, safe=_MESSAGE_SAFE)}")
    for name, value in metadata:
        text = value if isinstance(value, str) else base64.b64encode(value).decode()
        lines.append(f"{name}: {text}")
    block = "".join(f"{line}\r\n" for line in lines).encode("ascii")
    return _PREFIX.pack(_TRAILERS, len(block)) + block


def unframe(body: bytes, *, limit_bytes: int) -> bytes:
    """Return the one message of a request body.

    Args:
        body: the whole request body.
        limit_bytes: largest message accepted.

    Returns:
        The serialized protobuf message.

    Raises:
        RequestMalformedError: if the body is not exactly one complete frame.
        RequestUnsupportedError: if the message is compressed.
        MessageTooLargeError: if the message exceeds the limit.
    """
    if len(body) < PREFIX_BYTES:
        raise RequestMalformedError("the request body ends inside a frame prefix")
    flags, size = _PREFIX.unpack_from(body)
    if flags == _COMPRESSED:
        raise RequestUnsupportedError("compressed messages are not accepted")
    if flags != 0:
        raise RequestMalformedError(f"unknown frame flags {flags:#04x}")
    if size > limit_bytes:
        raise MessageTooLargeError(limit_bytes=limit_bytes)
    if len(body) != PREFIX_BYTES + size:
        raise RequestMalformedError("the request body must be exactly one frame")
    return body[PREFIX_BYTES:]


def parse_timeout(value: bytes) -> float:
    """Parse a `grpc-timeout` header.

    Args:
        value: such as `5S` or `1500m`.

    Returns:
        Seconds.

    Raises:
        RequestMalformedError: if the value is not a gRPC timeout.
    """
    match = _TIMEOUT.fullmatch(value)
    if match is None:
        raise RequestMalformedError("grpc-timeout is not a gRPC timeout")
    return int(match[1]) * _UNIT_S[match[2]]
