"""A history lived through again: how well each answer was predicted before it came.

Exact prequential scores (Dawid, 1984) need a fit per answer. Here each answer is
still predicted from answers before it alone, but from those up to the last milestone
(`portfolio`), so that two hundred answers take some fifty steps. A replay goes on from
the one before it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

import numpy as np

from multibo.optimizer.preference.arrays import Floats
from multibo.optimizer.preference.dataset import Answer, quantized_warp, unit_points
from multibo.optimizer.preference.errors import FitFailedError
from multibo.optimizer.preference.fitting import renewed
from multibo.optimizer.preference.lapses import LAPSE, with_lapses
from multibo.optimizer.preference.portfolio import (
    Portfolio,
    is_milestone,
    probability_of,
)
from multibo.optimizer.preference.proposal import leaders

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TracePoint:
    """What was known of the incumbent after an answer."""

    warp: tuple[int, ...]
    utility_mean: float
    utility_sd: float
    win_probability: float
    """Against the predicted maximizer."""


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """What the model knew after each answer of a history."""

    history: tuple[Answer, ...] = ()
    log_losses: tuple[float, ...] = ()
    """Of each answer, `-log` of the probability it had before it was given."""
    trace: tuple[TracePoint, ...] = ()
    """After each answer."""
    portfolio: Portfolio | None = None
    """Of the last milestone."""
    whole: bool = True
    """Whether no milestone failed; if so, `portfolio` is what a fit finds there."""


def replay(
    dimension: int,
    history: tuple[Answer, ...],
    prior: tuple[float, ...] = (),
    *,
    before: Replay | None = None,
) -> Replay:
    """Return what the model knew after each answer.

    Args:
        dimension: `d`, length of every warp vector.
        history: judged slates, oldest first.
        prior: a warm start; empty for none.
        before: the replay of the first answers of the same history, if at hand; the
            result is the same without.
    """
    lived = Replay() if before is None else before
    for answer in history[len(lived.history) :]:
        lived = _after(lived, dimension, answer, prior)
    return lived


def answer_probabilities(
    portfolio: Portfolio | None, points: Floats
) -> tuple[Floats, float]:
    """Return the probability of each candidate to be chosen, and of none.

    Args:
        portfolio: None before any answer: then all are equally likely.
        points: `k x d` candidates shown together.

    Returns:
        `k` probabilities, and the outside option's; they sum to 1.

    Raises:
        FitFailedError: if the arithmetic breaks down.
    """
    k = len(points)
    if portfolio is None:
        return np.full(k, 1.0 / k), 0.0
    chance = portfolio.slate_probabilities(points)
    chance = with_lapses(chance, portfolio.lapse)
    if portfolio.outside is None:
        return chance, 0.0
    return chance[:k], float(chance[k])


def _after(
    lived: Replay, dimension: int, answer: Answer, prior: tuple[float, ...]
) -> Replay:
    history = (*lived.history, answer)
    loss = -np.log(_probability(lived.portfolio, answer))
    losses = (*lived.log_losses, float(loss))
    lived = replace(lived, history=history, log_losses=losses)
    point = lived.trace[-1] if lived.trace else TracePoint(answer.shown[0], 0, 1, 0.5)
    if is_milestone(len(history)):
        try:
            portfolio = renewed(lived.portfolio, dimension, history, prior)
            point = trace_point(portfolio, history)
            lived = replace(lived, portfolio=portfolio)
        except FitFailedError as error:
            logger.warning("replay kept a portfolio", extra={"reason": str(error)})
            lived = replace(lived, whole=False)
    return replace(lived, trace=(*lived.trace, point))


def _probability(portfolio: Portfolio | None, answer: Answer) -> float:
    """Return the probability of an answer's first contest to end as it did."""
    n_shown = len(answer.shown)
    chance, lapse = np.full(n_shown, 1.0 / n_shown), LAPSE
    if portfolio is not None:
        lapse = portfolio.lapse
        try:
            chance = portfolio.slate_probabilities(unit_points(answer.shown))
        except FitFailedError as error:
            logger.warning("an answer not predicted", extra={"reason": str(error)})
    return probability_of(answer, chance, lapse)


def trace_point(portfolio: Portfolio, history: tuple[Answer, ...]) -> TracePoint:
    """Return what is known of the incumbent.

    Args:
        portfolio: of the history.
        history: judged slates; one or more.

    Raises:
        FitFailedError: if the arithmetic breaks down.
    """
    pair = leaders(portfolio, history)
    chance = portfolio.win_probabilities(pair)
    mean, variance = portfolio.mean(pair), portfolio.variance(pair)
    return TracePoint(
        quantized_warp(pair[0]),
        float(mean[0]),
        float(np.sqrt(variance[0])),
        float(chance[0]),
    )
