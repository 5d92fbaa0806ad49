"""A session's events from its Redis stream, with running steps mixed in."""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator
from typing import Any

from redis.asyncio import Redis

from multibo.jobs import codec, keys
from multibo.jobs.keys import SessionKeys
from multibo.optimizer.adapters.redis_wire import as_text, store_errors
from multibo.optimizer.app.values import EventKind, FeedEvent, Rendered
from multibo.optimizer.session.ids import SessionName

_BATCH = 64
_ASK_EVERY_S = keys.PREVIEWED_MS / 3000


class RedisFeed:
    """An `EventFeed` over the session's streams."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def head(self, name: SessionName) -> str:
        """Return the cursor behind the newest event; see `EventFeed.head`."""
        return await self._newest(SessionKeys(name.sid).events)

    async def _newest(self, stream: str) -> str:
        async with store_errors():
            newest: Any = await self._redis.xrevrange(stream, count=1)
        return as_text(newest[0][0]) if newest else "0-0"

    async def keeps(self, name: SessionName, cursor: str) -> bool:
        """Return whether nothing after `cursor` was trimmed; see `EventFeed`."""
        if not _is_cursor(cursor):
            return False
        events = SessionKeys(name.sid).events
        async with store_errors():
            oldest: Any = await self._redis.xrange(events, count=1)
            newest: Any = await self._redis.xrevrange(events, count=1)
        if not oldest:
            return False
        place = _place(cursor)
        return _place(as_text(oldest[0][0])) <= place <= _place(as_text(newest[0][0]))

    async def n_after(self, name: SessionName, cursor: str, *, limit: int) -> int:
        """Return how many events come after `cursor`; see `EventFeed.n_after`."""
        events = SessionKeys(name.sid).events
        async with store_errors():
            after: Any = await self._redis.xrange(events, f"({cursor}", count=limit)
        return len(after)

    async def follow(
        self, name: SessionName, cursor: str, *, idle_s: float, previews: bool = False
    ) -> AsyncIterator[FeedEvent | None]:
        """Yield events after `cursor`; see `EventFeed.follow`."""
        key = SessionKeys(name.sid)
        after: dict[Any, Any] = {key.events: cursor}
        after[key.progress] = await self._newest(key.progress)
        asked_s = -math.inf
        while True:
            async with store_errors():
                if previews and time.monotonic() - asked_s >= _ASK_EVERY_S:
                    asked_s = time.monotonic()
                    await self._redis.set(key.previewed, 1, px=keys.PREVIEWED_MS)
                streams = await self._redis.xread(
                    after, count=_BATCH, block=int(idle_s * 1000)
                )
            if not streams:
                yield None
            for stream, entries in _items(streams):
                for entry_id, values in entries:
                    after[stream.decode()] = entry_id.decode()
                    durable = stream.decode() == key.events
                    yield _event(entry_id.decode(), values, durable=durable)


def _items(
    streams: object,
) -> list[tuple[bytes, list[tuple[bytes, dict[bytes, bytes]]]]]:
    # RESP3 answers a map of nested lists, RESP2 a list of pairs.
    if isinstance(streams, dict):
        return [
            (name, entries[0] if entries and isinstance(entries[0], list) else entries)
            for name, entries in streams.items()
        ]
    assert isinstance(streams, list)
    return [(name, entries) for name, entries in streams]


def _event(entry_id: str, values: dict[bytes, bytes], *, durable: bool) -> FeedEvent:
    def number(field: bytes) -> int | None:
        return int(values[field]) if field in values else None

    return FeedEvent(
        kind=EventKind(values[b"kind"].decode()) if durable else None,
        cursor=entry_id if durable else "",
        time_ms=_place(entry_id)[0],
        round=number(b"round"),
        slot=number(b"slot"),
        step=number(b"step") or 0,
        steps=number(b"steps") or 0,
        rendered=_rendered(values) if b"image" in values else None,
        preview=values.get(b"preview", b""),
        media_type=values.get(b"media_type", b"").decode(),
    )


def _rendered(values: dict[bytes, bytes]) -> Rendered:
    return Rendered(
        image=codec.image_from_json(values[b"image"]),
        features=codec.features_from_text(values[b"features"].decode()),
        note=values[b"note"].decode(),
        attempt=int(values[b"attempt"]),
        started_ms=int(values[b"started_ms"]),
        ended_ms=int(values[b"ended_ms"]),
    )


def _is_cursor(cursor: str) -> bool:
    time, _, sequence = cursor.partition("-")
    return time.isdecimal() and sequence.isdecimal()


def _place(entry_id: str) -> tuple[int, int]:
    time, _, sequence = entry_id.partition("-")
    return int(time), int(sequence)
