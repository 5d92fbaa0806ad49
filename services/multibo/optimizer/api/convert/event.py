"""Watched events to the messages of `WatchSession`."""

from __future__ import annotations

from multibo.optimizer.api.convert.round import candidate_message, round_message
from multibo.optimizer.api.convert.session import session_message
from multibo.optimizer.api.convert.times import duration, timestamp
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
from multibo.optimizer.session.ids import CandidateName, RoundName, SessionName
from multibo.v1 import event_pb2
from multibo.v1.session_service_pb2 import WatchSessionResponse

Change = Snapshot | SessionChanged | RoundChanged | CandidateChanged
"""Events that are kept and can be resumed after."""


def watch_response(name: SessionName, watched: Watched) -> WatchSessionResponse:
    """Return one message of the stream.

    Args:
        name: the session.
        watched: what happened.
    """
    message = WatchSessionResponse(event_time=timestamp(watched.time_ms))
    match watched.event:
        case Progress():
            message.progress.CopyFrom(_progress(name, watched.event))
            return message
        case Preview():
            message.preview.CopyFrom(_preview(name, watched.event))
            return message
        case Heartbeat():
            message.heartbeat.SetInParent()
            return message
        case Resume(delay_ms=delay_ms):
            message.resume.cursor = watched.cursor
            message.resume.delay.CopyFrom(duration(delay_ms))
        case changed:
            _add_change(message, changed)
    message.cursor = watched.cursor
    return message


def _add_change(message: WatchSessionResponse, event: Change) -> None:
    match event:
        case Snapshot(view=view):
            message.snapshot.session.CopyFrom(session_message(view))
        case SessionChanged(view=view):
            message.session_changed.session.CopyFrom(session_message(view))
        case RoundChanged(round=round, wait_ms=wait_ms):
            message.round_changed.round.CopyFrom(round_message(round, wait_ms=wait_ms))
        case CandidateChanged(round=round, slot=slot):
            changed = candidate_message(round, slot)
            message.candidate_changed.candidate.CopyFrom(changed)


def _progress(name: SessionName, progress: Progress) -> event_pb2.ProgressEvent:
    candidate = CandidateName(RoundName(name, progress.round), progress.slot)
    return event_pb2.ProgressEvent(
        candidate=str(candidate),
        slot=progress.slot,
        step=progress.step,
        steps=progress.steps,
    )


def _preview(name: SessionName, preview: Preview) -> event_pb2.PreviewEvent:
    candidate = CandidateName(RoundName(name, preview.round), preview.slot)
    return event_pb2.PreviewEvent(
        candidate=str(candidate),
        slot=preview.slot,
        data=preview.data,
        media_type=preview.media_type,
    )
