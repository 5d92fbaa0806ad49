"""The answer of a session so far: best shown, and best anywhere."""

from __future__ import annotations

import numpy as np

from multibo.optimizer.preference.acquisition import win_probabilities
from multibo.optimizer.preference.dataset import Answer, quantized_warp
from multibo.optimizer.preference.posterior import Posterior
from multibo.optimizer.preference.proposal import leaders
from multibo.optimizer.preference.slate import ProposedCandidate, Recommendation, Role


def recommendation_of(
    posterior: Posterior, history: tuple[Answer, ...]
) -> Recommendation:
    """Return the incumbent and the mean's maximizer.

    Args:
        posterior: of the history.
        history: judged slates; one or more.

    Raises:
        FitFailedError: if the arithmetic breaks down.
    """
    pair = leaders(posterior, history)
    chance = win_probabilities(posterior, pair)
    mean, sd = posterior.mean(pair), np.sqrt(posterior.variance(pair))
    roles = (Role.ANCHOR, Role.EXPLOIT)
    shown, predicted = (
        ProposedCandidate(
            quantized_warp(pair[slot]),
            roles[slot],
            float(mean[slot]),
            float(sd[slot]),
            float(chance[slot]),
        )
        for slot in range(2)
    )
    return Recommendation(shown, predicted)
