"""The names the wire gives to states, kinds and reasons; `types` has them too."""

from __future__ import annotations

from enum import StrEnum


class SessionState(StrEnum):
    """Where a session stands."""

    UNKNOWN = "UNKNOWN"
    """A state of a newer server."""
    ACTIVE = "ACTIVE"
    EXHAUSTED = "EXHAUSTED"
    FINISHED = "FINISHED"


class RoundState(StrEnum):
    """Where a round stands."""

    UNKNOWN = "UNKNOWN"
    """A state of a newer server."""
    RENDERING = "RENDERING"
    OPEN = "OPEN"
    JUDGED = "JUDGED"
    SKIPPED = "SKIPPED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    OBSOLETE = "OBSOLETE"


class CandidateState(StrEnum):
    """Where a candidate stands."""

    UNKNOWN = "UNKNOWN"
    """A state of a newer server."""
    QUEUED = "QUEUED"
    RENDERING = "RENDERING"
    READY = "READY"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class CandidateRole(StrEnum):
    """Why a candidate is in the slate."""

    UNKNOWN = "UNKNOWN"
    """A role of a newer server."""
    CAST = "CAST"
    INITIAL = "INITIAL"
    ANCHOR = "ANCHOR"
    EXPLOIT = "EXPLOIT"
    EXPLORE = "EXPLORE"
    DIVERSE = "DIVERSE"
    CONTROL = "CONTROL"
    PROBE = "PROBE"


class FeedbackKind(StrEnum):
    """How the person answered."""

    UNKNOWN = "UNKNOWN"
    """A kind of a newer server."""
    CHOSEN = "CHOSEN"
    RANKING = "RANKING"
    TIE = "TIE"
    NONE_OF_THESE = "NONE_OF_THESE"
    SKIP = "SKIP"


class SkipReason(StrEnum):
    """Why there is no answer."""

    UNSPECIFIED = "UNSPECIFIED"
    INTERRUPTED = "INTERRUPTED"
    UNSURE = "UNSURE"
    BAD_IMAGE = "BAD_IMAGE"
    OTHER = "OTHER"
    """Also a reason of a newer server."""


class ForkMode(StrEnum):
    """What of the source's history a fork takes over."""

    HISTORY = "HISTORY"
    """The effective rounds and feedback."""
    WARM_START = "WARM_START"
    """Only what they say about the person, as a prior whose weight decays."""


class ModelReadiness(StrEnum):
    """Whether a model's images can be had now."""

    UNKNOWN = "UNKNOWN"
    """A readiness of a newer server."""
    READY = "READY"
    STARTING = "STARTING"
    ABSENT = "ABSENT"
