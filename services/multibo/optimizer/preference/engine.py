"""The preference engine's facade: the next slate, and the answer so far."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable

import numpy as np

from multibo.optimizer.preference.acquisition import win_probabilities
from multibo.optimizer.preference.arrays import Floats
from multibo.optimizer.preference.dataset import (
    Answer,
    choices_of,
    quantized_warp,
)
from multibo.optimizer.preference.design import kept_recommendation, sobol_slate
from multibo.optimizer.preference.errors import FitFailedError
from multibo.optimizer.preference.posterior import Posterior, fit_posterior
from multibo.optimizer.preference.proposal import (
    incumbent_of,
    mean_maximizer,
    propose_slate,
)
from multibo.optimizer.preference.slate import (
    ENGINE_VERSION,
    Proposal,
    ProposalRequest,
    ProposedCandidate,
    Recommendation,
    Role,
    check_history,
    check_request,
)

__all__ = [
    "ENGINE_VERSION",
    "Proposal",
    "ProposalRequest",
    "ProposedCandidate",
    "Recommendation",
    "Role",
    "propose",
    "recommend",
]

Fit = Callable[[int, tuple[Answer, ...]], Posterior]
"""Dimension and history to posterior; a pure function, so that it may be cached."""

logger = logging.getLogger(__name__)


def fit(dimension: int, history: tuple[Answer, ...]) -> Posterior:
    """Return the posterior of a history.

    Args:
        dimension: `d`, length of every warp vector.
        history: judged slates, oldest first; one or more.

    Raises:
        FitFailedError: if the arithmetic breaks down.
        InvalidRequestError: if the history is not legal.
    """
    return fit_posterior(choices_of(dimension, history))


def propose(request: ProposalRequest, *, fit: Fit = fit) -> Proposal:
    """Return the next slate: a function of the request and nothing else.

    Args:
        request: what is asked.
        fit: how a posterior is come by.

    Returns:
        `k` pairwise distinct candidates; `degraded` Sobol points if the model
        fails.

    Raises:
        InvalidRequestError: if the request is not legal.
    """
    check_request(request)
    if len(request.history) < max(request.n_initial, 1):
        return sobol_slate(request)
    try:
        return propose_slate(fit(request.dimension, request.history), request)
    except FitFailedError as error:
        logger.warning("fit failed", extra={"reason": str(error)})
        return sobol_slate(request, degraded=f"the preference model failed: {error}")


def recommend(
    dimension: int, history: tuple[Answer, ...], *, fit: Fit = fit
) -> Recommendation:
    """Return the incumbent and the predicted maximizer.

    Args:
        dimension: `d`, length of every warp vector.
        history: judged slates, oldest first.
        fit: how a posterior is come by.

    Raises:
        InvalidRequestError: if the history is not legal.
    """
    check_history(dimension, history)
    if not history:
        return kept_recommendation(dimension, history)
    try:
        return _recommendation(fit(dimension, history), history)
    except FitFailedError as error:
        logger.warning("fit failed", extra={"reason": str(error)})
        reason = f"the preference model failed: {error}"
        return kept_recommendation(dimension, history, degraded=reason)


def _recommendation(
    posterior: Posterior, history: tuple[Answer, ...]
) -> Recommendation:
    incumbent = incumbent_of(posterior)
    best = mean_maximizer(posterior, _seed_of(history))
    pair = np.vstack([incumbent, best])
    chance = win_probabilities(posterior, pair)
    mean, sd = posterior.mean(pair), np.sqrt(posterior.variance(pair))
    roles = (Role.ANCHOR, Role.EXPLOIT)
    shown, predicted = (
        _candidate(pair[slot], roles[slot], mean[slot], sd[slot], chance[slot])
        for slot in range(2)
    )
    return Recommendation(shown, predicted)


def _candidate(
    point: Floats, role: Role, mean: float, sd: float, chance: float
) -> ProposedCandidate:
    warp = quantized_warp(point)
    return ProposedCandidate(warp, role, float(mean), float(sd), float(chance))


def _seed_of(history: tuple[Answer, ...]) -> int:
    """Return a seed that is a function of the history alone."""
    digest = hashlib.sha256(repr(history).encode()).digest()
    return int.from_bytes(digest[:8], "big")
