"""Ends a process whose batch hangs: threads cannot enforce a time limit.

The supervisor restarts it and the leases return the rows.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

from multibo.jobs.spec import RenderSpec

logger = logging.getLogger(__name__)

EXIT_HUNG: Final = 75
_BASE_S: Final = 30.0
_FACTOR: Final = 4.0
_UNKNOWN_S: Final = 1.0
"""Per row and step, before any batch of its compat key was measured."""
_MEASURED: Final = 64
"""Compat keys remembered: clients choose what is in them."""


class Watchdog:
    """Allows a batch `30 s + 4 x rows x steps x measured seconds per row and step`.

    Measured is each compat key for itself: another model, or another size of picture,
    may take a hundred times as long.
    """

    def __init__(self, *, end: Callable[[int], None] = os._exit) -> None:
        self._end = end
        self._deadline: float | None = None
        self._row_step_s: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def measured(self, specs: Sequence[RenderSpec], seconds: float) -> None:
        """Take note of how long a batch really took.

        Args:
            specs: its rows, of one compat key; at least one.
            seconds: how long it took, from its first step to its last.
        """
        compat_key = specs[0].compat_key
        with self._lock:
            self._row_step_s[compat_key] = max(seconds / _n_row_steps(specs), 1e-3)
            self._row_step_s.move_to_end(compat_key)
            if len(self._row_step_s) > _MEASURED:
                self._row_step_s.popitem(last=False)

    def guard(self, specs: Sequence[RenderSpec] | None) -> None:
        """Start the clock of a batch; None stops it.

        Args:
            specs: what is being rendered, of one compat key; none where only the end
                of what was rendered is waited for.
        """
        with self._lock:
            self._deadline = None
            if specs is not None:
                self._deadline = time.monotonic() + self._allowed_s(specs)

    def check(self) -> None:
        """End the process if the running batch is past its deadline."""
        with self._lock:
            deadline = self._deadline
        if deadline is not None and time.monotonic() > deadline:
            logger.critical("batch hangs; the process ends")
            self._end(EXIT_HUNG)

    def _allowed_s(self, specs: Sequence[RenderSpec]) -> float:
        if not specs:
            return _BASE_S
        row_step_s = self._row_step_s.get(specs[0].compat_key, _UNKNOWN_S)
        return _BASE_S + _FACTOR * _n_row_steps(specs) * row_step_s

    def run(self, *, period_s: float = 1.0) -> None:
        """Check for ever; the body of a daemon thread.

        Args:
            period_s: pause between two checks.
        """
        while True:
            time.sleep(period_s)
            self.check()


def _n_row_steps(specs: Sequence[RenderSpec]) -> int:
    return sum(spec.steps for spec in specs)
