from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from multibo.optimizer.app import create, propose, watch
from multibo.optimizer.app.create import CreateSession
from multibo.optimizer.app.errors import SessionNotFoundError
from multibo.optimizer.app.ports import App
from multibo.optimizer.app.values import FeedEvent, Limits, RequestKey
from multibo.optimizer.app.watch import (
    CandidateChanged,
    Heartbeat,
    Preview,
    Progress,
    Resume,
    RoundChanged,
    SessionChanged,
    Snapshot,
    Watched,
)
from multibo.optimizer.session.ids import SessionName
from multibo.optimizer.session.model import RoundState
from tests.support.fakes import an_app

NAME = SessionName("local", "kind-face")


async def started(app: App) -> None:
    command = CreateSession("local", "kind-face", "comic portrait")
    await create.create_session(app, command, RequestKey("c", "d"), lambda _: b"")


async def watched(app: App, cursor: str = "", limit_s: float = 0.2) -> list[Watched]:
    stream = watch.watch_session(
        app,
        NAME,
        cursor,
        include_progress=True,
        draining=asyncio.Event(),
        limit_s=limit_s,
    )
    return [one async for one in stream]


async def test_a_new_watch_starts_with_a_snapshot_and_ends_with_resume() -> None:
    app = an_app()
    await started(app)
    await propose.propose_round(app, NAME)

    first, last = await watched(app)

    assert isinstance(first.event, Snapshot)
    assert first.event.view.round is not None
    assert first.event.view.round.state is RoundState.OPEN
    assert isinstance(last.event, Resume)
    assert last.cursor == first.cursor


async def test_a_resumed_watch_gets_every_event_after_its_cursor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watch, "_TICK_S", 0.02)
    app = an_app()
    await started(app)
    [snapshot, _] = await watched(app)
    await propose.propose_round(app, NAME)

    # The limit is looked at after every event: read one by one, resuming each time.
    cursor, events = snapshot.cursor, []
    for _ in range(7):
        told = await watched(app, cursor)
        events.append(told[0].event)
        cursor = told[0].cursor

    kinds = [type(event) for event in events]
    assert kinds == [
        RoundChanged,
        SessionChanged,
        *[CandidateChanged] * 4,
        RoundChanged,
    ]


@pytest.mark.parametrize("cursor", ["nonsense", "999-0"])
async def test_a_lost_cursor_gets_a_snapshot_not_an_error(cursor: str) -> None:
    app = an_app()
    await started(app)

    assert isinstance((await watched(app, cursor))[0].event, Snapshot)


async def test_a_silent_stream_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_TICK_S", 0.02)
    app = an_app(limits=Limits(heartbeat_s=0.05))
    await started(app)

    events = [one.event for one in await watched(app, limit_s=0.3)]

    assert isinstance(events[1], Heartbeat)
    assert isinstance(events[-1], Resume)


async def test_a_drain_ends_the_stream_with_resume(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watch, "_TICK_S", 0.02)
    app = an_app()
    await started(app)
    draining = asyncio.Event()
    draining.set()

    stream = watch.watch_session(
        app, NAME, "", include_progress=False, draining=draining, limit_s=60
    )
    events = [type(one.event) async for one in stream]

    assert events == [Snapshot, Resume]


async def test_a_reader_far_behind_is_told_where_to_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watch, "_SLOW_S", 0.05)
    monkeypatch.setattr(watch, "_FAR_BEHIND", 4)
    app = an_app()
    await started(app)
    [snapshot, _] = await watched(app)
    await propose.propose_round(app, NAME)  # seven events
    stream = watch.watch_session(
        app,
        NAME,
        snapshot.cursor,
        include_progress=False,
        draining=asyncio.Event(),
        limit_s=60,
    )

    told = []
    async for one in stream:
        told.append(one)
        await asyncio.sleep(0.1)

    assert [type(one.event) for one in told] == [RoundChanged, Resume]
    assert told[-1].cursor == told[0].cursor


async def test_watching_nothing_is_not_found() -> None:
    with pytest.raises(SessionNotFoundError):
        await watched(an_app())


class Rendering:
    """A feed of a running render."""

    def __init__(self) -> None:
        self.asked: list[bool] = []

    async def head(self, name: SessionName) -> str:
        return f"{len(str(name))}-0"

    async def follow(
        self, _name: SessionName, _cursor: str, *, idle_s: float, previews: bool
    ) -> AsyncIterator[FeedEvent | None]:
        self.asked.append(previews)
        yield FeedEvent(None, round=0, slot=2, step=3, steps=10)
        yield FeedEvent(None, round=0, slot=2, preview=b"p", media_type="image/webp")
        await asyncio.sleep(idle_s)
        yield None


@pytest.mark.parametrize(
    ("progress", "previews", "told"),
    [
        (True, False, [Progress(0, 2, 3, 10)]),
        (False, True, [Preview(0, 2, b"p", "image/webp")]),
        (True, True, [Progress(0, 2, 3, 10), Preview(0, 2, b"p", "image/webp")]),
        (False, False, []),
    ],
)
async def test_a_watch_is_shown_what_it_asked_for(
    progress: bool,
    previews: bool,
    told: list[watch.Event],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watch, "_TICK_S", 0.5)
    feed = Rendering()
    app = an_app()
    await started(app)

    stream = watch.watch_session(
        replace(app, feed=feed),  # type: ignore[arg-type]
        NAME,
        "",
        include_progress=progress,
        include_previews=previews,
        draining=asyncio.Event(),
        limit_s=0.3,
    )

    events = [one.event async for one in stream]
    assert events[1:-1] == told
    assert feed.asked == [previews]
