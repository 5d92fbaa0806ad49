"""One running program of the stack: its process group, its log, its end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping

from multibo.local.guard import Guard
from multibo.local.logs import LogFile
from multibo.local.tether import tethered


class Child:
    """A program in a process group of its own, tied to this process.

    Made, watched and ended by one long-lived thread: see `tether`.
    """

    def __init__(
        self,
        command: tuple[str, ...],
        *,
        environment: Mapping[str, str],
        log: LogFile,
        guard: Guard,
    ) -> None:
        self._guard = guard
        with log.open() as output:
            self._process = subprocess.Popen(
                tethered(command),
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        guard.watch(self.pid)

    @property
    def pid(self) -> int:
        """Process id, and the id of its group."""
        return self._process.pid

    def status(self) -> int | None:
        """Return the exit status, or None while it runs."""
        return self._process.poll()

    def terminate(self) -> None:
        """Ask the program to stop; it looks after its own children."""
        if self.status() is None:
            self._process.terminate()

    def bury(self) -> None:
        """Kill what is left of the group, and wait for the program's end."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        self._guard.forget(self.pid)
