"""What tests of a worker's parts share: a client of real Redis, and image files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from multibo.blobs.filesystem import FilesystemBlobs


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """A client of the shared server, whose database is empty."""
    with Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def blobs(tmp_path: Path) -> FilesystemBlobs:
    """A store of images in a folder of the test's own."""
    return FilesystemBlobs(tmp_path / "images")
