"""A history lived through again: how well each answer was predicted before it came.

Exact prequential scores (Dawid, 1984) need a fit per answer. Here each answer is
still predicted from answers before it alone, but the posterior is renewed once per
sixteenth of the history and its kernel once per doubling, so that two hundred
answers cost about sixty posteriors. A replay goes on from the one before it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from multibo.optimizer.preference.acquisition import (
    slate_probabilities,
    win_probabilities,
)
from multibo.optimizer.preference.arrays import Floats
from multibo.optimizer.preference.dataset import (
    Answer,
    AnswerKind,
    choices_of,
    quantized_warp,
    unit_points,
)
from multibo.optimizer.preference.errors import FitFailedError
from multibo.optimizer.preference.fitting import fit
from multibo.optimizer.preference.posterior import Posterior, condition
from multibo.optimizer.preference.proposal import leaders

LAPSE: Final = 0.02
"""Probability of an answer at random. The fit knows none: with it a contest would not
be concave. Where an answer is predicted it keeps one slip from costing everything."""
_BLOCKS: Final = 16
"""The posterior misses at most the last sixteenth of the answers."""

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
    posterior: Posterior | None = None
    """Of the first answers."""
    n_conditioned: int = 0
    """How many."""
    n_fitted: int = 0
    """Answers its kernel was fitted to."""


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
    posterior: Posterior | None, points: Floats
) -> tuple[Floats, float]:
    """Return the probability of each candidate to be chosen, and of none.

    Args:
        posterior: None before any answer: then all are equally likely.
        points: `k x d` candidates shown together.

    Returns:
        `k` probabilities, and the outside option's; they sum to 1.

    Raises:
        FitFailedError: if the arithmetic breaks down.
    """
    k = len(points)
    if posterior is None:
        return np.full(k, 1.0 / k), 0.0
    chance = slate_probabilities(posterior, points)
    chance = (1.0 - LAPSE) * chance + LAPSE / len(chance)
    if posterior.outside is None:
        return chance, 0.0
    return chance[:k], float(chance[k])


def _after(
    lived: Replay, dimension: int, answer: Answer, prior: tuple[float, ...]
) -> Replay:
    history = (*lived.history, answer)
    loss = -np.log(_probability(lived.posterior, answer))
    losses = (*lived.log_losses, float(loss))
    lived = replace(lived, history=history, log_losses=losses)
    n_answers = len(history)
    point = lived.trace[-1] if lived.trace else TracePoint(answer.shown[0], 0, 1, 0.5)
    if n_answers - lived.n_conditioned >= max(1, n_answers // _BLOCKS):
        try:
            posterior, n_fitted = _renewed(lived, dimension, prior)
            point = trace_point(posterior, history)
            lived = replace(
                lived,
                posterior=posterior,
                n_conditioned=n_answers,
                n_fitted=n_fitted,
            )
        except FitFailedError as error:
            logger.warning("replay kept a posterior", extra={"reason": str(error)})
    return replace(lived, trace=(*lived.trace, point))


def _probability(posterior: Posterior | None, answer: Answer) -> float:
    """Return the probability of an answer's first contest to end as it did.

    A tie is taken as "one of these". None of these has at least the probability of
    a lapse: as long as it never happened, the model leaves it out.
    """
    points = unit_points(answer.shown)
    try:
        chance, none = answer_probabilities(posterior, points)
    except FitFailedError:
        chance, none = answer_probabilities(None, points)
    if answer.kind is AnswerKind.NONE_OF_THESE:
        return max(none, LAPSE / (len(points) + 1))
    first = answer.judged if answer.kind is AnswerKind.TIE else answer.judged[:1]
    return min(float(chance[list(first)].sum()), 1.0)


def _renewed(
    lived: Replay, dimension: int, prior: tuple[float, ...]
) -> tuple[Posterior, int]:
    """Return a posterior of all answers, and to how many its kernel was fitted."""
    choices = choices_of(dimension, lived.history)
    if lived.posterior is None or choices.n_answers >= 2 * lived.n_fitted:
        return fit(dimension, lived.history, prior), choices.n_answers
    return condition(lived.posterior.prior, choices), lived.n_fitted


def trace_point(posterior: Posterior, history: tuple[Answer, ...]) -> TracePoint:
    """Return what a posterior knows of the incumbent.

    Args:
        posterior: of the history.
        history: judged slates; one or more.

    Raises:
        FitFailedError: if the arithmetic breaks down.
    """
    pair = leaders(posterior, history)
    chance = win_probabilities(posterior, pair)
    mean, variance = posterior.mean(pair), posterior.variance(pair)
    return TracePoint(
        quantized_warp(pair[0]),
        float(mean[0]),
        float(np.sqrt(variance[0])),
        float(chance[0]),
    )
