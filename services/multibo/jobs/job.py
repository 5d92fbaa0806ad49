"""The durable request to render one candidate, and the rules of its life."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from multibo.jobs.spec import RenderSpec

LEASE_MS: Final = 15_000
"""A claimed row belongs to its worker for this long after the last renewal."""
MAX_ATTEMPTS: Final = 3
"""A row that failed this often is FAILED; retries wait 2, 4, 8 s."""
MAX_LAPSES: Final = 10
"""A row whose workers died this often is FAILED: it may be what kills them."""


class JobState(StrEnum):
    """Where a job stands; READY, FAILED and CANCELLED are ends."""

    QUEUED = "queued"
    RENDERING = "rendering"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED: Final = frozenset({JobState.READY, JobState.FAILED, JobState.CANCELLED})


@dataclass(frozen=True, slots=True)
class ImageRef:
    """A stored picture: where it is and what it is."""

    address: str
    """Name in the blob store: SHA-256 of the spec and the numerics tag."""
    digest: str
    """SHA-256 of the bytes."""
    media_type: str
    width_px: int
    height_px: int
    size_bytes: int
    thumbnail: ImageRef | None = None
    """The same at most 128 px long; None where the image itself is no larger."""


@dataclass(frozen=True, slots=True)
class RenderJob:
    """One candidate to render; all times are the store's clock, in ms."""

    round: int
    slot: int
    spec: RenderSpec
    state: JobState = JobState.QUEUED
    attempt: int = 0
    """Claims so far; the number is the fence of every later write."""
    failures: int = 0
    """Attempts that were charged to the row itself."""
    lapses: int = 0
    """Leases that ran out: the worker died, or was cut off."""
    owner: str = ""
    lease_until_ms: int = 0
    due_ms: int = 0
    enqueued_ms: int = 0
    started_ms: int = 0
    ended_ms: int = 0
    image: ImageRef | None = None
    features: tuple[float, ...] = ()
    failure: str = ""
    note: str = ""
    """What the person should know about the picture, such as a cut prompt."""
    trace: str = ""
    """W3C traceparent of the call that asked for it; part of no address."""

    @property
    def field(self) -> str:
        """Field of the session's `jobs` hash."""
        return job_field(self.round, self.slot)

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to this job by itself."""
        return self.state in ENDED

    def queued_again(self, *, now_ms: int) -> RenderJob:
        """Return the job as a fresh request: attempts keep counting (the fence)."""
        return replace(
            self,
            state=JobState.QUEUED,
            failures=0,
            lapses=0,
            owner="",
            lease_until_ms=0,
            due_ms=now_ms,
            enqueued_ms=now_ms,
            started_ms=0,
            ended_ms=0,
            failure="",
        )


def job_field(round: int, slot: int) -> str:
    """Return the hash field of a job."""
    return f"{round}/{slot}"


def retry_delay_ms(failures: int) -> int:
    """Return how long a row waits after its n-th own failure: 2, 4, 8 s."""
    return 1000 << min(max(failures, 1), 3)
