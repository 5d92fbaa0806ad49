"""Many short gradient ascents in a box at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from multibo.optimizer.preference.arrays import Floats

_FIRST_STEP: Final = 0.15
"""Length of a step, in units of the scales (root mean square over the axes)."""
_GROWTH: Final = 1.3
_SHRINKAGE: Final = 0.4

Objective = Callable[[Floats], tuple[Floats, Floats]]
"""Maps `a x d` points to `a` values and `a x d` gradients."""


def ascend(
    objective: Objective,
    starts: Floats,
    *,
    low: Floats,
    high: Floats,
    scales: Floats,
    n_steps: int,
) -> tuple[Floats, Floats]:
    """Climb from every start; no point ends lower than it began.

    Projected gradient ascent with a step length of its own per point, which grows
    when a step helps and shrinks when it does not: the objective is evaluated once
    per step for all points together, which beats a quasi-Newton search per point.

    Args:
        objective: what to climb.
        starts: `a x d` points; those outside the box are clipped to it.
        low: `d` lower bounds.
        high: `d` upper bounds.
        scales: `d` positive lengths; a step is isotropic in units of them.
        n_steps: evaluations after the first.

    Returns:
        `a x d` points and their `a` values.
    """
    points = np.clip(starts, low, high)
    values, gradients = objective(points)
    steps = np.full(len(points), _FIRST_STEP * np.sqrt(points.shape[1]))
    for _ in range(n_steps):
        outward = ((points <= low) & (gradients < 0.0)) | (
            (points >= high) & (gradients > 0.0)
        )
        direction = _unit_direction(np.where(outward, 0.0, gradients), scales)
        trial = np.clip(points + steps[:, None] * direction, low, high)
        trial_values, trial_gradients = objective(trial)
        better = trial_values > values
        points = np.where(better[:, None], trial, points)
        values = np.where(better, trial_values, values)
        gradients = np.where(better[:, None], trial_gradients, gradients)
        steps = steps * np.where(better, _GROWTH, _SHRINKAGE)
    return points, values


def _unit_direction(gradients: Floats, scales: Floats) -> Floats:
    """Return steepest directions, each of length one in units of the scales."""
    length = np.linalg.norm(gradients * scales, axis=1, keepdims=True)
    direction: Floats = gradients * scales**2 / np.maximum(length, 1e-300)
    return direction
