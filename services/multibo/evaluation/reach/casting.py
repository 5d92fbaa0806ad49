"""Casting: rounds of fresh seeds, until the person has found one to go on from."""

from dataclasses import replace
from typing import Final

from multibo.evaluation.reach.strategy import N_NEW
from multibo.jobs.spec import RenderSpec

_FIRST_SEED: Final = 10_000_000
"""Of the seeds that are drawn; above those of tasks."""
_SEEDS_PER_TASK: Final = 1000
N_KEPT_TO_END: Final = 2
"""Rounds running in which the anchor is kept, after which casting is over."""


class Casting:
    """Shows fresh seeds at the identity.

    The seeds depend on the task alone, so that strategies that cast show the same
    pictures, and those of the seed lottery.
    """

    def __init__(self, start: RenderSpec, *, at_least: int, at_most: int) -> None:
        """Begin with the start as anchor.

        Args:
            start: the identity at the task's seed.
            at_least: rounds it goes on for although the anchor is kept again and again.
            at_most: rounds after which it is over.
        """
        self.anchor = start
        self._start = start
        self._at_least = at_least
        self._at_most = at_most
        self._n_judged = 0
        self._n_kept = 0

    @property
    def over(self) -> bool:
        """Whether the anchor is what the search goes on from."""
        return self.settled or self._n_judged >= self._at_most

    @property
    def settled(self) -> bool:
        """Whether the anchor has been kept again and again: no seed seems nearer."""
        long_enough = self._n_judged >= self._at_least
        return long_enough and self._n_kept >= N_KEPT_TO_END

    def propose(self) -> tuple[RenderSpec, ...]:
        """Return fresh seeds of the prompt."""
        first = _FIRST_SEED + _SEEDS_PER_TASK * self._start.base_seed
        first += N_NEW * self._n_judged
        return tuple(
            replace(self._start, base_seed=first + place) for place in range(N_NEW)
        )

    def learn(self, kept: int | None) -> None:
        """Take note of the person's choice.

        Args:
            kept: index among the proposed; None keeps the anchor.
        """
        if kept is not None:
            self.anchor = self.propose()[kept]
        self._n_kept = self._n_kept + 1 if kept is None else 0
        self._n_judged += 1
