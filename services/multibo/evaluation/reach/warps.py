"""Searches among the warps of the start, its noise as it is."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from multibo.evaluation.reach.step_size import StepSize
from multibo.evaluation.reach.strategy import N_NEW, OpenStrategy, Strategy
from multibo.jobs.catalog import ModelSpec
from multibo.jobs.spec import RenderSpec
from multibo.warp.space import WarpSpace, warp_space

_RANDOM_STREAM, _EVOLUTION_STREAM = 11, 12


class RandomWarps:
    """Uniform draws from the box; the best one is kept."""

    def __init__(self, start: RenderSpec, space: WarpSpace) -> None:
        """Begin at the identity.

        Args:
            start: the identity at the task's seed.
            space: the warps.
        """
        self._start, self._space = start, space
        self._source = np.random.default_rng([start.base_seed, _RANDOM_STREAM])
        self._proposed = self._draw()

    def propose(self) -> tuple[RenderSpec, ...]:
        """Return three random warps."""
        return self._proposed

    def learn(self, kept: int | None) -> None:  # noqa: ARG002 - the draws are blind
        """Draw anew.

        Args:
            kept: does not matter.
        """
        self._proposed = self._draw()

    def _draw(self) -> tuple[RenderSpec, ...]:
        points = self._source.uniform(-1, 1, (N_NEW, self._space.dimension))
        return tuple(
            replace(self._start, warp=self._space.quantize(point.tolist()))
            for point in points
        )


class WarpEvolution:
    """Gaussian steps around the anchor's warp."""

    def __init__(self, start: RenderSpec, space: WarpSpace) -> None:
        """Begin at the identity.

        Args:
            start: the identity at the task's seed.
            space: the warps.
        """
        self._start, self._space = start, space
        self._source = np.random.default_rng([start.base_seed, _EVOLUTION_STREAM])
        self._step = StepSize(0.5, largest=1.0)
        self._anchor = np.zeros(space.dimension)
        self._points = self._mutated()

    def propose(self) -> tuple[RenderSpec, ...]:
        """Return three warps near the anchor's."""
        return tuple(
            replace(self._start, warp=self._space.quantize(point.tolist()))
            for point in self._points
        )

    def learn(self, kept: int | None) -> None:
        """Go on from what was kept.

        Args:
            kept: index among the proposed; None keeps the anchor.
        """
        if kept is not None:
            self._anchor = self._points[kept]
        self._step = self._step.after(success=kept is not None)
        self._points = self._mutated()

    def _mutated(self) -> npt.NDArray[np.float64]:
        normal = self._source.standard_normal((N_NEW, self._space.dimension))
        return np.clip(self._anchor + self._step.value * normal, -1, 1)


def random_warps(name: str) -> OpenStrategy:
    """Return what begins a random search of a warp space.

    Args:
        name: of a warp space of the model.
    """

    def begin(model: ModelSpec, start: RenderSpec) -> Strategy:
        space = _space(model, name)
        return RandomWarps(_identity(start, space), space)

    return begin


def warp_evolution(name: str) -> OpenStrategy:
    """Return what begins an evolution in a warp space.

    Args:
        name: of a warp space of the model.
    """

    def begin(model: ModelSpec, start: RenderSpec) -> Strategy:
        space = _space(model, name)
        return WarpEvolution(_identity(start, space), space)

    return begin


def _space(model: ModelSpec, name: str) -> WarpSpace:
    spec = model.warp_space(name)
    return warp_space(spec.family, spec.revision)


def _identity(start: RenderSpec, space: WarpSpace) -> RenderSpec:
    return replace(start, warp_space=space.name, warp=space.identity)
