"""Become a program that the kernel kills when its parent ends (Linux).

Run by file, in an isolated interpreter: `python -I -S tether.py PARENT COMMAND...`.
A hook between fork and exec would do the same, but is not safe in a process with
threads. The kernel watches the *thread* that spawned this one, so that thread has to
live as long as the program should. Elsewhere only `guard` looks after orphans.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path
from typing import Final

PR_SET_PDEATHSIG: Final = 1
"""From <sys/prctl.h>; the setting survives exec."""
PARENT_GONE: Final = 75
NOT_STARTED: Final = 127


def tethered(command: tuple[str, ...]) -> tuple[str, ...]:
    """Return the command line that runs `command` tied to the calling process.

    Args:
        command: the program's absolute path and its arguments.
    """
    return (sys.executable, "-I", "-S", __file__, str(os.getpid()), *command)


def main(arguments: list[str]) -> int:
    """Tie this process to its parent and become the command.

    Args:
        arguments: the parent's process id, then the command.

    Returns:
        A status, only if the command could not be started.
    """
    parent, *command = arguments
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # The parent may have ended before the line above took effect.
    if os.getppid() != int(parent):
        return PARENT_GONE
    try:
        os.execv(command[0], command)
    except OSError as error:
        sys.stderr.write(f"cannot start {Path(command[0])}: {error}\n")
        return NOT_STARTED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
