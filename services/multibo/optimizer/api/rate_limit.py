"""How often one principal may call: a token bucket each, in this process."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from multibo.optimizer.api.auth_principals import PRINCIPAL
from multibo.optimizer.api.errors import RateExceededError

_BURST_S: Final = 2.0
"""A page that opens asks for much at once: two seconds' worth may be saved up."""
_REMEMBERED: Final = 10_000


@dataclass(slots=True)
class _Bucket:
    level: float
    time_s: float


class CallRates:
    """The calls each principal has left."""

    def __init__(
        self, calls_per_s: int, *, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        """Fill every bucket.

        Args:
            calls_per_s: of one principal, > 0.
            now_s: a clock that never goes back.
        """
        self._per_s = calls_per_s
        self._burst = max(1.0, calls_per_s * _BURST_S)
        self._now_s = now_s
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, principal: str) -> None:
        """Take one call.

        Args:
            principal: whose.

        Raises:
            RateExceededError: if none is left.
        """
        now_s = self._now_s()
        bucket = self._buckets.setdefault(principal, _Bucket(self._burst, now_s))
        self._buckets.move_to_end(principal)
        if len(self._buckets) > _REMEMBERED:
            # Whoever has been away longest: that bucket is full again, or nearly.
            self._buckets.popitem(last=False)
        gained = (now_s - bucket.time_s) * self._per_s
        bucket.level = min(self._burst, bucket.level + gained)
        bucket.time_s = now_s
        if bucket.level < 1:
            wait_s = (1 - bucket.level) / self._per_s
            raise RateExceededError(
                calls_per_s=self._per_s, retry_after_ms=math.ceil(wait_s * 1000)
            )
        bucket.level -= 1

    def take_one(self) -> None:
        """Take a call of the present principal; who needs no credentials has no limit.

        Raises:
            RateExceededError: if none is left.
        """
        principal = PRINCIPAL.get()
        if principal is not None and principal.name:
            self.take(principal.name)
