"""How somebody answers: what was learned about the person, not the image."""

from __future__ import annotations

from typing import Final

import numpy as np

from multibo.optimizer.preference.arrays import Floats
from multibo.optimizer.preference.bound import N_TYPICAL, gp_draws
from multibo.optimizer.preference.design import sobol_points
from multibo.optimizer.preference.neighborhood import neighborhood
from multibo.optimizer.preference.portfolio import Portfolio
from multibo.optimizer.preference.proposal import incumbent_of

UNKNOWN_TEMPERATURE: Final = 0.2
"""Before the first answer, and about what target search expects then: random slates of
four are answered right every second time."""
_N_NEAR: Final = 192
_SPREAD: Final = 0.25
"""Of the neighbors of the incumbent among which a draw's best point is sought."""
_SEED: Final = 0


def choice_temperature(portfolio: Portfolio) -> float:
    """Return the scale of the person's choice noise, relative to what matters to them.

    Utilities are in logits, the unit in which the noise is one. What that means is seen
    from how far utility rises from a typical point to the best: the temperature is one
    over that, in each draw of the models; here its median, by belief.

    Args:
        portfolio: of a history.

    Returns:
        The scale, > 0: near 0 for somebody who always picks the better one, 1 where
        even the best is picked over a typical one only three times of four.

    Raises:
        FitFailedError: if the arithmetic breaks down.
    """
    typical = sobol_points(portfolio.dimension, N_TYPICAL, _SEED)
    near = neighborhood(incumbent_of(portfolio), _SPREAD, _SEED).points[:_N_NEAR]
    points = np.vstack([typical, near])
    own = _temperature(gp_draws(portfolio.gp, points))
    if portfolio.target is None:
        return own
    targets = portfolio.target.targets.points.T
    by_target = _temperature(portfolio.target.values(np.vstack([points, targets])))
    return portfolio.weight * by_target + (1.0 - portfolio.weight) * own


def _temperature(values: Floats) -> float:
    """Return the median over draws; typical points are the first rows."""
    rise = values.max(axis=0) - np.median(values[:N_TYPICAL], axis=0)
    return float(np.median(1.0 / np.maximum(rise, 1e-12)))
