"""Evolution in a composite space: casting, then steps in warp and noise coordinates.

One candidate of a round steps in all noise coordinates, one in a single one, which
renews a part of the picture and keeps the rest, and one in the warp or again in a
single noise coordinate, whichever has succeeded more. Each kind of step has its own
size. After some rounds the anchor's noise is taken as the new base, with fresh
directions: a few coordinates at a time, but not the same few for ever.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from multibo.evaluation.reach.casting import Casting
from multibo.evaluation.reach.credit import Credit
from multibo.evaluation.reach.step_size import StepSize
from multibo.evaluation.reach.strategy import OpenStrategy, Strategy
from multibo.jobs.catalog import ModelSpec
from multibo.jobs.spec import SEED_LIMIT, RenderSpec, Turn
from multibo.warp.space import SearchSpace

_STREAM: Final = 14
_ALL, _ONE, _WARP = "all", "one", "warp"
_FIRST_STEPS: Final = {_ALL: 0.7, _ONE: 1.2, _WARP: 0.4}
"""Standard deviation of a first step: of an angle in radians, of a warp coordinate."""
_LARGEST_STEPS: Final = {_ALL: 1.6, _ONE: 1.6, _WARP: 0.8}

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
            space: the coordinates, some of noise among them.
            policy: how they are searched.
        """
        self._space, self._policy = space, policy
        self._n_warp = space.dimension - space.n_noise
        self._casting = Casting(
            start, n_rounds=policy.casting_rounds, patient=policy.patient
        )
        self._source = np.random.default_rng([start.base_seed, _STREAM])
        third = (_ONE, _WARP) if self._n_warp else (_ONE,)
        self._credit = Credit.of(third)
        self._steps = {
            kind: StepSize(first, largest=_LARGEST_STEPS[kind])
            for kind, first in _FIRST_STEPS.items()
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
            kinds = (_ALL, _ONE, self._credit.draw(self._source))
            self._tried = tuple((kind, self._mutated(kind)) for kind in kinds)

    def _learn_step(self, kept: int | None) -> None:
        kinds = [kind for kind, _ in self._tried]
        winner = None if kept is None else kinds[kept]
        if kept is not None:
            self._anchor = self._tried[kept][1]
        for kind in dict.fromkeys(kinds):
            # A kind of step that lost to another one has not failed.
            if winner in (None, kind):
                step = self._steps[kind].after(success=kind == winner)
                self._steps[kind] = step
        self._credit = self._credit.after(kinds, winner)

    def _settle(self, anchor: RenderSpec) -> None:
        """Take the noise of a spec as the base, with fresh directions from it."""
        identity = (0,) * self._n_warp
        name = self._space.warp_space
        self._base = replace(anchor, warp_space=name, warp=identity)
        self._anchor = self._anchor.copy()
        self._anchor[self._n_warp :] = 0
        drawn = self._source.integers(SEED_LIMIT, size=self._space.n_noise)
        self._directions = tuple(int(seed) for seed in drawn)

    def _mutated(self, kind: str) -> Vector:
        chosen = np.arange(self._n_warp, self._space.dimension)
        if kind == _WARP:
            chosen = np.arange(self._n_warp)
        elif kind == _ONE:
            chosen = self._source.choice(chosen, size=1)
        size = self._steps[kind].value
        if kind != _WARP:
            size /= self._space.noise_angle * self._spread(len(chosen))
        vector = self._anchor.copy()
        vector[chosen] += size * self._source.standard_normal(len(chosen))
        return np.clip(vector, -1, 1)

    def _spread(self, n_coordinates: int) -> float:
        """Return how much further a step in so many coordinates turns a place."""
        columns, rows = self._space.parts
        return math.sqrt(max(1.0, n_coordinates / (columns * rows)))

    def _spec(self, vector: Vector) -> RenderSpec:
        warp, angles = self._space.split(self._space.quantize(vector.tolist()))
        turns = self._base.turns
        if any(angles):
            turns = (*turns, Turn(self._directions, angles, self._space.parts))
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
