"""What the server tells, as plain values; units end the names, times are UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from multibo.client.enums import CandidateRole as CandidateRole
from multibo.client.enums import CandidateState as CandidateState
from multibo.client.enums import FeedbackKind as FeedbackKind
from multibo.client.enums import ForkMode as ForkMode
from multibo.client.enums import ModelReadiness as ModelReadiness
from multibo.client.enums import RoundState as RoundState
from multibo.client.enums import SessionState as SessionState
from multibo.client.enums import SkipReason as SkipReason


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """What is known about an image without its bytes."""

    digest: str
    """SHA-256 of the bytes, hexadecimal."""
    media_type: str
    width_px: int
    height_px: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ImageUrl:
    """Where anybody who is given it may fetch one image, for a while."""

    url: str
    expire_time: datetime
    image: ImageInfo


@dataclass(frozen=True, slots=True)
class RenderFailure:
    """Why a candidate has no image."""

    reason: str
    n_attempts: int


@dataclass(frozen=True, slots=True)
class CandidateInfo:
    """One warp vector and, once rendered, its image."""

    name: str
    slot: int
    base_seed: int
    """Seed of the start noise."""
    warp: tuple[float, ...]
    """One value in `[-1, 1]` per axis."""
    role: CandidateRole
    state: CandidateState
    utility_mean: float | None = None
    utility_sd: float | None = None
    win_probability: float | None = None
    image: ImageInfo | None = None
    failure: RenderFailure | None = None
    estimated_wait_s: float | None = None
    enqueue_time: datetime | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The picked slot of a judged round."""

    slot: int
    shown: tuple[int, ...]
    """Slots the person saw, in display order."""


@dataclass(frozen=True, slots=True)
class FeedbackInfo:
    """What the person said about a round."""

    kind: FeedbackKind
    slots: tuple[int, ...]
    """The picked slot, the ranked ones (closest first) or the tied ones."""
    shown: tuple[int, ...]
    """Slots the person saw, in display order."""
    skip_reason: SkipReason = SkipReason.UNSPECIFIED
    response_time_s: float | None = None


@dataclass(frozen=True, slots=True)
class ChoiceProbabilities:
    """What the preference model expects the person to answer."""

    slots: tuple[float, ...]
    none_of_these: float


@dataclass(frozen=True, slots=True)
class RoundInfo:
    """One slate and the feedback on it."""

    name: str
    number: int
    ordinal: int
    """Place among the effective rounds, from 1; 0 when it is OBSOLETE."""
    state: RoundState
    candidates: tuple[CandidateInfo, ...]
    choice: Choice | None = None
    """None before the feedback, and for feedback that is no choice."""
    degraded: str = ""
    """Why the slate is a fallback; empty when it is none."""
    create_time: datetime | None = None
    judge_time: datetime | None = None
    propose_duration_s: float | None = None
    engine_version: str = ""
    feedback: FeedbackInfo | None = None
    predicted: ChoiceProbabilities | None = None
    """Frozen when the round was proposed; None before the first feedback."""


@dataclass(frozen=True, slots=True)
class SessionSpec:
    """What a session searches for, every default filled in."""

    prompt: str
    negative_prompt: str
    model: str
    model_revision: str
    warp_space: str
    seed: int
    steps: int
    guidance: float
    k: int
    """Candidates per round."""
    rounds: int
    """Rounds the session may spend on feedback."""
    labels: dict[str, str] = field(default_factory=dict)
    images: int = 0
    """Images the session may spend; 0 in a request lets the server decide."""
    anchor: bool = True
    control_share: float = 0.0
    probe_share: float = 0.0
    casting_rounds: int = 0
    """Judged rounds at most in which the slates show other start noises."""


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """One person's search for one image."""

    name: str
    spec: SessionSpec
    state: SessionState
    etag: str
    open_round: str
    """Name of the round that is RENDERING or OPEN; empty when there is none."""
    n_feedbacks: int
    n_images: int
    accepted_candidate: str = ""
    create_time: datetime | None = None
    update_time: datetime | None = None
    expire_time: datetime | None = None
    latest_round: RoundInfo | None = None
    """The newest effective round; only where the whole session was asked for."""
    can_undo: bool = False
    can_redo: bool = False
    forked_from: str = ""
    """Name of the session this one continues; empty when there is none."""


@dataclass(frozen=True, slots=True)
class ExportedSession:
    """A session as one document, to be imported anywhere."""

    document: bytes
    """JSON in UTF-8."""
    digest: str
    """SHA-256 of the document, hexadecimal."""
    schema: int


@dataclass(frozen=True, slots=True)
class UtilityEstimate:
    """What the preference model believes about one warp vector now."""

    mean: float
    sd: float
    win_probability: float


@dataclass(frozen=True, slots=True)
class RecommendationInfo:
    """Which image the person has in mind, as far as the feedback tells."""

    candidate: CandidateInfo
    """The incumbent, the best of what was shown."""
    estimate: UtilityEstimate
    predicted_warp: tuple[float, ...]
    """The best point of the warp space; may never have been rendered."""
    predicted_base_seed: int
    predicted_estimate: UtilityEstimate
    engine_version: str
    n_feedbacks: int
    degraded: str = ""
    """Why it is a fallback of the preference model; empty when it is none."""


@dataclass(frozen=True, slots=True)
class Model:
    """A diffusion model of the catalog."""

    name: str
    """Resource name, `models/{model}`."""
    title: str
    revision: str
    readiness: ModelReadiness
    width_px: int
    height_px: int
    steps: int
    guidance: float
    examples: tuple[str, ...]
    default_warp_space: str
    warp_dimension: int
    estimated_wait_s: float | None = None
    warp_spaces: tuple[str, ...] = ()
    """All that a session may search."""
    casting_rounds: int = 0
    """Unless a session asks for another number."""


@dataclass(frozen=True, slots=True)
class WarpAxis:
    """One axis of a warp space."""

    name: str
    low_label: str
    high_label: str


@dataclass(frozen=True, slots=True)
class WarpSpace:
    """A box of warp vectors."""

    name: str
    dimension: int
    axes: tuple[WarpAxis, ...]
    identity: tuple[float, ...]
    resolution: float
    """Distance between neighboring values of an axis."""
