"""Simulated people who compare points, and how unsure they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from multibo.evaluation.problems import Problem

Floats = NDArray[np.float64]

ACCURACY: Final = 0.8
"""Share of random slates of `K` an unsure person answers right."""
K: Final = 4

_WEBER_FLOOR: Final = 0.01
"""Regret below which a Weber person sees no difference anymore."""
_N_CALIBRATION_SLATES: Final = 3000
_N_BISECTIONS: Final = 40
_CALIBRATION_STREAM: Final = 1
_ANSWER_STREAM: Final = 1


class PersonKind(StrEnum):
    """How somebody compares."""

    CLEAN = "clean"
    """Always picks the best one shown."""
    NOISY = "noisy"
    """Sees differences of utility, with the same noise everywhere."""
    WEBER = "weber"
    """Sees differences relative to how far from the optimum both are."""


@dataclass(slots=True)
class SimulatedPerson:
    """Picks one of the shown points by what it feels like plus Gumbel noise."""

    feeling: Callable[[Floats], Floats]
    """Maps `a x d` points to `a` utilities as felt."""
    temperature: float
    """Scale of the noise, in units of what is felt; 0 always picks the best."""
    generator: np.random.Generator

    def choose(self, points: Floats) -> int:
        """Return the slot picked of `k x d` shown points."""
        noise = self.generator.gumbel(size=len(points))
        return int((self.feeling(points) + self.temperature * noise).argmax())


def person(kind: PersonKind, problem: Problem, seed: int) -> SimulatedPerson:
    """Return somebody whose noise is the same for every optimizer.

    Args:
        kind: how they compare.
        problem: what they want.
        seed: of their noise, one draw per slot shown.
    """
    feeling = _felt_distance(problem) if kind is PersonKind.WEBER else problem.utility
    temperature = 0.0
    if kind is not PersonKind.CLEAN:
        temperature = choice_temperature(feeling, problem.dimension)
    generator = np.random.default_rng([seed, _ANSWER_STREAM])
    return SimulatedPerson(feeling, temperature, generator)


def choice_temperature(
    feeling: Callable[[Floats], Floats], dimension: int, *, accuracy: float = ACCURACY
) -> float:
    """Return the noise at which random slates of `K` are answered right so often.

    Args:
        feeling: maps `a x d` points to what is compared.
        dimension: `d`.
        accuracy: share of slates in which the best slot is picked, above `1 / K`.
    """
    uniform = np.random.default_rng(_CALIBRATION_STREAM).random(
        (_N_CALIBRATION_SLATES * K, dimension)
    )
    felt = feeling(uniform).reshape(-1, K)
    margins = felt - felt.max(axis=1, keepdims=True)
    low, high = 1e-6, 1e3
    for _ in range(_N_BISECTIONS):
        middle = float(np.sqrt(low * high))
        right = (1.0 / np.exp(margins / middle).sum(axis=1)).mean()
        low, high = (middle, high) if right > accuracy else (low, middle)
    return float(np.sqrt(low * high))


def _felt_distance(problem: Problem) -> Callable[[Floats], Floats]:
    """Return the negated logarithm of the regret (Weber and Fechner)."""

    def feeling(points: Floats) -> Floats:
        felt: Floats = -np.log(problem.regret(points) + _WEBER_FLOOR)
        return felt

    return feeling
