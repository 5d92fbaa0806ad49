"""Choosing the next slate: the anchor, then what either model would show beside it."""

from __future__ import annotations

import hashlib
from typing import Final, Protocol

import numpy as np

from multibo.optimizer.preference.acquisition import improvement_over
from multibo.optimizer.preference.arrays import Floats
from multibo.optimizer.preference.ascent import ascend
from multibo.optimizer.preference.dataset import (
    Answer,
    quantized_warp,
    unit_points,
)
from multibo.optimizer.preference.design import (
    MIN_SEPARATION,
    Avoided,
    avoided,
    slack,
    sobol_points,
)
from multibo.optimizer.preference.neighborhood import (
    Neighborhood,
    neighborhood,
    spread_after,
    widened,
)
from multibo.optimizer.preference.portfolio import Portfolio
from multibo.optimizer.preference.posterior import Posterior
from multibo.optimizer.preference.slate import (
    Proposal,
    ProposalRequest,
    ProposedCandidate,
    Role,
)
from multibo.optimizer.preference.target_slate import target_points

_N_STARTS: Final = 6
_N_STEPS: Final = 8
_N_GLOBAL: Final = 512
_N_MEAN_STARTS: Final = 4
_N_MEAN_STEPS: Final = 25
_MEAN_SPREAD: Final = 0.1
"""Spread of the neighbors from which the posterior mean is climbed."""
_SLOT_STREAM: Final = 1


class Beliefs(Protocol):
    """Expected utilities, by one model or several."""

    @property
    def dimension(self) -> int:
        """Number of axes of the box."""
        ...

    @property
    def points(self) -> Floats:
        """`m x d` shown points."""
        ...

    def mean(self, at: Floats) -> Floats:
        """Return the expected utility of `a x d` points."""
        ...

    def mean_gradient(self, at: Floats) -> tuple[Floats, Floats]:
        """Return the mean and its `a x d` gradient at `a x d` points."""
        ...


