"""The image store behind a URL."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from multibo.blobs.errors import BlobAddressError, BlobExtraMissingError
from multibo.blobs.filesystem import FilesystemBlobs
from multibo.blobs.port import BlobStore


def open_blobs(url: str) -> BlobStore:
    """Return the store behind a URL.

    Args:
        url: `file:///folder`, or `s3://bucket[/prefix][?endpoint=http://host:port]`.

    Raises:
        BlobAddressError: if the scheme is not supported.
        BlobExtraMissingError: if the store's client is not installed.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path:
        return FilesystemBlobs(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc:
        return _remote(f"{parts.netloc}{unquote(parts.path)}", parse_qs(parts.query))
    raise BlobAddressError(url)


def _remote(location: str, options: dict[str, list[str]]) -> BlobStore:
    try:
        # The extra [s3]: its client takes half a second to load.
        from multibo.blobs.remote import RemoteBlobs
    except ImportError as error:
        raise BlobExtraMissingError from error
    return RemoteBlobs(location, endpoint=options.get("endpoint", [""])[0])
