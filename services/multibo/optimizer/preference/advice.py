"""Whether going on is worth it, in words; the person decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from multibo.optimizer.preference.bound import improvement_probability, regret_bound
from multibo.optimizer.preference.dataset import Answer, choices_of
from multibo.optimizer.preference.likelihood import choice_probabilities
from multibo.optimizer.preference.portfolio import Portfolio
from multibo.optimizer.preference.proposal import leaders
from multibo.optimizer.preference.slate import ENGINE_VERSION

_KEPT_RUN: Final = 5
_UNLIKELY: Final = 0.1
_SMALL_REGRET: Final = 0.15
"""Of the way from a typical point to the best; a bound below it is a reason to stop."""


@dataclass(frozen=True, slots=True)
class Advice:
    """Whether going on is worth it."""

    stop: bool
    reason: str
    """In words, for the person."""
    improvement_probability: float
    """That something clearly better than the incumbent is within reach."""
    consistency: float
    """How well the model explains the answers: McFadden's (1974) pseudo R squared,
    0 for answers at random, 1 if no answer surprises."""
    regret_bound: float = 1.0
    """What the recommendation falls short by at most, nine times of ten: 0 for the best
    point of the box, 1 for a typical one."""
    degraded: str = ""
    """Reason, when the model was not asked."""
    engine_version: str = ENGINE_VERSION


def neutral_advice(*, degraded: str = "") -> Advice:
    """Return the advice of knowing nothing: go on.

    Args:
        degraded: reason, when a model should have been asked.
    """
    reason = "Too little is known yet; go on."
    return Advice(
        stop=False,
        reason=reason,
        improvement_probability=1.0,
        consistency=0.0,
        degraded=degraded,
    )


def advice_of(
    portfolio: Portfolio, dimension: int, history: tuple[Answer, ...]
) -> Advice:
    """Return the advice after a history.

    Args:
        portfolio: of the history.
        dimension: `d`, length of every warp vector.
        history: judged slates, oldest first; one or more.

    Raises:
        FitFailedError: if the arithmetic breaks down.
    """
    pair = leaders(portfolio, history)
    chance = improvement_probability(portfolio, pair, history)
    bound = regret_bound(portfolio, pair[1])
    stop, reason = _words(chance, bound, times_kept(history), len(history))
    return Advice(
        stop, reason, chance, _consistency(portfolio, dimension, history), bound
    )


def times_kept(history: Sequence[Answer]) -> int:
    """Return how many answers in a row, up to the last, kept the same warp vector.

    Args:
        history: judged slates, oldest first.
    """
    seen_before: list[set[tuple[int, ...]]] = [set()]
    for answer in history:
        seen_before.append(seen_before[-1] | set(answer.shown))
    n_kept = 0
    for number in range(len(history) - 1, -1, -1):
        closest = history[number].closest
        if closest != history[-1].closest or len(closest) != 1:
            break
        if closest[0] not in seen_before[number]:
            break
        n_kept += 1
    return n_kept


def _words(
    chance: float, bound: float, n_kept: int, n_answers: int
) -> tuple[bool, str]:
    percent = f"{100 * chance:.0f} %"
    if n_kept >= _KEPT_RUN:
        return True, f"You kept the same image {n_kept} times in a row; take it."
    if n_answers < _KEPT_RUN:
        return False, "Too little is known yet; go on."
    if chance < _UNLIKELY:
        return True, f"A clearly better image is unlikely ({percent}); you can stop."
    if bound < _SMALL_REGRET:
        share = f"{100 * (1.0 - bound):.0f} %"
        return True, f"At least {share} of the way is almost surely done; you can stop."
    return False, f"A clearly better image is within reach ({percent}); go on."


def _consistency(
    portfolio: Portfolio, dimension: int, history: tuple[Answer, ...]
) -> float:
    choices = choices_of(dimension, history)
    utility = portfolio.mean(choices.points)
    if portfolio.outside is not None:
        utility = np.append(utility, portfolio.outside.mean)
    won = choices.shares > 0
    # A tie is explained if one of its members wins.
    explained = (choice_probabilities(utility, choices).slots * won).sum(axis=1)
    at_random = won.sum(axis=1) / choices.present.sum(axis=1)
    unexplained = -np.log(np.clip(explained, 1e-300, 1.0)).sum()
    most = -np.log(at_random).sum()
    if not most > 0.0:  # every answer was "all the same"
        return 1.0
    return float(np.clip(1.0 - unexplained / most, 0.0, 1.0))
