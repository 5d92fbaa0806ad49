"""Whoever looks at a running batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from torch import Tensor


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


@runtime_checkable
class LatentObserver(Protocol):
    """Whoever may want to see how far the rows are."""

    def wants_latents(self) -> bool:
        """Return whether to be shown the step that was just done."""
        ...

    def latents(self, rows: Mapping[int, Tensor]) -> None:
        """Look at the rows.

        Args:
            rows: by index, `c x h x w`: the latents that the step expects in the end.
        """
        ...


def show(observer: RowObserver, owners: Sequence[int | None], expected: Tensor) -> None:
    """Show a batch to an observer that wants to see it.

    Args:
        observer: of the batch.
        owners: for each place the row's index; None is padding.
        expected: `p x c x h x w`, as the schedule expects the end.
    """
    if isinstance(observer, LatentObserver) and observer.wants_latents():
        places = enumerate(owners)
        observer.latents({row: expected[n] for n, row in places if row is not None})
