"""A fleet without a model: Celery's messages, the fleet's own scripts, no pixels.

Rows are claimed and finished exactly as a worker does it; only the render is a pause.
Every drain notes in `DRAINS` the wall clock at its start, which is the clock of Redis;
every finished row notes in `FINISHES`, and every task without a body in `NOTHINGS`,
`time.perf_counter`, one for all processes of a Linux machine, just before its script.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from celery import signals
from redis import Redis
from rig_measure import SEED

from multibo.blobs.opening import open_blobs
from multibo.jobs.job import ImageRef
from multibo.jobs.queues import queue_name
from multibo.render.celery_app import make_app, register_drain
from multibo.render.leases import Claim, Leases
from multibo.render.register import Register

MODEL: Final = "avatars"
NOTHING: Final = "bench.nothing"
"""A task without a body: Celery's floor."""
NOTHING_QUEUE: Final = "render.nothing"
NOTHINGS: Final = "bench:nothings"
DRAINS: Final = "bench:drains"
FINISHES: Final = "bench:finishes"
_ROWS: Final = 64
_KEPT: Final = 10_000


class ClockedLeases(Leases):
    """Leases that note when a row was finished: just before the script is sent."""

    def __init__(self, redis: Redis, worker: str) -> None:
        """Wrap the script.

        Args:
            redis: of the rig.
            worker: its name.
        """
        super().__init__(redis, worker)
        self.finished = 0.0
        script = self._finish

        def finish(**arguments: Any) -> Any:
            self.finished = time.perf_counter()
            return script(**arguments)

        self._finish: Any = finish


class StubDrain:
    """Finishes every row after a pause, all with the same image."""

    def __init__(
        self,
        redis: Redis,
        blob_url: str,
        *,
        image_bytes: int,
        render_s: float,
        pace_s: float,
    ) -> None:
        """Store the image.

        Args:
            redis: of the rig.
            blob_url: where images lie.
            image_bytes: size of the image.
            render_s: pause of a batch.
            pace_s: pause after each row.
        """
        self._redis = redis
        self._leases = ClockedLeases(redis, "stub")
        self._render_s = render_s
        self._pace_s = pace_s
        data = random.Random(SEED).randbytes(image_bytes)
        digest = hashlib.sha256(data).hexdigest()
        self._image = ImageRef(digest, digest, "image/png", 128, 128, image_bytes)
        open_blobs(blob_url).put(digest, data)
        self._random = random.Random(SEED)

    def run(self, compat_key: str) -> None:
        """Finish what waits.

        Args:
            compat_key: which rows.
        """
        self._note(DRAINS, [time.time()])
        while references := self._leases.pop(compat_key, _ROWS):
            claims = [self._leases.claim(reference) for reference in references]
            time.sleep(self._render_s)
            finishes = [self._finish(claim) for claim in claims if claim is not None]
            self._note(FINISHES, finishes)

    def _finish(self, claim: Claim) -> tuple[str, float]:
        # As many numbers as the features of a picture: they are read and compared.
        features = tuple(round(self._random.random(), 4) for _ in range(256))
        self._leases.ready(claim, self._image, features, "")
        finished = self._leases.finished
        time.sleep(self._pace_s)
        return claim.reference, finished

    def _note(self, key: str, entries: list[Any]) -> None:
        if entries:
            self._redis.rpush(key, *map(json.dumps, entries))
            self._redis.ltrim(key, -_KEPT, -1)


def main() -> int:
    """Consume until SIGTERM; the arguments are those of `rig._started`."""
    redis_url, blob_url, image_bytes, render_s, pace_s = sys.argv[1:]
    redis: Redis = Redis.from_url(redis_url)
    drain = StubDrain(
        redis,
        blob_url,
        image_bytes=int(image_bytes),
        render_s=float(render_s),
        pace_s=float(pace_s),
    )
    register = Register(redis, f"stub-{os.getpid()}", (MODEL,))
    register.measured(_ROWS, max(float(render_s), 1e-3))
    app = make_app(redis_url, (MODEL, NOTHING_QUEUE.partition(".")[2]))
    register_drain(app, drain.run)
    app.task(name=NOTHING)(_nothing(redis))

    def ready(**_details: Any) -> None:
        register.announce()
        threading.Thread(target=register.run, daemon=True).start()

    signals.worker_ready.connect(ready, weak=False)
    worker = app.Worker(
        hostname=f"stub@{os.getpid()}",
        pool="threads",
        concurrency=1,
        without_gossip=True,
        without_mingle=True,
        quiet=True,
        loglevel="WARNING",
    )
    worker.start()
    return int(worker.exitcode or 0)


def _nothing(redis: Redis) -> Callable[[], None]:
    def note() -> None:
        redis.rpush(NOTHINGS, json.dumps(time.perf_counter()))

    return note


if __name__ == "__main__":
    if queue_name(NOTHING_QUEUE.partition(".")[2]) != NOTHING_QUEUE:
        raise SystemExit("the floor's queue has another name")
    sys.exit(main())
