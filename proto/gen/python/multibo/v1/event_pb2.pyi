import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from multibo.v1 import round_pb2 as _round_pb2
from multibo.v1 import session_pb2 as _session_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SnapshotEvent(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: _session_pb2.Session
    def __init__(self, session: _Optional[_Union[_session_pb2.Session, _Mapping]] = ...) -> None: ...

class SessionChangedEvent(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: _session_pb2.Session
    def __init__(self, session: _Optional[_Union[_session_pb2.Session, _Mapping]] = ...) -> None: ...

class RoundChangedEvent(_message.Message):
    __slots__ = ("round",)
    ROUND_FIELD_NUMBER: _ClassVar[int]
    round: _round_pb2.Round
    def __init__(self, round: _Optional[_Union[_round_pb2.Round, _Mapping]] = ...) -> None: ...

class CandidateChangedEvent(_message.Message):
    __slots__ = ("candidate",)
    CANDIDATE_FIELD_NUMBER: _ClassVar[int]
    candidate: _round_pb2.Candidate
    def __init__(self, candidate: _Optional[_Union[_round_pb2.Candidate, _Mapping]] = ...) -> None: ...

class ProgressEvent(_message.Message):
    __slots__ = ("candidate", "slot", "step", "steps")
    CANDIDATE_FIELD_NUMBER: _ClassVar[int]
    SLOT_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    candidate: str
    slot: int
    step: int
    steps: int
    def __init__(self, candidate: _Optional[str] = ..., slot: _Optional[int] = ..., step: _Optional[int] = ..., steps: _Optional[int] = ...) -> None: ...

class PreviewEvent(_message.Message):
    __slots__ = ("candidate", "slot", "data", "media_type")
    CANDIDATE_FIELD_NUMBER: _ClassVar[int]
    SLOT_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    candidate: str
    slot: int
    data: bytes
    media_type: str
    def __init__(self, candidate: _Optional[str] = ..., slot: _Optional[int] = ..., data: _Optional[bytes] = ..., media_type: _Optional[str] = ...) -> None: ...

class HeartbeatEvent(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ResumeEvent(_message.Message):
    __slots__ = ("cursor", "delay")
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    DELAY_FIELD_NUMBER: _ClassVar[int]
    cursor: str
    delay: _duration_pb2.Duration
    def __init__(self, cursor: _Optional[str] = ..., delay: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...
