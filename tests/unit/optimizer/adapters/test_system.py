"""Pictures are read from a real folder, and linked with signed URLs."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from multibo.blobs.errors import BlobUrlKeyError
from multibo.blobs.filesystem import FilesystemBlobs
from multibo.blobs.opening import image_urls
from multibo.blobs.urls import MAX_TTL_S, GatewayUrls, UrlKeys
from multibo.optimizer.adapters.system import BlobImages, SystemClock
from multibo.optimizer.app.errors import ImageUrlsNotOfferedError
from tests.support.builders import an_image

KEYS = UrlKeys(b"k" * 32)
NOW_S = 1_800_000_123


@dataclass
class Standing:
    """A clock that stands."""

    s: int = NOW_S

    def now_ms(self) -> int:
        return self.s * 1000 + 999


def images(folder: Path, clock: Standing, ttl_s: int = 600) -> BlobImages:
    urls = GatewayUrls("http://127.0.0.1:8080", KEYS)
    return BlobImages(FilesystemBlobs(folder), urls, url_ttl_s=ttl_s, clock=clock)


async def test_a_stored_picture_is_read(tmp_path: Path) -> None:
    FilesystemBlobs(tmp_path).put(an_image().address, b"picture")

    data = await images(tmp_path, Standing()).get(an_image().address)

    assert data == b"picture"


async def test_a_url_gives_its_picture_on_behalf_of_the_project(tmp_path: Path) -> None:
    link = await images(tmp_path, Standing()).url(an_image(), project="local")

    parts = urlsplit(link.url)
    grant = KEYS.granted(an_image().digest, parts.query, now_s=NOW_S)
    assert parts.path == f"/images/{an_image().digest}"
    assert (grant.address, grant.project) == (an_image().address, "local")
    assert grant.expires_s * 1000 == link.expire_time_ms


async def test_a_url_lives_at_least_half_its_time_and_never_longer(
    tmp_path: Path,
) -> None:
    clock = Standing()

    for clock.s in range(NOW_S, NOW_S + 700, 7):
        link = await images(tmp_path, clock).url(an_image(), project="local")
        assert 300 <= link.expire_time_ms / 1000 - clock.s <= 600


async def test_who_asks_again_soon_gets_the_same_url(tmp_path: Path) -> None:
    clock = Standing(NOW_S // 300 * 300)
    first = await images(tmp_path, clock).url(an_image(), project="local")

    clock.s += 299
    again = await images(tmp_path, clock).url(an_image(), project="local")
    clock.s += 1
    later = await images(tmp_path, clock).url(an_image(), project="local")

    assert first == again
    assert later.url != first.url


async def test_no_url_lives_longer_than_seven_days(tmp_path: Path) -> None:
    store = images(tmp_path, Standing(), ttl_s=10 * MAX_TTL_S)

    link = await store.url(an_image(), project="local")

    assert link.expire_time_ms / 1000 - NOW_S <= MAX_TTL_S


async def test_without_a_signer_there_are_no_urls(tmp_path: Path) -> None:
    with pytest.raises(ImageUrlsNotOfferedError):
        await BlobImages(FilesystemBlobs(tmp_path)).url(an_image(), project="local")


@pytest.mark.parametrize(
    ("gateway_url", "keys", "signs"),
    [
        ("https://images.example", "k" * 32, True),
        ("https://images.example", "", False),
        ("", "k" * 32, False),
    ],
)
def test_a_folder_needs_a_gateway_and_a_key_to_have_urls(
    tmp_path: Path, gateway_url: str, keys: str, signs: bool
) -> None:
    urls = image_urls(FilesystemBlobs(tmp_path), gateway_url, keys)

    assert (urls is not None) == signs


def test_a_weak_key_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(BlobUrlKeyError):
        image_urls(FilesystemBlobs(tmp_path), "", "secret")


def test_the_clock_tells_the_time() -> None:
    assert abs(SystemClock().now_ms() / 1000 - time.time()) < 5
