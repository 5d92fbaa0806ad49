"""Single fields of protocol messages -> plain values."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from google.protobuf.duration_pb2 import Duration
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

E = TypeVar("E", bound=StrEnum)


def member(kind: type[E], wire: EnumTypeWrapper, prefix: str, number: int) -> E:
    """Return the member, UNKNOWN for what this client has never heard of.

    Args:
        kind: our enum.
        wire: the proto's.
        prefix: of the proto's names, without the last underscore.
        number: as on the wire.
    """
    name = wire.Name(number) if number in wire.values() else ""
    bare = name.removeprefix(f"{prefix}_")
    return kind(bare) if bare in kind.__members__ else kind("UNKNOWN")


def number(message: Message, field: str) -> float | None:
    """Return a number, or None if it is absent.

    Args:
        message: as on the wire.
        field: its name.
    """
    return float(getattr(message, field)) if message.HasField(field) else None


def seconds(message: Message, field: str) -> float | None:
    """Return a span of time, or None if it is absent.

    Args:
        message: as on the wire.
        field: its name.
    """
    if not message.HasField(field):
        return None
    span: Duration = getattr(message, field)
    return float(span.ToTimedelta().total_seconds())


def time(message: Message, field: str) -> datetime | None:
    """Return a time in UTC, or None if it is absent.

    Args:
        message: as on the wire.
        field: its name.
    """
    if not message.HasField(field):
        return None
    stamp: Timestamp = getattr(message, field)
    return stamp.ToDatetime(tzinfo=UTC)
