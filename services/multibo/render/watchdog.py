"""Ends a process whose batch hangs: threads cannot enforce a time limit.

The supervisor restarts it and the leases return the rows.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from multibo.jobs.spec import RenderSpec

logger = logging.getLogger(__name__)

EXIT_HUNG: Final = 75
_BASE_S: Final = 30.0
_FACTOR: Final = 4.0


class Watchdog:
    """Allows a batch `30 s + 4 x rows x steps x measured seconds per row and step`."""

    def __init__(self, *, end: Callable[[int], None] = os._exit) -> None:
        self._end = end
        self._deadline: float | None = None
        self._row_step_s = 1.0
        self._lock = threading.Lock()

    def measured(self, n_row_steps: int, seconds: float) -> None:
        """Take note of how long rows times steps really took.

        Args:
            n_row_steps: rows times denoising steps of a finished batch.
            seconds: how long it took.
        """
        with self._lock:
            self._row_step_s = max(seconds / max(n_row_steps, 1), 1e-3)

    def guard(self, specs: Sequence[RenderSpec] | None) -> None:
        """Start the clock of a batch; None stops it.

        Args:
            specs: what is being rendered.
        """
        with self._lock:
            if specs is None:
                self._deadline = None
                return
            n_row_steps = sum(spec.steps for spec in specs)
            allowed = _BASE_S + _FACTOR * n_row_steps * self._row_step_s
            self._deadline = time.monotonic() + allowed

    def check(self) -> None:
        """End the process if the running batch is past its deadline."""
        with self._lock:
            deadline = self._deadline
        if deadline is not None and time.monotonic() > deadline:
            logger.critical("batch hangs; the process ends")
            self._end(EXIT_HUNG)

    def run(self, *, period_s: float = 1.0) -> None:
        """Check for ever; the body of a daemon thread.

        Args:
            period_s: pause between two checks.
        """
        while True:
            time.sleep(period_s)
            self.check()
