"""What every preferential optimizer of the leaderboard has to offer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from multibo.optimizer.preference.dataset import Answer

Warp = tuple[int, ...]
Slate = tuple[Warp, ...]
History = tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Recommended:
    """What an optimizer would hand over now."""

    predicted: Warp
    """The best of the box, as it believes."""
    shown: Warp
    """The best of what was shown, as it believes."""
    bound: float | None = None
    """The regret it says it stays below nine times of ten, 1 at a typical point;
    None if it says nothing."""


class Rival(Protocol):
    """One optimizer on one problem; it sees answers and nothing else."""

    def propose(self, history: History, seed: int) -> Slate:
        """Return the next slate.

        Args:
            history: judged slates, oldest first; one or more.
            seed: of whatever is drawn at random.
        """
        ...

    def recommend(self, history: History, seed: int) -> Recommended:
        """Return what to hand over after a history.

        Args:
            history: judged slates, oldest first; one or more.
            seed: of whatever is drawn at random.
        """
        ...


OpenRival = Callable[[int], Rival]
"""From a dimension to an optimizer that knows nothing yet."""
