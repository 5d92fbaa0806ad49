"""The port every image store fulfills; one contract suite runs over all."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from multibo.blobs.errors import BlobAddressError

_ADDRESS: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """What a store knows of an image without reading it."""

    address: str
    size_bytes: int
    modified_s: float
    """When it was stored, in seconds since the epoch by the store's own clock."""


class BlobStore(Protocol):
    """Immutable bytes under 64 hexadecimal digits. Blocking; call off the loop."""

    def put(self, address: str, data: bytes) -> bool:
        """Store `data` unless the name is taken: the first bytes win.

        Args:
            address: 64 hexadecimal digits.
            data: the file.

        Returns:
            Whether these bytes were stored.

        Raises:
            BlobAddressError: if `address` is no content address.
            BlobStoreUnavailableError: if the store cannot be written.
        """
        ...

    def get(self, address: str) -> bytes:
        """Return the bytes under `address`.

        Args:
            address: 64 hexadecimal digits.

        Raises:
            BlobAddressError: if `address` is no content address.
            BlobMissingError: if nothing is stored there.
            BlobStoreUnavailableError: if the store cannot be read.
        """
        ...

    def has(self, address: str) -> bool:
        """Return whether something is stored under `address`."""
        ...

    def delete(self, address: str) -> None:
        """Remove what is stored under `address`; nothing there is no error.

        Raises:
            BlobAddressError: if `address` is no content address.
            BlobStoreUnavailableError: if the store cannot be written.
        """
        ...

    def find(self, address: str) -> StoredBlob | None:
        """Return size and age of what is stored under `address`; None for nothing.

        Raises:
            BlobAddressError: if `address` is no content address.
            BlobStoreUnavailableError: if the store cannot be read.
        """
        ...

    def stored(self) -> Iterator[StoredBlob]:
        """Walk over everything that is stored, in no order, a page at a time.

        What is stored or removed on the way may be missed or named.

        Raises:
            BlobStoreUnavailableError: if the store cannot be read.
        """
        ...

    def drop_unfinished(self, before_s: float) -> int:
        """Remove what is left of writes that nobody finished.

        Args:
            before_s: only what was begun before this time, in seconds since the epoch
                by the store's own clock: the rest may be going on.

        Returns:
            Number of files removed.

        Raises:
            BlobStoreUnavailableError: if the store cannot be written.
        """
        ...


def checked_address(address: str) -> str:
    """Return `address` if it is one.

    Args:
        address: a candidate name.

    Raises:
        BlobAddressError: if it is anything but 64 hexadecimal digits.
    """
    if not is_address(address):
        raise BlobAddressError(address)
    return address


def is_address(name: str) -> bool:
    """Return whether a name is a content address: 64 hexadecimal digits."""
    return _ADDRESS.fullmatch(name) is not None


def thumbnail_address(address: str) -> str:
    """Return where the thumbnail of an image is stored, beside the image.

    Args:
        address: of the image.

    Raises:
        BlobAddressError: if it is no content address.
    """
    return hashlib.sha256(
        f"thumbnail-128:{checked_address(address)}".encode()
    ).hexdigest()
