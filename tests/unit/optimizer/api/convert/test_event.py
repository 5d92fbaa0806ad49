"""Watched events on the wire."""

from __future__ import annotations

from multibo.optimizer.api.convert.event import watch_response
from multibo.optimizer.app.values import SessionView
from multibo.optimizer.app.watch import (
    CandidateChanged,
    Heartbeat,
    Preview,
    Progress,
    Resume,
    RoundChanged,
    SessionChanged,
    Watched,
)
from multibo.v1 import event_pb2
from tests.support.builders import NAME, a_round, a_session


def test_a_step_names_its_candidate_and_has_no_cursor() -> None:
    message = watch_response(NAME, Watched(Progress(3, 1, 4, 10), "7-0", 5_000))

    assert message.cursor == ""
    assert message.progress == event_pb2.ProgressEvent(
        candidate=f"{NAME}/rounds/3/candidates/1", slot=1, step=4, steps=10
    )


def test_a_change_has_its_cursor_and_its_time() -> None:
    message = watch_response(NAME, Watched(RoundChanged(a_round()), "7-0", 5_000))

    assert (message.cursor, message.event_time.ToMilliseconds()) == ("7-0", 5_000)
    assert message.round_changed.round.name == f"{NAME}/rounds/0"


def test_a_changed_candidate_comes_alone() -> None:
    message = watch_response(NAME, Watched(CandidateChanged(a_round(), 2), "7-0", 1))

    assert message.candidate_changed.candidate.slot == 2


def test_a_changed_session_comes_without_its_round() -> None:
    view = SessionView(a_session(current_round=0, next_round=1), 9_000)

    message = watch_response(NAME, Watched(SessionChanged(view), "7-0", 1))

    session = message.session_changed.session
    assert session.open_round == f"{NAME}/rounds/0"
    assert not session.HasField("latest_round")


def test_the_end_says_where_and_when_to_go_on() -> None:
    message = watch_response(NAME, Watched(Resume(delay_ms=200), "7-0", 1))

    assert message.resume.cursor == message.cursor == "7-0"
    assert message.resume.delay.ToMilliseconds() == 200


def test_a_heartbeat_says_nothing() -> None:
    message = watch_response(NAME, Watched(Heartbeat(), "7-0", 1))

    assert message.WhichOneof("event") == "heartbeat"
    assert message.cursor == ""


def test_a_preview_carries_its_file_and_no_cursor() -> None:
    seen = Preview(3, 1, b"RIFF", "image/webp")

    message = watch_response(NAME, Watched(seen, "7-0", 5_000))

    assert message.cursor == ""
    assert message.preview == event_pb2.PreviewEvent(
        candidate=f"{NAME}/rounds/3/candidates/1",
        slot=1,
        data=b"RIFF",
        media_type="image/webp",
    )
