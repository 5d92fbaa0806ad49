import asyncio
import base64
from collections.abc import Mapping

import grpc
import pytest

from multibo.gateway import grpc_web
from multibo.gateway.admission import Admission
from multibo.gateway.app import Gateway
from multibo.gateway.grpc_web import MAX_MESSAGE_BYTES, GrpcWeb
from multibo.gateway.settings import Settings
from multibo.gateway.static_files import StaticFiles
from tests.support.asgi_browser import Browser, Response, framed, take_apart
from tests.support.echo_optimizer import SERVICE, EchoOptimizer

ECHO = f"/{SERVICE}/Echo"
CONTENT_TYPE = {"content-type": "application/grpc-web+proto"}
INVALID = str(grpc.StatusCode.INVALID_ARGUMENT.value[0])
EXHAUSTED = str(grpc.StatusCode.RESOURCE_EXHAUSTED.value[0])
UNAVAILABLE = str(grpc.StatusCode.UNAVAILABLE.value[0])
UNIMPLEMENTED = str(grpc.StatusCode.UNIMPLEMENTED.value[0])


def hanging_call(browser: Browser) -> "asyncio.Task[Response]":
    request = browser.request(
        f"/{SERVICE}/Hang",
        method="POST",
        headers=CONTENT_TYPE,
        chunks=(framed(b"first"),),
    )
    return asyncio.create_task(request)


async def test_a_unary_call_returns_the_message_and_ok(browser: Browser) -> None:
    parts = await browser.call(ECHO, framed(b"\x0a\x00hello"))

    assert parts.messages == [b"\x0a\x00hello"]
    assert parts.trailers == {"grpc-status": "0", "x-request-id": "from-the-server"}


async def test_a_request_in_many_chunks_is_one_message(browser: Browser) -> None:
    body = framed(b"abcdef")

    response = await browser.request(
        ECHO,
        method="POST",
        headers=CONTENT_TYPE,
        chunks=tuple(body[i : i + 1] for i in range(len(body))),
    )

    assert take_apart(response.body).messages == [b"abcdef"]
    assert response.headers["content-type"] == "application/grpc-web+proto"


async def test_a_stream_arrives_in_order_and_ends_with_trailers(
    browser: Browser,
) -> None:
    parts = await browser.call(f"/{SERVICE}/Count", framed(b"50"))

    assert parts.messages == [str(number).encode() for number in range(50)]
    assert parts.trailers["grpc-status"] == "0"


async def test_an_empty_stream_is_only_trailers(browser: Browser) -> None:
    parts = await browser.call(f"/{SERVICE}/Count", framed(b"0"))

    assert parts.messages == []
    assert parts.trailers["grpc-status"] == "0"


async def test_a_refusal_keeps_code_text_and_rich_details(browser: Browser) -> None:
    parts = await browser.call(f"/{SERVICE}/Fail", framed(b"\x08\x05rich"))

    assert parts.trailers["grpc-status"] == "5"
    assert parts.trailers["grpc-message"] == "gr%C3%B6%C3%9Fer als 100 %25%0Aline two"
    details = base64.b64decode(parts.trailers["grpc-status-details-bin"])
    assert details == b"\x08\x05rich"


async def test_trailing_metadata_not_meant_for_browsers_stays(browser: Browser) -> None:
    parts = await browser.call(f"/{SERVICE}/Fail", framed(b"x"))

    assert "x-internal" not in parts.trailers


async def test_a_method_nobody_serves_is_unimplemented(browser: Browser) -> None:
    parts = await browser.call("/multibo.v1.NoService/Nothing", framed(b""))

    assert parts.trailers["grpc-status"] == UNIMPLEMENTED


async def test_only_the_metadata_needed_is_forwarded(
    browser: Browser, echo: EchoOptimizer
) -> None:
    headers = {
        "authorization": "Bearer abc",
        "x-request-id": "request-1",
        "traceparent": "00-" + "ab" * 16 + "-" + "cd" * 8 + "-01",
        "x-multibo-transport": "grpc",
        "cookie": "secret=1",
    }

    await browser.call(ECHO, framed(b""), headers)

    assert echo.metadata["authorization"] == "Bearer abc"
    assert echo.metadata["x-request-id"] == "request-1"
    assert echo.metadata["traceparent"].startswith("00-abab")
    assert echo.metadata["x-multibo-transport"] == "grpc-web"
    assert "cookie" not in echo.metadata


async def test_the_deadline_travels(browser: Browser, echo: EchoOptimizer) -> None:
    await browser.call(ECHO, framed(b""), {"grpc-timeout": "5S"})

    assert echo.time_remaining_s is not None
    # gRPC rounds it up on its way.
    assert 3.0 < echo.time_remaining_s <= 5.1


