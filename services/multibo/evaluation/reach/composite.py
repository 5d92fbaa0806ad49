"""Evolution in a composite space: casting, then steps around what was kept.

One candidate of a round steps in the whole noise. The kinds of the two others are
drawn, those more often that have succeeded more: the whole noise again, the noise in
one part of the picture, or the warp. Each kind of step has its own size. Whatever is
kept is the base of the next round, and every step in noise goes in fresh directions.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from multibo.evaluation.reach.casting import Casting
from multibo.evaluation.reach.credit import Credit
from multibo.evaluation.reach.step_size import StepSize
from multibo.evaluation.reach.strategy import OpenStrategy, Strategy
from multibo.jobs.catalog import ModelSpec
from multibo.jobs.spec import ANGLE_QUANTUM, SEED_LIMIT, RenderSpec, Turn
from multibo.warp.space import QUANTUM, SearchSpace

_STREAM: Final = 14
_WHOLE, _PART, _WARP = "whole", "part", "warp"
_FIRST_STEPS: Final = {_WHOLE: 0.7, _PART: 1.2, _WARP: 0.4}
"""Of a first step: an angle in radians, or a warp coordinate's standard deviation."""
_WARPS_UNSETTLED: Final = 0.5
"""Warps' credit in advance, others having 1, while other seeds are nearer and nearer:
mostly, what a seed lacks then is no warp of it."""
_LARGEST_STEPS: Final = {_WHOLE: math.pi / 2, _PART: math.pi / 2, _WARP: 0.8}


@dataclass(frozen=True, slots=True)
class Policy:
    """How a composite space is searched."""

    casting_at_least: int
    """Rounds of casting before it may settle on a seed that is kept."""
    casting_at_most: int
    warps_settled: float
    """Warps' credit in advance, others having 1, once casting has settled on a seed:
    the target may well be a warp of it."""
    shrinkage: float
    """The factor of a step size per failure."""


class CompositeEvolution:
    """Casting, then evolution of noise and warp."""

    def __init__(self, start: RenderSpec, space: SearchSpace, policy: Policy) -> None:
        """Begin with casting.

        Args:
            start: the identity at the task's seed.
            space: the coordinates, some of noise among them.
            policy: how they are searched.
        """
        self._space = space
        self._n_warp = space.dimension - space.n_noise
        self._casting = Casting(
            start,
            at_least=policy.casting_at_least,
            at_most=policy.casting_at_most,
        )
        self._source = np.random.default_rng([start.base_seed, _STREAM])
        self._policy = policy
        self._credit = self._first_credit()
        self._steps = {
            kind: StepSize(first, _LARGEST_STEPS[kind], policy.shrinkage)
            for kind, first in _FIRST_STEPS.items()
        }
        self._anchor = start
        self._tried: tuple[tuple[str, RenderSpec], ...] = ()

    def propose(self) -> tuple[RenderSpec, ...]:
        """Return three candidates near the anchor, or three seeds while casting."""
        if not self._casting.over:
            return self._casting.propose()
        return tuple(spec for _, spec in self._tried)

    def learn(self, kept: int | None) -> None:
        """Go on from what was kept.

        Args:
            kept: index among the proposed; None keeps the anchor.
        """
        if self._casting.over:
            self._learn_step(kept)
        else:
            self._casting.learn(kept)
            if self._casting.over:
                self._begin_steps(self._casting.anchor)
        if self._casting.over:
            others = (self._credit.draw(self._source) for _ in range(2))
            kinds = (_WHOLE, *others)
            self._tried = tuple((kind, self._step(kind)) for kind in kinds)

    def _begin_steps(self, anchor: RenderSpec) -> None:
        identity = (0,) * self._n_warp
        name = self._space.warp_space
        self._anchor = replace(anchor, warp_space=name, warp=identity)
        self._credit = self._first_credit()

    def _first_credit(self) -> Credit:
        kinds = (_WHOLE, _PART, _WARP) if self._n_warp else (_WHOLE, _PART)
        settled = self._casting.settled
        of_warps = self._policy.warps_settled if settled else _WARPS_UNSETTLED
        return Credit.of(kinds, {_WARP: of_warps})

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

    def _step(self, kind: str) -> RenderSpec:
        size = self._steps[kind].value
        if kind == _WARP:
            return replace(self._anchor, warp=self._bent(size))
        angle = round(size * ANGLE_QUANTUM)
        turn = self._turn_in_part(angle) if kind == _PART else self._turn(angle)
        return replace(self._anchor, turns=(*self._anchor.turns, turn))

    def _turn(self, angle: int) -> Turn:
        return Turn((int(self._source.integers(SEED_LIMIT)),), (angle,))

    def _turn_in_part(self, angle: int) -> Turn:
        columns, rows = self._space.parts
        n_parts = columns * rows
        acting = int(self._source.integers(n_parts))
        seeds = self._source.integers(SEED_LIMIT, size=n_parts)
        angles = tuple(angle * (part == acting) for part in range(n_parts))
        return Turn(tuple(int(seed) for seed in seeds), angles, self._space.parts)

    def _bent(self, size: float) -> tuple[int, ...]:
        bend = size * self._source.standard_normal(self._n_warp)
        before = np.asarray(self._anchor.warp) / QUANTUM
        after = np.clip(before + bend, -1, 1)
        return tuple(int(value) for value in np.rint(after * QUANTUM))


def composite_evolution(name: str, policy: Policy) -> OpenStrategy:
    """Return what begins an evolution in a search space.

    Args:
        name: of a search space of the model.
        policy: how it is searched.
    """

    def begin(model: ModelSpec, start: RenderSpec) -> Strategy:
        return CompositeEvolution(start, model.search_space(name).space, policy)

    return begin
