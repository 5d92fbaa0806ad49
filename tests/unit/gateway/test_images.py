"""Signed URLs of images, answered from a real folder."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import grpc
import pytest

from multibo.blobs.errors import BlobStoreUnavailableError
from multibo.blobs.filesystem import FilesystemBlobs
from multibo.blobs.urls import ImageGrant, UrlKeys
from multibo.gateway.admission import Admission
from multibo.gateway.app import Gateway
from multibo.gateway.grpc_web import GrpcWeb
from multibo.gateway.images import SignedImages
from multibo.gateway.settings import Settings
from multibo.gateway.static_files import StaticFiles
from tests.support.asgi_browser import Browser

NOW_S = 1_800_000_000
KEYS = UrlKeys(b"k" * 32)
DATA = b"\x89PNG, in effect"
GRANT = ImageGrant(
    address="ab" * 32,
    digest=hashlib.sha256(DATA).hexdigest(),
    media_type="image/png",
    project="local",
    expires_s=NOW_S + 60,
)


class AwayBlobs(FilesystemBlobs):
    """A store that has been unplugged."""

    def get(self, address: str) -> bytes:
        raise BlobStoreUnavailableError("/data/blobs: unplugged")


@pytest.fixture
def blobs(tmp_path: Path) -> FilesystemBlobs:
    store = FilesystemBlobs(tmp_path / "images")
    store.put(GRANT.address, DATA)
    return store


@pytest.fixture
async def browser(
    blobs: FilesystemBlobs, settings: Settings, request: pytest.FixtureRequest
) -> AsyncIterator[Browser]:
    async with grpc.aio.insecure_channel("127.0.0.1:1") as channel:
        images = SignedImages(blobs, KEYS, now_s=lambda: NOW_S)
        grpc_web = GrpcWeb(channel, request.getfixturevalue("draining"))
        yield Browser(Gateway(Admission(settings), grpc_web, StaticFiles(), images))


async def test_a_signed_url_gives_the_image_to_be_kept_while_it_is_good(
    browser: Browser,
) -> None:
    response = await browser.request(KEYS.signed(GRANT))

    assert (response.status, response.body) == (200, DATA)
    assert response.headers["content-type"] == "image/png"
    assert response.headers["content-length"] == str(len(DATA))
    assert response.headers["cache-control"] == "private, max-age=60, immutable"
    assert response.headers["etag"] == f'"{GRANT.digest}"'
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_a_page_of_any_origin_may_show_it(browser: Browser) -> None:
    shown = await browser.request(KEYS.signed(GRANT))
    refused = await browser.request(KEYS.signed(GRANT) + "A")

    policy = "cross-origin-resource-policy"
    assert shown.headers[policy] == "cross-origin"
    assert refused.headers[policy] == "same-origin"


async def test_a_head_has_no_body(browser: Browser) -> None:
    response = await browser.request(KEYS.signed(GRANT), method="HEAD")

    assert (response.status, response.body) == (200, b"")
    assert response.headers["content-length"] == str(len(DATA))


async def test_who_holds_the_image_gets_no_bytes(browser: Browser) -> None:
    held = {"if-none-match": f'W/"other", "{GRANT.digest}"'}

    response = await browser.request(KEYS.signed(GRANT), headers=held)

    assert (response.status, response.body) == (304, b"")
    assert "content-length" not in response.headers


async def test_an_image_cannot_be_posted_to(browser: Browser) -> None:
    response = await browser.request(KEYS.signed(GRANT), method="POST")

    assert response.status == 405


@pytest.mark.parametrize(
    "grant",
    [
        replace(GRANT, project="theirs"),
        replace(GRANT, media_type="text/html"),
        replace(GRANT, expires_s=NOW_S + 10**6),
        replace(GRANT, address="cd" * 32),
    ],
    ids=["project", "type", "expiry", "address"],
)
async def test_a_forged_url_is_refused_whether_or_not_there_is_such_an_image(
    browser: Browser, grant: ImageGrant
) -> None:
    forged = UrlKeys(b"x" * 32).signed(grant)

    response = await browser.request(forged)

    assert response.status == 403
    assert response.body == b"this image URL is not valid; ask for a new one\n"
    assert response.headers["cache-control"] == "no-store"


async def test_an_expired_url_says_so(browser: Browser) -> None:
    response = await browser.request(KEYS.signed(replace(GRANT, expires_s=NOW_S)))

    assert response.status == 403
    assert response.body == b"this image URL has expired; ask for a new one\n"


@pytest.mark.parametrize(
    "grant",
    [replace(GRANT, address="cd" * 32), replace(GRANT, digest="cd" * 32)],
    ids=["swept", "other-bytes"],
)
async def test_an_image_that_is_gone_is_not_found(
    browser: Browser, grant: ImageGrant
) -> None:
    response = await browser.request(KEYS.signed(grant))

    assert response.status == 404


@pytest.mark.parametrize("path", ["/images/", "/images/ab", f"/images/{'AB' * 32}"])
async def test_a_path_that_names_no_image_is_not_found(
    browser: Browser, path: str
) -> None:
    assert (await browser.request(path)).status == 404


async def test_without_a_query_nothing_is_given(browser: Browser) -> None:
    response = await browser.request(f"/images/{GRANT.digest}")

    assert response.status == 403


@pytest.mark.parametrize("blobs", [AwayBlobs(Path("/nowhere"))], ids=["away"])
async def test_a_store_that_is_away_is_asked_again_later(browser: Browser) -> None:
    response = await browser.request(KEYS.signed(GRANT))

    assert response.status == 503
    assert response.headers["retry-after"] == "1"
    assert b"/data" not in response.body
