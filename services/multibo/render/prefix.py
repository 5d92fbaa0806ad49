"""The steps before a warp's window are the same for every candidate: kept, not redone.

A row's bits depend on its spec and on the padded size of its batch, so both are in the
name of what is kept. What a batch was before its window is taken up only if it is known
for every row of it; the bits are then those of a batch that began at the first step.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import torch
from torch import Tensor

from multibo.jobs.spec import RenderSpec
from multibo.render.schedule import Memory, Schedule

_CAPACITY: Final = 64
"""Rows kept; a session has one per padded size, of 131 kB at 1024 px of SDXL."""


@dataclass(frozen=True, slots=True)
class Prefix:
    """One row after the steps before the window."""

    latents: Tensor
    """`c x h x w`."""
    memory: Memory


class PrefixCache:
    """What rows were before their window, the least recently used forgotten first."""

    def __init__(self, *, capacity: int = _CAPACITY) -> None:
        self._capacity = capacity
        self._kept: OrderedDict[str, Prefix] = OrderedDict()
        self.n_hits = 0
        self.n_misses = 0

    def restore(
        self, specs: Sequence[RenderSpec], n_done: int, schedule: Schedule
    ) -> Tensor | None:
        """Return a batch's latents after `n_done` steps, if all its rows are known.

        Args:
            specs: one per place of the batch.
            n_done: steps before the window.
            schedule: of the batch, at its first step; set to step `n_done`.

        Returns:
            `p x c x h x w`; None if the steps have to be done.
        """
        names = [_name(spec, n_done, len(specs)) for spec in specs]
        if not all(name in self._kept for name in names):
            self.n_misses += 1
            return None
        self.n_hits += 1
        for name in names:
            self._kept.move_to_end(name)
        rows = [self._kept[name] for name in names]
        schedule.resume(n_done, [row.memory for row in rows])
        return torch.stack([row.latents for row in rows])

    def keep(
        self,
        specs: Sequence[RenderSpec],
        n_done: int,
        latents: Tensor,
        schedule: Schedule,
    ) -> None:
        """Keep the rows of a batch after `n_done` steps.

        Args:
            specs: one per place of a batch that no row has left.
            n_done: steps before the window, all done.
            latents: `p x c x h x w`.
            schedule: of the batch, after these steps.
        """
        for place, spec in enumerate(specs):
            row = Prefix(latents[place].clone(), schedule.memory(place))
            self._kept[_name(spec, n_done, len(specs))] = row
        while len(self._kept) > self._capacity:
            self._kept.popitem(last=False)


def _name(spec: RenderSpec, n_done: int, n_places: int) -> str:
    unwarped = replace(spec, warp=(), warp_space="")
    counts = f"{n_done}/{n_places}".encode()
    return hashlib.sha256(unwarped.canonical() + counts).hexdigest()
