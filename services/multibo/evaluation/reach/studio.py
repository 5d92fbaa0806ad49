"""Renders what searches show: in half precision, a few steps, full batches."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import torch
from torch import Tensor

from multibo.evaluation.held_out import drawing_png
from multibo.evaluation.pictures import decode_picture
from multibo.evaluation.reach.play import Assignment
from multibo.evaluation.targets import TargetKind, Task, start_spec, target_spec
from multibo.jobs.catalog import ModelSpec
from multibo.jobs.spec import RenderSpec
from multibo.render.pipelines import MAX_ROWS, Pipeline, load_pipeline
from multibo.render.precision import Precision

HIDDEN_WARPS: Final = "flow-16@1"
"""The warp space that targets of the kind `warp` are drawn from."""


class Studio:
    """A pipeline with the settings of the study."""

    def __init__(self, model: ModelSpec, *, steps: int, dtype: str) -> None:
        """Load the model.

        Args:
            model: an entry of the catalog, with the space of hidden warps.
            steps: denoising steps of every picture, targets included.
            dtype: number format of the model.
        """
        # Hidden warps must not change when another space becomes the default.
        self.model = replace(model, steps=steps, default_warp_space=HIDDEN_WARPS)
        precision = Precision.named(dtype=dtype, device="cpu")
        self._pipeline: Pipeline = load_pipeline(self.model, precision=precision)
        # A sixth faster in half precision, and nothing else changes.
        self._pipeline.architecture.denoiser.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @property
    def numerics(self) -> str:
        """What, apart from the specs, decides the pictures."""
        return self._pipeline.numerics

    def assign(self, task: Task) -> Assignment:
        """Return a task with its start and its target rendered.

        Args:
            task: what is searched.
        """
        start = start_spec(self.model, task)
        specs = [start]
        if task.kind is not TargetKind.DRAWING:
            specs.append(target_spec(self.model, task))
        pictures = self.render(specs)
        if task.kind is TargetKind.DRAWING:
            target = decode_picture(drawing_png(task.seed))
        else:
            target = pictures[specs[1]]
        return Assignment(task, start, pictures[start], target)

    def render(self, specs: Sequence[RenderSpec]) -> Mapping[RenderSpec, Tensor]:
        """Return the picture of every spec, each rendered once.

        Args:
            specs: any number, of any warp spaces.
        """
        plain = {spec: self._plain(spec) for spec in specs}
        batches: dict[str, list[RenderSpec]] = {}
        for spec in dict.fromkeys(plain.values()):
            batches.setdefault(spec.compat_key, []).append(spec)
        done: dict[RenderSpec, Tensor] = {}
        for rows in batches.values():
            for first in range(0, len(rows), MAX_ROWS):
                batch = rows[first : first + MAX_ROWS]
                for spec, picture in zip(
                    batch, self._pipeline.render_pixels(batch), strict=True
                ):
                    assert picture is not None  # nobody drops rows here
                    done[spec] = picture.float()
        return {spec: done[plain[spec]] for spec in specs}

    def _plain(self, spec: RenderSpec) -> RenderSpec:
        """Return the spec whose warp space says nothing where it does nothing."""
        if any(spec.warp):
            return spec
        space = self.model.warp_spaces[HIDDEN_WARPS]
        identity = (0,) * space.dimension
        return replace(spec, warp_space=HIDDEN_WARPS, warp=identity)
