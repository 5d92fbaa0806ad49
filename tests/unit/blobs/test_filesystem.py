from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from multibo.blobs.errors import BlobStoreUnavailableError
from multibo.blobs.filesystem import FilesystemBlobs

ADDRESS = "ab" * 32


def test_nothing_is_left_behind_but_the_image(tmp_path: Path) -> None:
    blobs = FilesystemBlobs(tmp_path)
    blobs.put(ADDRESS, b"first")
    blobs.put(ADDRESS, b"second")

    files = [path for path in tmp_path.rglob("*") if path.is_file()]

    assert [path.name for path in files] == [ADDRESS]


def test_a_store_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "images").write_text("a file where the folder should be")

    with pytest.raises(BlobStoreUnavailableError):
        FilesystemBlobs(tmp_path / "images").put(ADDRESS, b"picture")


def test_a_write_that_finds_no_room_leaves_nothing_behind(tmp_path: Path) -> None:
    blobs = FilesystemBlobs(tmp_path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # The kernel refuses what goes past the limit, as it does on a full disk.
    resource.setrlimit(resource.RLIMIT_FSIZE, (4, before[1]))
    try:
        with pytest.raises(BlobStoreUnavailableError):
            blobs.put(ADDRESS, b"picture")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_what_is_no_image_is_not_walked_over(tmp_path: Path) -> None:
    blobs = FilesystemBlobs(tmp_path)
    blobs.put(ADDRESS, b"picture")
    (tmp_path / ADDRESS[:2] / ".put-left-behind").write_text("half a picture")
    (tmp_path / "README").write_text("not a folder")

    assert [blob.address for blob in blobs.stored()] == [ADDRESS]


def test_what_a_killed_writer_left_goes_once_it_is_old(tmp_path: Path) -> None:
    blobs = FilesystemBlobs(tmp_path)
    blobs.put(ADDRESS, b"picture")
    image = tmp_path / ADDRESS[:2] / ADDRESS
    left, writing = image.with_name(".put-left"), image.with_name(".put-writing")
    for path in (left, writing):
        path.write_text("half a picture")
    for path in (left, image):
        os.utime(path, (1_000, 1_000))

    assert blobs.drop_unfinished(2_000) == 1

    assert sorted(image.parent.iterdir()) == [writing, image]


def test_a_folder_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "images").write_text("a file where the folder should be")
    blobs = FilesystemBlobs(tmp_path / "images")

    with pytest.raises(BlobStoreUnavailableError):
        list(blobs.stored())
    with pytest.raises(BlobStoreUnavailableError):
        blobs.drop_unfinished(0)
    with pytest.raises(BlobStoreUnavailableError):
        blobs.delete(ADDRESS)
