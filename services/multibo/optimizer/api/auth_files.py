"""Credentials in files: read again when the file changes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from multibo.optimizer.errors import CredentialsUnreadableError

logger = logging.getLogger(__name__)

Value = TypeVar("Value")
_Stamp = tuple[int, int, int]


class Reloaded(Generic[Value]):
    """What some files hold, as new as the last `refresh`."""

    def __init__(self, load: Callable[[], Value], *paths: Path) -> None:
        """Read the files.

        Args:
            load: reads them.
            paths: of the files.

        Raises:
            CredentialsUnreadableError: if they cannot be read.
        """
        self._paths = paths
        self._load = load
        self._stamps = self._look()
        self.value = load()

    def refresh(self) -> bool:
        """Read the files again if one is another; return whether that gave a value.

        A damaged file changes nothing: what was read last stays in force, since a
        rotation gone wrong should not lock everybody out.
        """
        stamps = self._look()
        if stamps == self._stamps:
            return False
        self._stamps = stamps
        try:
            self.value = self._load()
        except CredentialsUnreadableError as error:
            logger.error(  # noqa: TRY400, a trace could quote the file
                "credentials not reloaded", extra={"reason": str(error)}
            )
            return False
        logger.info("credentials reloaded", extra={"paths": self._paths})
        return True

    def _look(self) -> tuple[_Stamp | None, ...]:
        return tuple(_stamp(path) for path in self._paths)


def read_text(path: Path) -> str:
    """Return a file's text.

    Args:
        path: of the file.

    Raises:
        CredentialsUnreadableError: if there is none that can be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise CredentialsUnreadableError(path, str(reason)) from None


def _stamp(path: Path) -> _Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    # Size and inode too: two writes may share a tick of the file system's clock.
    return status.st_mtime_ns, status.st_size, status.st_ino
