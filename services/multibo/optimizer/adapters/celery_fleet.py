"""Reach the render fleet: row references in Redis, Celery as the wake-up."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from celery import Celery
from redis.asyncio import Redis

from multibo.jobs import keys, queues
from multibo.jobs.job import RenderJob
from multibo.optimizer.adapters import fleet_state
from multibo.optimizer.adapters.redis_wire import store_errors
from multibo.optimizer.app.values import Readiness
from multibo.optimizer.session.ids import SessionName

logger = logging.getLogger(__name__)


class CeleryFleet:
    """A `RenderFleet`; what gets lost here, the reconciler sends again."""

    def __init__(
        self,
        redis: Redis,
        broker_url: str,
        *,
        traceparent: Callable[[], str] = lambda: "",
    ) -> None:
        """Take the parts.

        Args:
            redis: where the rows wait.
            broker_url: Celery's, of the same server.
            traceparent: names the trace a wake-up is part of.
        """
        self._redis = redis
        self._traceparent = traceparent
        self._app = Celery("multibo", broker=broker_url)
        self._app.conf.update(queues.celery_settings())
        # One thread: publishing blocks 2-4 ms, which the event loop never does.
        self._publisher = ThreadPoolExecutor(1, thread_name_prefix="publish")

    async def wake(self, name: SessionName, jobs: Sequence[RenderJob]) -> None:
        """Push the rows and one message per compat key; see `RenderFleet.wake`."""
        references: dict[str, dict[str, float]] = {}
        models: dict[str, str] = {}
        now_ms = int(time.time() * 1000)
        for job in jobs:
            compat = job.spec.compat_key
            models[compat] = job.spec.model
            score = queues.INTERACTIVE * queues.PRIORITY_SPAN_MS + now_ms
            row = keys.row_reference(name.sid, job.round, job.slot)
            references.setdefault(compat, {})[row] = score
        loop = asyncio.get_running_loop()
        publish = partial(self._publish, queues.trace_headers(self._traceparent()))
        try:
            for compat, rows in references.items():
                # In one step: a worker in between would take off a compat key whose
                # rows it took, and the late mark would stay for ever.
                pipe = self._redis.pipeline(transaction=True)
                pipe.zadd(keys.rows(compat), mapping=dict(rows))
                pipe.sadd(keys.COMPATS, compat)
                await pipe.execute()
                await loop.run_in_executor(
                    self._publisher, publish, models[compat], compat
                )
        except Exception:  # best effort by contract: never fails the command
            logger.exception("wake-up lost", extra={"session": str(name)})

    async def wake_ahead(self, model: str, compat_key: str) -> None:
        """Tell the fleet that rows may be rendered ahead; never raises.

        Args:
            model: that renders them.
            compat_key: under which they wait.
        """
        publish = partial(self._publish, {}, priority=queues.SPECULATIVE)
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._publisher, publish, model, compat_key)
        except Exception:  # the next wake-up finds them, or nobody misses them
            logger.exception("wake-up for rows ahead lost")

    def _publish(
        self,
        headers: dict[str, str],
        model: str,
        compat: str,
        priority: int = queues.INTERACTIVE,
    ) -> None:
        self._app.send_task(
            queues.DRAIN_TASK,
            args=[compat],
            queue=queues.queue_name(model),
            priority=priority,
            headers=headers,
            retry=False,
        )

    async def readiness(self, model: str) -> Readiness:
        """Return the fleet's state for `model`; see `RenderFleet.readiness`."""
        async with store_errors():
            return (await fleet_state.read(self._redis)).readiness(model)

    async def close(self) -> None:
        """Stop publishing; messages already given to Celery are sent."""
        self._publisher.shutdown(wait=True)
        await asyncio.to_thread(self._app.close)
