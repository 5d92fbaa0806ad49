"""Two models of the same answers, each believed as far as it has predicted them.

The choice GP assumes little, target search assumes one hidden target. Which of them
suits a person is seen from how well each predicted the answers before they came
(prequential weights: Dawid, 1984), the older ones counting less.

The portfolio after a history is a fold over its *milestones*: every answer at first,
then fewer and fewer. Chains and kernel go on from the last milestone, so what is known
after a history depends on its answers alone, and living through fifty of them again
takes some thirty steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import special

from multibo.optimizer.preference.acquisition import (
    slate_probabilities,
    win_probabilities,
)
from multibo.optimizer.preference.arrays import Floats
from multibo.optimizer.preference.chains import Chains
from multibo.optimizer.preference.dataset import Answer, AnswerKind, unit_points
from multibo.optimizer.preference.lapses import LAPSE, with_lapses
from multibo.optimizer.preference.posterior import Outside, Posterior
from multibo.optimizer.preference.slate import Parts
from multibo.optimizer.preference.target import TargetModel

FORGETTING: Final = 0.97
"""Factor of an answer's say in the weights with each answer after it."""
_EVEN_DIMENSION: Final = 10.0
_LARGEST_ODDS: Final = 6.0
"""The odds of target search before any answer are even in so many dimensions, and grow
by a factor of e with each one more, up to so many factors: in a few dimensions fifty
answers are enough for a GP that learns every region of the box by itself, in many not
nearly."""
_DECISIVE: Final = 0.75
"""Output scale, in logits over the root of the number of answers, of a person who
hardly errs: it takes answers to believe in a large one. Tight slates then teach most,
and the GP's are tight; under noise the spread ones of target search are answered more
clearly."""
_LEAST_ANSWERS: Final = 12
"""Before so many it cannot be told whether answers are noisy."""
_CLEAR_LEAD: Final = 0.7
"""Belief at which target search is asked for a decisive person too."""
_DENSE: Final = 16
"""Answers after each of which there is a milestone; then the gaps double as the number
does."""


@dataclass(frozen=True, slots=True, eq=False)
class Portfolio:
    """What a history says of any point's utility, by both models."""

    gp: Posterior
    target: TargetModel | None
    """None if target search is switched off, or failed."""
    chains: Chains | None
    """What `target` was made of; the next chains go on from there."""
    log_weights: tuple[float, float]
    """Discounted log-likelihoods of the answers: of the GP, of target search."""
    weight: float
    """Belief in target search, in [0, 1]; the rest is in the GP."""
    level: float
    """Added to target search's utilities: on what was shown both models then agree on
    average. Only differences of utilities mean anything."""
    n_answers: int

    @property
    def dimension(self) -> int:
        """Number of axes of the box."""
        return self.gp.dimension

    @property
    def points(self) -> Floats:
        """`m x d` shown points."""
        return self.gp.points

    @property
    def lapse(self) -> float:
        """Probability of an answer at random, as far as target search has learned."""
        return LAPSE if self.target is None else float(self.target.targets.lapse.mean())

    @property
    def outside(self) -> Outside | None:
        """The GP's view of the outside option; None if it was never used."""
        return self.gp.outside

    def mean(self, at: Floats) -> Floats:
        """Return the expected utility of `a x d` points, in logits."""
        if self.target is None or self.weight == 0.0:
            return self.gp.mean(at)
        believed = self.weight * (self.target.mean(at) + self.level)
        if self.weight == 1.0:
            return believed
        mean: Floats = believed + (1.0 - self.weight) * self.gp.mean(at)
        return mean

    def mean_gradient(self, at: Floats) -> tuple[Floats, Floats]:
        """Return the mean and its `a x d` gradient at `a x d` points."""
        if self.target is None or self.weight == 0.0:
            return self.gp.mean_gradient(at)
        mean, gradient = self.target.mean_gradient(at)
        mean, gradient = self.weight * (mean + self.level), self.weight * gradient
        if self.weight == 1.0:
            return mean, gradient
        gp_mean, gp_gradient = self.gp.mean_gradient(at)
        rest = 1.0 - self.weight
        return mean + rest * gp_mean, gradient + rest * gp_gradient

    def variance(self, at: Floats) -> Floats:
        """Return the expected variance of utility at `a x d` points; positive."""
        variance = self.gp.variance(at)
        if self.target is None or self.weight == 0.0:
            return variance
        own = self.target.values(at) - self.target.values(self.points).mean(axis=0)
        mixed: Floats = self.weight * own.var(axis=1) + (1.0 - self.weight) * variance
        return self.gp.floored(mixed)

    def win_probabilities(self, slate: Floats) -> Floats:
        """Return the probability that each slot is chosen; they sum to 1.

        Args:
            slate: `k x d` points shown together.

        Raises:
            FitFailedError: if the slate's covariance breaks down.
        """
        return self._mixed(slate, win_probabilities(self.gp, slate))

    def slate_probabilities(self, slate: Floats) -> Floats:
        """Return the probability that each slot is chosen, then that none is.

        Args:
            slate: `k x d` points shown together.

        Returns:
            `k` probabilities, or one more if the outside option was ever used.

        Raises:
            FitFailedError: if the slate's covariance breaks down.
        """
        return self._mixed(slate, slate_probabilities(self.gp, slate))

    def log_likelihoods(self, answer: Answer) -> tuple[float, float]:
        """Return how probable an answer was to the GP and to target search.

        Args:
            answer: a judged slate.

        Raises:
            FitFailedError: if the slate's covariance breaks down.
        """
        slate = unit_points(answer.shown)
        by_gp = slate_probabilities(self.gp, slate)
        both = (by_gp, self._by_target(slate, by_gp))
        gp, target = (
            float(np.log(probability_of(answer, p, self.lapse))) for p in both
        )
        return gp, target

    def _mixed(self, slate: Floats, by_gp: Floats) -> Floats:
        if self.weight == 0.0:
            return by_gp
        by_target = self._by_target(slate, by_gp)
        mixed: Floats = self.weight * by_target + (1.0 - self.weight) * by_gp
        return mixed

    def _by_target(self, slate: Floats, by_gp: Floats) -> Floats:
        """Return target search's view of a slate, entrants as in the GP's view."""
        if self.target is None:
            return by_gp
        utility = self.target.values(slate)
        if len(by_gp) > len(slate):
            utility = np.vstack([utility, self.target.outside()])
        chosen: Floats = special.softmax(utility, axis=0).mean(axis=1)
        return chosen


