"""The right to render a row: claim, renew, finish, each one script with a fence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from redis import Redis

from multibo.blobs.port import thumbnail_address
from multibo.jobs import codec, keys
from multibo.jobs.job import (
    LEASE_MS,
    MAX_ATTEMPTS,
    ImageRef,
    RenderJob,
    retry_delay_ms,
)
from multibo.jobs.keys import SessionKeys
from multibo.jobs.queues import PRIORITY_SPAN_MS
from multibo.jobs.scripts import script

_SORTED_AT_ONCE: Final = 4_096
"""Waiting rows that one call sorts by project, about 5 ms of the server's time."""
AHEAD: Final = b"ahead "
"""Begins the name of a worker that renders an image ahead of any answer."""
BUSY_DELAY_MS: Final = 1_000
"""A row whose image another worker renders now is looked at again after this."""


class Verdict(StrEnum):
    """What a renewal says about the row."""

    MINE = "mine"
    CANCELED = "canceled"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Claim:
    """A row this worker may render; the job's attempt is the fence."""

    reference: str
    sid: str
    job: RenderJob


class Leases:
    """The fleet's side of the session state, for one worker."""

    def __init__(self, redis: Redis, worker: str) -> None:
        self._redis = redis
        self._worker = worker
        self._take = redis.register_script(script("take"))
        self._urgency = redis.register_script(script("urgency"))
        self._claim = redis.register_script(script("claim"))
        self._renew = redis.register_script(script("renew"))
        self._finish = redis.register_script(script("finish"))
        self._reuse = redis.register_script(script("reuse"))

    def pop(self, compat_key: str, n_rows: int) -> list[str]:
        """Take up to `n_rows` references off the rows that wait.

        Urgent ones come first; among equals the projects take turns, a round at a time,
        and each project's own rows come in the order they were pushed.
        """
        rows: Any = self._take(
            keys=[keys.rows(compat_key), keys.lanes(compat_key), keys.COMPATS],
            args=[n_rows, PRIORITY_SPAN_MS, _SORTED_AT_ONCE, compat_key],
        )
        return [reference.decode() for reference in rows]

    def urgency(self, compat_key: str) -> int | None:
        """Return the priority of the most urgent row that waits, None without any."""
        return self.urgencies([compat_key])[0]

    def urgencies(self, compat_keys: Sequence[str]) -> list[int | None]:
        """Return what `urgency` says of each compat key, in one round trip."""
        pipe = self._redis.pipeline(transaction=False)
        for compat_key in compat_keys:
            self._urgency(
                keys=[keys.rows(compat_key), keys.lanes(compat_key)],
                args=[PRIORITY_SPAN_MS],
                client=pipe,
            )
        return [None if found < 0 else int(found) for found in pipe.execute()]

    def compat_keys(self) -> list[str]:
        """Return the compat keys under which rows may wait."""
        found: Any = self._redis.smembers(keys.COMPATS)
        return [compat_key.decode() for compat_key in found]

    def push_back(self, compat_key: str, references: Mapping[str, float]) -> None:
        """Put references back, scored as given."""
        if references:
            self._redis.zadd(keys.rows(compat_key), mapping=dict(references))

    def waiting(self, compat_key: str) -> int:
        """Return how many references wait under a compat key."""
        return int(self._redis.zcard(keys.rows(compat_key)))

    def claim(self, reference: str) -> Claim | None:
        """Return the row if nobody else has a right to it, else None."""
        try:
            sid, round, slot = keys.parse_row(reference)
        except ValueError:
            return None  # a forged or outdated hint; the reconciler knows the truth
        key = SessionKeys(sid)
        document = self._claim(
            keys=[key.jobs, key.events, keys.DUE],
            args=[f"{round}/{slot}", self._worker, LEASE_MS, keys.EVENTS_KEPT, sid],
        )
        if not document:
            return None
        return Claim(reference, sid, codec.job_from_json(document))

    def renew(
        self, claims: Sequence[Claim], *, step: int, n_steps: int
    ) -> list[Verdict]:
        """Prolong leases and report a step, in one round trip.

        Args:
            claims: rows of this worker.
            step: denoising steps done, from 1; 0 reports none.
            n_steps: steps of the render.

        Returns:
            A verdict per claim.
        """
        pipe = self._redis.pipeline(transaction=False)
        for claim in claims:
            key = SessionKeys(claim.sid)
            self._renew(
                keys=[key.jobs, key.progress],
                args=[
                    claim.job.field,
                    claim.job.attempt,
                    LEASE_MS,
                    step,
                    n_steps,
                    keys.PROGRESS_KEPT,
                    keys.PROGRESS_TTL_MS,
                ],
                client=pipe,
            )
        return [Verdict(reply.decode()) for reply in pipe.execute()]

    def previewed(self, claims: Sequence[Claim]) -> list[bool]:
        """Return per row whether somebody wants to see it before it is done."""
        pipe = self._redis.pipeline(transaction=False)
        for claim in claims:
            pipe.exists(SessionKeys(claim.sid).previewed)
        return [bool(found) for found in pipe.execute()]

    def show(self, claim: Claim, data: bytes, media_type: str) -> None:
        """Tell those who watch how a row looks so far; best effort, with no fence."""
        progress = SessionKeys(claim.sid).progress
        entry: dict[Any, Any] = {
            "round": claim.job.round,
            "slot": claim.job.slot,
            "preview": data,
            "media_type": media_type,
        }
        pipe = self._redis.pipeline(transaction=True)
        pipe.xadd(progress, entry, maxlen=keys.PROGRESS_KEPT, approximate=True)
        pipe.pexpire(progress, keys.PROGRESS_TTL_MS)
        pipe.execute()

    def ready(
        self,
        claim: Claim,
        image: ImageRef,
        features: tuple[float, ...],
        note: str,
    ) -> bool:
        """Give the image to the session; False if the row is not ours any more."""
        return self._end(
            claim,
            "ready",
            image=codec.image_to_json(image),
            features=codec.features_to_text(features),
            note=note,
        )

    def fail(self, claim: Claim, reason: str) -> bool:
        """Charge a failed attempt to the row; after three it is FAILED."""
        delay_ms = retry_delay_ms(claim.job.failures + 1)
        return self._end(claim, "failed", reason=reason, delay_ms=delay_ms)

    def release(self, claim: Claim, *, delay_ms: int = 0) -> bool:
        """Give the row back uncharged, due after `delay_ms`."""
        return self._end(claim, "released", delay_ms=delay_ms)

    def _end(
        self,
        claim: Claim,
        outcome: str,
        *,
        image: str = "",
        features: str = "",
        note: str = "",
        reason: str = "",
        delay_ms: int = 0,
    ) -> bool:
        key = SessionKeys(claim.sid)
        reply = self._finish(
            keys=[key.jobs, key.pending, key.events, keys.DUE, keys.OPENED],
            args=[
                claim.job.field,
                claim.job.attempt,
                outcome,
                image,
                features,
                note,
                reason,
                MAX_ATTEMPTS,
                delay_ms,
                keys.EVENTS_KEPT,
                claim.sid,
                keys.OPENED_KEPT,
                keys.OPENED_TTL_MS,
            ],
        )
        return bool(reply != b"stale")

    def hold_image(self, address: str) -> bool:
        """Say that this worker renders an image now; False if another one does.

        Who renders it ahead of any answer does not count: nobody waits for that.
        """
        key = keys.image_lease(address)
        if self._redis.set(key, self._worker, nx=True, px=LEASE_MS):
            return True
        holder = self._redis.get(key)
        if not isinstance(holder, bytes) or not holder.startswith(AHEAD):
            return False
        return bool(self._redis.set(key, self._worker, px=LEASE_MS))

    def keep_image(self, addresses: Sequence[str]) -> None:
        """Prolong what `hold_image` gave."""
        pipe = self._redis.pipeline(transaction=False)
        for address in addresses:
            pipe.pexpire(keys.image_lease(address), LEASE_MS)
        pipe.execute()

    def reuse_image(self, address: str) -> bool:
        """Keep a stored image, its thumbnail too, until a session names it.

        Args:
            address: of the image.

        Returns:
            False if it is being deleted at this moment.
        """
        both = (address, thumbnail_address(address))
        kept = self._reuse(
            keys=[*map(keys.image_taken, both), *map(keys.image_doomed, both)],
            args=[keys.REUSED_MS],
        )
        return bool(kept)

    def drop_image(self, address: str) -> None:
        """Let others render the image, unless one of them took it over."""
        key = keys.image_lease(address)
        if self._redis.get(key) == self._worker.encode():
            self._redis.delete(key)
