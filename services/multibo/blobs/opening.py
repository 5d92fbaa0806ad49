"""The image store behind a URL, and how its images get URLs of their own."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from multibo.blobs.errors import BlobAddressError, BlobExtraMissingError
from multibo.blobs.filesystem import FilesystemBlobs
from multibo.blobs.port import BlobStore
from multibo.blobs.urls import GatewayUrls, ImageUrls, UrlKeys


def open_blobs(url: str) -> BlobStore:
    """Return the store behind a URL.

    Args:
        url: `file:///folder`, or `s3://bucket[/prefix]` with the options `endpoint` and
            `public` of `RemoteBlobs` as its query.

    Raises:
        BlobAddressError: if the scheme is not supported.
        BlobExtraMissingError: if the store's client is not installed.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path:
        return FilesystemBlobs(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc:
        return _remote(f"{parts.netloc}{unquote(parts.path)}", parts.query)
    raise BlobAddressError(url)


def _remote(location: str, query: str) -> BlobStore:
    try:
        # The extra [s3]: its client takes half a second to load.
        from multibo.blobs.remote import RemoteBlobs
    except ImportError as error:
        raise BlobExtraMissingError from error
    options = dict(parse_qsl(query))
    return RemoteBlobs(
        location,
        endpoint=options.get("endpoint", ""),
        public=options.get("public", ""),
    )


def image_urls(blobs: BlobStore, gateway_url: str, keys: str) -> ImageUrls | None:
    """Return how a store's images get URLs: its own, else the gateway's.

    Args:
        blobs: from `open_blobs`.
        gateway_url: the gateway as its clients reach it; may be empty.
        keys: what it shares with us, as `UrlKeys.parse` reads them; may be empty.

    Returns:
        None if they get none.

    Raises:
        BlobUrlKeyError: if a key could be guessed.
    """
    if isinstance(blobs, ImageUrls):
        return blobs
    parsed = UrlKeys.parse(keys) if keys else None
    return GatewayUrls(gateway_url, parsed) if gateway_url and parsed else None
