"""`multibo up`: run the embedded stack in the foreground until told to stop."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import webbrowser
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from multibo.local import models
from multibo.local.errors import StackStoppedError
from multibo.local.supervisor import Stack

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class UpOptions:
    """What the command line asks for."""

    state_dir: Path
    listen: str
    grpc_listen: str
    n_workers: int
    open_browser: bool | None
    """None: where there is a screen to open it on."""


def run(options: UpOptions, environment: Mapping[str, str]) -> None:
    """Run the stack; return after a clean stop.

    Args:
        options: from the command line.
        environment: MULTIBO_REDIS_URL, MULTIBO_BLOB_URL, MULTIBO_BLOB_URL_KEY and
            MULTIBO_CATALOG name parts to use instead of the embedded ones;
            MULTIBO_OPTIMIZER_SPECULATION what is done ahead of an answer.

    Raises:
        LocalError: the subclass says what to do; everything has been stopped.
    """
    catalog = models.catalog_of(options.state_dir, environment)
    stack = Stack(
        state_dir=options.state_dir,
        listen=options.listen,
        grpc_listen=options.grpc_listen,
        n_workers=options.n_workers,
        redis_url=environment.get("MULTIBO_REDIS_URL", ""),
        blob_url=environment.get("MULTIBO_BLOB_URL", ""),
        blob_url_key=environment.get("MULTIBO_BLOB_URL_KEY", ""),
        catalog=catalog,
        # One person at one machine: between two answers it has nothing else to do.
        speculation=environment.get("MULTIBO_OPTIMIZER_SPECULATION") or "images",
        report=_say,
    )
    with _stopped_by_signals(stack), contextlib.suppress(StackStoppedError), stack:
        _say(f"grpc: {stack.endpoints.grpc}")
        _say(f"logs: {stack.logs}")
        _say(f"page: {stack.endpoints.page}")
        if _wants_browser(options.open_browser, environment):
            webbrowser.open(stack.endpoints.page)
        stack.wait()
    _say("stopped")


def _say(line: str) -> None:
    # Whoever read our output may have gone; the stack does not depend on it.
    with contextlib.suppress(OSError):
        print(line, flush=True)


def _wants_browser(wanted: bool | None, environment: Mapping[str, str]) -> bool:
    if wanted is not None:
        return wanted
    # Elsewhere `webbrowser` would start a text browser in this very terminal.
    has_screen = sys.platform == "darwin" or any(
        environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    return has_screen and sys.stdout.isatty()


@contextlib.contextmanager
def _stopped_by_signals(stack: Stack) -> Iterator[None]:
    """Stop on the first signal, kill on the second."""
    n_signals = 0

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        nonlocal n_signals
        n_signals += 1
        stack.request_stop(hurry=n_signals > 1)
        # No print: the signal may have come in the middle of one.
        os.write(sys.stderr.fileno(), b"\nstopping; once more to kill\n")

    before = {number: signal.signal(number, on_signal) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
