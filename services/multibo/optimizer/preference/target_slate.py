"""Candidates by target search: where the hidden target may be, all of it covered.

Draws of the posterior stand for all targets that are possible. The candidates are
picked greedily so that the best of the slate is expected to be best (qEUBO: Astudillo
et al., 2023), every draw finding the candidate that suits it, and then climb together.
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
from multibo.optimizer.preference.target import TargetModel

_N_ANYWHERE: Final = 256
_N_CLIMBS: Final = 6
_FIRST_CLIMB: Final = 0.025
"""Length of a step, root mean square over the axes."""
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
    """Return points that make the best of a slate as good as can be expected.

    Args:
        model: target search after the history.
        slate: `j x d` candidates the slate already has.
        n_points: how many are wanted.
        near: `p x d` neighbors of the anchor, to choose among.
        seed: of the Sobol points to choose among.
        avoid: what to keep far from; None for nothing.

    Returns:
        As many points, or fewer where all others crowd the slate.
    """
    anywhere = sobol_points(model.dimension, _N_ANYWHERE, seed)
    pool = np.vstack([model.targets.points.T, near, anywhere])
    pool = pool[slack(pool, slate, avoid) >= MIN_SEPARATION]
    best = model.values(slate).max(axis=0)
    picked = _greedy(pool, model.values(pool), n_points, best)
    climbed = _climbed(model, picked, best)
    apart = slack(climbed, slate, avoid) >= MIN_SEPARATION
    points = np.where(apart[:, None], climbed, picked)
    # One that climbed may have come near where another one stayed.
    return points if _least_distance(points) >= MIN_SEPARATION else picked


def _greedy(pool: Floats, values: Floats, n_points: int, best: Floats) -> Floats:
    """Return the points that, one after the other, raise the best of the slate most.

    Args:
        pool: `p x d` points to choose among.
        values: `p x s` utilities of theirs.
        n_points: how many to choose.
        best: `s` utilities of the best candidate so far.
    """
    free = np.ones(len(pool), dtype=np.bool_)
    picked: list[Floats] = []
    while free.any() and len(picked) < n_points:
        raised = np.where(free, np.maximum(values, best).mean(axis=1), -np.inf)
        index = int(raised.argmax())
        picked.append(pool[index])
        best = np.maximum(best, values[index])
        offsets = pool - pool[index]
        free &= np.sqrt((offsets**2).mean(axis=1)) >= MIN_SEPARATION
    return np.array(picked).reshape(-1, pool.shape[1])


def _climbed(model: TargetModel, points: Floats, best: Floats) -> Floats:
    """Return points moved together to where the best of the slate is better.

    Args:
        model: target search after the history.
        points: `n x d` candidates.
        best: `s` utilities of the best of the other candidates.
    """
    step = _FIRST_CLIMB * np.sqrt(points.shape[1])
    value, gradient = _best_of(model, points, best)
    for _ in range(_N_CLIMBS):
        length = np.linalg.norm(gradient, axis=1, keepdims=True)
        direction = gradient / np.maximum(length, 1e-300)
        trial = np.clip(points + step * direction, 0.0, 1.0)
        trial_value, trial_gradient = _best_of(model, trial, best)
        if trial_value > value and _least_distance(trial) >= MIN_SEPARATION:
            points, value, gradient = trial, trial_value, trial_gradient
            step *= _GROWTH
        else:
            step *= _SHRINKAGE
    return points


def _best_of(model: TargetModel, points: Floats, best: Floats) -> tuple[float, Floats]:
    """Return the expected best utility of a slate, and its `n x d` gradient."""
    if not len(points):
        return float(best.mean()), points
    evaluation = model.evaluate(points)
    values = evaluation.values
    highest = values.max(axis=0)
    draws = np.arange(values.shape[1])
    shares = np.zeros_like(values)
    shares[values.argmax(axis=0), draws] = (highest > best) / len(draws)
    expected = float(np.maximum(highest, best).mean())
    return expected, evaluation.gradient(shares)


def _least_distance(points: Floats) -> float:
    """Return the least distance of two of some points, root mean square."""
    offsets = points[:, None, :] - points[None, :, :]
    distances = np.sqrt((offsets**2).mean(axis=2))
    distances[np.diag_indices_from(distances)] = np.inf
    return float(distances.min(initial=np.inf))
