"""The denoising loop: rows of any sessions share a batch, and may leave it.

A stock pipeline cannot drop a row and hides its step window, so the loop is ours; each
of its operations is the one that the stock loop performs, in the same order, so that a
warp of zero gives the same bits.

Batches have padded sizes. For equal padded size a row's bits are equal whatever its
neighbors are, because no operation mixes rows; a row that leaves becomes padding, and
once the others fit a smaller size the batch shrinks to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from torch import Tensor

from multibo.jobs.spec import RenderSpec
from multibo.warp.install import warped
from multibo.warp.parametrization import WarpFamily, plan
from multibo.warp.transform import WarpPlan

PADDED_SIZES: Final = (1, 2, 4, 8)
"""Sizes a batch can have."""


class RowObserver(Protocol):
    """Whoever has to know of progress, and may cancel rows."""

    def step(self, step: int, n_steps: int) -> frozenset[int]:
        """Take note of a finished step.

        Args:
            step: number of steps done, from 1.
            n_steps: number of steps of the render.

        Returns:
            Indices of the rows that are no longer wanted; repeating one is harmless.
        """
        ...


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a batch, ready to be denoised."""

    spec: RenderSpec
    vector: tuple[float, ...]
    """The warp vector, `d` coordinates in `[-1, 1]`."""
    prompt: Tensor
    """`t x c` states of the prompt."""
    negative: Tensor
    """`t x c` states of the negative prompt."""
    noise: Tensor
    """`c x h x w` start noise."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The state between two steps."""

    rows: tuple[Row, ...]
    """One per place; padding repeats a row."""
    owners: tuple[int | None, ...]
    """For each place the row's index in the caller's list; None is padding."""
    latents: Tensor
    """`p x c x h x w`."""

    @property
    def live(self) -> frozenset[int]:
        """Indices of the rows still wanted."""
        return frozenset(owner for owner in self.owners if owner is not None)


def padded_size(n_rows: int) -> int:
    """Return the size of the batch that holds `n_rows` rows.

    Args:
        n_rows: from 1 to the largest padded size.

    Raises:
        ValueError: if no batch holds so many rows.
    """
    for size in PADDED_SIZES:
        if 0 < n_rows <= size:
            return size
    raise ValueError(f"no batch holds {n_rows} rows")


def start_noise(seed: int, shape: Sequence[int]) -> Tensor:
    """Return the start noise of one row, the same in every batch and on any device.

    Args:
        seed: the row's base seed.
        shape: channels, height and width of the latent picture.
    """
    generator = torch.Generator("cpu").manual_seed(seed)
    noise: Tensor = torch.randn((1, *shape), generator=generator)[0]
    return noise


def start_batch(rows: Sequence[Row], scale: float = 1.0) -> Batch:
    """Return the batch before the first step.

    Args:
        rows: one to eight rows of one compat key.
        scale: standard deviation of the noise that the scheduler starts from.
    """
    places = _fill(range(len(rows)))
    return Batch(
        rows=tuple(rows[place] for place in places),
        owners=_owners(range(len(rows)), len(places)),
        latents=torch.stack([rows[place].noise for place in places]) * scale,
    )


def without(batch: Batch, gone: frozenset[int]) -> Batch:
    """Return the batch without some rows, in the smallest size that holds the others.

    Args:
        batch: the batch; left as it is.
        gone: indices of rows in the caller's list.
    """
    owners = tuple(None if owner in gone else owner for owner in batch.owners)
    kept = [place for place, owner in enumerate(owners) if owner is not None]
    if not kept or padded_size(len(kept)) == len(owners):
        return replace(batch, owners=owners)
    places = _fill(kept)
    return Batch(
        rows=tuple(batch.rows[place] for place in places),
        owners=_owners([owners[place] for place in kept], len(places)),
        latents=batch.latents[places],
    )


