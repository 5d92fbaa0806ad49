"""The worker's entry in the fleet: what it serves, whether it is ready, how fast."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import Any, Final

from redis import Redis
from redis.exceptions import RedisError

from multibo.jobs import keys

logger = logging.getLogger(__name__)

ENTRY_MS: Final = 15_000
RENEW_S: Final = 5.0
_SMOOTHING: Final = 0.3


class Register:
    """Keeps `mbo:fleet:<process>` alive while the process is."""

    def __init__(self, redis: Redis, process: str, models: Sequence[str]) -> None:
        self._redis = redis
        self._process = process
        self._key = keys.fleet(process)
        self._models = ",".join(models)
        self._rows_per_s = 0.0
        self._gone = threading.Event()

    def measured(self, n_rows: int, seconds: float) -> None:
        """Take note of a finished batch.

        Args:
            n_rows: rows of it.
            seconds: how long it took.
        """
        rate = n_rows / max(seconds, 1e-6)
        old = self._rows_per_s or rate
        self._rows_per_s = (1 - _SMOOTHING) * old + _SMOOTHING * rate

    def announce(self) -> None:
        """Write the entry: from now on the process counts as ready."""
        pipe = self._redis.pipeline(transaction=True)
        entry: dict[Any, Any] = {
            "ready": "1",
            "models": self._models,
            "rows_per_s": f"{self._rows_per_s:.6g}",
        }
        pipe.hset(self._key, mapping=entry)
        pipe.pexpire(self._key, ENTRY_MS)
        pipe.sadd(keys.PROCESSES, self._process)
        pipe.execute()

    def run(self) -> None:
        """Renew the entry until `leave`; the body of a daemon thread."""
        while not self._gone.wait(RENEW_S):
            try:
                self.announce()
            except (RedisError, OSError):
                logger.warning("fleet entry not renewed")

    def leave(self) -> None:
        """Remove the entry."""
        self._gone.set()
        try:
            self._redis.delete(self._key)
            self._redis.srem(keys.PROCESSES, self._process)
        except (RedisError, OSError):
            logger.info("fleet entry is left to expire")