def propose_slate(portfolio: Portfolio, request: ProposalRequest) -> Proposal:
    """Return the next slate under what is known.

    Args:
        portfolio: of the request's history, which is not empty.
        request: what is asked; legal.

    Raises:
        FitFailedError: if the arithmetic breaks down.
    """
    incumbent = incumbent_of(portfolio)
    spread = spread_after(request.history, request.n_initial)
    spread = widened(spread, -(-len(request.avoid) // request.k))
    avoid = avoided(request, spread)
    near = neighborhood(incumbent, spread, request.seed)
    first = incumbent if request.anchor else mean_maximizer(portfolio, request.seed)
    slate = first[None, :]
    n_target = _n_target_slots(portfolio, request)
    while len(slate) < request.k - n_target:
        point = _largest_gain(portfolio.gp, slate, near, avoid)
        if point is None:
            break
        slate = np.vstack([slate, point])
    if portfolio.target is not None and n_target:
        sought = target_points(
            portfolio.target,
            slate,
            request.k - len(slate),
            near.points,
            seed=request.seed,
            avoid=avoid,
        )
        slate = np.vstack([slate, *(on_grid(point)[None] for point in sought)])
    n_clear = len(slate)
    while len(slate) < request.k:
        slate = np.vstack([slate, _farthest(slate, request.seed, avoid)])
    return Proposal(
        _candidates(portfolio, slate, n_clear=n_clear, anchored=request.anchor)
    )


def _n_target_slots(portfolio: Portfolio, request: ProposalRequest) -> int:
    """Return how many of the new candidates are target search's.

    A slate is one model's, drawn by belief: candidates answer to each other, and tight
    ones of the GP beside spread ones of target search are not told from the anchor.
    """
    n_new = request.k - 1
    if portfolio.target is None or portfolio.weight == 0.0:
        return 0
    generator = np.random.default_rng([request.seed, _SLOT_STREAM])
    return n_new if generator.random() < portfolio.weight else 0


def incumbent_of(posterior: Beliefs) -> Floats:
    """Return the shown point with the highest posterior mean."""
    best = int(posterior.mean(posterior.points).argmax())
    incumbent: Floats = posterior.points[best]
    return incumbent


def mean_maximizer(posterior: Beliefs, seed: int) -> Floats:
    """Return the point of the box with the highest posterior mean found.

    Args:
        posterior: what is known.
        seed: of the points the climbs start from.
    """
    anywhere = sobol_points(posterior.dimension, _N_GLOBAL, seed)
    near = neighborhood(incumbent_of(posterior), _MEAN_SPREAD, seed).points
    pool = np.vstack([posterior.points, near, anywhere])
    order = np.argsort(-posterior.mean(pool), kind="stable")[:_N_MEAN_STARTS]
    points, means = ascend(
        posterior.mean_gradient,
        pool[order],
        low=np.zeros(posterior.dimension),
        high=np.ones(posterior.dimension),
        scales=np.ones(posterior.dimension),
        n_steps=_N_MEAN_STEPS,
    )
    return on_grid(points[int(means.argmax())])


def leaders(posterior: Beliefs, history: tuple[Answer, ...]) -> Floats:
    """Return the incumbent and the mean's maximizer, as `2 x d` points.

    Args:
        posterior: of the history.
        history: judged slates; one or more. It seeds the search.
    """
    digest = hashlib.sha256(repr(history).encode()).digest()
    seed = int.from_bytes(digest[:8], "big")
    return np.vstack([incumbent_of(posterior), mean_maximizer(posterior, seed)])


def on_grid(point: Floats) -> Floats:
    """Return the point a quantized warp vector stands for, nearest to this one."""
    snapped: Floats = unit_points([quantized_warp(point)])[0]
    return snapped


def _largest_gain(
    posterior: Posterior, slate: Floats, near: Neighborhood, avoid: Avoided | None
) -> Floats | None:
    """Return the neighbor that gains most next to a slate; None if all crowd it."""
    clear = near.points[slack(near.points, slate, avoid) >= MIN_SEPARATION]
    if not len(clear):
        return None
    gain = improvement_over(posterior, slate)
    starts = clear[np.argsort(-gain.values(clear), kind="stable")[:_N_STARTS]]
    climbed, values = ascend(
        gain.values_and_gradients,
        starts,
        low=near.low,
        high=near.high,
        scales=_scales(posterior),
        n_steps=_N_STEPS,
    )
    apart = slack(climbed, slate, avoid) >= MIN_SEPARATION
    if not apart.any():
        return on_grid(starts[0])
    return on_grid(climbed[int(np.where(apart, values, -np.inf).argmax())])


def _farthest(slate: Floats, seed: int, avoid: Avoided | None) -> Floats:
    """Return the Sobol point farthest from a slate and from what is avoided."""
    pool = sobol_points(slate.shape[1], _N_GLOBAL, seed)
    return on_grid(pool[int(slack(pool, slate, avoid).argmax())])


def _scales(posterior: Posterior) -> Floats:
    """Return step scales: an irrelevant axis must not take the whole step."""
    return np.minimum(posterior.kernel.length_scales, 1.0)


def _candidates(
    portfolio: Portfolio, slate: Floats, *, n_clear: int, anchored: bool
) -> tuple[ProposedCandidate, ...]:
    mean = portfolio.mean(slate)
    sd = np.sqrt(portfolio.variance(slate))
    chance = portfolio.win_probabilities(slate)
    to_beat = portfolio.mean(incumbent_of(portfolio)[None, :])[0]
    roles = [Role.EXPLOIT if value >= to_beat else Role.EXPLORE for value in mean]
    roles[n_clear:] = [Role.DIVERSE] * (len(slate) - n_clear)
    if anchored:
        roles[0] = Role.ANCHOR
    return tuple(
        ProposedCandidate(
            quantized_warp(slate[slot]),
            roles[slot],
            float(mean[slot]),
            float(sd[slot]),
            float(chance[slot]),
        )
        for slot in range(len(slate))
    )
