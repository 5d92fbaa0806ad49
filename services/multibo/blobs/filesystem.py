"""Images in a folder: temporary file, fsync, atomic link-if-absent."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from multibo.blobs.errors import BlobMissingError, BlobStoreUnavailableError
from multibo.blobs.port import StoredBlob, checked_address, is_address

_TEMPORARY: Final = ".put-"


class FilesystemBlobs:
    """A `BlobStore` below one folder, fanned out by the first two digits."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, address: str, data: bytes) -> bool:
        """Store `data` unless the name is taken; see `BlobStore.put`."""
        target = self._path(address)
        with _unavailable():
            if target.exists():
                return False
            target.parent.mkdir(parents=True, exist_ok=True)
            return _link_if_absent(_written(target.parent, data), target)

    def get(self, address: str) -> bytes:
        """Return the bytes; see `BlobStore.get`."""
        path = self._path(address)
        with _unavailable():
            try:
                return path.read_bytes()
            except FileNotFoundError:
                raise BlobMissingError(address) from None

    def has(self, address: str) -> bool:
        """Return whether something is stored under `address`."""
        path = self._path(address)
        with _unavailable():
            return path.exists()

    def delete(self, address: str) -> None:
        """Remove what is stored under `address`; nothing there is no error."""
        path = self._path(address)
        with _unavailable():
            path.unlink(missing_ok=True)

    def find(self, address: str) -> StoredBlob | None:
        """Return size and age; see `BlobStore.find`."""
        path = self._path(address)
        with _unavailable():
            return _found(path)

    def stored(self) -> Iterator[StoredBlob]:
        """Walk over everything; see `BlobStore.stored`."""
        for paths in self._folders():
            with _unavailable():
                # Beside images lie the temporary files of those who write now.
                found = [_found(path) for path in paths if is_address(path.name)]
            yield from (blob for blob in found if blob is not None)

    def drop_unfinished(self, before_s: float) -> int:
        """Remove the temporary files of killed writers; see `BlobStore`."""
        n_dropped = 0
        for paths in self._folders():
            with _unavailable():
                for path in paths:
                    left = _found(path) if path.name.startswith(_TEMPORARY) else None
                    if left is not None and left.modified_s < before_s:
                        path.unlink(missing_ok=True)
                        n_dropped += 1
        return n_dropped

    def _folders(self) -> Iterator[list[Path]]:
        with _unavailable():
            folders = list(self._root.iterdir()) if self._root.exists() else []
        for folder in folders:
            with _unavailable():
                paths = list(folder.iterdir()) if folder.is_dir() else []
            yield paths

    def _path(self, address: str) -> Path:
        return self._root / checked_address(address)[:2] / address


def _written(folder: Path, data: bytes) -> Path:
    with tempfile.NamedTemporaryFile(
        dir=folder, prefix=_TEMPORARY, delete=False
    ) as file:
        temporary = Path(file.name)
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            # On a full disk, what is left behind would keep it full.
            temporary.unlink(missing_ok=True)
            raise
    return temporary


def _link_if_absent(temporary: Path, target: Path) -> bool:
    # link(2) fails if the target exists: rename would replace the first bytes.
    try:
        target.hardlink_to(temporary)
    except FileExistsError:
        return False
    finally:
        temporary.unlink()
    return True


def _found(path: Path) -> StoredBlob | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return StoredBlob(path.name, status.st_size, status.st_mtime)


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BlobStoreUnavailableError(str(error)) from error
