"""Rows rendered ahead of any answer, by a worker that has nothing else to do.

They have no lease and no fence: a worker that dies loses a head start and nothing
else. A row is given up within a denoising step once its session goes another way, or
once somebody waits for other rows; not if it is what somebody waits for by then.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from redis import Redis
from redis.exceptions import RedisError

from multibo.blobs.port import BlobStore
from multibo.jobs import keys, speculation
from multibo.jobs.errors import JobDocumentError
from multibo.jobs.job import LEASE_MS
from multibo.jobs.keys import SessionKeys
from multibo.jobs.scripts import script
from multibo.jobs.spec import RenderSpec
from multibo.jobs.speculation import SpeculativeState
from multibo.render.batching import Models
from multibo.render.images import RenderedImage
from multibo.render.leases import AHEAD, Leases
from multibo.render.pipelines import Pipeline
from multibo.telemetry.metrics import SPECULATIVE_ROWS, Meter

logger = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 0.1
"""Whether a batch is still wanted is asked at most this often."""


@dataclass(frozen=True, slots=True)
class Hint:
    """A speculative row that this worker renders."""

    sid: str
    digest: str
    spec: RenderSpec
    score: float
    """Its place in the queue."""


class SpeculativeRows:
    """The fleet's side of work ahead, for one worker."""

    def __init__(self, redis: Redis, worker: str) -> None:
        self._redis = redis
        self._holder = AHEAD + worker.encode()
        self._move = redis.register_script(script("speculative"))

    def waiting(self, compat_key: str) -> int:
        """Return how many rows wait under a compat key."""
        return int(self._redis.zcard(keys.speculative_rows(compat_key)))

    def take(self, compat_key: str, n_rows: int) -> list[Hint]:
        """Take up to `n_rows` rows that are still wanted, the likeliest first."""
        queue = keys.speculative_rows(compat_key)
        taken: list[Hint] = []
        while len(taken) < n_rows:
            popped: Any = self._redis.zpopmin(queue, n_rows - len(taken))
            if not popped:
                break
            hints = [self._hint(one.decode(), score) for one, score in popped]
            taken += [hint for hint in hints if hint is not None]
        return taken

    def put_back(self, hint: Hint) -> None:
        """Let a row that was given up wait again, if its session still has it."""
        if self._moved(hint.sid, hint.digest, SpeculativeState.QUEUED):
            reference = keys.speculative_reference(hint.sid, hint.digest)
            queue = keys.speculative_rows(hint.spec.compat_key)
            pipe = self._redis.pipeline(transaction=True)
            pipe.zadd(queue, {reference: hint.score})
            pipe.pexpire(queue, speculation.LIFE_MS)
            pipe.execute()

    def _hint(self, reference: str, score: float) -> Hint | None:
        try:
            sid, digest = keys.parse_speculative(reference)
            document = self._moved(sid, digest, SpeculativeState.RENDERING)
            spec = speculation.spec_of(document) if document else None
        except (ValueError, JobDocumentError):
            return None  # a forged or outdated hint
        return None if spec is None else Hint(sid, digest, spec, score)

    def rendered(self, hint: Hint) -> None:
        """Say that a row's image is stored."""
        self._moved(hint.sid, hint.digest, SpeculativeState.RENDERED)

    def _moved(self, sid: str, digest: str, state: SpeculativeState) -> bytes:
        reply: Any = self._move(
            keys=[SessionKeys(sid).speculation], args=[digest, state.value]
        )
        return bytes(reply)

    def hold(self, address: str) -> bool:
        """Say that an image is in the making, unless it is already."""
        key = keys.image_lease(address)
        return bool(self._redis.set(key, self._holder, nx=True, px=LEASE_MS))

    def drop(self, address: str) -> None:
        """Let others make an image that this worker holds."""
        key = keys.image_lease(address)
        if self._redis.get(key) == self._holder:
            self._redis.delete(key)

    def standing(self, hints: Sequence[Hint], addresses: Sequence[str]) -> list[str]:
        """Return how rows of a running batch stand, and hold their images on.

        Args:
            hints: the rows.
            addresses: of their images.

        Returns:
            Per row "gone" (nobody wants it), "lost" (somebody else makes the image),
            "asked" (a person waits for it) or "ahead".
        """
        pipe = self._redis.pipeline(transaction=False)
        for hint, address in zip(hints, addresses, strict=True):
            pipe.hget(SessionKeys(hint.sid).speculation, hint.digest)
            pipe.get(keys.image_lease(address))
            pipe.pexpire(keys.image_lease(address), LEASE_MS)
        replies = pipe.execute()
        return [
            self._standing_of(document, holder)
            for document, holder in zip(replies[::3], replies[1::3], strict=True)
        ]

    def _standing_of(self, document: bytes | None, holder: bytes | None) -> str:
        if document is None:
            return "gone"
        if holder is not None and holder != self._holder:
            return "lost"
        return "asked" if speculation.is_asked(document) else "ahead"


