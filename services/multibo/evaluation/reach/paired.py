"""Paired differences between strategies, with intervals and corrected p-values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

N_RESAMPLES: Final = 10_000
_COVERED: Final = 0.95
_STREAM: Final = 17


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two strategies on the same tasks."""

    n_tasks: int
    mean: float
    """Of the first strategy's gains."""
    rival_mean: float
    difference: float
    low: float
    """Lower end of the 95 % bootstrap interval of the difference."""
    high: float
    p: float
    """That the difference's sign is chance: sign flips, two-sided, uncorrected."""

    @property
    def ratio(self) -> float:
        """Gain in units of the rival's; infinite where the rival has none."""
        return self.mean / self.rival_mean if self.rival_mean > 0 else float("inf")


def compare(gains: Sequence[float], rivals: Sequence[float]) -> Comparison:
    """Return how one strategy does against another.

    Args:
        gains: one per task.
        rivals: those of the other strategy, in the same order.

    Raises:
        ValueError: if there is no task, or the numbers differ.
    """
    if not gains or len(gains) != len(rivals):
        raise ValueError(f"{len(gains)} gains against {len(rivals)}")
    differences = np.asarray(gains) - np.asarray(rivals)
    source = np.random.default_rng(_STREAM)
    n_tasks = len(differences)
    drawn = source.integers(n_tasks, size=(N_RESAMPLES, n_tasks))
    means = differences[drawn].mean(axis=1)
    tail = (1 - _COVERED) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    signs = source.choice([-1.0, 1.0], size=(N_RESAMPLES, n_tasks))
    flipped = np.abs((signs * differences).mean(axis=1))
    observed = abs(float(differences.mean()))
    # The observed signs are one of the flips, hence the two ones.
    n_extreme = int((flipped >= observed - 1e-12).sum())
    return Comparison(
        n_tasks=n_tasks,
        mean=float(np.mean(gains)),
        rival_mean=float(np.mean(rivals)),
        difference=float(differences.mean()),
        low=float(low),
        high=float(high),
        p=(n_extreme + 1) / (N_RESAMPLES + 1),
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number (Holm, 1979).

    Args:
        p_values: of one family of comparisons.
    """
    corrected = [0.0] * len(p_values)
    highest = 0.0
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    for rank, index in enumerate(order):
        factor = len(p_values) - rank
        highest = max(highest, min(1.0, factor * p_values[index]))
        corrected[index] = highest
    return corrected
