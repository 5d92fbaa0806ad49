"""How different the pictures of a round are, by the features of their renders."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from multibo.jobs.job import RenderJob
from multibo.optimizer.session.model import Round

ALIKE: Final = 0.28
"""Pictures nearer than this count as alike: sqrt(192) x 0.02, the distance of two
pictures whose 192 cell colors all differ by 2 % of their range, about what the eye
just tells apart side by side (CIELAB difference 2.3; Mahy et al., 1994)."""
_ANCHOR: Final = "ANCHOR"


@dataclass(frozen=True, slots=True)
class Distinctness:
    """The two pictures of a round that are nearest to each other."""

    min_distance: float
    slots: tuple[int, int]

    @property
    def note(self) -> str:
        """What to tell the person; empty if the pictures differ."""
        if self.min_distance >= ALIKE:
            return ""
        first, second = self.slots
        return f"the images of slots {first} and {second} look alike"


def distinctness(round: Round) -> Distinctness | None:
    """Return how different the pictures are; None until all have ended.

    Args:
        round: with its jobs; None as well with fewer than two pictures.
    """
    if any(not job.ended for job in round.jobs):
        return None
    distances = [
        (distance, (one.slot, other.slot))
        for one, other in combinations(round.jobs, 2)
        if (distance := _distance(one, other)) is not None
    ]
    return Distinctness(*min(distances)) if distances else None


def distance_to_anchor(round: Round, slot: int) -> float | None:
    """Return how far a picture is from the anchor's; None until both are there.

    Args:
        round: with its jobs.
        slot: which candidate.
    """
    anchors = {one.slot for one in round.slate.candidates if one.role == _ANCHOR}
    anchor = next((job for job in round.jobs if job.slot in anchors), None)
    job = next((job for job in round.jobs if job.slot == slot), None)
    return _distance(anchor, job) if anchor and job else None


def _distance(one: RenderJob, other: RenderJob) -> float | None:
    # Workers of two releases may describe pictures differently.
    if not one.features or len(one.features) != len(other.features):
        return None
    return math.dist(one.features, other.features)
