"""The values a session is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from multibo.jobs.job import JobState, RenderJob
from multibo.jobs.spec import RenderSpec, Turn
from multibo.optimizer.session.ids import CandidateName, RoundName, SessionName
from multibo.warp.space import SearchSpace, search_space

MIN_OPEN: Final = 2
"""A round needs this many pictures before it can be asked."""


class SessionState(StrEnum):
    """ACTIVE takes rounds; EXHAUSTED has spent its budget; FINISHED is read-only."""

    ACTIVE = "active"
    EXHAUSTED = "exhausted"
    FINISHED = "finished"


class RoundState(StrEnum):
    """The first three are derived from the jobs, the others are written."""

    RENDERING = "rendering"
    OPEN = "open"
    FAILED = "failed"
    JUDGED = "judged"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    OBSOLETE = "obsolete"


@dataclass(frozen=True, slots=True)
class SessionSpec:
    """What a session was created with; nothing ever changes it."""

    prompt: str
    negative_prompt: str
    model: str
    revision: str
    warp_space: str
    dimension: int
    base_seed: int
    steps: int
    guidance: float
    width_px: int
    height_px: int
    k: int
    rounds: int
    """Judged rounds the session may spend."""
    images: int
    """Pictures the session may spend; repeated anchors are free."""
    anchor: bool = True
    labels: tuple[tuple[str, str], ...] = ()
    warp_family: str = ""
    """Warp part of a composite `warp_space`; empty where that is a warp family."""
    n_noise: int = 0
    """Coordinates of the vector, the last ones, that turn the start noise."""
    noise_angle: float = 0.0
    """Angle that a noise coordinate of 1 stands for, in radians."""
    casting_rounds: int = 0
    """Judged rounds at most in which the slates show other start noises."""
    control_share: float = 0.0
    """Share of the candidates, after casting, that show a fresh start noise."""
    probe_share: float = 0.0
    """Share of the rounds, after casting, that repeat an earlier question."""

    @property
    def space(self) -> SearchSpace:
        """The box of the session's vectors, with its axes."""
        return search_space(
            self.warp_family or self.warp_space,
            name=self.warp_space,
            n_noise=self.n_noise,
            noise_angle=self.noise_angle,
        )

    def render_spec(self, candidate: Candidate) -> RenderSpec:
        """Return what a candidate of this session renders.

        Args:
            candidate: with a vector of the session's space.
        """
        warp, angles = (
            self.space.split(candidate.warp) if self.n_noise else (candidate.warp, ())
        )
        turn = Turn(candidate.directions, angles, self.space.parts)
        turned = (turn,) if any(angles) else ()
        return RenderSpec(
            model=self.model,
            revision=self.revision,
            prompt=self.prompt,
            negative_prompt=self.negative_prompt,
            base_seed=candidate.base_seed,
            warp_space=self.warp_family or self.warp_space,
            warp=warp,
            turns=(*candidate.turns, *turned),
            steps=self.steps,
            guidance=self.guidance,
            width_px=self.width_px,
            height_px=self.height_px,
        )


@dataclass(frozen=True, slots=True)
class Undone:
    """A feedback taken back, and what stood open instead of its round."""

    round: int
    skipped: bool
    """Whether the feedback was a skip."""
    current_round: int | None
    """The session's current round before the undo; redo brings it back."""


