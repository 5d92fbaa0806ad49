"""A drain over real Redis and real files; only the diffusion is a fake."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from redis import Redis
from torch import Tensor

from multibo.blobs.port import BlobStore
from multibo.jobs import codec, keys
from multibo.jobs.job import RenderJob
from multibo.jobs.keys import SessionKeys
from multibo.jobs.spec import RenderSpec
from multibo.render.batching import Drain
from multibo.render.delivery import Delivery
from multibo.render.keeping import Keeper
from multibo.render.leases import Leases
from multibo.render.observer import RowObserver
from multibo.render.stopping import Stop
from tests.support.builders import NAME, a_render_spec

KEY = SessionKeys(NAME.sid)
N_STEPS = 10


@dataclass
class FlatPipeline:
    """Paints one gray per warp; rows in `poison` raise."""

    numerics: str = "test"
    poison: set[int] = field(default_factory=set)
    batches: list[int] = field(default_factory=list)
    steps: int = 0
    """Denoising steps that were done for anybody."""
    before_step: Callable[[int], None] = lambda _step: None
    side_px: int = 128

    def render_pixels(
        self, rows: Sequence[RenderSpec], observer: RowObserver | None = None
    ) -> list[Tensor | None]:
        self.batches.append(len(rows))
        if any(row.warp[0] in self.poison for row in rows):
            raise RuntimeError("poison")
        gone: set[int] = set()
        for step in range(1, N_STEPS + 1):
            self.before_step(step)
            self.steps += 1
            gone |= observer.step(step, N_STEPS) if observer else set()
            if len(gone) == len(rows):
                break
        painted = [self._painted(row) for row in rows]
        return [None if n in gone else pixels for n, pixels in enumerate(painted)]

    def _painted(self, row: RenderSpec) -> Tensor:
        return torch.full((3, self.side_px, self.side_px), (row.warp[0] % 251) / 251)

    def note(self, spec: RenderSpec) -> str:
        return f"warp {spec.warp[0]}"


def a_drain(
    redis: Redis, blobs: BlobStore, pipeline: FlatPipeline, **changes: Any
) -> Drain:
    leases = Leases(redis, "worker")
    keeper = Keeper(leases)
    settings: dict[str, Any] = {
        "delivery": Delivery(leases, blobs, keeper),
        "keeper": keeper,
        "models": {"avatars": pipeline},
        "batch_rows": 4,
        "stop": Stop(),
        "on_batch": lambda _rows, _seconds: None,
        "guard": lambda _specs: None,
        **changes,
    }
    return Drain(leases, **settings)


def enqueue(redis: Redis, *warps: int, round: int = 0) -> str:
    for slot, first in enumerate(warps):
        spec = a_render_spec(warp=(first, *(0,) * 15))
        job = RenderJob(round, slot, spec)
        redis.hset(KEY.jobs, job.field, codec.job_to_json(job))
        redis.sadd(KEY.pending, job.field)
        row = keys.row_reference(NAME.sid, round, slot)
        redis.zadd(keys.rows(spec.compat_key), {row: slot})
    return a_render_spec().compat_key


def job(redis: Redis, slot: int, round: int = 0) -> RenderJob:
    return codec.job_from_json(redis.hget(KEY.jobs, f"{round}/{slot}") or "")


def in_a_thread(body: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    return thread
