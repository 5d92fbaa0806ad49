"""Tiny programs that stand in for the processes of a stack in supervision tests."""

from __future__ import annotations

import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

from multibo.local.processes import ProcessSpec

SLEEPER = "import time; print('up', flush=True); time.sleep(60)"
DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('up', flush=True)
time.sleep(60)
"""


def a_process(
    name: str,
    code: str = SLEEPER,
    *,
    is_ready: Callable[[], bool] = lambda: True,
    ready_within_s: float = 5.0,
    stop_rank: int = 0,
    stop_within_s: float = 2.0,
) -> ProcessSpec:
    """A process that runs a few lines of Python."""
    return ProcessSpec(
        name=name,
        command=(sys.executable, "-S", "-c", textwrap.dedent(code)),
        is_ready=lambda _pid: is_ready(),
        ready_within_s=ready_within_s,
        stop_rank=stop_rank,
        stop_within_s=stop_within_s,
    )


def until(condition: Callable[[], object], *, within_s: float = 20.0) -> None:
    """Return once the condition holds; fail if it does not in time."""
    give_up_s = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > give_up_s:
            raise AssertionError("the condition did not come true in time")
        time.sleep(0.01)


def has_written(path: Path, text: str) -> bool:
    """Say whether a file holds the text."""
    return path.exists() and text in path.read_text()


def is_running(pid: int) -> bool:
    """Say whether a process exists and is no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