@dataclass(frozen=True, slots=True)
class Session:
    """The small, always-loaded part: its size does not grow with the pictures."""

    name: SessionName
    spec: SessionSpec
    state: SessionState
    rev: int
    """Counts commands; the etag."""
    create_time_ms: int
    update_time_ms: int
    next_round: int = 0
    current_round: int | None = None
    """The newest round, unless it was judged or canceled."""
    effective: tuple[int, ...] = ()
    """Rounds whose feedback counts, skips among them, in order."""
    n_skipped: int = 0
    """How many of `effective` were skipped: they spend no budget."""
    undone: tuple[Undone, ...] = ()
    """What redo would bring back, the last one first to come."""
    images_used: int = 0
    accepted: CandidateName | None = None
    prior: tuple[float, ...] = ()
    """What an earlier session taught about the person: the engine's own numbers."""
    forked_from: SessionName | None = None

    @property
    def etag(self) -> str:
        """Opaque to callers; only commands change it."""
        return f"r{self.rev}"

    @property
    def n_judged(self) -> int:
        """Rounds of the budget that are spent."""
        return len(self.effective) - self.n_skipped

    @property
    def can_undo(self) -> bool:
        """Whether there is feedback to take back."""
        return bool(self.effective) and self.state is not SessionState.FINISHED

    @property
    def can_redo(self) -> bool:
        """Whether there is feedback to bring back."""
        return bool(self.undone) and self.state is not SessionState.FINISHED


@dataclass(frozen=True, slots=True)
class Candidate:
    """One proposed picture, as the engine meant it."""

    slot: int
    base_seed: int
    """Seed of its start noise."""
    warp: tuple[int, ...]
    role: str
    utility_mean: float
    utility_sd: float
    win_probability: float
    turns: tuple[Turn, ...] = ()
    """What is done to that noise before the vector's own turn."""
    directions: tuple[int, ...] = ()
    """Seeds that the vector's noise coordinates turn toward, one each."""


@dataclass(frozen=True, slots=True)
class Slate:
    """A round as proposed; immutable."""

    number: int
    ordinal: int
    """Counts effective rounds, for display."""
    candidates: tuple[Candidate, ...]
    engine_version: str
    degraded: str
    """Why the slate is a fallback; empty when it is not."""
    propose_ms: int
    """How long the engine took."""
    create_time_ms: int


class FeedbackKind(StrEnum):
    """What kind of answer it is; all but SKIP train the preference model."""

    CHOSEN = "chosen"
    RANKING = "ranking"
    TIE = "tie"
    NONE_OF_THESE = "none_of_these"
    SKIP = "skip"


class SkipReason(StrEnum):
    """Why there is no answer."""

    UNSPECIFIED = "unspecified"
    INTERRUPTED = "interrupted"
    UNSURE = "unsure"
    BAD_IMAGE = "bad_image"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Feedback:
    """What the person said about a round."""

    kind: FeedbackKind
    slots: tuple[int, ...]
    """CHOSEN: the one closest; RANKING: the closest in order; TIE: the equally
    close; else none."""
    shown: tuple[int, ...]
    """Slots really seen, in display order; an unseen candidate has not lost."""
    request_id: str = ""
    response_time_ms: int | None = None
    skip_reason: SkipReason = SkipReason.UNSPECIFIED

    @property
    def trains(self) -> bool:
        """Whether the preference model learns from it."""
        return self.kind is not FeedbackKind.SKIP


@dataclass(frozen=True, slots=True)
class RoundEnd:
    """How a round was closed."""

    state: RoundState
    time_ms: int
    feedback: Feedback | None = None


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the append-only log; the kinds are in `session.history`."""

    kind: str
    time_ms: int
    round: int | None = None
    feedback: Feedback | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """A round with everything known about it now."""

    name: RoundName
    slate: Slate
    end: RoundEnd | None
    jobs: tuple[RenderJob, ...] = field(default=())
    """One per candidate, by slot."""

    @property
    def state(self) -> RoundState:
        """Written states win; the others follow from the jobs."""
        if self.end is not None:
            return self.end.state
        if any(not job.ended for job in self.jobs):
            return RoundState.RENDERING
        return RoundState.OPEN if len(self.ready) >= MIN_OPEN else RoundState.FAILED

    @property
    def ready(self) -> frozenset[int]:
        """Slots whose picture is there."""
        return frozenset(job.slot for job in self.jobs if job.state is JobState.READY)
