"""What the fleet has to do and how fast it is: the autoscaling signal."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from multibo.jobs import keys
from multibo.optimizer.app.values import Readiness
from multibo.telemetry.metrics import (
    ROWS_WAITING,
    WAIT_ESTIMATE,
    WORKERS_READY,
    Meter,
)

logger = logging.getLogger(__name__)

NOBODY_S: Final = 600.0
"""What a wait counts as while rows wait and nobody renders them: whoever scales by
the wait has to start the first worker."""


@dataclass(slots=True)
class _Model:
    n_workers: int = 0
    rows_per_s: float = 0.0
    n_waiting: int = 0


@dataclass(frozen=True, slots=True)
class FleetState:
    """The fleet at one moment."""

    models: dict[str, _Model] = field(default_factory=dict)

    def readiness(self, model: str) -> Readiness:
        """Return how a model stands.

        Args:
            model: its name in the catalog.
        """
        state = self.models.get(model, _Model())
        if not state.rows_per_s:
            return Readiness(state.n_workers)
        return Readiness(
            state.n_workers, int(1000 * state.n_waiting / state.rows_per_s)
        )

    def wait_s(self, model: str) -> float:
        """Return the estimated wait of a row queued now, for whoever scales by it.

        Args:
            model: its name in the catalog.
        """
        state = self.models.get(model, _Model())
        if state.n_waiting and not state.n_workers:
            return NOBODY_S
        return self.readiness(model).wait_ms / 1000


async def read(redis: Redis) -> FleetState:
    """Return the fleet's state, in two round trips however many sessions there are.

    Args:
        redis: the deployment's store.

    Raises:
        RedisError: if it is away.
    """
    pipe = redis.pipeline(transaction=False)
    pipe.smembers(keys.PROCESSES)
    pipe.smembers(keys.COMPATS)
    processes, compats = (
        [one.decode() for one in found] for found in await pipe.execute()
    )
    pipe = redis.pipeline(transaction=False)
    for process in processes:
        pipe.hgetall(keys.fleet(process))
    for compat in compats:
        pipe.zcard(keys.rows(compat))
    answers: list[Any] = await pipe.execute()
    state = FleetState()
    for compat, n_waiting in zip(compats, answers[len(processes) :], strict=True):
        model = compat.partition(":")[0]
        state.models.setdefault(model, _Model()).n_waiting += int(n_waiting)
    entries = dict(zip(processes, answers, strict=False))
    for entry in entries.values():
        _count(state, entry)
    await _forget(redis, [process for process, entry in entries.items() if not entry])
    return state


def _count(state: FleetState, entry: Mapping[bytes, bytes]) -> None:
    if entry.get(b"ready") != b"1":
        return
    rate = float(entry.get(b"rows_per_s", b"0"))
    for model in entry.get(b"models", b"").decode().split(","):
        one = state.models.setdefault(model, _Model())
        one.n_workers += 1
        one.rows_per_s += rate


async def _forget(redis: Redis, gone: Sequence[str]) -> None:
    # Killed ones cannot say goodbye. One that comes back announces itself again.
    if gone:
        await redis.srem(keys.PROCESSES, *gone)


class FleetGauges:
    """Tells metrics and autoscalers how long a row would wait."""

    def __init__(self, redis: Redis, models: Sequence[str], meter: Meter) -> None:
        self._redis = redis
        self._models = tuple(models)
        self._meter = meter
        self._state = FleetState()

    async def run(self, *, period_s: float = 2.0) -> None:
        """Look until canceled.

        Args:
            period_s: pause between two looks.
        """
        while True:
            try:
                await self.refresh()
            except (RedisError, OSError):
                logger.warning("fleet state cannot be read")
            await asyncio.sleep(period_s)

    async def refresh(self) -> None:
        """Look once.

        Raises:
            RedisError: if the store is away.
        """
        self._state = await read(self._redis)
        for model in self._models:
            state = self._state.models.get(model, _Model())
            self._meter.set(ROWS_WAITING, state.n_waiting, model=model)
            self._meter.set(WORKERS_READY, state.n_workers, model=model)
            self._meter.set(WAIT_ESTIMATE, self._state.wait_s(model), model=model)

    def page(self) -> Mapping[str, Any]:
        """Return the state as a JSON document.

        Returns:
            `wait_s`, the longest of all models, and per model `wait_s`,
            `rows_waiting` and `workers_ready`.
        """
        models = {
            model: {
                "wait_s": round(self._state.wait_s(model), 3),
                "rows_waiting": self._state.models.get(model, _Model()).n_waiting,
                "workers_ready": self._state.models.get(model, _Model()).n_workers,
            }
            for model in self._models
        }
        longest = max((one["wait_s"] for one in models.values()), default=0.0)
        return {"wait_s": longest, "models": models}
