"""From a history to its portfolio, in a time that hardly grows after many answers."""

from __future__ import annotations

import logging
from typing import Final, Protocol

import numpy as np

from multibo.optimizer.preference.chains import Chains, advanced, first_chains
from multibo.optimizer.preference.dataset import Answer, Choices, choices_of, thinned
from multibo.optimizer.preference.errors import FitFailedError
from multibo.optimizer.preference.portfolio import (
    FORGETTING,
    Portfolio,
    is_milestone,
    milestones,
    weight_of,
)
from multibo.optimizer.preference.posterior import (
    Posterior,
    condition,
    fit_posterior,
)
from multibo.optimizer.preference.slate import ALL_PARTS, Parts
from multibo.optimizer.preference.target import target_model
from multibo.optimizer.preference.target_density import target_density

MAX_FITTED: Final = 64
"""Answers the kernel is fitted to; a longer history lends an even sample of them.
Its parameters are few numbers that more answers hardly move, and every step of their
search takes the cube of the points. The posterior is of all answers."""

logger = logging.getLogger(__name__)


class Fit(Protocol):
    """A pure function, so that what it returns may be kept."""

    def __call__(
        self,
        dimension: int,
        history: tuple[Answer, ...],
        prior: tuple[float, ...],
        parts: Parts,
        /,
    ) -> Portfolio:
        """Return what a history says under a warm start."""
        ...


def fit(
    dimension: int,
    history: tuple[Answer, ...],
    prior: tuple[float, ...] = (),
    parts: Parts = ALL_PARTS,
    *,
    before: Portfolio | None = None,
) -> Portfolio:
    """Return what a history says.

    Args:
        dimension: `d`, length of every warp vector.
        history: judged slates, oldest first; one or more.
        prior: a warm start; empty for none.
        parts: of the engine that are on.
        before: of one of the history's milestones, if at hand; the result is the
            same without.

    Raises:
        FitFailedError: if the arithmetic breaks down.
        InvalidRequestError: if the history is not legal.
    """
    if not parts.target:
        return gp_alone(fit_gp(dimension, history, prior), len(history))
    known = before.n_answers if before else 0
    for n_answers in milestones(len(history)):
        if n_answers > known:
            before = renewed(before, dimension, history[:n_answers], prior, parts)
    if before is None:
        raise FitFailedError("there is no answer to learn from")
    return before


def renewed(
    before: Portfolio | None,
    dimension: int,
    history: tuple[Answer, ...],
    prior: tuple[float, ...] = (),
    parts: Parts = ALL_PARTS,
) -> Portfolio:
    """Return what a history says, going on from its last milestone.

    Args:
        before: of the milestone; None before the first answer.
        dimension: `d`, length of every warp vector.
        history: judged slates, oldest first; one or more.
        prior: a warm start; empty for none.
        parts: of the engine that are on, target search among them.

    Raises:
        FitFailedError: if the arithmetic breaks down.
        InvalidRequestError: if the history is not legal.
    """
    choices = choices_of(dimension, history)
    gp = _renewed_gp(before, dimension, history, choices, prior)
    kept = before.chains if before else None
    try:
        chains = advanced(kept or first_chains(dimension), target_density(choices))
    except FitFailedError as error:
        logger.warning("target search failed", extra={"reason": str(error)})
        return gp_alone(gp, len(history))
    return _portfolio(gp, chains, _log_weights(before, history), parts)


def fit_gp(
    dimension: int, history: tuple[Answer, ...], prior: tuple[float, ...] = ()
) -> Posterior:
    """Return the choice GP's posterior of a history, its kernel fitted to it.

    Args:
        dimension: `d`, length of every warp vector.
        history: judged slates, oldest first; one or more.
        prior: a warm start; empty for none.

    Raises:
        FitFailedError: if the arithmetic breaks down.
        InvalidRequestError: if the history is not legal.
    """
    choices = choices_of(dimension, history)
    if len(history) <= MAX_FITTED:
        return fit_posterior(choices, prior)
    few = fit_posterior(choices_of(dimension, thinned(history, MAX_FITTED)), prior)
    return condition(few.prior, choices, near=few)


def gp_alone(gp: Posterior, n_answers: int) -> Portfolio:
    """Return a portfolio without target search.

    Args:
        gp: of a history.
        n_answers: of it.
    """
    return Portfolio(gp, None, None, (0.0, 0.0), 0.0, 0.0, n_answers)


def _renewed_gp(
    before: Portfolio | None,
    dimension: int,
    history: tuple[Answer, ...],
    choices: Choices,
    prior: tuple[float, ...],
) -> Posterior:
    """Return the GP of a history.

    At a milestone its kernel is fitted, and the fit starts afresh: from the last kernel
    it would not leave a sharp one that a few clear answers had suggested. In between
    the kernel stays.
    """
    if before is None or is_milestone(len(history)):
        return fit_gp(dimension, history, prior)
    return condition(before.gp.prior, choices, near=before.gp)


def _log_weights(
    before: Portfolio | None, history: tuple[Answer, ...]
) -> tuple[float, float]:
    """Return the models' discounted log-likelihoods of the answers.

    Each answer is predicted from the last milestone before it; the first, of which
    nothing can be known, counts for nothing.
    """
    if before is None:
        return (0.0, 0.0)
    gp, target = before.log_weights
    for answer in history[before.n_answers :]:
        by_gp, by_target = before.log_likelihoods(answer)
        gp = FORGETTING * gp + by_gp
        target = FORGETTING * target + by_target
    return gp, target


def _portfolio(
    gp: Posterior,
    chains: Chains,
    log_weights: tuple[float, float],
    parts: Parts,
) -> Portfolio:
    target = target_model(gp.dimension, chains)
    level = float(np.mean(gp.mean(gp.points) - target.mean(gp.points)))
    return Portfolio(
        gp=gp,
        target=target,
        chains=chains,
        log_weights=log_weights,
        weight=weight_of(log_weights, gp, chains.n_answers, parts),
        level=level,
        n_answers=chains.n_answers,
    )
