"""Rivals without a model: what keeping the last choice alone can reach."""

from __future__ import annotations

import itertools
from typing import Final

import numpy as np

from multibo.evaluation.preferences.people import K
from multibo.evaluation.preferences.rival import History, Recommended, Slate, Warp
from multibo.optimizer.preference.dataset import quantized_warp, unit_points

FIRST_STEP: Final = 0.25
"""Standard deviation of a mutation, in widths of the box."""
_LARGEST_STEP: Final = 0.5
_SMALLEST_STEP: Final = 0.01
_LOG_GROWTH: Final = 0.25
_LOG_SHRINKAGE: Final = 0.2


class RandomSlates:
    """The last choice beside uniform points."""

    def __init__(self, dimension: int) -> None:
        """Begin.

        Args:
            dimension: of the box.
        """
        self._dimension = dimension

    def propose(self, history: History, seed: int) -> Slate:
        """Return the last choice and uniform points."""
        points = np.random.default_rng(seed).random((K - 1, self._dimension))
        return (kept(history), *map(quantized_warp, points))

    def recommend(self, history: History, seed: int) -> Recommended:
        """Return the last choice."""
        del seed
        return Recommended(kept(history), kept(history))


class Evolution:
    """A (1+3) evolution strategy; the person is its selection.

    The step grows when a mutant is picked and shrinks when the parent is kept.
    """

    def __init__(self, dimension: int) -> None:
        """Begin.

        Args:
            dimension: of the box.
        """
        self._dimension = dimension

    def propose(self, history: History, seed: int) -> Slate:
        """Return the last choice and its mutants, kept inside the box."""
        parent = kept(history)
        draws = np.random.default_rng(seed).standard_normal((K - 1, self._dimension))
        mutants = unit_points([parent]) + step(history) * draws
        return (parent, *map(quantized_warp, np.clip(mutants, 0.0, 1.0)))

    def recommend(self, history: History, seed: int) -> Recommended:
        """Return the last choice."""
        del seed
        return Recommended(kept(history), kept(history))


def kept(history: History) -> Warp:
    """Return what was picked last.

    Args:
        history: judged slates, oldest first; one or more.
    """
    return history[-1].closest[0]


def step(history: History) -> float:
    """Return the size mutations have come to.

    Args:
        history: judged slates, oldest first; one or more.
    """
    log_step = np.log(FIRST_STEP)
    for before, answer in itertools.pairwise(history):
        stayed = answer.closest[0] == before.closest[0]
        log_step += -_LOG_SHRINKAGE if stayed else _LOG_GROWTH
        log_step = np.clip(log_step, np.log(_SMALLEST_STEP), np.log(_LARGEST_STEP))
    return float(np.exp(log_step))
