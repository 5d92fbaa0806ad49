"""Following a session across everything that can happen to a stream."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import aclosing

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from multibo.client import AsyncProject, errors, events
from multibo.client.channel import Transport, open_channel
from multibo.client.watch import Patience, Watch
from multibo.v1 import event_pb2, session_service_pb2
from tests.support.scripted_optimizer import (
    HANG,
    SESSION,
    Refusal,
    ScriptedOptimizer,
    a_candidate,
    a_round,
    a_session,
    told,
)

SOON = Patience(
    silence_s=0.3,
    shortest_pause_s=0.01,
    longest_pause_s=0.05,
    unheard_s=1.0,
    polling_s=0.3,
)
AWAY = Refusal(grpc.StatusCode.UNAVAILABLE)


def snapshot(cursor: str, etag: str = "1") -> session_service_pb2.WatchSessionResponse:
    session = a_session(etag=etag)
    return told(cursor, snapshot=event_pb2.SnapshotEvent(session=session))


def changed(cursor: str, etag: str) -> session_service_pb2.WatchSessionResponse:
    session = a_session(etag=etag)
    return told(cursor, session_changed=event_pb2.SessionChangedEvent(session=session))


def heartbeat() -> session_service_pb2.WatchSessionResponse:
    return told(heartbeat=event_pb2.HeartbeatEvent())


def resume(cursor: str, delay_s: float) -> session_service_pb2.WatchSessionResponse:
    delay = Duration()
    delay.FromNanoseconds(int(delay_s * 1e9))
    return told(resume=event_pb2.ResumeEvent(cursor=cursor, delay=delay))


async def seen(
    optimizer: ScriptedOptimizer, n_events: int, patience: Patience = SOON
) -> list[events.Event]:
    """The first events of a watch."""
    transport = Transport(open_channel(optimizer.address))
    watch = Watch(transport, SESSION, patience=patience, include_progress=True)
    heard: list[events.Event] = []
    try:
        async with aclosing(watch.events()) as stream:
            async for event in stream:
                heard.append(event)
                if len(heard) == n_events:
                    break
    finally:
        await transport.close()
    return heard


def etags(heard: Sequence[events.Event]) -> list[str]:
    """The etags of the sessions that the events carry."""
    return [
        event.session.etag
        for event in heard
        if isinstance(event, events.Snapshot | events.SessionChanged)
    ]


async def test_every_kind_of_event_arrives_as_a_value(
    optimizer: ScriptedOptimizer,
) -> None:
    optimizer.on(
        "WatchSession",
        [
            snapshot("1"),
            heartbeat(),
            changed("2", "2"),
            told("3", round_changed=event_pb2.RoundChangedEvent(round=a_round())),
            told(progress=event_pb2.ProgressEvent(candidate="c", step=1, steps=10)),
            told(
                preview=event_pb2.PreviewEvent(
                    candidate="c", slot=1, data=b"w", media_type="image/webp"
                )
            ),
            told(
                "4",
                candidate_changed=event_pb2.CandidateChangedEvent(
                    candidate=a_candidate(1)
                ),
            ),
            HANG,
        ],
    )

    heard = await seen(optimizer, 6)

    assert [type(event).__name__ for event in heard] == [
        "Snapshot",
        "SessionChanged",
        "RoundChanged",
        "Progress",
        "Preview",
        "CandidateChanged",
    ]
    assert heard[3] == events.Progress("c", 0, 1, 10)
    assert heard[4] == events.Preview("c", 1, b"w", "image/webp")


async def test_a_lost_stream_goes_on_behind_the_last_cursor(
    optimizer: ScriptedOptimizer,
) -> None:
    optimizer.on(
        "WatchSession",
        [snapshot("1"), changed("2", "2"), AWAY],
        AWAY,
        [changed("3", "3"), HANG],
    )

    heard = await seen(optimizer, 3)

    assert etags(heard) == ["1", "2", "3"]
    asked = [request.cursor for request in optimizer.requests["WatchSession"]]
    assert asked == ["", "2", "2"]


async def test_what_was_seen_before_a_reconnection_is_dropped(
    optimizer: ScriptedOptimizer,
) -> None:
    optimizer.on(
        "WatchSession",
        [snapshot("1"), changed("2", "2"), changed("3", "3"), AWAY],
        [changed("2", "2"), changed("3", "3"), changed("4", "4"), HANG],
    )

    assert etags(await seen(optimizer, 4)) == ["1", "2", "3", "4"]


async def test_a_snapshot_is_never_dropped(optimizer: ScriptedOptimizer) -> None:
    optimizer.on("WatchSession", [snapshot("1"), AWAY], [snapshot("1", "2"), HANG])

    assert etags(await seen(optimizer, 2)) == ["1", "2"]


async def test_a_silent_stream_is_closed_and_reopened(
    optimizer: ScriptedOptimizer,
) -> None:
    optimizer.on("WatchSession", [snapshot("1"), HANG], [changed("2", "2"), HANG])

    started_s = time.monotonic()
    heard = await seen(optimizer, 2)

    assert etags(heard) == ["1", "2"]
    assert time.monotonic() - started_s >= SOON.silence_s
    assert optimizer.requests["WatchSession"][1].cursor == "1"


async def test_heartbeats_keep_a_stream_alive(optimizer: ScriptedOptimizer) -> None:
    beats = [item for _ in range(4) for item in (0.2, heartbeat())]
    optimizer.on("WatchSession", [snapshot("1"), *beats, changed("2", "2"), HANG])

    heard = await seen(optimizer, 2)

    assert etags(heard) == ["1", "2"]
    assert optimizer.n_calls("WatchSession") == 1


async def test_a_resume_is_followed_after_its_delay(
    optimizer: ScriptedOptimizer,
) -> None:
    optimizer.on(
        "WatchSession", [snapshot("1"), resume("7", 0.2)], [changed("8", "2"), HANG]
    )

    started_s = time.monotonic()
    heard = await seen(optimizer, 2)

    assert etags(heard) == ["1", "2"]
    assert time.monotonic() - started_s >= 0.2
    assert optimizer.requests["WatchSession"][1].cursor == "7"


async def test_a_full_server_is_polled_until_the_stream_is_to_be_had(
    optimizer: ScriptedOptimizer,
) -> None:
    full = Refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, "WATCH_LIMIT", retry_s=0.7)
    optimizer.on("WatchSession", full, [snapshot("9", "3"), HANG])
    optimizer.on(
        "GetSession",
        session_service_pb2.GetSessionResponse(session=a_session(etag="1")),
        session_service_pb2.GetSessionResponse(session=a_session(etag="2")),
    )

    heard = await seen(optimizer, 3)

    assert etags(heard) == ["1", "2", "3"]


async def test_polling_reports_only_what_differs(optimizer: ScriptedOptimizer) -> None:
    full = Refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, "WATCH_LIMIT", retry_s=1.2)
    optimizer.on("WatchSession", full, [snapshot("9", "2"), HANG])
    optimizer.on(
        "GetSession", session_service_pb2.GetSessionResponse(session=a_session())
    )

    assert etags(await seen(optimizer, 2)) == ["1", "2"]
    assert optimizer.n_calls("GetSession") >= 2


async def test_a_stream_that_something_holds_back_is_replaced_by_polling(
    optimizer: ScriptedOptimizer,
) -> None:
    optimizer.on("WatchSession", [HANG])
    optimizer.on(
        "GetSession", session_service_pb2.GetSessionResponse(session=a_session())
    )

    assert etags(await seen(optimizer, 1)) == ["1"]


@pytest.mark.parametrize("method", ["WatchSession", "GetSession"])
async def test_a_deleted_session_ends_the_watch(
    optimizer: ScriptedOptimizer, method: str
) -> None:
    full = Refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, "WATCH_LIMIT")
    optimizer.on("WatchSession", full)
    optimizer.on(method, Refusal(grpc.StatusCode.NOT_FOUND, "SESSION_NOT_FOUND"))

    with pytest.raises(errors.SessionNotFoundError):
        await seen(optimizer, 1)


async def test_a_server_that_offers_neither_ends_the_watch(
    optimizer: ScriptedOptimizer,
) -> None:
    with pytest.raises(errors.NotOfferedError):
        await seen(optimizer, 1)


async def test_a_server_that_stays_away_is_unreachable_in_the_end(
    optimizer: ScriptedOptimizer,
) -> None:
    optimizer.on("WatchSession", [snapshot("1"), AWAY], AWAY)

    started_s = time.monotonic()
    with pytest.raises(errors.ServerUnreachableError):
        await seen(optimizer, 2)

    assert SOON.unheard_s <= time.monotonic() - started_s < 5
    # Backoff: dozens of attempts a second would be a storm.
    assert optimizer.n_calls("WatchSession") < 60


async def test_a_server_that_stays_silent_is_unreachable_in_the_end(
    optimizer: ScriptedOptimizer,
) -> None:
    optimizer.on("WatchSession", [snapshot("1"), HANG], [HANG])

    with pytest.raises(errors.ServerUnreachableError, match="silent"):
        await seen(optimizer, 2)


async def test_a_session_is_watched_through_its_own_method(
    project: AsyncProject, optimizer: ScriptedOptimizer
) -> None:
    optimizer.on(
        "GetSession", session_service_pb2.GetSessionResponse(session=a_session())
    )
    optimizer.on("WatchSession", [snapshot("1"), HANG])
    session = await project.session("faces")

    async with aclosing(session.watch()) as stream:
        first = await anext(stream)

    assert isinstance(first, events.Snapshot)
    assert optimizer.requests["WatchSession"][0].name == SESSION
