"""What an evaluation needs of a system under test: slates to see, a choice to give.

`service.py` is the product, through its public client; `inprocess.py` is the engine
and the renderer without the service between them, for research runs.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ShownCandidate:
    """One picture of a slate, as a person gets it."""

    slot: int
    role: str
    """Why it is in the slate: ANCHOR, INITIAL, EXPLOIT, ..."""
    png: bytes


@dataclass(frozen=True, slots=True)
class RoundTiming:
    """Where the seconds between asking for a round and seeing it whole went."""

    total_s: float
    """As the person waited."""
    proposal_s: float
    """The preference engine."""
    queue_s: float
    """From the first job's enqueuing until a worker began with one."""
    render_s: float
    """From the first job's start to the last one's end."""

    @property
    def rest_s(self) -> float:
        """What remains: commits, wake-ups, transfers."""
        known_s = self.proposal_s + self.queue_s + self.render_s
        return max(0.0, self.total_s - known_s)


@dataclass(frozen=True, slots=True)
class ShownRound:
    """A whole slate on the screen."""

    number: int
    candidates: tuple[ShownCandidate, ...]
    timing: RoundTiming
    degraded: str = ""
    """Why the slate is a fallback; empty if it is not."""


class Search(Protocol):
    """One session with a system under test."""

    name: str
    """How the system calls the session."""

    def propose(self) -> ShownRound:
        """Return the next round, all of its pictures rendered."""

    def choose(self, slot: int) -> None:
        """Answer the round last proposed.

        Args:
            slot: of the picture closest to the target.
        """

    def recommend(self) -> bytes:
        """Return the PNG of the answer so far; needs at least one choice."""
