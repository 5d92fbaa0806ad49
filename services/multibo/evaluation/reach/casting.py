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

    def __init__(self, start: RenderSpec, *, n_rounds: int, patient: bool) -> None:
        """Begin with the start as anchor.

        Args:
            start: the identity at the task's seed.
            n_rounds: after which it is over.
            patient: whether it goes on although the anchor is kept again and again.
        """
        self.anchor = start
        self._start = start
        self._n_rounds = n_rounds
        self._patient = patient
        self._n_judged = 0
        self._n_kept = 0

    @property
    def over(self) -> bool:
        """Whether the anchor is what the search goes on from."""
        settled = self._n_kept >= N_KEPT_TO_END and not self._patient
        return settled or self._n_judged >= self._n_rounds

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
