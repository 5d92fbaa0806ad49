"""Pictures of a model under any calibration of a warp space."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import torch
from torch import Tensor

from multibo.jobs.catalog import ModelSpec, WarpSpaceSpec
from multibo.jobs.spec import RenderSpec
from multibo.render.pipelines import MAX_ROWS, Pipeline
from multibo.warp.modulation import MAX_AMPLITUDES, N_COORDINATES
from multibo.warp.space import QUANTUM

_LARGEST_MOVE: Final = 0.4
"""In image widths: beyond it the bound leaves nothing but a change of direction."""


@dataclass(frozen=True, slots=True)
class Case:
    """What a warp is tried on."""

    prompt: str
    seed: int


def cases_of(model: ModelSpec, n_cases: int) -> list[Case]:
    """Return prompts of the catalog with seeds 0, 1, ...

    Args:
        model: with at least one example.
        n_cases: how many.
    """
    examples = model.examples
    return [Case(examples[seed % len(examples)], seed) for seed in range(n_cases)]


class Probe:
    """Renders a model's pictures with a warp space in place of the catalog's."""

    def __init__(self, pipeline: Pipeline, steps: int) -> None:
        """Take a loaded model.

        Args:
            pipeline: the model.
            steps: denoising steps; 0 means as many as the model's.
        """
        self.model = pipeline.model
        self.architecture = pipeline.architecture
        self.steps = steps or self.model.steps
        self._numerics = pipeline.numerics

    def pictures(
        self, space: WarpSpaceSpec, case: Case, vectors: Sequence[Sequence[float]]
    ) -> Tensor:
        """Return a picture per vector.

        Args:
            space: window, blocks and amplitudes of a family.
            case: prompt and seed.
            vectors: of the space, in `[-1, 1]`.

        Returns:
            `n x 3 x height x width` in `[0, 1]`.
        """
        model = replace(
            self.model, default_warp_space=space.name, warp_spaces={space.name: space}
        )
        pipeline = Pipeline(model, self.architecture, numerics=self._numerics)
        rows = [self._row(space, case, vector) for vector in vectors]
        found: list[Tensor] = []
        for first in range(0, len(rows), MAX_ROWS):
            drawn = pipeline.render_pixels(rows[first : first + MAX_ROWS])
            found += [picture for picture in drawn if picture is not None]
        return torch.stack(found)

    def _row(
        self, space: WarpSpaceSpec, case: Case, vector: Sequence[float]
    ) -> RenderSpec:
        return RenderSpec(
            model=self.model.name,
            revision=self.model.revision,
            prompt=case.prompt,
            negative_prompt=self.model.negative_prompt,
            base_seed=case.seed,
            warp_space=space.name,
            warp=tuple(round(value * QUANTUM) for value in vector),
            steps=self.steps,
            guidance=self.model.guidance,
            width_px=self.model.width_px,
            height_px=self.model.height_px,
        )


def stronger(space: WarpSpaceSpec, factor: float) -> WarpSpaceSpec:
    """Return a space with multiplied amplitudes, as far as its family allows.

    Args:
        space: a calibration.
        factor: > 0.
    """
    modulates = space.family.startswith("mw-")
    n_moves = space.dimension - (N_COORDINATES if modulates else 0)
    limits = (*(_LARGEST_MOVE,) * n_moves, *(MAX_AMPLITUDES if modulates else ()))
    if space.family.startswith("afftps-"):
        limits = tuple(2 * value for value in space.amplitudes)
    amplitudes = (
        min(factor * value, max(limit, value))
        for value, limit in zip(space.amplitudes, limits, strict=True)
    )
    return replace(space, amplitudes=tuple(amplitudes))


def unit_vectors(dimension: int) -> list[tuple[float, ...]]:
    """Return -1 and +1 of every axis, the others at rest.

    Args:
        dimension: number of axes.
    """
    return [
        tuple(sign * (place == axis) for place in range(dimension))
        for axis in range(dimension)
        for sign in (-1.0, 1.0)
    ]
