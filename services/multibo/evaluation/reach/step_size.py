"""How far an evolution strategy steps: more after a success, less after a failure."""

from dataclasses import dataclass, replace
from typing import Final

GROWTH: Final = 1.15
"""Per success. With the factor below, steps keep their size when 37 % of the rounds
succeed, which for three candidates is near the classic one in five (Rechenberg)."""
SHRINKAGE: Final = 0.92
"""Per failure, where nothing else is said."""


@dataclass(frozen=True, slots=True)
class StepSize:
    """A step size that follows success."""

    value: float
    largest: float
    shrinkage: float = SHRINKAGE
    """The factor of a failure."""

    def after(self, *, success: bool) -> "StepSize":
        """Return the step size after a round.

        Args:
            success: whether one of its steps was kept.
        """
        grown = self.value * (GROWTH if success else self.shrinkage)
        return replace(self, value=min(grown, self.largest))
