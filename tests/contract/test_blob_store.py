"""One suite for every image store."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from multibo.blobs.errors import BlobAddressError, BlobMissingError
from multibo.blobs.opening import open_blobs
from multibo.blobs.port import BlobStore, thumbnail_address

ADDRESS = "ab" * 32


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


def test_a_thumbnail_lies_beside_its_image(blobs: BlobStore) -> None:
    blobs.put(ADDRESS, b"picture")

    assert blobs.put(thumbnail_address(ADDRESS), b"small")

    assert blobs.get(ADDRESS) == b"picture"


@pytest.mark.parametrize("address", ["", "../../etc/passwd", "AB" * 32, "ab" * 31])
def test_only_content_addresses_are_names(blobs: BlobStore, address: str) -> None:
    with pytest.raises(BlobAddressError):
        blobs.put(address, b"picture")
    with pytest.raises(BlobAddressError):
        blobs.get(address)


def test_two_openings_of_one_url_are_one_store(blob_url: str) -> None:
    open_blobs(blob_url).put(ADDRESS, b"picture")

    assert open_blobs(blob_url).get(ADDRESS) == b"picture"


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(BlobAddressError):
        open_blobs("carrier-pigeon://loft")
