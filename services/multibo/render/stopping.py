"""The end of a worker: told once, with the time that is left for what is begun."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Final

GRACE_S: Final = 10.0
"""`multibo up` ends a process 15 s after it was told to stop."""


class Stop:
    """Whether this process has been told to end, and until when it may work."""

    def __init__(
        self,
        grace_s: float = GRACE_S,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin as a process that goes on.

        Args:
            grace_s: what is begun may take this long after `begin`.
            clock: seconds that only grow.
        """
        self._grace_s = grace_s
        self._clock = clock
        self._ends_at = math.inf
        self._begun = threading.Event()

    def begin(self) -> None:
        """Claim nothing any more; the grace begins, once."""
        if not self._begun.is_set():
            self._ends_at = self._clock() + self._grace_s
            self._begun.set()

    def is_set(self) -> bool:
        """Return whether the process has been told to end."""
        return self._begun.is_set()

    def left_s(self) -> float:
        """Return how much of the grace is left; infinite while nobody said to end."""
        return self._ends_at - self._clock()
