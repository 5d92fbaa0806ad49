"""Keeps the rows of this worker its own, from the claim until the image is told.

While a batch denoises, its steps renew the leases and read the cancellations. A step
may be long, though, and decoding, encoding and storing have none: a thread renews
whatever nobody renewed for a while.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from redis.exceptions import RedisError

from multibo.render.leases import Claim, Leases, Verdict
from multibo.render.stopping import Stop

logger = logging.getLogger(__name__)

RENEW_EVERY_S: Final = 0.1
"""Cancellations are read at most this often: every step, unless it is shorter."""
TELL_EVERY_S: Final = 0.25
"""Steps are reported at most this often."""
KEEP_AFTER_S: Final = 3.0
"""A lease of 15 s that nobody renewed for this long is renewed by the thread."""


@dataclass(frozen=True, slots=True)
class Work:
    """A row that this worker has to bring to its end."""

    claim: Claim
    address: str
    """Of its image."""

    @property
    def attempt(self) -> tuple[str, int]:
        """Its row and fence: an attempt that lapsed may end beside the next one."""
        return self.claim.reference, self.claim.job.attempt


class Keeper:
    """The rows this worker holds. Safe to use from any thread."""

    def __init__(
        self, leases: Leases, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Hold nothing yet.

        Args:
            leases: this worker's rights.
            clock: seconds that only grow.
        """
        self._leases = leases
        self._clock = clock
        self._held: dict[tuple[str, int], Work] = {}
        self._renewed: dict[tuple[str, int], float] = {}
        self._lock = threading.Lock()

    def hold(self, work: Work) -> bool:
        """Hold a claimed row, unless another worker renders its image now.

        Args:
            work: the row.
        """
        if not self._leases.hold_image(work.address):
            return False
        with self._lock:
            self._held[work.attempt] = work
            self._renewed[work.attempt] = self._clock()
        return True

    def drop(self, work: Work) -> None:
        """Hold a row no longer; others may render its image.

        Args:
            work: a row that was held.
        """
        with self._lock:
            self._held.pop(work.attempt, None)
            self._renewed.pop(work.attempt, None)
        try:
            self._leases.drop_image(work.address)
        except (RedisError, OSError):
            logger.info("image lease is left to expire")

    def renew(
        self, work: Sequence[Work], *, step: int = 0, n_steps: int = 0
    ) -> list[Verdict]:
        """Prolong what is held of some rows.

        Args:
            work: rows that are held.
            step: denoising steps done, from 1; 0 reports none.
            n_steps: steps of the render.

        Returns:
            A verdict per row.

        Raises:
            RedisError: if the store is away.
        """
        verdicts = self._leases.renew(
            [one.claim for one in work], step=step, n_steps=n_steps
        )
        self._leases.keep_image([one.address for one in work])
        now = self._clock()
        with self._lock:
            for one in work:
                if one.attempt in self._renewed:
                    self._renewed[one.attempt] = now
        return verdicts

    def keep(self) -> None:
        """Renew what nobody renewed for a while."""
        before = self._clock() - KEEP_AFTER_S
        with self._lock:
            idle = [
                work
                for attempt, work in self._held.items()
                if self._renewed[attempt] <= before
            ]
        if not idle:
            return
        try:
            self.renew(idle)
        except (RedisError, OSError):
            logger.warning("leases not renewed", extra={"rows": len(idle)})

    def run(self, *, period_s: float = 1.0) -> None:
        """Keep for ever; the body of a daemon thread.

        Args:
            period_s: pause between two looks.
        """
        while True:
            time.sleep(period_s)
            self.keep()


class Renewal:
    """Renews the leases of a running batch and names the rows to drop."""

    def __init__(
        self,
        keeper: Keeper,
        leases: Leases,
        work: Sequence[Work],
        stop: Stop,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with the batch.

        Args:
            keeper: of the rows.
            leases: this worker's rights.
            work: the rows, in the order of the batch.
            stop: ends the batch where it would outlast the grace.
            clock: seconds that only grow.
        """
        self._keeper = keeper
        self._leases = leases
        self._work = work
        self._stop = stop
        self._clock = clock
        self._gone: set[int] = set()
        self._n_seen = 0
        self._began = self._renewed = self._told = clock()

    def step(self, step: int, n_steps: int) -> frozenset[int]:
        """Report a step; see `RowObserver.step`."""
        now = self._clock()
        live = [n for n in range(len(self._work)) if n not in self._gone]
        # Not `step`: steps before the window may have been taken from a cache.
        self._n_seen += 1
        # Decoding and storing count as one more step.
        left_s = (n_steps - step + 1) * (now - self._began) / self._n_seen
        if self._stop.is_set() and left_s > self._stop.left_s():
            gone = self._released(live)
        elif now - self._renewed >= RENEW_EVERY_S or step == n_steps:
            self._renewed = now
            gone = self._lost(live, step, n_steps)
        else:
            return frozenset()
        self._gone |= gone
        return gone

    def _released(self, live: Sequence[int]) -> frozenset[int]:
        logger.info("batch given back", extra={"rows": len(live)})
        for n in live:
            try:
                self._leases.release(self._work[n].claim)
            except (RedisError, OSError):
                logger.warning("row is left to lapse")
        return frozenset(live)

    def _lost(self, live: Sequence[int], step: int, n_steps: int) -> frozenset[int]:
        tell = self._renewed - self._told >= TELL_EVERY_S or step == n_steps
        if tell:
            self._told = self._renewed
        try:
            verdicts = self._keeper.renew(
                [self._work[n] for n in live],
                step=step if tell else 0,
                n_steps=n_steps,
            )
        except (RedisError, OSError):
            # Redis is away: go on; whether the row is still ours, finish will tell.
            return frozenset()
        return frozenset(
            n
            for n, verdict in zip(live, verdicts, strict=True)
            if verdict is not Verdict.MINE
        )
