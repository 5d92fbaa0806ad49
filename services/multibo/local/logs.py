"""The log file of one process of the stack: opened, shown, kept small."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import IO, Final

LARGEST_BYTES: Final = 10 * 1024 * 1024
TAIL_LINES: Final = 20
TAIL_BYTES: Final = 16 * 1024


class LogFile:
    """A file the process itself appends to; one predecessor is kept beside it."""

    def __init__(self, path: Path, *, largest_bytes: int = LARGEST_BYTES) -> None:
        self.path = path
        self._largest_bytes = largest_bytes

    def open(self) -> IO[bytes]:
        """Open it for a process to append to."""
        return self.path.open("ab")

    def begin(self) -> None:
        """Set the previous run's file aside."""
        if self.path.exists():
            self.path.replace(self._previous)

    def trim(self) -> None:
        """Copy an overgrown file aside and empty it.

        The process keeps its descriptor, which appends, so it goes on at the new
        start; a line written between the copy and the cut is lost.
        """
        if self.path.exists() and self.path.stat().st_size > self._largest_bytes:
            shutil.copyfile(self.path, self._previous)
            os.truncate(self.path, 0)

    def tail(self, n_lines: int = TAIL_LINES) -> str:
        """Return the last lines.

        Args:
            n_lines: how many at most; no more than 16 KiB in any case.
        """
        if not self.path.exists():
            return ""
        with self.path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL_BYTES))
            text = file.read().decode(errors="replace")
        return "\n".join(text.splitlines()[-n_lines:])

    @property
    def _previous(self) -> Path:
        return self.path.with_name(f"{self.path.name}.1")
