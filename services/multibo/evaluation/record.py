"""What a simulated session leaves behind: figures to keep, pictures to look at."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from multibo.evaluation.search import RoundTiming


@dataclass(frozen=True, slots=True)
class RoundRecord:
    """One judged round in figures."""

    round: int
    chosen: int
    """Slot."""
    roles: tuple[str, ...]
    gains: Mapping[str, tuple[float, ...]]
    """By metric, the gain over the start of each candidate."""
    timing: RoundTiming
    degraded: str


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """One simulated session in figures."""

    session: str
    seed: int
    prompt: str
    target: str
    """Kind of the hidden target."""
    user_metric: str
    judge_metrics: tuple[str, ...]
    """The first one judges; the others are reported beside it."""
    start_distances: Mapping[str, float]
    final_gains: Mapping[str, float]
    """Gain of the recommendation over the start, by metric."""
    rounds: tuple[RoundRecord, ...]

    @property
    def metrics(self) -> tuple[str, ...]:
        """The user's metric, then the judges'."""
        return (self.user_metric, *self.judge_metrics)

    def curve(self, metric: str) -> tuple[float, ...]:
        """Return the gain of the chosen picture after each round, from the start's 0.

        Args:
            metric: by which distance.
        """
        chosen = (entry.gains[metric][entry.chosen] for entry in self.rounds)
        return (0.0, *chosen)

    def to_json(self) -> dict[str, object]:
        """Return plain JSON values."""
        document = asdict(self)
        for entry, plain in zip(self.rounds, document["rounds"], strict=True):
            plain["timing"]["rest_s"] = entry.timing.rest_s
        return document


@dataclass(frozen=True, slots=True)
class SessionPictures:
    """The pictures of a simulated session, as PNG."""

    target: bytes
    start: bytes
    slates: tuple[tuple[bytes, ...], ...]
    final: bytes


@dataclass(frozen=True, slots=True)
class SimulatedSession:
    """A session that was played to its end."""

    record: SessionRecord
    pictures: SessionPictures
