"""Slates without a model: Sobol points next to the anchor (Sobol, 1967; Owen, 1998)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.stats import qmc

from multibo.optimizer.preference.arrays import Floats
from multibo.optimizer.preference.dataset import Answer, quantized_warp, unit_points
from multibo.optimizer.preference.prior import HyperPrior
from multibo.optimizer.preference.slate import (
    Proposal,
    ProposalRequest,
    ProposedCandidate,
    Recommendation,
    Role,
)

MIN_SEPARATION: Final = 0.02
"""Least distance of two candidates of a slate, in the unit box, root mean square
over the axes; nearer warps give pictures nobody can tell apart."""
_VARIETY_SEPARATION: Final = 0.25
"""Of a Sobol point from what was passed over for variety: six tenths of the distance
of two random points."""
_POOL_FACTOR: Final = 8
"""Sobol points drawn per slot, so that crowded ones can be passed over."""
_LEAST_REACH: Final = 0.3
"""Share of the box searched along an axis that never mattered to the person."""


def sobol_points(dimension: int, n_points: int, seed: int) -> Floats:
    """Return the scrambled Sobol sequence's first points in the unit box.

    Args:
        dimension: `d`.
        n_points: how many; a power of two is balanced.
        seed: of the scrambling.

    Returns:
        `n_points x d` points.
    """
    sequence = qmc.Sobol(dimension, rng=np.random.default_rng(seed))
    # Only whole powers of two are drawn: the library warns about others.
    points: Floats = sequence.random_base2(max(n_points - 1, 1).bit_length())
    return points[:n_points]


def needs_no_model(request: ProposalRequest) -> bool:
    """Say whether a slate is one of Sobol points: there is too little to learn from.

    Args:
        request: what is asked.
    """
    return len(request.history) < max(request.n_initial, 1)


def sobol_slate(request: ProposalRequest, *, degraded: str = "") -> Proposal:
    """Return a slate of Sobol points; it needs no model and does not fail.

    Args:
        request: what is asked; legal.
        degraded: reason, when a model should have proposed.
    """
    slate = [anchor_warp(request.dimension, request.history)] if request.anchor else []
    pool = sobol_points(request.dimension, _POOL_FACTOR * request.k, request.seed)
    pool = 0.5 + (pool - 0.5) * _reach(request)
    avoid = avoided(request, _VARIETY_SEPARATION)
    for point in spread_out(pool, slate, request.k - len(slate), avoid=avoid):
        slate.append(quantized_warp(point))
    chance = 1.0 / request.k
    roles = [Role.INITIAL] * request.k
    if request.anchor:
        roles[0] = Role.ANCHOR
    candidates = (
        ProposedCandidate(warp, role, 0.0, 1.0, chance)
        for warp, role in zip(slate, roles, strict=True)
    )
    return Proposal(tuple(candidates), degraded)


def _reach(request: ProposalRequest) -> Floats | float:
    """Return the share of the box that is searched along each axis.

    A warm start knows the axes that matter: those with the shortest length-scales.
    """
    if not request.prior:
        return 1.0
    # Clipped against overflow: a stranger may have written these numbers.
    log_lengths = np.clip(np.array(request.prior[:-1]), -5.0, 5.0)
    lengths = np.exp(log_lengths - log_lengths.min())
    weight = HyperPrior(
        request.dimension, request.prior, len(request.history)
    ).warm_weight
    reach: Floats = np.maximum(1.0 / lengths, _LEAST_REACH) ** weight
    return reach


def kept_recommendation(
    dimension: int, history: Sequence[Answer], *, degraded: str = ""
) -> Recommendation:
    """Return what the person liked last, as both answers; it needs no model.

    Args:
        dimension: `d`.
        history: judged slates, oldest first.
        degraded: reason, when a model should have answered.
    """
    warp = anchor_warp(dimension, history)
    shown = ProposedCandidate(warp, Role.ANCHOR, 0.0, 1.0, 0.5)
    return Recommendation(shown, shown, degraded)


def anchor_warp(dimension: int, history: Sequence[Answer]) -> tuple[int, ...]:
    """Return what was liked last, or the identity: the anchor without a model.

    After nothing but "none of these" it is what was shown first in the last slate.

    Args:
        dimension: `d`.
        history: judged slates, oldest first.
    """
    if not history:
        return (0,) * dimension
    for answer in reversed(history):
        if answer.closest:
            return answer.closest[0]
    return history[-1].shown[0]


def spread_out(
    pool: Floats,
    slate: Sequence[tuple[int, ...]],
    n_points: int,
    *,
    avoid: Avoided | None = None,
) -> list[Floats]:
    """Pick points of a pool, in its order, that keep away from a slate.

    Where the pool offers too few at the least separation, those farthest from the
    slate follow, so the number is always met with distinct points.

    Args:
        pool: `p x d` points of the unit box.
        slate: quantized warp vectors already in the slate.
        n_points: how many to pick.
        avoid: what to keep farther away from; None for nothing.
    """
    picked: list[Floats] = []
    taken = [*unit_points(slate)] if slate else []
    for _ in range(n_points):
        distance = slack(pool, np.array(taken), avoid)
        clear = np.flatnonzero(distance >= MIN_SEPARATION)
        index = int(clear[0]) if len(clear) else int(distance.argmax())
        picked.append(pool[index])
        taken.append(pool[index])
    return picked


@dataclass(frozen=True, slots=True, eq=False)
class Avoided:
    """Points to keep farther away from than from the rest of the slate."""

    points: Floats
    """`v x d` points of the unit box."""
    least: float
    """Least distance, root mean square over the axes."""


def avoided(request: ProposalRequest, least: float) -> Avoided | None:
    """Return what a request asks to keep away from, or None.

    Args:
        request: what is asked.
        least: the distance to keep.
    """
    return Avoided(unit_points(request.avoid), least) if request.avoid else None


def slack(points: Floats, taken: Floats, avoid: Avoided | None) -> Floats:
    """Return each point's distance to the nearest taken or avoided one.

    Args:
        points: `p x d` points of the unit box.
        taken: `t x d` points to keep `MIN_SEPARATION` away from.
        avoid: what to keep farther away from; None for nothing.

    Returns:
        `p` distances; those to avoided points are scaled, so that `MIN_SEPARATION`
        is enough for all.
    """
    distance = separation(points, taken)
    if avoid is None:
        return distance
    scaled = separation(points, avoid.points) * (MIN_SEPARATION / avoid.least)
    least: Floats = np.minimum(distance, scaled)
    return least


def separation(points: Floats, taken: Floats) -> Floats:
    """Return each point's distance to the nearest taken one.

    Args:
        points: `p x d` points of the unit box.
        taken: `t x d` points to keep away from.

    Returns:
        `p` distances, root mean square over the axes; infinite if none is taken.
    """
    if not len(taken):
        return np.full(len(points), np.inf)
    offsets = points[:, None, :] - taken[None, :, :]
    distance: Floats = np.sqrt((offsets**2).mean(axis=2)).min(axis=1)
    return distance
