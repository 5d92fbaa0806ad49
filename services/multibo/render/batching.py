"""From waiting rows to finished images: one compat key, one batch at a time."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from redis.exceptions import RedisError

from multibo.blobs.errors import BlobError, BlobMissingError
from multibo.blobs.port import BlobStore, thumbnail_address
from multibo.jobs.job import ImageRef
from multibo.jobs.spec import RenderSpec
from multibo.render import images
from multibo.render.images import RenderedImage
from multibo.render.leases import BUSY_DELAY_MS, Claim, Leases, Verdict
from multibo.render.pipelines import Pipeline

logger = logging.getLogger(__name__)

RENEW_EVERY_S: Final = 0.25
"""Steps are reported, and cancellations read, at most this often."""
_STORE_TRIES: Final = 6
_STORE_PAUSE_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class _Work:
    claim: Claim
    address: str


class Drain:
    """Renders the rows of compat keys with the pipelines of this process."""

    def __init__(
        self,
        leases: Leases,
        blobs: BlobStore,
        pipelines: Mapping[str, Pipeline],
        *,
        batch_rows: int,
        stopping: threading.Event,
        on_batch: Callable[[int, float], None],
        guard: Callable[[Sequence[RenderSpec] | None], None],
    ) -> None:
        """Put the parts together.

        Args:
            leases: this worker's rights.
            blobs: where images go.
            pipelines: loaded models by catalog name.
            batch_rows: rows of a batch at most.
            stopping: once set, nothing new is claimed.
            on_batch: told rows and seconds of each finished batch.
            guard: told what is being rendered; None when nothing is.
        """
        self._leases = leases
        self._blobs = blobs
        self._pipelines = pipelines
        self._batch_rows = batch_rows
        self._stopping = stopping
        self._on_batch = on_batch
        self._guard = guard

    def run(self, compat_key: str, *, limit_s: float) -> bool:
        """Render what waits under a compat key.

        Args:
            compat_key: which rows.
            limit_s: stop taking new rows after this long, so that keys take turns.

        Returns:
            Whether rows are still waiting.
        """
        model = compat_key.partition(":")[0]
        pipeline = self._pipelines.get(model)
        if pipeline is None:
            logger.warning("no such model here", extra={"compat": compat_key})
            return False
        ends_at = time.monotonic() + limit_s
        while not self._stopping.is_set() and time.monotonic() < ends_at:
            references = self._leases.pop(compat_key, self._batch_rows)
            if not references:
                return False
            self._render(pipeline, references)
        return not self._stopping.is_set() and self._leases.waiting(compat_key) > 0

    def _render(self, pipeline: Pipeline, references: Sequence[str]) -> None:
        claims = [self._leases.claim(reference) for reference in references]
        work = [
            _Work(claim, claim.job.spec.address(pipeline.numerics))
            for claim in claims
            if claim is not None
        ]
        fresh = [one for one in work if not self._finish_stored(one)]
        held = [one for one in fresh if self._hold(one)]
        if not held:
            return
        began = time.monotonic()
        try:
            self._guard([one.claim.job.spec for one in held])
            self._render_batch(pipeline, held)
        finally:
            self._guard(None)
            for one in held:
                self._leases.drop_image(one.address)
        self._on_batch(len(held), time.monotonic() - began)

    def _finish_stored(self, work: _Work) -> bool:
        """End a row whose image exists; the anchor of every round is one."""
        try:
            data = self._blobs.get(work.address)
            reference = self._reference(work.address, data)
        except BlobMissingError:
            return False
        except BlobError as error:
            self._fail(work, f"image store: {error}")
            return True
        self._ready(work, reference, images.features(images.decode(data)), "")
        return True

    def _hold(self, work: _Work) -> bool:
        if self._leases.hold_image(work.address):
            return True
        self._leases.release(work.claim, delay_ms=BUSY_DELAY_MS)
        return False

    def _render_batch(self, pipeline: Pipeline, work: list[_Work]) -> None:
        try:
            self._render_rows(pipeline, work)
        except Exception as error:
            # Any fault of a batch is tried row by row: only the row at fault pays.
            logger.exception("batch failed", extra={"rows": len(work)})
            if len(work) == 1:
                self._fail(work[0], f"{type(error).__name__}: {error}")
                return
            for one in work:
                self._render_batch(pipeline, [one])

    def _render_rows(self, pipeline: Pipeline, work: list[_Work]) -> None:
        observer = _Renewal(self._leases, work)
        rendered = pipeline.render([one.claim.job.spec for one in work], observer)
        for one, image in zip(work, rendered, strict=True):
            if image is not None:
                self._store(one, image)

    def _store(self, work: _Work, image: RenderedImage) -> None:
        try:
            data = self._kept(work.address, image.file.data)
            reference = self._reference(work.address, data)
        except BlobError as error:
            self._fail(work, f"image store: {error}")
            return
        self._ready(work, reference, image.features, image.note)

    def _kept(self, address: str, data: bytes) -> bytes:
        first = self._blobs.put(address, data)
        return data if first else self._blobs.get(address)

    def _ready(
        self, work: _Work, image: ImageRef, features: tuple[float, ...], note: str
    ) -> None:
        self._told(lambda: self._leases.ready(work.claim, image, features, note))

    def _reference(self, address: str, data: bytes) -> ImageRef:
        small = images.thumbnail(data)
        if small is None:
            return _reference_of(address, data)
        beside = thumbnail_address(address)
        thumbnail = _reference_of(beside, self._kept(beside, small.data))
        return replace(_reference_of(address, data), thumbnail=thumbnail)

    def _fail(self, work: _Work, reason: str) -> None:
        self._told(lambda: self._leases.fail(work.claim, reason[:500]))

    def _told(self, tell: Callable[[], bool]) -> None:
        # The image is stored: a restart of Redis must not cost it. Past these tries
        # the lease lapses and the next claim finds the image.
        for attempt in range(_STORE_TRIES):
            try:
                ours = tell()
            except (RedisError, OSError):
                logger.warning("result not delivered", extra={"attempt": attempt})
                time.sleep(_STORE_PAUSE_S * (attempt + 1))
            else:
                if not ours:
                    logger.info("row was not ours any more")
                return


def _reference_of(address: str, data: bytes) -> ImageRef:
    file = images.described(data)
    return ImageRef(
        address=address,
        digest=hashlib.sha256(data).hexdigest(),
        media_type=file.media_type,
        width_px=file.width_px,
        height_px=file.height_px,
        size_bytes=len(data),
    )


class _Renewal:
    """Renews the leases of a running batch and names the rows to drop."""

    def __init__(self, leases: Leases, work: Sequence[_Work]) -> None:
        self._leases = leases
        self._work = work
        self._gone: set[int] = set()
        self._last = time.monotonic()

    def step(self, step: int, n_steps: int) -> frozenset[int]:
        """Report a step; see `RowObserver.step`."""
        now = time.monotonic()
        if now - self._last < RENEW_EVERY_S and step < n_steps:
            return frozenset()
        self._last = now
        live = [n for n in range(len(self._work)) if n not in self._gone]
        try:
            verdicts = self._leases.renew(
                [self._work[n].claim for n in live], step=step, n_steps=n_steps
            )
            self._leases.keep_image([self._work[n].address for n in live])
        except (RedisError, OSError):
            # Redis is away: go on; whether the row is still ours, finish will tell.
            return frozenset()
        lost = {
            n
            for n, verdict in zip(live, verdicts, strict=True)
            if verdict is not Verdict.MINE
        }
        self._gone |= lost
        return frozenset(lost)
