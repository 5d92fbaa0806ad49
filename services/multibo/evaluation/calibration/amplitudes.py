"""From effects measured at some amplitudes to amplitudes of equal effect.

Between and beyond the measured points an effect is taken as a power of the amplitude,
which holds for weak warps (power 1) and for those that the bound holds back (below 1).
"""

import math
import statistics
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

_SLOPES: Final = (0.25, 2.0)
"""Powers that are believed; measured ones are noisy."""
_REACH: Final = 2.0
"""How far below the weakest measured amplitude an answer may lie."""


def common_effect(effects: Sequence[Sequence[float]], level: int) -> float:
    """Return the effect that every axis is to have: the median at one level.

    Args:
        effects: per axis the effect at each level, > 0.
        level: which one.
    """
    return statistics.median(axis[level] for axis in effects)


def amplitude_of(
    effect: float, amplitudes: Sequence[float], effects: Sequence[float]
) -> float:
    """Return the amplitude at which an axis has an effect.

    Args:
        effect: the wanted one, > 0.
        amplitudes: the measured ones, ascending; equal ones count once.
        effects: what they did, >= 0.

    Returns:
        An amplitude of at least the first one over 2 and at most the last one.
    """
    points = sorted(dict(zip(amplitudes, effects, strict=True)).items())
    low, high = points[0], points[-1]
    for left, right in pairwise(points):
        low, high = left, right
        if effect <= right[1]:
            break
    power = 1.0
    if high[0] > low[0]:
        power = _log_ratio(high[1], low[1]) / _log_ratio(high[0], low[0])
    power = min(max(power, _SLOPES[0]), _SLOPES[1])
    nearer = min((low, high), key=lambda point: abs(_log_ratio(effect, point[1])))
    wanted = nearer[0] * math.exp(_log_ratio(effect, nearer[1]) / power)
    return min(max(wanted, points[0][0] / _REACH), points[-1][0])


def _log_ratio(first: float, second: float) -> float:
    tiny = 1e-9
    return math.log(max(first, tiny) / max(second, tiny))