@pytest.mark.parametrize("headers", [{}, {"grpc-timeout": "99H"}])
async def test_no_call_is_without_a_deadline(
    browser: Browser, echo: EchoOptimizer, headers: Mapping[str, str]
) -> None:
    await browser.call(ECHO, framed(b""), headers)

    # gRPC sends a deadline rounded up, to three digits at the least.
    assert echo.time_remaining_s is not None
    assert echo.time_remaining_s <= grpc_web.MAX_CALL_S * 1.01


async def test_a_passed_deadline_ends_the_call(browser: Browser) -> None:
    parts = await browser.call(
        f"/{SERVICE}/Hang", framed(b"first"), {"grpc-timeout": "300m"}
    )

    assert parts.messages == [b"first"]
    assert parts.trailers["grpc-status"] == "4"


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", {}, INVALID),
        (framed(b"a") + framed(b"b"), {}, INVALID),
        (framed(b"a", flags=1), {}, UNIMPLEMENTED),
        (framed(b"a"), {"grpc-timeout": "soon"}, INVALID),
        (framed(b"a"), {"authorization": "Bearer \x07"}, INVALID),
    ],
)
async def test_a_malformed_request_never_reaches_the_optimizer(
    browser: Browser,
    echo: EchoOptimizer,
    body: bytes,
    headers: Mapping[str, str],
    status: str,
) -> None:
    parts = await browser.call(ECHO, body, headers)

    assert parts.trailers["grpc-status"] == status
    assert echo.metadata == {}


async def test_the_largest_message_passes(browser: Browser) -> None:
    message = bytes(MAX_MESSAGE_BYTES)

    parts = await browser.call(ECHO, framed(message))

    assert parts.messages == [message]


@pytest.mark.parametrize("n_bytes", [MAX_MESSAGE_BYTES + 1, 9 << 20])
async def test_a_larger_message_is_refused(
    browser: Browser, echo: EchoOptimizer, n_bytes: int
) -> None:
    parts = await browser.call(ECHO, framed(bytes(n_bytes)))

    assert parts.trailers["grpc-status"] == EXHAUSTED
    assert echo.metadata == {}


async def test_a_larger_answer_is_refused(browser: Browser) -> None:
    n_bytes = str(MAX_MESSAGE_BYTES + 1).encode()

    parts = await browser.call(f"/{SERVICE}/Large", framed(n_bytes))

    assert parts.messages == []
    assert parts.trailers["grpc-status"] == EXHAUSTED


async def test_the_optimizer_stops_when_the_browser_leaves(
    browser: Browser, echo: EchoOptimizer
) -> None:
    call = hanging_call(browser)
    await asyncio.wait_for(echo.hanging.wait(), 10)

    browser.leave.set()

    await asyncio.wait_for(echo.cancelled.wait(), 10)
    await asyncio.wait_for(call, 10)
    assert not browser.response.ended


async def test_a_browser_that_leaves_while_sending_gets_no_answer(
    browser: Browser, echo: EchoOptimizer
) -> None:
    browser.leave.set()

    response = await browser.request(
        ECHO, method="POST", headers=CONTENT_TYPE, chunks=()
    )

    assert response.status == 0
    assert echo.metadata == {}


async def test_draining_ends_open_streams_as_unavailable(
    browser: Browser, echo: EchoOptimizer, draining: asyncio.Event
) -> None:
    call = hanging_call(browser)
    await asyncio.wait_for(echo.hanging.wait(), 10)

    draining.set()

    response = await asyncio.wait_for(call, 10)
    parts = take_apart(response.body)
    assert parts.messages == [b"first"]
    assert parts.trailers["grpc-status"] == UNAVAILABLE
    await asyncio.wait_for(echo.cancelled.wait(), 10)


async def test_draining_lets_a_short_call_finish(
    browser: Browser, draining: asyncio.Event
) -> None:
    draining.set()

    parts = await browser.call(ECHO, framed(b"late"))

    assert parts.messages == [b"late"]


async def test_an_absent_optimizer_is_unavailable_without_its_address() -> None:
    async with grpc.aio.insecure_channel("127.0.0.1:1") as channel:
        web = GrpcWeb(channel, asyncio.Event())
        browser = Browser(Gateway(Admission(Settings()), web, StaticFiles()))

        parts = await browser.call(ECHO, framed(b""))

    assert parts.trailers["grpc-status"] == UNAVAILABLE
    assert parts.trailers["grpc-message"] == "the optimizer cannot be reached"
