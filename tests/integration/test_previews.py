"""Previews reach who asked for them, and only them; Redis is real."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

import pytest
import torch
from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from torch import Tensor

from multibo.blobs.filesystem import FilesystemBlobs
from multibo.jobs import keys
from multibo.jobs.job import JobState
from multibo.jobs.spec import RenderSpec
from multibo.optimizer.adapters.redis_feed import RedisFeed
from multibo.optimizer.app.values import FeedEvent
from multibo.render import images, observer, preview
from multibo.render.leases import Leases
from multibo.render.observer import RowObserver
from multibo.render.preview import PreviewMap, Previews
from tests.support.builders import NAME
from tests.support.drains import KEY, N_STEPS, FlatPipeline, a_drain, enqueue, job


@dataclass
class Showing(FlatPipeline):
    """Has latents to look at, and a map that is as good as none."""

    preview: PreviewMap = field(default_factory=PreviewMap)
    looked: int = 0

    def __post_init__(self) -> None:
        latents = torch.randn(4, 16, 16, generator=torch.Generator().manual_seed(0))
        self.preview.learn(latents, torch.rand(3, 128, 128))

    def render_pixels(
        self, rows: Sequence[RenderSpec], observer: RowObserver | None = None
    ) -> list[Tensor | None]:
        return super().render_pixels(rows, _Shown(observer, self, len(rows)))


class _Shown:
    def __init__(
        self, inner: RowObserver | None, pipeline: Showing, n_rows: int
    ) -> None:
        self._inner = inner
        self._pipeline = pipeline
        self._n_rows = n_rows

    def step(self, step: int, n_steps: int) -> frozenset[int]:
        assert self._inner is not None
        latents = torch.zeros(self._n_rows, 4, 16, 16)
        observer.show(self._inner, range(self._n_rows), latents)
        return self._inner.step(step, n_steps)


@pytest.fixture
async def feed(redis_url: str) -> AsyncIterator[RedisFeed]:
    client = AsyncRedis.from_url(redis_url)
    yield RedisFeed(client)
    await client.aclose()


@pytest.fixture(autouse=True)
def at_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview, "PREVIEW_EVERY_S", 0.0)


def drained(
    redis: Redis, blobs: FilesystemBlobs, pipeline: Showing, *, on: bool = True
) -> None:
    """Render two rows, all previews sent."""
    previews = Previews(Leases(redis, "worker"))
    drain = a_drain(redis, blobs, pipeline, previews=previews if on else None)
    drain.run(enqueue(redis, 1, 2), limit_s=60)
    previews.close()


def n_previews(redis: Redis) -> int:
    entries = redis.xrange(KEY.progress)
    return sum(b"preview" in entry for _, entry in entries)


async def seen(
    feed: RedisFeed, *, previews: bool, meanwhile: Callable[[], object]
) -> list[FeedEvent]:
    """Follow a session while something happens to it."""
    events: list[FeedEvent] = []
    work: asyncio.Future[object] | None = None
    async for event in feed.follow(NAME, "0-0", idle_s=0.1, previews=previews):
        if event is not None:
            events.append(event)
        elif work is None:
            work = asyncio.ensure_future(asyncio.to_thread(meanwhile))
        elif work.done():
            await work
            return events
    raise AssertionError("a feed never ends")


async def test_who_asks_sees_the_rows_before_they_are_done(
    redis: Redis, blobs: FilesystemBlobs, feed: RedisFeed
) -> None:
    pipeline = Showing()

    events = await seen(
        feed, previews=True, meanwhile=lambda: drained(redis, blobs, pipeline)
    )

    shown = [event for event in events if event.preview]
    assert {event.slot for event in shown} == {0, 1}
    for event in shown:
        assert (event.kind, event.cursor, event.round) == (None, "", 0)
        assert len(event.preview) <= 4096
        assert images.described(event.preview).media_type == event.media_type
    assert redis.pttl(KEY.progress) <= keys.PROGRESS_TTL_MS
    assert [job(redis, slot).state for slot in (0, 1)] == [JobState.READY] * 2


async def test_nothing_is_painted_for_nobody(
    redis: Redis, blobs: FilesystemBlobs, feed: RedisFeed
) -> None:
    events = await seen(
        feed, previews=False, meanwhile=lambda: drained(redis, blobs, Showing())
    )

    assert not any(event.preview for event in events)
    assert any(event.step for event in events)
    assert n_previews(redis) == 0


def test_a_worker_that_shows_nothing_sends_nothing(
    redis: Redis, blobs: FilesystemBlobs
) -> None:
    redis.set(KEY.previewed, 1)

    drained(redis, blobs, Showing(), on=False)

    assert n_previews(redis) == 0


def test_a_row_is_shown_twice_a_second_at_most(
    redis: Redis, blobs: FilesystemBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview, "PREVIEW_EVERY_S", 3600.0)
    redis.set(KEY.previewed, 1)

    drained(redis, blobs, Showing())

    assert n_previews(redis) == 0
    assert len(redis.xrange(KEY.progress)) <= 2 * N_STEPS


def test_no_image_is_lost_over_its_preview(
    redis: Redis, blobs: FilesystemBlobs
) -> None:
    redis.set(KEY.previewed, 1)
    pipeline = Showing()
    pipeline.preview = PreviewMap()
    pipeline.preview.learn(torch.zeros(9, 4, 4), torch.zeros(3, 8, 8))

    drained(redis, blobs, pipeline)  # its map takes other latents

    assert n_previews(redis) == 0
    assert [job(redis, slot).state for slot in (0, 1)] == [JobState.READY] * 2
