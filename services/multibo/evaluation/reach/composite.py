"""Evolution in a composite space: casting, then steps in warp and noise coordinates.

Every candidate steps in one part of the vector alone, and each part has its own step
size; which part is tried follows what has succeeded. After some rounds the noise is
taken as the new base, with fresh directions: a few coordinates at a time, but not the
same few for ever.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from multibo.evaluation.reach.casting import Casting
from multibo.evaluation.reach.credit import Credit
from multibo.evaluation.reach.step_size import StepSize
from multibo.evaluation.reach.strategy import N_NEW, OpenStrategy, Strategy
from multibo.jobs.catalog import ModelSpec
from multibo.jobs.spec import SEED_LIMIT, RenderSpec, Turn
from multibo.warp.space import SearchSpace

_STREAM: Final = 14
_FIRST_ANGLE: Final = 0.7
"""Radians that the noise turns in a first step, on average."""
_FIRST_WARP_STEP: Final = 0.4
_LARGEST_WARP_STEP: Final = 0.8
_WARP, _NOISE = "warp", "noise"

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Policy:
    """How a composite space is searched."""

    casting_rounds: int
    patient: bool
    """Whether casting goes on although the anchor is kept twice running."""
    rebase_rounds: int
    """Rounds after which directions are drawn anew around the anchor's noise."""


class CompositeEvolution:
    """Casting, then evolution of a vector of warp and noise coordinates."""

    def __init__(self, start: RenderSpec, space: SearchSpace, policy: Policy) -> None:
        """Begin with casting.

        Args:
            start: the identity at the task's seed.
            space: the coordinates, at least one of them.
            policy: how they are searched.
        """
        self._space, self._policy = space, policy
        self._n_warp = space.dimension - space.n_noise
        self._casting = Casting(
            start, n_rounds=policy.casting_rounds, patient=policy.patient
        )
        self._source = np.random.default_rng([start.base_seed, _STREAM])
        parts = ([_WARP] if self._n_warp else []) + ([_NOISE] if space.n_noise else [])
        self._credit = Credit.of(parts)
        scale = space.noise_angle * math.sqrt(max(space.n_noise, 1)) or 1.0
        self._steps = {
            _WARP: StepSize(_FIRST_WARP_STEP, largest=_LARGEST_WARP_STEP),
            _NOISE: StepSize(_FIRST_ANGLE / scale, largest=1.0),
        }
        self._base = start
        self._directions: tuple[int, ...] = ()
        self._anchor: Vector = np.zeros(space.dimension)
        self._n_evolved = 0
        self._tried: tuple[tuple[str, Vector], ...] = ()

    def propose(self) -> tuple[RenderSpec, ...]:
        """Return three candidates near the anchor, or three seeds while casting."""
        if not self._casting.over:
            return self._casting.propose()
        return tuple(self._spec(vector) for _, vector in self._tried)

    def learn(self, kept: int | None) -> None:
        """Go on from what was kept.

        Args:
            kept: index among the proposed; None keeps the anchor.
        """
        if not self._casting.over:
            self._casting.learn(kept)
            if self._casting.over:
                self._settle(self._casting.anchor)
        else:
            self._learn_step(kept)
            self._n_evolved += 1
            if self._n_evolved % self._policy.rebase_rounds == 0:
                self._settle(self._spec(self._anchor))
        if self._casting.over:
            self._tried = tuple(self._mutated() for _ in range(N_NEW))

    def _learn_step(self, kept: int | None) -> None:
        parts = [part for part, _ in self._tried]
        winner = None if kept is None else parts[kept]
        if kept is not None:
            self._anchor = self._tried[kept][1]
        for part in set(parts):
            # A part that lost to the other one has not failed.
            if winner is None or part == winner:
                self._steps[part] = self._steps[part].after(success=part == winner)
        self._credit = self._credit.after(parts, winner)

    def _settle(self, anchor: RenderSpec) -> None:
        """Take the noise of a spec as the base, with fresh directions from it."""
        identity = (0,) * self._n_warp
        name = self._space.warp_space
        self._base = replace(anchor, warp_space=name, warp=identity)
        self._anchor = self._anchor.copy()
        self._anchor[self._n_warp :] = 0
        drawn = self._source.integers(SEED_LIMIT, size=self._space.n_noise)
        self._directions = tuple(int(seed) for seed in drawn)

    def _mutated(self) -> tuple[str, Vector]:
        part = self._credit.draw(self._source)
        first, last = (
            (0, self._n_warp)
            if part == _WARP
            else (self._n_warp, self._space.dimension)
        )
        vector = self._anchor.copy()
        normal = self._source.standard_normal(last - first)
        vector[first:last] += self._steps[part].value * normal
        return part, np.clip(vector, -1, 1)

    def _spec(self, vector: Vector) -> RenderSpec:
        warp, angles = self._space.split(self._space.quantize(vector.tolist()))
        turns = self._base.turns
        if any(angles):
            turns = (*turns, Turn(self._directions, angles))
        return replace(self._base, warp=warp, turns=turns)


def composite_evolution(name: str, policy: Policy) -> OpenStrategy:
    """Return what begins an evolution in a search space.

    Args:
        name: of a search space of the model.
        policy: how it is searched.
    """

    def begin(model: ModelSpec, start: RenderSpec) -> Strategy:
        return CompositeEvolution(start, model.search_space(name).space, policy)

    return begin
