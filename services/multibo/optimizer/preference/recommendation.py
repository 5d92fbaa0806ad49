"""The answer of a session so far: best shown, and best anywhere."""

from __future__ import annotations

import numpy as np

from multibo.optimizer.preference.dataset import Answer, quantized_warp
from multibo.optimizer.preference.portfolio import Portfolio
from multibo.optimizer.preference.proposal import leaders
from multibo.optimizer.preference.slate import ProposedCandidate, Recommendation, Role


def recommendation_of(
    portfolio: Portfolio, history: tuple[Answer, ...]
) -> Recommendation:
    """Return the incumbent and the mean's maximizer.

    Args:
        portfolio: of the history.
        history: judged slates; one or more.

    Raises:
        FitFailedError: if the arithmetic breaks down.
    """
    pair = leaders(portfolio, history)
    chance = portfolio.win_probabilities(pair)
    mean, sd = portfolio.mean(pair), np.sqrt(portfolio.variance(pair))
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
