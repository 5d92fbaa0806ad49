"""The denoising loop: rows of any sessions share a batch, and may leave it.

A stock pipeline cannot drop a row and hides its step window, so the loop is ours; each
of its operations is the one that the stock loop performs, in the same order, so that a
warp of zero gives the same bits.

Batches have padded sizes. For equal padded size a row's bits are equal whatever its
neighbors are, because no operation mixes rows; a row that leaves becomes padding, and
once the others fit half the places the batch shrinks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import torch
from torch import Tensor

from multibo.jobs.spec import RenderSpec
from multibo.render.architectures.port import Architecture
from multibo.render.embeddings import TextEmbedding
from multibo.render.observer import RowObserver, show
from multibo.render.prefix import PrefixCache
from multibo.render.schedule import Schedule
from multibo.warp.install import warped
from multibo.warp.parametrization import WarpFamily, at_step, plan
from multibo.warp.transform import WarpPlan

PADDED_SIZES: Final = (1, 2, 3, 4, 6, 8)
"""Sizes a batch can have; three is a slate whose anchor was drawn before."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a batch, ready to be denoised."""

    spec: RenderSpec
    vector: tuple[float, ...]
    """The warp vector, `d` coordinates in `[-1, 1]`."""
    prompt: TextEmbedding
    negative: TextEmbedding
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


def start_batch(rows: Sequence[Row]) -> Batch:
    """Return the batch before the first step, its noise not yet scaled.

    Args:
        rows: one to eight rows of one compat key.
    """
    places = _fill(range(len(rows)))
    return Batch(
        rows=tuple(rows[place] for place in places),
        owners=_owners(range(len(rows)), len(places)),
        latents=torch.stack([rows[place].noise for place in places]),
    )


def without(batch: Batch, gone: frozenset[int]) -> tuple[Batch, list[int]]:
    """Return the batch without some rows, smaller where half the places are enough.

    Args:
        batch: the batch; left as it is.
        gone: indices of rows in the caller's list.

    Returns:
        The batch, and for each of its places the place it had before.
    """
    owners = tuple(None if owner in gone else owner for owner in batch.owners)
    kept = [place for place, owner in enumerate(owners) if owner is not None]
    # A row's last bits hang on the size: not for one neighbor that leaves.
    if not kept or 2 * padded_size(len(kept)) > len(owners):
        return replace(batch, owners=owners), list(range(len(owners)))
    places = _fill(kept)
    smaller = Batch(
        rows=tuple(batch.rows[place] for place in places),
        owners=_owners([owners[place] for place in kept], len(places)),
        latents=batch.latents[places],
    )
    return smaller, places


def denoise(
    model: Architecture,
    family: WarpFamily,
    batch: Batch,
    observer: RowObserver | None = None,
    prefixes: PrefixCache | None = None,
) -> Batch:
    """Return the batch after the last step, or once nobody wants a row of it.

    Args:
        model: its attention processors the stock ones.
        family: the warp family that the rows' vectors belong to.
        batch: the batch before the first step.
        observer: told after every step; names the rows to drop.
        prefixes: what rows of this model were before their window, if that is kept.
    """
    schedule = _schedule(model, batch)
    n_steps = len(schedule.timesteps)
    prefix = _Prefix(batch, family, n_steps, prefixes)
    batch, n_done = prefix.taken_up(model, batch, schedule)
    inputs = _inputs(model, batch, family, n_steps, first_step=n_done)
    with warped(model.denoiser, family):
        for step, timestep in enumerate(schedule.timesteps[n_done:], n_done):
            prefix.keep(batch, step, schedule)
            warp = at_step(family, inputs.warp, step, n_steps)
            prediction = _predict(
                model, schedule.scaled, batch.latents, timestep, inputs, warp
            )
            latents = schedule.step(prediction, timestep, batch.latents)
            n_places = len(batch.rows)
            batch = replace(batch, latents=latents)
            if observer is not None:
                show(observer, batch.owners, schedule.expected)
                batch, places = without(batch, observer.step(step + 1, n_steps))
            if not batch.live:
                break
            if len(batch.rows) != n_places:
                schedule.keep(places)
                inputs = _inputs(model, batch, family, n_steps, first_step=step + 1)
    return batch


