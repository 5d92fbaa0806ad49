"""Casting, then steps on the sphere of noises, each toward a fresh seed."""

import math
from dataclasses import replace

import numpy as np

from multibo.evaluation.reach.casting import Casting
from multibo.evaluation.reach.step_size import StepSize
from multibo.evaluation.reach.strategy import N_NEW, Strategy
from multibo.jobs.catalog import ModelSpec
from multibo.jobs.spec import ANGLE_QUANTUM, SEED_LIMIT, RenderSpec, Turn

_STREAM = 13
_FIRST_ANGLE = 0.7
"""Radians. A fresh noise is at a right angle, 1.57."""
CASTING_ROUNDS = 10


class NoiseEvolution:
    """Turns the anchor's noise toward fresh ones: the strongest simple search."""

    def __init__(self, start: RenderSpec, casting: Casting) -> None:
        """Begin with casting.

        Args:
            start: the identity at the task's seed.
            casting: finds the noise to go on from.
        """
        self._casting = casting
        self._source = np.random.default_rng([start.base_seed, _STREAM])
        self._angle = StepSize(_FIRST_ANGLE, largest=math.pi / 2)
        self._anchor = start
        self._proposed = casting.propose()

    def propose(self) -> tuple[RenderSpec, ...]:
        """Return three noises near the anchor's, or three seeds while casting."""
        return self._proposed

    def learn(self, kept: int | None) -> None:
        """Go on from what was kept.

        Args:
            kept: index among the proposed; None keeps the anchor.
        """
        if kept is not None:
            self._anchor = self._proposed[kept]
        if self._casting.over:
            self._angle = self._angle.after(success=kept is not None)
        else:
            self._casting.learn(kept)
        if self._casting.over:
            self._proposed = tuple(self._turned() for _ in range(N_NEW))
        else:
            self._proposed = self._casting.propose()

    def _turned(self) -> RenderSpec:
        seed = int(self._source.integers(SEED_LIMIT))
        turn = Turn((seed,), (round(self._angle.value * ANGLE_QUANTUM),))
        return replace(self._anchor, turns=(*self._anchor.turns, turn))


def noise_evolution(_model: ModelSpec, start: RenderSpec) -> Strategy:
    """Begin casting, ten rounds of it, then noise evolution.

    Args:
        _model: not needed: every model has noise.
        start: the identity at the task's seed.
    """
    casting = Casting(start, at_least=CASTING_ROUNDS, at_most=CASTING_ROUNDS)
    return NoiseEvolution(start, casting)
