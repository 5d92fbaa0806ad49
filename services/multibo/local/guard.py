"""Kill process groups once the process that owned them has gone, however it went.

The guard is one small process that reads lines from its parent: `+GROUP` and
`-GROUP`. The end of input means that the parent has ended; what is still listed is
killed, children of children included. Works wherever there are pipes.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from typing import Final

DEAF_TO: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Guard:
    """The parent's side: tells the guard process what to kill."""

    def __init__(self) -> None:
        self._groups: set[int] = set()
        self._process = _spawn()

    @property
    def pid(self) -> int:
        """Process id of the guard."""
        return self._process.pid

    def watch(self, group: int) -> None:
        """Have the group killed if this process ends.

        Args:
            group: process group id.
        """
        self._groups.add(group)
        self._tell(f"+{group}")

    def forget(self, group: int) -> None:
        """Leave the group alone: it has ended.

        Args:
            group: process group id.
        """
        self._groups.discard(group)
        self._tell(f"-{group}")

    def close(self) -> None:
        """End the guard; it kills what is still listed."""
        pipe = self._process.stdin
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        try:
            _write(self._process, [line])
        except BrokenPipeError:
            # Somebody killed the guard: a new one takes over.
            self.close()
            self._process = _spawn()
            _write(self._process, [f"+{group}" for group in self._groups])


def _spawn() -> subprocess.Popen[str]:
    # A session of its own: Ctrl-C in the terminal must not reach the guard.
    return subprocess.Popen(
        [sys.executable, "-I", "-S", __file__],
        stdin=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _write(process: subprocess.Popen[str], lines: Iterable[str]) -> None:
    pipe = process.stdin
    if pipe is None:
        raise BrokenPipeError
    pipe.writelines(f"{line}\n" for line in lines)
    pipe.flush()


def main() -> int:
    """Read groups until the parent is gone, then kill the remaining ones.

    Returns:
        0, always.
    """
    for number in DEAF_TO:
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        change = groups.add if line.startswith("+") else groups.discard
        change(int(line[1:]))
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
    return 0


if __name__ == "__main__":
    sys.exit(main())
