"""What a model-free search is: it shows candidates, and learns which one was kept."""

from collections.abc import Callable
from typing import Final, Protocol, TypeAlias

from multibo.jobs.catalog import ModelSpec
from multibo.jobs.spec import RenderSpec

N_NEW: Final = 3
"""Candidates shown beside the anchor, as in a slate of four."""


class Strategy(Protocol):
    """A search in rounds; the anchor is what the person kept last."""

    def propose(self) -> tuple[RenderSpec, ...]:
        """Return what is shown beside the anchor; the same until something is learned.

        Every strategy shows `N_NEW` candidates, and starts from the start as anchor.
        """
        ...

    def learn(self, kept: int | None) -> None:
        """Take note of the person's choice.

        Args:
            kept: index of the new anchor among the proposed; None keeps the old one.
        """
        ...


OpenStrategy: TypeAlias = Callable[[ModelSpec, RenderSpec], Strategy]
"""Begins a search of a model, given what it starts from."""
