import pytest

from tests.support.asgi_browser import Browser, framed
from tests.support.echo_optimizer import SERVICE, EchoOptimizer

ECHO = f"/{SERVICE}/Echo"
GRPC_WEB = {"content-type": "application/grpc-web+proto"}
STUDIO = {"origin": "https://studio.example"}


async def test_health_is_ok(browser: Browser) -> None:
    response = await browser.request("/healthz")

    assert (response.status, response.body) == (200, b"ok\n")


@pytest.mark.parametrize("path", ["/", "/healthz", "/nothing", ECHO])
async def test_every_response_carries_the_security_headers(
    browser: Browser, path: str
) -> None:
    response = await browser.request(path)

    assert response.headers["x-content-type-options"] == "nosniff"
    assert "script-src 'self'" in response.headers["content-security-policy"]
    assert "unsafe" not in response.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/grpc.health.v1.Health/Check",
        "/multibo.v2.EchoService/Echo",
        f"{ECHO}/",
        "/page/../settings.py",
    ],
)
async def test_a_path_of_nobody_is_not_found(browser: Browser, path: str) -> None:
    response = await browser.request(path)

    assert response.status == 404


async def test_the_page_cannot_be_posted_to(browser: Browser) -> None:
    response = await browser.request("/", method="POST")

    assert response.status == 405


async def test_a_call_must_be_a_post(browser: Browser) -> None:
    response = await browser.request(ECHO)

    assert response.status == 405
    assert response.headers["allow"] == "POST, OPTIONS"


@pytest.mark.parametrize("content_type", ["text/plain", "application/grpc", ""])
async def test_a_call_must_declare_grpc_web(
    browser: Browser, echo: EchoOptimizer, content_type: str
) -> None:
    response = await browser.request(
        ECHO,
        method="POST",
        headers={"content-type": content_type},
        chunks=(framed(b""),),
    )

    assert response.status == 415
    assert echo.metadata == {}


async def test_a_foreign_origin_may_not_call(
    browser: Browser, echo: EchoOptimizer
) -> None:
    headers = {**GRPC_WEB, "origin": "https://evil.example"}

    response = await browser.request(
        ECHO, method="POST", headers=headers, chunks=(framed(b""),)
    )

    assert response.status == 403
    assert "access-control-allow-origin" not in response.headers
    assert echo.metadata == {}


async def test_a_rebound_host_name_is_not_served(browser: Browser) -> None:
    response = await browser.request("/", host="evil.example")

    assert response.status == 421


async def test_a_listed_origin_passes_the_preflight_and_calls(browser: Browser) -> None:
    preflight = await browser.request(ECHO, method="OPTIONS", headers=STUDIO)
    response = await browser.request(
        ECHO, method="POST", headers={**GRPC_WEB, **STUDIO}, chunks=(framed(b""),)
    )

    assert preflight.status == 204
    assert "authorization" in preflight.headers["access-control-allow-headers"]
    for answer in (preflight, response):
        assert answer.headers["access-control-allow-origin"] == STUDIO["origin"]


async def test_a_preflight_of_a_foreign_origin_is_refused(browser: Browser) -> None:
    response = await browser.request(
        ECHO, method="OPTIONS", headers={"origin": "https://evil.example"}
    )

    assert response.status == 403
