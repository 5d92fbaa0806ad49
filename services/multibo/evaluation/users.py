"""A simulated user: holds a target, sees only what is shown, and chooses."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from multibo.evaluation.errors import ProtocolError
from multibo.evaluation.metrics import Metric
from multibo.evaluation.pictures import stack_pictures


@dataclass(frozen=True, slots=True)
class SimulatedUser:
    """A person who knows the target when they see it, by one metric.

    Of the shown pictures, one is chosen with probability
    `softmax(-distance / temperature)`; a lapse is a choice at random.
    """

    target: Tensor
    """`3 x height x width`, the image in mind."""
    metric: Metric
    temperature: float = 0.0
    """Scale of the choice noise, in units of the metric; 0 = always the closest."""
    lapse: float = 0.0
    """Probability, in [0, 1], of an answer at random."""

    def __post_init__(self) -> None:
        if not self.temperature >= 0:
            raise ProtocolError(f"temperature must be >= 0, got {self.temperature}")
        if not 0 <= self.lapse <= 1:
            raise ProtocolError(f"lapse must be in [0, 1], got {self.lapse}")

    def probabilities(self, shown: Sequence[Tensor]) -> Tensor:
        """Return how likely each shown picture is to be chosen.

        Args:
            shown: `k` pictures in display order.

        Returns:
            `k` probabilities that sum to 1. Without noise the closest has them
            all; of equally close ones, the first.
        """
        pictures = stack_pictures(shown)
        distances = self.metric.distances(pictures, self.target).double()
        if self.temperature == 0:
            deliberate = torch.zeros_like(distances)
            deliberate[int(distances.argmin())] = 1
        else:
            deliberate = torch.softmax(-distances / self.temperature, dim=0)
        return (1 - self.lapse) * deliberate + self.lapse / len(shown)

    def choose(self, shown: Sequence[Tensor], *, generator: np.random.Generator) -> int:
        """Return the index of the chosen picture.

        Args:
            shown: `k` pictures in display order.
            generator: the source of the noise; each choice draws once.
        """
        cumulative = self.probabilities(shown).cumsum(0)
        chosen = torch.searchsorted(cumulative, generator.random(), right=True)
        return min(int(chosen), len(shown) - 1)