class _Prefix:
    """The steps of one batch before its window."""

    def __init__(
        self,
        batch: Batch,
        family: WarpFamily,
        n_steps: int,
        prefixes: PrefixCache | None,
    ) -> None:
        acting = [step for step in range(n_steps) if family.acts_at(step, n_steps)]
        self._n_steps = acting[0] if acting else 0
        self._prefixes = prefixes if self._n_steps else None
        self._n_places = len(batch.rows)

    def taken_up(
        self, model: Architecture, batch: Batch, schedule: Schedule
    ) -> tuple[Batch, int]:
        """Return the batch as it goes into the loop, and the steps already done."""
        if self._prefixes is not None:
            specs = [row.spec for row in batch.rows]
            known = self._prefixes.restore(specs, self._n_steps, schedule)
            if known is not None:
                self._prefixes = None  # there is nothing to keep
                return replace(batch, latents=known), self._n_steps
        latents = batch.latents.to(model.device, model.dtype) * schedule.start_scale
        return replace(batch, latents=latents), 0

    def keep(self, batch: Batch, step: int, schedule: Schedule) -> None:
        """Keep the batch if its window begins now and it is whole."""
        whole = len(batch.rows) == self._n_places
        if self._prefixes is not None and step == self._n_steps and whole:
            specs = [row.spec for row in batch.rows]
            self._prefixes.keep(specs, step, batch.latents, schedule)


def _schedule(model: Architecture, batch: Batch) -> Schedule:
    shape = batch.latents.shape[1:]
    return Schedule(
        model.start_scheduler(batch.rows[0].spec.steps, (shape[1], shape[2])),
        seeds=[row.spec.base_seed for row in batch.rows],
        noise_shape=shape,
    )


@dataclass(frozen=True, slots=True)
class _Inputs:
    """What a batch feeds into every step."""

    tensors: dict[str, Tensor]
    """`2p` lines each with guidance (negative prompts first), else `p` lines."""
    guidance: Tensor | None
    """`p x 1 x 1 x 1`, float32; None without guidance."""
    warp: WarpPlan | None
    """None once the warp's window is over."""


def _inputs(
    model: Architecture,
    batch: Batch,
    family: WarpFamily,
    n_steps: int,
    *,
    first_step: int,
) -> _Inputs:
    specs = [row.spec for row in batch.rows]
    guided = model.is_guided(specs[0])
    texts = [row.prompt for row in batch.rows]
    extras = model.extras(specs)
    guidance = None
    if guided:
        texts = [*(row.negative for row in batch.rows), *texts]
        extras = {name: torch.cat([value, value]) for name, value in extras.items()}
        factors = [spec.guidance for spec in specs]
        guidance = torch.tensor(factors, device=model.device).view(-1, 1, 1, 1)
    stacked = {
        name: torch.stack([text.tensors[name] for text in texts]).to(model.device)
        for name in texts[0].tensors
    }
    warp = None
    if any(family.acts_at(step, n_steps) for step in range(first_step, n_steps)):
        height, width = batch.latents.shape[-2:]
        vectors = [row.vector for row in batch.rows]
        alike = guided and family.halves == "both"
        if guided and not alike:
            unwarped = (0.0,) * family.space.dimension
            vectors = [*[unwarped] * len(vectors), *vectors]
        warp = plan(
            family,
            vectors,
            model.grids(height, width),
            n_copies=2 if alike else 1,
            device=model.device,
        )
    return _Inputs({**stacked, **extras}, guidance, warp)


def _predict(
    model: Architecture,
    scaled: Callable[[Tensor, Tensor], Tensor],
    latents: Tensor,
    timestep: Tensor,
    inputs: _Inputs,
    warp: WarpPlan | None,
) -> Tensor:
    doubled = latents if inputs.guidance is None else torch.cat([latents, latents])
    prediction = model.predict(
        scaled(doubled, timestep), timestep, inputs.tensors, warp
    )
    if inputs.guidance is None:
        return prediction
    negative, positive = prediction.chunk(2)
    # In low precision the stock product with a number is rounded once: so is this.
    step = (positive - negative).float() * inputs.guidance
    return negative + step.to(prediction.dtype)


def _fill(kept: Sequence[int]) -> list[int]:
    """Return the places of a padded batch: those kept, then copies of the last."""
    return [*kept, *[kept[-1]] * (padded_size(len(kept)) - len(kept))]


def _owners(live: Sequence[int | None], n_places: int) -> tuple[int | None, ...]:
    return (*live, *[None] * (n_places - len(live)))
