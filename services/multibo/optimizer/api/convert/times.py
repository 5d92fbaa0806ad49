"""Milliseconds as `Timestamp` and `Duration`, and back."""

from __future__ import annotations

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp


def timestamp(time_ms: int) -> Timestamp | None:
    """Return a time since the epoch; 0, which means "not yet", as absent.

    Args:
        time_ms: milliseconds since the epoch, or 0.
    """
    if not time_ms:
        return None
    return Timestamp(seconds=time_ms // 1000, nanos=time_ms % 1000 * 1_000_000)


def duration(span_ms: int) -> Duration:
    """Return a span of time.

    Args:
        span_ms: milliseconds, >= 0.
    """
    return Duration(seconds=span_ms // 1000, nanos=span_ms % 1000 * 1_000_000)


def milliseconds(span: Duration) -> int:
    """Return a positive span in whole milliseconds, at least one.

    Args:
        span: longer than nothing.
    """
    return max(1, span.seconds * 1000 + span.nanos // 1_000_000)
