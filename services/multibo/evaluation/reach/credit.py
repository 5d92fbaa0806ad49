"""Which kind of step to try: the more it has succeeded, the more often."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

_MEMORY: Final = 0.97
"""What is left of earlier rounds after each one: some thirty rounds count."""


@dataclass(frozen=True, slots=True)
class Credit:
    """Discounted successes and trials of each kind of step."""

    kinds: tuple[str, ...]
    n_kept: tuple[float, ...]
    n_tried: tuple[float, ...]

    @classmethod
    def of(
        cls, kinds: Sequence[str], kept: Mapping[str, float] | None = None
    ) -> "Credit":
        """Return the credit before the first round: two trials of each kind.

        Args:
            kinds: of steps, at least one.
            kept: successes of those trials, > 0; 1 where nothing is said.
        """
        first = dict.fromkeys(kinds, 1.0) | dict(kept or {})
        return cls(
            tuple(kinds), tuple(first[kind] for kind in kinds), (2.0,) * len(kinds)
        )

    @property
    def shares(self) -> tuple[float, ...]:
        """How likely each kind is tried; they sum to 1."""
        rates = [
            kept / tried for kept, tried in zip(self.n_kept, self.n_tried, strict=True)
        ]
        return tuple(rate / sum(rates) for rate in rates)

    def draw(self, source: np.random.Generator) -> str:
        """Return the kind to try next.

        Args:
            source: of the draw.
        """
        return self.kinds[int(source.choice(len(self.kinds), p=self.shares))]

    def after(self, tried: Sequence[str], winner: str | None) -> "Credit":
        """Return the credit after a round.

        Args:
            tried: the kind of each candidate; others than ours do not count.
            winner: the kind of the one kept; None if the anchor was kept.
        """
        kept = tuple(
            _MEMORY * before + (kind == winner)
            for kind, before in zip(self.kinds, self.n_kept, strict=True)
        )
        trials = tuple(
            _MEMORY * before + tried.count(kind)
            for kind, before in zip(self.kinds, self.n_tried, strict=True)
        )
        return Credit(self.kinds, kept, trials)
