"""One suite for every image store."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from multibo.blobs.errors import (
    BlobAddressError,
    BlobMissingError,
    BlobStoreUnavailableError,
)
from multibo.blobs.filesystem import open_blobs
from multibo.blobs.port import BlobStore

ADDRESS = "ab" * 32


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    """Every store passes every test of this file."""
    return open_blobs((tmp_path / "images").as_uri())


def test_stored_bytes_read_back(blobs: BlobStore) -> None:
    assert blobs.put(ADDRESS, b"picture")

    assert blobs.get(ADDRESS) == b"picture"
    assert blobs.has(ADDRESS)


def test_the_first_bytes_win(blobs: BlobStore) -> None:
    blobs.put(ADDRESS, b"first")

    assert not blobs.put(ADDRESS, b"second")

    assert blobs.get(ADDRESS) == b"first"


def test_of_many_racing_writers_one_wins(blobs: BlobStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        wins = list(pool.map(lambda n: blobs.put(ADDRESS, b"%d" % n), range(32)))

    assert sum(wins) == 1
    assert blobs.get(ADDRESS) == b"%d" % wins.index(True)


def test_a_missing_image_is_named(blobs: BlobStore) -> None:
    assert not blobs.has(ADDRESS)
    with pytest.raises(BlobMissingError) as missing:
        blobs.get(ADDRESS)
    assert missing.value.address == ADDRESS


def test_a_deleted_image_is_gone_and_may_be_deleted_again(blobs: BlobStore) -> None:
    blobs.put(ADDRESS, b"picture")

    blobs.delete(ADDRESS)
    blobs.delete(ADDRESS)

    assert not blobs.has(ADDRESS)


@pytest.mark.parametrize("address", ["", "../../etc/passwd", "AB" * 32, "ab" * 31])
def test_only_content_addresses_are_names(blobs: BlobStore, address: str) -> None:
    with pytest.raises(BlobAddressError):
        blobs.put(address, b"picture")
    with pytest.raises(BlobAddressError):
        blobs.get(address)


def test_nothing_is_left_behind_but_the_image(blobs: BlobStore, tmp_path: Path) -> None:
    blobs.put(ADDRESS, b"first")
    blobs.put(ADDRESS, b"second")

    files = [path for path in tmp_path.rglob("*") if path.is_file()]

    assert [path.name for path in files] == [ADDRESS]


def test_a_store_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "images").write_text("a file where the folder should be")

    with pytest.raises(BlobStoreUnavailableError):
        open_blobs((tmp_path / "images").as_uri()).put(ADDRESS, b"picture")


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(BlobAddressError):
        open_blobs("carrier-pigeon://loft")
