"""The hidden target of a simulated person, and how it is made.

Every kind starts from the session's own first picture, the model's answer to prompt
and seed. The target is another picture of the same model, or a drawing it never saw.
"""

import random
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np

from multibo.evaluation.errors import ProtocolError
from multibo.evaluation.held_out import half_said
from multibo.evaluation.prompts import changed_prompt, prompt_for
from multibo.jobs.catalog import ModelSpec, WarpSpaceSpec
from multibo.jobs.spec import SEED_LIMIT, RenderSpec
from multibo.warp.space import warp_space

_STREAMS: Final = {"seed": 1, "warp": 2}
_MAX_CHANGES: Final = 2
"""Attributes in which the prompt of an attribute target differs, at most."""


class TargetKind(StrEnum):
    """How far away, and of what kind, the hidden target is."""

    WARP = "warp"
    """A hidden warp of the start: reachable by construction."""
    SEED = "seed"
    """The same prompt from another seed's noise: near, but perhaps out of reach."""
    DRAWING = "drawing"
    """A held-out drawing of which the prompt says half: language at its limit."""
    ATTRIBUTE = "attribute"
    """The start's noise under a prompt that differs in one or two attributes."""


@dataclass(frozen=True, slots=True)
class Task:
    """One search to be simulated."""

    seed: int
    """Base seed of the session; decides the target too."""
    prompt: str
    kind: TargetKind

    @classmethod
    def of_seed(cls, seed: int, kind: TargetKind, prompt: str | None = None) -> "Task":
        """Return the task of a seed.

        Args:
            seed: tuning uses 0-19, reports use 1000 and above.
            kind: of the target.
            prompt: None means the one the seed stands for.

        Raises:
            ProtocolError: if the seed is out of range, or what draws its target is
                not installed.
        """
        if not 0 <= seed < SEED_LIMIT:
            raise ProtocolError(f"a seed is in [0, 2**63), got {seed}")
        return cls(seed, _prompt(seed, kind) if prompt is None else prompt, kind)


def _prompt(seed: int, kind: TargetKind) -> str:
    return half_said(seed) if kind is TargetKind.DRAWING else prompt_for(seed)


def start_spec(model: ModelSpec, task: Task) -> RenderSpec:
    """Return what the session shows first: the identity warp.

    Args:
        model: an entry of the catalog.
        task: gives prompt and seed.
    """
    space = model.warp_space("")
    return RenderSpec(
        model=model.name,
        revision=model.revision,
        prompt=task.prompt,
        negative_prompt=model.negative_prompt,
        base_seed=task.seed,
        warp_space=space.name,
        warp=(0,) * space.dimension,
        steps=model.steps,
        guidance=model.guidance,
        width_px=model.width_px,
        height_px=model.height_px,
    )


def target_spec(model: ModelSpec, task: Task) -> RenderSpec:
    """Return the hidden target as a render spec.

    Args:
        model: an entry of the catalog.
        task: its seed and kind decide the target.

    Raises:
        ProtocolError: if the target is a drawing, which no model renders.
    """
    start = start_spec(model, task)
    if task.kind is TargetKind.DRAWING:
        raise ProtocolError("the target is a drawing, not a picture of the model")
    if task.kind is TargetKind.ATTRIBUTE:
        source = random.Random(task.seed)
        n_changes = source.randint(1, _MAX_CHANGES)
        return replace(start, prompt=changed_prompt(task.prompt, n_changes, source))
    generator = np.random.default_rng([task.seed, _STREAMS[task.kind]])
    if task.kind is TargetKind.SEED:
        return replace(start, base_seed=int(generator.integers(SEED_LIMIT)))
    spec = _bending(model)
    space = warp_space(spec.family, spec.revision)
    hidden = generator.uniform(-1, 1, space.dimension)
    warp = space.quantize(hidden.tolist())
    return replace(start, warp_space=spec.name, warp=warp)


def _bending(model: ModelSpec) -> WarpSpaceSpec:
    """Return the warp space of the model's sessions, or the first if they have none."""
    spec = model.warp_space("")
    if spec.dimension:
        return spec
    return next(space for space in model.warp_spaces.values() if space.dimension)
