"""Candidates by target search: those that make the slate worth most.

Picked greedily from a pool, they then climb together.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from multibo.optimizer.preference.arrays import Floats
from multibo.optimizer.preference.design import (
    MIN_SEPARATION,
    Avoided,
    slack,
    sobol_points,
)
from multibo.optimizer.preference.slate_value import SlateValue
from multibo.optimizer.preference.target import TargetModel

_N_ANYWHERE: Final = 128
_N_NEAR: Final = 256
_N_TARGETS: Final = 48
_STRETCHES: Final = (-2.0, -1.0, 0.5, 1.0, 1.5, 2.0, 3.0)
"""Of the draws' targets, away from their mean: between candidates farther apart than
the targets a noisy person decides more clearly."""
_N_CLIMBS: Final = 8
_FIRST_CLIMB: Final = 0.05
"""Length of a candidate's step, root mean square over the axes."""
_GROWTH: Final = 1.2
_SHRINKAGE: Final = 0.4


def target_points(
    model: TargetModel,
    slate: Floats,
    n_points: int,
    near: Floats,
    *,
    seed: int,
    avoid: Avoided | None = None,
) -> Floats:
    """Return points that make a slate worth most.

    Args:
        model: target search after the history.
        slate: `j x d` candidates the slate already has, one or more.
        n_points: how many are wanted.
        near: `p x d` neighbors of the anchor, to choose among.
        seed: of the Sobol points to choose among.
        avoid: what to keep far from; None for nothing.

    Returns:
        As many points, or fewer where all others crowd the slate.
    """
    anywhere = sobol_points(model.dimension, _N_ANYWHERE, seed)
    pool = np.vstack([_stretched(model), near[:_N_NEAR], anywhere])
    pool = pool[slack(pool, slate, avoid) >= MIN_SEPARATION]
    worth = SlateValue(model, model.values(slate))
    picked = _greedy(pool, worth, n_points)
    if not len(picked):
        return picked
    climbed = _climbed(worth, picked)
    apart = slack(climbed, slate, avoid) >= MIN_SEPARATION
    points = np.where(apart[:, None], climbed, picked)
    # One that climbed may have come near where another one stayed.
    return points if _least_distance(points) >= MIN_SEPARATION else picked


def _stretched(model: TargetModel) -> Floats:
    """Return targets of the latest draws, nearer to their mean and farther from it."""
    targets = model.targets.points.T
    center, latest = targets.mean(axis=0), targets[-_N_TARGETS:]
    stretches = np.array(_STRETCHES)[:, None, None]
    points = np.clip(center + stretches * (latest - center), 0.0, 1.0)
    stretched: Floats = points.reshape(-1, model.dimension)
    return stretched


def _greedy(pool: Floats, worth: SlateValue, n_points: int) -> Floats:
    """Return the points that, one after the other, are worth most.

    Args:
        pool: `p x d` points to choose among.
        worth: of the slate so far.
        n_points: how many to choose.
    """
    model = worth.model
    values, free = model.values(pool), np.ones(len(pool), dtype=np.bool_)
    picked: list[Floats] = []
    while free.any() and len(picked) < n_points:
        worths = np.where(free, worth.with_each(values), -np.inf)
        index = int(worths.argmax())
        picked.append(pool[index])
        filled = np.vstack([worth.filled, values[index]])
        worth = SlateValue(model, filled)
        offsets = pool - pool[index]
        free &= np.sqrt((offsets**2).mean(axis=1)) >= MIN_SEPARATION
    return np.array(picked).reshape(-1, pool.shape[1])


def _climbed(worth: SlateValue, points: Floats) -> Floats:
    """Return points moved together to where the slate is worth more.

    Args:
        worth: of the slate without them.
        points: `n x d` candidates, one or more.
    """
    step = _FIRST_CLIMB * np.sqrt(points.shape[1])
    value, gradient = worth.value_and_gradient(points)
    for _ in range(_N_CLIMBS):
        steepest = np.linalg.norm(gradient, axis=1).max()
        trial = np.clip(points + step * gradient / max(steepest, 1e-300), 0.0, 1.0)
        trial_value, trial_gradient = worth.value_and_gradient(trial)
        if trial_value > value and _least_distance(trial) >= MIN_SEPARATION:
            points, value, gradient = trial, trial_value, trial_gradient
            step *= _GROWTH
        else:
            step *= _SHRINKAGE
    return points


def _least_distance(points: Floats) -> float:
    """Return the least distance of two of some points, root mean square."""
    offsets = points[:, None, :] - points[None, :, :]
    distances = np.sqrt((offsets**2).mean(axis=2))
    distances[np.diag_indices_from(distances)] = np.inf
    return float(distances.min(initial=np.inf))
