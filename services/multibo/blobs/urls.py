"""Signed addresses of images: whoever holds one may fetch that one image for a while.

The signature, HMAC-SHA256, covers everything in the URL: which bytes (address and
digest), as what (media type), of which project, until when. It says nothing about
other images, and nothing in it can be altered.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable
from urllib.parse import parse_qsl, urlencode

from multibo.blobs.errors import (
    BlobUrlExpiredError,
    BlobUrlInvalidError,
    BlobUrlKeyError,
)
from multibo.blobs.port import checked_address

PATH: Final = re.compile(r"/images/([0-9a-f]{64})")
MAX_TTL_S: Final = 7 * 24 * 3600
"""No URL lives longer; S3 allows no more either."""
MIN_KEY_LENGTH: Final = 32
_FIELDS: Final = ("address", "type", "project", "expires")
_SIGNATURE: Final = "signature"
_DOMAIN: Final = "multibo image url 1"
"""Keeps a signature from meaning anything elsewhere."""


@dataclass(frozen=True, slots=True)
class ImageGrant:
    """What a URL gives its holder."""

    address: str
    """Where the bytes are stored."""
    digest: str
    """SHA-256 of the bytes."""
    media_type: str
    project: str
    """On whose behalf the URL was made."""
    expires_s: int
    """Seconds since the epoch."""


@runtime_checkable
class ImageUrls(Protocol):
    """How a store's images get URLs. Blocking; call off the loop."""

    def url(self, grant: ImageGrant, *, now_s: int) -> str:
        """Return an absolute URL for any HTTP client.

        Args:
            grant: what it gives; ends at most `MAX_TTL_S` from now.
            now_s: seconds since the epoch.

        Raises:
            BlobStoreUnavailableError: if the store has no credentials to sign with.
        """
        ...


class UrlKeys:
    """Keys of one deployment: the first one signs, every one is accepted."""

    def __init__(self, *keys: bytes) -> None:
        """Take the keys.

        Args:
            keys: the one in use, then those on their way out; at least 32 bytes each.

        Raises:
            BlobUrlKeyError: if there is none, or a short one.
        """
        if not keys or any(len(key) < MIN_KEY_LENGTH for key in keys):
            raise BlobUrlKeyError(min_length=MIN_KEY_LENGTH)
        self._keys = keys

    @classmethod
    def parse(cls, text: str) -> UrlKeys:
        """Return the keys of a setting.

        Args:
            text: one key, or several separated by commas, the one in use first.

        Raises:
            BlobUrlKeyError: as the constructor; never with a key in its text.
        """
        return cls(*(part.strip().encode() for part in text.split(",")))

    def signed(self, grant: ImageGrant) -> str:
        """Return path and query of the URL that gives a grant.

        Args:
            grant: what it gives.

        Raises:
            BlobAddressError: if address or digest are none.
        """
        checked_address(grant.address)
        values = (grant.address, grant.media_type, grant.project, str(grant.expires_s))
        signature = _signature(self._keys[0], grant)
        fields = zip((*_FIELDS, _SIGNATURE), (*values, signature), strict=True)
        return f"/images/{checked_address(grant.digest)}?{urlencode(list(fields))}"

    def granted(self, digest: str, query: str, *, now_s: float) -> ImageGrant:
        """Return what a URL gives, if it is one of ours and still good.

        Args:
            digest: from the path.
            query: the URL's query as it came.
            now_s: seconds since the epoch.

        Raises:
            BlobUrlInvalidError: if any part of it was made or altered elsewhere.
            BlobUrlExpiredError: if it is over.
        """
        grant, signature = _read(digest, query)
        # Every key is tried, and each in constant time: neither tells how close a
        # forged signature came.
        good = [
            hmac.compare_digest(_signature(key, grant).encode(), signature.encode())
            for key in self._keys
        ]
        if not any(good):
            raise BlobUrlInvalidError
        if grant.expires_s <= now_s:
            raise BlobUrlExpiredError
        return grant


class GatewayUrls:
    """URLs that a gateway of ours answers; see `multibo.gateway.images`."""

    def __init__(self, base_url: str, keys: UrlKeys) -> None:
        """Take the parts.

        Args:
            base_url: the gateway as its clients reach it: `https://host[:port]`.
            keys: shared with the gateway.
        """
        self._base_url = base_url.rstrip("/")
        self._keys = keys

    def url(self, grant: ImageGrant, *, now_s: int) -> str:
        """Return a URL; see `ImageUrls.url`."""
        del now_s
        return self._base_url + self._keys.signed(grant)


def _read(digest: str, query: str) -> tuple[ImageGrant, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True)
        fields = dict(pairs)
        if len(pairs) != len(fields) or set(fields) != {*_FIELDS, _SIGNATURE}:
            raise BlobUrlInvalidError
        address, media_type, project, expires = (fields[name] for name in _FIELDS)
        if not re.fullmatch(r"[0-9]{1,12}", expires):
            raise BlobUrlInvalidError
    except ValueError:
        raise BlobUrlInvalidError from None
    grant = ImageGrant(address, digest, media_type, project, int(expires))
    return grant, fields[_SIGNATURE]


def _signature(key: bytes, grant: ImageGrant) -> str:
    # A JSON list: no two grants have the same text, whatever their fields hold.
    text = json.dumps(
        [
            _DOMAIN,
            grant.digest,
            grant.address,
            grant.media_type,
            grant.project,
            grant.expires_s,
        ]
    )
    mac = hmac.new(key, text.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
