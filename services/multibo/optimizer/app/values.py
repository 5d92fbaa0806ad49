"""The values that travel between the use cases and their ports."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from multibo.jobs.job import ImageRef, JobState, RenderJob
from multibo.optimizer.session.model import LogEntry, Round, RoundEnd, Session, Slate


@dataclass(frozen=True, slots=True)
class RequestKey:
    """One logical command of a caller."""

    request_id: str
    """UUID4."""
    digest: str
    """SHA-256 over the canonical request without its id."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is stored with a command, so that a repeat gets the same reply."""

    key: RequestKey
    reply: bytes


@dataclass(frozen=True, slots=True)
class Standing:
    """What a command on a round finds, at one moment."""

    session: Session
    round: Round
    reply: bytes | None
    """Stored by the same command, given before; a twin that was faster is seen here
    and not as a closed round."""


class EventKind(StrEnum):
    """What a durable event is about; the reader fetches what it does not tell."""

    SESSION = "session"
    ROUND = "round"
    CANDIDATE = "candidate"


@dataclass(frozen=True, slots=True)
class Change:
    """Everything one command writes, in one step, guarded by `rev`."""

    after: Session
    """With `rev` one above the stored one."""
    slate: Slate | None = None
    jobs: tuple[RenderJob, ...] = ()
    ends: tuple[tuple[int, RoundEnd | None], ...] = ()
    """Round numbers and how they closed: their unfinished jobs are canceled. None
    opens the round again: its canceled jobs are queued again."""
    requeue: tuple[str, ...] = ()
    """Fields of FAILED jobs to queue again, their attempts reset."""
    entry: LogEntry | None = None
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What a session starts with when it continues another one."""

    slates: tuple[Slate, ...] = ()
    ends: tuple[tuple[int, RoundEnd], ...] = ()
    jobs: tuple[RenderJob, ...] = ()
    log: tuple[LogEntry, ...] = ()


class Committed(StrEnum):
    """How a commit ended; nothing was written unless DONE."""

    DONE = "done"
    CONTENDED = "contended"
    REPLAYED = "replayed"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing, newest first."""

    sessions: tuple[Session, ...]
    next_cursor: str
    """Empty on the last page."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """What became of a job that is READY; nothing changes it any more."""

    image: ImageRef
    features: tuple[float, ...]
    note: str
    attempt: int
    started_ms: int
    ended_ms: int

    @classmethod
    def of(cls, job: RenderJob) -> Rendered:
        """Return what became of a job.

        Args:
            job: that is READY.
        """
        assert job.image is not None
        return cls(
            job.image,
            job.features,
            job.note,
            job.attempt,
            job.started_ms,
            job.ended_ms,
        )

    def job_of(self, job: RenderJob) -> RenderJob:
        """Return a job as it is now.

        Args:
            job: as it was before.
        """
        return replace(
            job,
            state=JobState.READY,
            owner="",
            lease_until_ms=0,
            image=self.image,
            features=self.features,
            note=self.note,
            attempt=self.attempt,
            started_ms=self.started_ms,
            ended_ms=self.ended_ms,
        )


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """A durable event, or (without cursor) what a running render shows."""

    kind: EventKind | None
    cursor: str = ""
    time_ms: int = 0
    round: int | None = None
    slot: int | None = None
    step: int = 0
    steps: int = 0
    rendered: Rendered | None = None
    """With a candidate that became ready, where the feed tells it."""
    preview: bytes = b""
    """A small picture of a running render, instead of a step."""
    media_type: str = ""
    """Of the preview."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """How a model stands in the fleet."""

    n_workers: int = 0
    wait_ms: int = 0
    """Estimated wait of a row queued now."""


class ImageSize(StrEnum):
    """Which rendition of an image is wanted."""

    FULL = "full"
    THUMBNAIL = "thumbnail"
    """At most 128 pixels on the longer side."""


@dataclass(frozen=True, slots=True)
class SignedUrl:
    """A URL that opens one image to whoever holds it."""

    url: str
    expire_time_ms: int


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the use cases."""

    session_ttl_ms: int = 7 * 24 * 3600 * 1000
    """A session nobody touches for this long is forgotten."""
    commit_tries: int = 5
    propose_timeout_s: float = 10.0
    image_inline_bytes: int = 512 * 1024
    heartbeat_s: float = 10.0
    watch_s: float = 600.0
    watch_browser_s: float = 75.0


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session as a caller sees it."""

    session: Session
    expire_time_ms: int
    round: Round | None = None
    """The newest round, in the FULL view."""
    wait_ms: int = 0
    """Until its queued pictures are expected; 0 if unknown."""