def denoise(
    unet: UNet2DConditionModel,
    scheduler: DDIMScheduler,
    family: WarpFamily,
    batch: Batch,
    observer: RowObserver | None = None,
) -> Batch:
    """Return the batch after the last step, or once nobody wants a row of it.

    Args:
        unet: the model, its attention processors the stock ones.
        scheduler: a scheduler of this batch alone.
        family: the warp family that the rows' vectors belong to.
        batch: the batch before the first step.
        observer: told after every step; names the rows to drop.
    """
    n_steps = batch.rows[0].spec.steps
    scheduler.set_timesteps(n_steps)
    n_levels = len(unet.config.down_block_types)
    inputs = _inputs(batch, family, n_levels, first_step=0)
    with warped(unet, family):
        for step, timestep in enumerate(scheduler.timesteps):
            warp = inputs.warp if family.acts_at(step, n_steps) else None
            noise = _predict(unet, scheduler, batch.latents, timestep, inputs, warp)
            latents = scheduler.step(noise, timestep, batch.latents, return_dict=False)
            n_places = len(batch.rows)
            batch = replace(batch, latents=latents[0])
            if observer is not None:
                batch = without(batch, observer.step(step + 1, n_steps))
            if not batch.live:
                break
            if len(batch.rows) != n_places:
                inputs = _inputs(batch, family, n_levels, first_step=step + 1)
    return batch


@dataclass(frozen=True, slots=True)
class _Inputs:
    """What a batch feeds into every step."""

    context: Tensor
    """`2p x t x c` with guidance (negative prompts first), else `p x t x c`."""
    guidance: Tensor | None
    """`p x 1 x 1 x 1`; None without guidance."""
    warp: WarpPlan | None
    """None once the warp's window is over."""


def _inputs(
    batch: Batch, family: WarpFamily, n_levels: int, *, first_step: int
) -> _Inputs:
    prompts = torch.stack([row.prompt for row in batch.rows])
    guided = batch.rows[0].spec.guidance > 1
    guidance = None
    if guided:
        negatives = torch.stack([row.negative for row in batch.rows])
        prompts = torch.cat([negatives, prompts])
        factors = [row.spec.guidance for row in batch.rows]
        guidance = torch.tensor(factors, dtype=torch.float32).view(-1, 1, 1, 1)
    n_steps = batch.rows[0].spec.steps
    warp = None
    if any(family.acts_at(step, n_steps) for step in range(first_step, n_steps)):
        height, width = batch.latents.shape[-2:]
        warp = plan(
            family,
            [row.vector for row in batch.rows],
            _grids(height, width, n_levels),
            n_copies=2 if guided else 1,
        )
    return _Inputs(prompts, guidance, warp)


def _predict(
    unet: UNet2DConditionModel,
    scheduler: DDIMScheduler,
    latents: Tensor,
    timestep: Tensor,
    inputs: _Inputs,
    warp: WarpPlan | None,
) -> Tensor:
    doubled = latents if inputs.guidance is None else torch.cat([latents, latents])
    noise: Tensor = unet(
        scheduler.scale_model_input(doubled, timestep),
        timestep,
        encoder_hidden_states=inputs.context,
        cross_attention_kwargs={"warp": warp},
        return_dict=False,
    )[0]
    if inputs.guidance is None:
        return noise
    negative, positive = noise.chunk(2)
    return negative + inputs.guidance * (positive - negative)


def _grids(height: int, width: int, n_levels: int) -> list[tuple[int, int]]:
    """Return the token grids of a UNet that halves its picture at every level."""
    grids = [(height, width)]
    for _ in range(n_levels - 1):
        height, width = (height + 1) // 2, (width + 1) // 2
        grids.append((height, width))
    return grids


def _fill(kept: Sequence[int]) -> list[int]:
    """Return the places of a padded batch: those kept, then copies of the last."""
    return [*kept, *[kept[-1]] * (padded_size(len(kept)) - len(kept))]


def _owners(live: Sequence[int | None], n_places: int) -> tuple[int | None, ...]:
    return (*live, *[None] * (n_places - len(live)))
