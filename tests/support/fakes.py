"""Ports fulfilled in memory: fakes that behave, no mocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from redis.asyncio import Redis

from multibo.jobs.catalog import Catalog
from multibo.jobs.codec import job_to_json
from multibo.jobs.job import ImageRef, JobState, RenderJob
from multibo.jobs.keys import SessionKeys
from multibo.optimizer.adapters.memory_store import MemoryStore
from multibo.optimizer.adapters.redis_feed import RedisFeed
from multibo.optimizer.adapters.redis_store import RedisStore
from multibo.optimizer.app.ports import App, Engine
from multibo.optimizer.app.values import Limits, Readiness, SignedUrl
from multibo.optimizer.figures.threaded import ThreadedFigures
from multibo.optimizer.preference import engine
from multibo.optimizer.preference.dataset import Answer
from multibo.optimizer.preference.slate import (
    Proposal,
    ProposalRequest,
    Recommendation,
)
from multibo.optimizer.session.ids import SessionName
from tests.support.builders import an_image

CATALOG = (
    Path(__file__).parents[2] / "services" / "multibo" / "pretrained" / "catalog.toml"
)


def a_catalog() -> Catalog:
    """The shipped models, whose sessions warp their own seed unless they say more."""
    plain = {"default_warp_space": "flow-16@1", "casting_rounds": 0}
    shipped = Catalog.load(CATALOG).models
    return Catalog({name: replace(model, **plain) for name, model in shipped.items()})


@dataclass
class FakeClock:
    """Time that passes only when told."""

    ms: int = 10_000

    def now_ms(self) -> int:
        self.ms += 1
        return self.ms


@dataclass
class FakeFleet:
    """Renders at once (or never) into the memory store."""

    store: MemoryStore
    renders: bool = True
    fails: frozenset[int] = frozenset()
    woken: list[RenderJob] = field(default_factory=list)

    async def wake(self, name: SessionName, jobs: Sequence[RenderJob]) -> None:
        self.woken.extend(jobs)
        for job in jobs if self.renders else ():
            self.store.put_job(name, _rendered(job, self.fails))

    async def readiness(self, model: str) -> Readiness:
        return Readiness(n_workers=1, wait_ms=250)


@dataclass
class RedisFakeFleet:
    """Renders at once (or never) into Redis."""

    redis: Redis
    renders: bool = True
    fails: frozenset[int] = frozenset()
    image_bytes: int = 0

    async def wake(self, name: SessionName, jobs: Sequence[RenderJob]) -> None:
        key = SessionKeys(name.sid)
        for job in jobs if self.renders else ():
            ended = job_to_json(_rendered(job, self.fails, self.image_bytes))
            async with self.redis.pipeline(transaction=True) as pipe:
                pipe.hset(key.jobs, job.field, ended)
                pipe.srem(key.pending, job.field)
                await pipe.execute()

    async def readiness(self, model: str) -> Readiness:
        return Readiness(n_workers=1, wait_ms=250)


def _rendered(job: RenderJob, fails: frozenset[int], image_bytes: int = 0) -> RenderJob:
    failed = job.slot in fails
    image = an_image(job.slot)
    return replace(
        job,
        state=JobState.FAILED if failed else JobState.READY,
        image=None
        if failed
        else replace(image, size_bytes=image_bytes or image.size_bytes),
        failure="poison" if failed else "",
    )


@dataclass
class DirectEngine:
    """The real engine, in this process."""

    n_proposals: int = 0

    async def propose(self, request: ProposalRequest, *, timeout_s: float) -> Proposal:
        self.n_proposals += 1
        return engine.propose(request)

    async def recommend(
        self,
        dimension: int,
        history: tuple[Answer, ...],
        prior: tuple[float, ...] = (),
        *,
        timeout_s: float,
    ) -> Recommendation:
        return engine.recommend(dimension, history, prior)

    async def prior_of(
        self,
        dimension: int,
        history: tuple[Answer, ...],
        prior: tuple[float, ...] = (),
        *,
        timeout_s: float,
    ) -> tuple[float, ...]:
        return engine.prior_of(dimension, history, prior)

    async def advise(
        self,
        dimension: int,
        history: tuple[Answer, ...],
        prior: tuple[float, ...] = (),
        *,
        timeout_s: float,
    ) -> engine.Advice:
        return engine.advise(dimension, history, prior)

    async def predict(
        self,
        dimension: int,
        k: int,
        history: tuple[Answer, ...],
        slate_warps: tuple[tuple[int, ...], ...],
        prior: tuple[float, ...] = (),
        *,
        timeout_s: float,
    ) -> engine.Prediction:
        return engine.predict(dimension, k, history, slate_warps, prior)

    async def preference_map(
        self,
        dimension: int,
        history: tuple[Answer, ...],
        x_axis: int | None = None,
        y_axis: int | None = None,
        prior: tuple[float, ...] = (),
        *,
        timeout_s: float,
    ) -> engine.PreferenceMap:
        return engine.preference_map(dimension, history, x_axis, y_axis, prior)


class FakeImages:
    """Every address holds its own name."""

    async def get(self, address: str) -> bytes:
        return address.encode()

    async def url(self, image: ImageRef, *, project: str) -> SignedUrl:
        return SignedUrl(f"https://images.example/{project}/{image.digest}", 1_000_000)


def an_app(
    *,
    clock: FakeClock | None = None,
    limits: Limits | None = None,
    renders: bool = True,
    engine: Engine | None = None,
) -> App:
    """Return an app over memory; `app.fleet` is a `FakeFleet`."""
    time = clock or FakeClock()
    store = MemoryStore(time)
    return App(
        store=store,
        feed=store,
        fleet=FakeFleet(store, renders=renders),
        engine=engine or DirectEngine(),
        figures=ThreadedFigures(),
        images=FakeImages(),
        catalog=a_catalog(),
        clock=time,
        limits=limits or Limits(),
    )


def a_redis_app(redis: Redis, *, engine: Engine) -> App:
    """Return an app over Redis; `app.fleet` is a `RedisFakeFleet`."""
    return App(
        store=RedisStore(redis, session_ttl_ms=60_000),
        feed=RedisFeed(redis),
        fleet=RedisFakeFleet(redis),
        engine=engine,
        figures=ThreadedFigures(),
        images=FakeImages(),
        catalog=a_catalog(),
        clock=FakeClock(),
        limits=Limits(),
    )