class SpeculativeDrain:
    """Renders ahead what may be shown next."""

    def __init__(
        self,
        rows: SpeculativeRows,
        leases: Leases,
        blobs: BlobStore,
        models: Models,
        meter: Meter,
        *,
        loaded: Callable[[str], bool],
        batch_rows: int,
        stopping: Callable[[], bool],
        guard: Callable[[Sequence[RenderSpec] | None], None],
    ) -> None:
        """Put the parts together.

        Args:
            rows: that may be rendered.
            leases: tell whether somebody waits for other rows.
            blobs: where images go.
            models: of this process.
            meter: counts what was rendered.
            loaded: whether a model is in memory; no other makes room for rows ahead.
            batch_rows: rows of a batch at most.
            stopping: whether the process is to end.
            guard: told what is being rendered; None when nothing is.
        """
        self._rows = rows
        self._leases = leases
        self._blobs = blobs
        self._models = models
        self._meter = meter
        self._loaded = loaded
        self._batch_rows = batch_rows
        self._stopping = stopping
        self._guard = guard

    def run(self, compat_key: str) -> bool:
        """Render one batch of a compat key, if nobody waits for anything.

        Args:
            compat_key: which rows.

        Returns:
            Whether more rows wait and may be rendered now.
        """
        model = compat_key.partition(":")[0]
        if not self._loaded(model) or not self._rows.waiting(compat_key):
            return False
        pipeline = None if self.has_to_yield() else self._models.get(model)
        if pipeline is None:
            return False
        hints = self._rows.take(compat_key, self._batch_rows)
        fresh = {
            address: hint
            for hint in hints
            if (address := hint.spec.address(pipeline.numerics))
            and not self._found(hint, address)
            and self._rows.hold(address)
        }
        if fresh:
            self._render(pipeline, model, fresh)
        return self._rows.waiting(compat_key) > 0 and not self.has_to_yield()

    def has_to_yield(self) -> bool:
        """Return whether a person waits for rows of this worker's models."""
        if self._stopping():
            return True
        own = [
            compat_key
            for compat_key in self._leases.compat_keys()
            if compat_key.partition(":")[0] in self._models
        ]
        return any(one is not None for one in self._leases.urgencies(own))

    def _found(self, hint: Hint, address: str) -> bool:
        found = self._blobs.has(address)
        if found:
            self._rows.rendered(hint)
        return found

    def _render(
        self, pipeline: Pipeline, model: str, fresh: Mapping[str, Hint]
    ) -> None:
        specs = [hint.spec for hint in fresh.values()]
        try:
            self._guard(specs)
            images = pipeline.render(specs, _Watch(self, self._rows, fresh))
            for (address, hint), image in zip(fresh.items(), images, strict=True):
                self._keep(model, hint, address, image)
        except Exception:  # a row that fails is charged when somebody asks for it
            logger.exception("rows ahead failed", extra={"rows": len(specs)})
        finally:
            self._guard(None)
            for address in fresh:
                self._rows.drop(address)

    def _keep(
        self, model: str, hint: Hint, address: str, image: RenderedImage | None
    ) -> None:
        result = "dropped" if image is None else "rendered"
        self._meter.count(SPECULATIVE_ROWS, model=model, result=result)
        if image is None:
            self._rows.put_back(hint)
        else:
            self._blobs.put(address, image.file.data)
            self._rows.rendered(hint)


class _Watch:
    """Names the rows of a running batch to give up."""

    def __init__(
        self, drain: SpeculativeDrain, rows: SpeculativeRows, fresh: Mapping[str, Hint]
    ) -> None:
        self._drain = drain
        self._rows = rows
        self._addresses = list(fresh)
        self._hints = list(fresh.values())
        self._gone: frozenset[int] = frozenset()
        self._looked_s = time.monotonic()

    def step(self, step: int, n_steps: int) -> frozenset[int]:
        """Take note of a step; see `RowObserver.step`."""
        now_s = time.monotonic()
        # What is finished is worth storing, whoever waits.
        if step == n_steps or now_s - self._looked_s < LOOK_EVERY_S:
            return self._gone
        self._looked_s = now_s
        try:
            given_up = {"gone", "lost"}
            if self._drain.has_to_yield():
                given_up.add("ahead")
            standing = self._rows.standing(self._hints, self._addresses)
        except (RedisError, OSError):
            return self._gone
        found = {n for n, one in enumerate(standing) if one in given_up}
        self._gone |= found
        return self._gone
