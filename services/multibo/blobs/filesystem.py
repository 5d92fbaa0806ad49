"""Images in a folder: temporary file, fsync, atomic link-if-absent."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from multibo.blobs.errors import BlobMissingError, BlobStoreUnavailableError
from multibo.blobs.port import checked_address


class FilesystemBlobs:
    """A `BlobStore` below one folder, fanned out by the first two digits."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, address: str, data: bytes) -> bool:
        """Store `data` unless the name is taken; see `BlobStore.put`."""
        target = self._path(address)
        if target.exists():
            return False
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                dir=target.parent, prefix=".put-", delete=False
            ) as file:
                temporary = Path(file.name)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            return _link_if_absent(temporary, target)
        except OSError as error:
            raise BlobStoreUnavailableError(str(error)) from error

    def get(self, address: str) -> bytes:
        """Return the bytes; see `BlobStore.get`."""
        try:
            return self._path(address).read_bytes()
        except FileNotFoundError:
            raise BlobMissingError(address) from None
        except OSError as error:
            raise BlobStoreUnavailableError(str(error)) from error

    def has(self, address: str) -> bool:
        """Return whether something is stored under `address`."""
        return self._path(address).exists()

    def delete(self, address: str) -> None:
        """Remove what is stored under `address`; nothing there is no error."""
        self._path(address).unlink(missing_ok=True)

    def _path(self, address: str) -> Path:
        return self._root / checked_address(address)[:2] / address


def _link_if_absent(temporary: Path, target: Path) -> bool:
    # link(2) fails if the target exists: rename would replace the first bytes.
    try:
        target.hardlink_to(temporary)
    except FileExistsError:
        return False
    finally:
        temporary.unlink()
    return True