def probability_of(answer: Answer, chance: Floats, lapse: float = LAPSE) -> float:
    """Return the probability of an answer's first contest to end as it did.

    A tie is taken as "one of these". None of these has at least the probability of
    a lapse: as long as it never happened, the models leave it out.

    Args:
        answer: a judged slate.
        chance: probability of each slot, and then of none if that was ever used;
            without lapses.
        lapse: probability of an answer at random.
    """
    n_shown = len(answer.shown)
    chance = with_lapses(chance, lapse)
    if answer.kind is AnswerKind.NONE_OF_THESE:
        none = float(chance[n_shown]) if len(chance) > n_shown else 0.0
        return max(none, lapse / (n_shown + 1))
    first = answer.judged if answer.kind is AnswerKind.TIE else answer.judged[:1]
    return min(float(chance[list(first)].sum()), 1.0)


def weight_of(
    log_weights: tuple[float, float], gp: Posterior, n_answers: int, parts: Parts
) -> float:
    """Return the belief in target search.

    Args:
        log_weights: discounted log-likelihoods: of the GP, of target search.
        gp: of the history; its output scale tells how decisive the person is.
        n_answers: of the history.
        parts: of the engine that are on.
    """
    if not parts.choice_gp:
        return 1.0
    lead = log_weights[1] - log_weights[0]
    odds = np.clip(gp.dimension - _EVEN_DIMENSION, -_LARGEST_ODDS, _LARGEST_ODDS)
    belief = float(special.expit(lead + odds))
    clear = n_answers >= _LEAST_ANSWERS
    noisy = clear and gp.kernel.output_scale <= _DECISIVE * np.sqrt(n_answers)
    if noisy or not parts.noise_aware or special.expit(lead) > _CLEAR_LEAD:
        return belief
    return 0.0


def milestones(n_answers: int) -> list[int]:
    """Return the numbers of answers the fold of a history passes through.

    Args:
        n_answers: of the history; the last of them, milestone or not.
    """
    passed = list(range(1, min(n_answers, _DENSE) + 1))
    while passed and passed[-1] < n_answers:
        gap = 2 << ((passed[-1] // _DENSE).bit_length() - 1)
        passed.append(min(passed[-1] // gap * gap + gap, n_answers))
    return passed


def is_milestone(n_answers: int) -> bool:
    """Return whether longer histories pass through this number of answers.

    Args:
        n_answers: one or more.
    """
    return n_answers in milestones(n_answers + 1)
