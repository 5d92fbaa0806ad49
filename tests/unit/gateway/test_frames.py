import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from multibo.gateway import frames
from multibo.gateway.errors import (
    GatewayError,
    MessageTooLargeError,
    RequestMalformedError,
    RequestUnsupportedError,
)
from tests.support.asgi_browser import take_apart


@given(st.binary(max_size=200))
def test_a_framed_message_comes_back(message: bytes) -> None:
    framed = frames.frame(message)

    assert frames.unframe(framed, limit_bytes=200) == message


@given(st.binary(max_size=40))
def test_any_bytes_are_a_message_or_a_typed_refusal(body: bytes) -> None:
    try:
        message = frames.unframe(body, limit_bytes=20)
    except GatewayError:
        return

    assert frames.frame(message) == body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00\x00\x00\x00",
        frames.frame(b"abc")[:-1],
        frames.frame(b"abc") + b"x",
        frames.frame(b"abc") + frames.frame(b"def"),
        struct.pack("!BI", 0x80, 0),
    ],
)
def test_a_body_that_is_not_exactly_one_frame_is_refused(body: bytes) -> None:
    with pytest.raises(RequestMalformedError):
        frames.unframe(body, limit_bytes=100)


def test_a_compressed_message_is_refused() -> None:
    body = struct.pack("!BI", 1, 3) + b"abc"

    with pytest.raises(RequestUnsupportedError):
        frames.unframe(body, limit_bytes=100)


def test_the_announced_size_alone_is_enough_to_refuse() -> None:
    with pytest.raises(MessageTooLargeError, match="100 bytes"):
        frames.unframe(struct.pack("!BI", 0, 101), limit_bytes=100)


def test_trailers_hold_status_message_and_metadata() -> None:
    metadata = (("x-request-id", "r1"), ("grpc-status-details-bin", b"\x00\xff"))

    framed = frames.frame_trailers(5, "nö: 100 %\r\nx-evil: 1", metadata)

    assert take_apart(framed).trailers == {
        "grpc-status": "5",
        "grpc-message": "n%C3%B6: 100 %25%0D%0Ax-evil: 1",
        "x-request-id": "r1",
        "grpc-status-details-bin": "AP8=",
    }


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"5S", 5.0),
        (b"1500m", 1.5),
        (b"2M", 120.0),
        (b"1H", 3600.0),
        (b"7u", 7e-6),
        (b"9n", 9e-9),
    ],
)
def test_a_timeout_is_read_in_every_unit(value: bytes, seconds: float) -> None:
    assert frames.parse_timeout(value) == pytest.approx(seconds)


@pytest.mark.parametrize("value", [b"", b"5", b"S", b"-1S", b"123456789S", b"5S\n"])
def test_a_timeout_that_is_none_is_refused(value: bytes) -> None:
    with pytest.raises(RequestMalformedError):
        frames.parse_timeout(value)
