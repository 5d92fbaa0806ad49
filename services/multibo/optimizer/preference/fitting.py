"""From a history to its posterior, in a time that hardly grows after many answers."""

from __future__ import annotations

from typing import Final, Protocol

from multibo.optimizer.preference.dataset import Answer, choices_of, thinned
from multibo.optimizer.preference.posterior import (
    Posterior,
    condition,
    fit_posterior,
)

MAX_FITTED: Final = 64
"""Answers the kernel is fitted to; a longer history lends an even sample of them.
Its parameters are few numbers that more answers hardly move, and every step of their
search takes the cube of the points. The posterior is of all answers."""


class Fit(Protocol):
    """A pure function, so that what it returns may be kept."""

    def __call__(
        self, dimension: int, history: tuple[Answer, ...], prior: tuple[float, ...], /
    ) -> Posterior:
        """Return the posterior of a history under a warm start."""
        ...


def fit(
    dimension: int, history: tuple[Answer, ...], prior: tuple[float, ...] = ()
) -> Posterior:
    """Return the posterior of a history.

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
