"""Where to look for the next candidates: a box around the incumbent that breathes.

Its spread grows when a new candidate is picked and shrinks when an old one is
kept, as in an evolution strategy's success rule (Rechenberg, 1973). In a dozen
dimensions or more the whole box is out of reach of fifty answers, and a model
left to search all of it keeps looking into empty corners.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from multibo.optimizer.preference.arrays import Floats
from multibo.optimizer.preference.dataset import Answer

_FIRST_SPREAD: Final = 0.25
"""Of the unit box: twice this to either side of its center is all of it."""
_LEAST_SPREAD: Final = 0.03
_LARGEST_SPREAD: Final = 0.5
_LOG_GROWTH: Final = 0.2
_LOG_SHRINKAGE: Final = 0.1
"""Two rounds of keeping undo one of moving: a third of the rounds should move."""
_REACH: Final = 2.0
"""Half the width of the neighborhood, in spreads."""
_N_NEIGHBORS: Final = 1024
_SCALES: Final = (0.25, 0.5, 1.0, 2.0)
"""Distances of the neighbors, in spreads."""
_LOG_VARIETY: Final = 0.5
"""Growth with each slate that is passed over for variety."""
_N_MOVED_AXES: Final = 6
"""Axes half of the neighbors move: in many dimensions moving all goes too far."""


@dataclass(frozen=True, slots=True, eq=False)
class Neighborhood:
    """A part of the unit box, and points drawn in it."""

    low: Floats
    """`d` lower bounds."""
    high: Floats
    """`d` upper bounds."""
    points: Floats
    """`p x d` points inside."""


def neighborhood(center: Floats, spread: float, seed: int) -> Neighborhood:
    """Return the box around a center, and neighbors of all distances in it.

    Args:
        center: `d` coordinates of the incumbent.
        spread: of the neighbors, in the unit box.
        seed: of the draws.
    """
    generator = np.random.default_rng(seed)
    shape = (_N_NEIGHBORS, len(center))
    scales = spread * generator.choice(_SCALES, size=(_N_NEIGHBORS, 1))
    share = min(_N_MOVED_AXES / len(center), 1.0)
    dense = generator.random((_N_NEIGHBORS, 1)) < 0.5
    moved = (generator.random(shape) < share) | dense
    low = np.clip(center - _REACH * spread, 0.0, 1.0)
    high = np.clip(center + _REACH * spread, 0.0, 1.0)
    offsets = scales * generator.standard_normal(shape) * moved
    return Neighborhood(low, high, np.clip(center + offsets, low, high))


def spread_after(history: Sequence[Answer], n_initial: int) -> float:
    """Return the spread of the neighborhood after a history.

    Args:
        history: judged slates, oldest first.
        n_initial: rounds that were not the model's, which teach it nothing here.
    """
    seen: set[tuple[int, ...]] = set()
    log_spread = np.log(_FIRST_SPREAD)
    for number, answer in enumerate(history):
        # "None of these" widens, as what is near the incumbent is not it, and so
        # does "all the same".
        alike = len(answer.closest) == len(answer.shown)
        moved = alike or seen.isdisjoint(answer.closest)
        seen.update(answer.shown)
        if number >= n_initial:
            log_spread += _LOG_GROWTH if moved else -_LOG_SHRINKAGE
            log_spread = np.clip(
                log_spread, np.log(_LEAST_SPREAD), np.log(_LARGEST_SPREAD)
            )
    return float(np.exp(log_spread))


def widened(spread: float, n_slates: int) -> float:
    """Return the spread after slates were passed over for variety.

    Args:
        spread: after the answers.
        n_slates: how many were passed over since.
    """
    if not n_slates:  # bit for bit, whatever `exp` makes of zero
        return spread
    return float(min(spread * np.exp(_LOG_VARIETY * n_slates), _LARGEST_SPREAD))
