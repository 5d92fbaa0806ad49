"""What a worker's rows came to, as metrics."""

from __future__ import annotations

from redis import Redis

from multibo.jobs.job import MAX_ATTEMPTS, ImageRef, JobState
from multibo.render.leases import Claim, Leases
from multibo.telemetry.metrics import ROWS_RENDERED, WAIT_DURATION, Meter


class MeteredLeases(Leases):
    """Leases that count the rows this worker ends, and how long each had waited."""

    def __init__(self, redis: Redis, worker: str, meter: Meter) -> None:
        super().__init__(redis, worker)
        self._meter = meter

    def claim(self, reference: str) -> Claim | None:
        """Return the row, or None; see `Leases.claim`."""
        claim = super().claim(reference)
        if claim is not None and _is_first(claim):
            job = claim.job
            waited_s = (job.started_ms - job.enqueued_ms) / 1000
            self._meter.observe(WAIT_DURATION, max(0.0, waited_s), model=job.spec.model)
        return claim

    def ready(
        self, claim: Claim, image: ImageRef, features: tuple[float, ...], note: str
    ) -> bool:
        """Give the image to the session; see `Leases.ready`."""
        ours = super().ready(claim, image, features, note)
        if ours:
            self._count(claim, JobState.READY)
        return ours

    def fail(self, claim: Claim, reason: str) -> bool:
        """Charge a failed attempt to the row; see `Leases.fail`."""
        ours = super().fail(claim, reason)
        if ours and claim.job.failures + 1 >= MAX_ATTEMPTS:
            self._count(claim, JobState.FAILED)
        return ours

    def _count(self, claim: Claim, state: JobState) -> None:
        self._meter.count(ROWS_RENDERED, model=claim.job.spec.model, state=state.value)


def _is_first(claim: Claim) -> bool:
    # The fence counts every claim, also of a row that comes back.
    return claim.job.attempt == 1
