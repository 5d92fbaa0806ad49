"""When a process that ended is started again, and when the stack gives up."""

from __future__ import annotations

from collections import deque
from typing import Final

SHORTEST_S: Final = 0.2
LONGEST_S: Final = 5.0
WINDOW_S: Final = 60.0
EXITS_MAX: Final = 5


class RestartPolicy:
    """The exits of one process within a sliding window."""

    def __init__(
        self, *, window_s: float = WINDOW_S, n_exits_max: int = EXITS_MAX
    ) -> None:
        self.window_s = window_s
        self.n_exits_max = n_exits_max
        self._exits_s: deque[float] = deque()

    def after_exit(self, now_s: float) -> float | None:
        """Record an exit and return how long to wait, or None to give up.

        The pause doubles with every exit the window still holds.

        Args:
            now_s: a monotonic time.

        Returns:
            Seconds in `[0.2, 5]`; None at the exit that fills the window.
        """
        self._exits_s.append(now_s)
        while self._exits_s[0] <= now_s - self.window_s:
            self._exits_s.popleft()
        n_exits = len(self._exits_s)
        if n_exits >= self.n_exits_max:
            return None
        pause_s: float = SHORTEST_S * 2 ** (n_exits - 1)
        return min(pause_s, LONGEST_S)
