"""The port every image store fulfills; one contract suite runs over all."""

from __future__ import annotations

import hashlib
import re
from typing import Final, Protocol

from multibo.blobs.errors import BlobAddressError

_ADDRESS: Final = re.compile(r"[0-9a-f]{64}")


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
        """Remove what is stored under `address`; nothing there is no error."""
        ...


def checked_address(address: str) -> str:
    """Return `address` if it is one.

    Args:
        address: a candidate name.

    Raises:
        BlobAddressError: if it is anything but 64 hexadecimal digits.
    """
    if not _ADDRESS.fullmatch(address):
        raise BlobAddressError(address)
    return address


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
