"""One suite for every image store."""

from __future__ import annotations

import hashlib
import time
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


def test_an_image_is_found_with_its_size_and_age(blobs: BlobStore) -> None:
    began_s = time.time()
    blobs.put(ADDRESS, b"picture")

    found = blobs.find(ADDRESS)

    assert found is not None
    assert (found.address, found.size_bytes) == (ADDRESS, 7)
    # A bucket keeps whole seconds.
    assert began_s - 2 <= found.modified_s <= time.time() + 2


def test_what_is_not_there_is_not_found(blobs: BlobStore) -> None:
    assert blobs.find(ADDRESS) is None


def test_a_later_writer_makes_an_image_no_younger(blobs: BlobStore) -> None:
    blobs.put(ADDRESS, b"first")
    before = blobs.find(ADDRESS)

    blobs.put(ADDRESS, b"second")

    assert blobs.find(ADDRESS) == before


def test_an_empty_store_holds_nothing(blobs: BlobStore) -> None:
    assert list(blobs.stored()) == []


def test_everything_stored_is_walked_over_page_by_page(
    blobs: BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    if hasattr(blobs, "page_size"):
        monkeypatch.setattr(blobs, "page_size", 3)
    addresses = [hashlib.sha256(b"%d" % n).hexdigest() for n in range(8)]
    for address in addresses:
        blobs.put(address, b"picture")
    blobs.delete(addresses.pop())

    walked = list(blobs.stored())

    assert sorted(blob.address for blob in walked) == sorted(addresses)
    assert all(blob == blobs.find(blob.address) for blob in walked)


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
