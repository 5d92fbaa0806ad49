"""A picture is read once while there is room for it."""

from __future__ import annotations

from multibo.jobs.job import ImageRef
from multibo.optimizer.adapters.image_cache import CachedImages
from multibo.optimizer.app.values import SignedUrl
from tests.support.builders import an_image


class Images:
    """Pictures of four bytes, and how often each was read."""

    def __init__(self) -> None:
        self.read: list[str] = []

    async def get(self, address: str) -> bytes:
        self.read.append(address)
        return address.encode().ljust(4)[:4]

    async def url(self, image: ImageRef, *, project: str) -> SignedUrl:
        return SignedUrl(f"https://{project}/{image.address}", 1)


async def test_a_picture_is_read_once() -> None:
    images = Images()
    cached = CachedImages(images)

    pictures = [await cached.get("one") for _ in range(3)]

    assert pictures == [b"one "] * 3
    assert images.read == ["one"]


async def test_what_was_not_asked_for_longest_makes_room() -> None:
    images = Images()
    cached = CachedImages(images, kept_bytes=8)
    for address in ("one", "two", "one", "six"):
        await cached.get(address)

    await cached.get("one")
    await cached.get("two")

    assert images.read == ["one", "two", "six", "two"]


async def test_a_picture_larger_than_the_room_is_not_kept() -> None:
    images = Images()
    cached = CachedImages(images, kept_bytes=3)

    for _ in range(2):
        assert await cached.get("one") == b"one "

    assert images.read == ["one", "one"]


async def test_urls_are_made_as_before() -> None:
    image = an_image()

    link = await CachedImages(Images()).url(image, project="mine")

    assert link == SignedUrl(f"https://mine/{image.address}", 1)
