"""Images in an S3 bucket (AWS, MinIO and others that speak it), through s3fs.

Credentials, region and endpoint come from the usual places of AWS tools: environment,
files, the machine's role.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import botocore.exceptions
import s3fs

from multibo.blobs.errors import BlobMissingError, BlobStoreUnavailableError
from multibo.blobs.port import StoredBlob, checked_address, is_address
from multibo.blobs.urls import ImageGrant

_SETTINGS: Final[dict[str, Any]] = {
    # Version 2 is still the default for signed URLs in some regions.
    "signature_version": "s3v4",
    "connect_timeout": 5,
    "read_timeout": 20,
    "retries": {"max_attempts": 3, "mode": "standard"},
}
_TAKEN: Final = {"PreconditionFailed", "412"}
_RACING: Final = {"ConditionalRequestConflict", "409"}
_UNCONDITIONAL: Final = {"NotImplemented", "501"}
_RACE_TRIES: Final = 5
_RACE_PAUSE_S: Final = 0.1


class RemoteBlobs:
    """A `BlobStore` below one prefix of a bucket."""

    page_size = 1000
    """Names of one page of `stored`; no store gives more."""

    def __init__(self, location: str, *, endpoint: str = "", public: str = "") -> None:
        """Connect with the first request.

        Args:
            location: `bucket` or `bucket/prefix`; the bucket exists.
            endpoint: `http[s]://host[:port]`; empty means AWS, or what the
                environment says (`AWS_ENDPOINT_URL_S3`).
            public: the endpoint as clients reach it, for URLs; empty: the same.
        """
        self._root = location.strip("/")
        self._files = _connection(endpoint)
        self._public = _connection(public) if public else self._files

    def put(self, address: str, data: bytes) -> bool:
        """Store `data` unless the name is taken; see `BlobStore.put`.

        The store itself decides who was first, where it offers that (If-None-Match);
        one that does not may let a later writer of the same spec win.
        """
        path = self._path(address)
        with _unavailable():
            for _ in range(_RACE_TRIES):
                try:
                    self._files.pipe_file(path, data, mode="create")
                except OSError as error:
                    code = _code(error)
                    if isinstance(error, FileExistsError) or code in _TAKEN:
                        return False
                    if code in _UNCONDITIONAL:
                        return self._put_late(path, data)
                    if code not in _RACING:
                        raise
                    time.sleep(_RACE_PAUSE_S)
                else:
                    return True
        raise BlobStoreUnavailableError("other writers of the same image kept racing")

    def _put_late(self, path: str, data: bytes) -> bool:
        if self._files.exists(path):
            return False
        self._files.pipe_file(path, data)
        return True

    def get(self, address: str) -> bytes:
        """Return the bytes; see `BlobStore.get`."""
        path = self._path(address)
        with _unavailable():
            try:
                return bytes(self._files.cat_file(path))
            except FileNotFoundError as error:
                if _code(error) == "NoSuchBucket":
                    raise
                raise BlobMissingError(address) from None

    def has(self, address: str) -> bool:
        """Return whether something is stored under `address`."""
        path = self._path(address)
        with _unavailable():
            return bool(self._files.exists(path))

    def delete(self, address: str) -> None:
        """Remove what is stored under `address`; nothing there is no error."""
        path = self._path(address)
        with _unavailable():
            self._files.rm_file(path)

    def find(self, address: str) -> StoredBlob | None:
        """Return size and age; see `BlobStore.find`."""
        path = self._path(address)
        with _unavailable():
            try:
                found = self._files.info(path)
            except FileNotFoundError as error:
                if _code(error) == "NoSuchBucket":
                    raise
                return None
        return StoredBlob(address, found["size"], found["LastModified"].timestamp())

    def stored(self) -> Iterator[StoredBlob]:
        """Walk over everything, a thousand a request; see `BlobStore.stored`."""
        bucket, _, folder = self._root.partition("/")
        prefix = f"{folder}/" if folder else ""
        query = {"Bucket": bucket, "Prefix": prefix, "MaxKeys": self.page_size}
        while True:
            with _unavailable():
                page = self._files.call_s3("list_objects_v2", **query)
            for entry in page.get("Contents", ()):
                name = entry["Key"].removeprefix(prefix)
                if is_address(name):
                    modified_s = entry["LastModified"].timestamp()
                    yield StoredBlob(name, entry["Size"], modified_s)
            if not page.get("IsTruncated"):
                return
            query["ContinuationToken"] = page["NextContinuationToken"]

    def drop_unfinished(self, before_s: float) -> int:  # noqa: ARG002
        """Return 0: an object is there as a whole or not at all; see `BlobStore`."""
        return 0

    def url(self, grant: ImageGrant, *, now_s: int) -> str:
        """Return a URL of the store itself; see `ImageUrls.url`."""
        left_s = grant.expires_s - now_s
        with _unavailable():
            url = self._public.url(
                self._path(grant.address),
                expires=left_s,
                ResponseContentType=grant.media_type,
                ResponseCacheControl=f"private, max-age={left_s}, immutable",
            )
        return str(url)

    def _path(self, address: str) -> str:
        return f"{self._root}/{checked_address(address)}"


def _connection(endpoint: str) -> Any:
    return s3fs.S3FileSystem(
        endpoint_url=endpoint or None,
        config_kwargs=_SETTINGS,
        use_listings_cache=False,
        skip_instance_cache=True,
    )


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except (OSError, botocore.exceptions.BotoCoreError) as error:
        raise BlobStoreUnavailableError(f"{type(error).__name__}: {error}") from error


def _code(error: OSError) -> str:
    """Return S3's own word for an error that s3fs has translated."""
    response = getattr(error.__cause__, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))
