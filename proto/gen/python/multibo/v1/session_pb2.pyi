import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from multibo.v1 import round_pb2 as _round_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SessionState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SESSION_STATE_UNSPECIFIED: _ClassVar[SessionState]
    SESSION_STATE_ACTIVE: _ClassVar[SessionState]
    SESSION_STATE_EXHAUSTED: _ClassVar[SessionState]
    SESSION_STATE_FINISHED: _ClassVar[SessionState]

class SessionView(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SESSION_VIEW_UNSPECIFIED: _ClassVar[SessionView]
    SESSION_VIEW_BASIC: _ClassVar[SessionView]
    SESSION_VIEW_FULL: _ClassVar[SessionView]

class ForkMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FORK_MODE_UNSPECIFIED: _ClassVar[ForkMode]
    FORK_MODE_HISTORY: _ClassVar[ForkMode]
    FORK_MODE_WARM_START: _ClassVar[ForkMode]
SESSION_STATE_UNSPECIFIED: SessionState
SESSION_STATE_ACTIVE: SessionState
SESSION_STATE_EXHAUSTED: SessionState
SESSION_STATE_FINISHED: SessionState
SESSION_VIEW_UNSPECIFIED: SessionView
SESSION_VIEW_BASIC: SessionView
SESSION_VIEW_FULL: SessionView
FORK_MODE_UNSPECIFIED: ForkMode
FORK_MODE_HISTORY: ForkMode
FORK_MODE_WARM_START: ForkMode

class Session(_message.Message):
    __slots__ = ("name", "spec", "state", "etag", "open_round", "feedback_count", "can_undo", "can_redo", "images_used", "expire_time", "create_time", "update_time", "accepted_candidate", "forked_from", "latest_round")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    OPEN_ROUND_FIELD_NUMBER: _ClassVar[int]
    FEEDBACK_COUNT_FIELD_NUMBER: _ClassVar[int]
    CAN_UNDO_FIELD_NUMBER: _ClassVar[int]
    CAN_REDO_FIELD_NUMBER: _ClassVar[int]
    IMAGES_USED_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_CANDIDATE_FIELD_NUMBER: _ClassVar[int]
    FORKED_FROM_FIELD_NUMBER: _ClassVar[int]
    LATEST_ROUND_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: SessionSpec
    state: SessionState
    etag: str
    open_round: str
    feedback_count: int
    can_undo: bool
    can_redo: bool
    images_used: int
    expire_time: _timestamp_pb2.Timestamp
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    accepted_candidate: str
    forked_from: str
    latest_round: _round_pb2.Round
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[SessionSpec, _Mapping]] = ..., state: _Optional[_Union[SessionState, str]] = ..., etag: _Optional[str] = ..., open_round: _Optional[str] = ..., feedback_count: _Optional[int] = ..., can_undo: bool = ..., can_redo: bool = ..., images_used: _Optional[int] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., accepted_candidate: _Optional[str] = ..., forked_from: _Optional[str] = ..., latest_round: _Optional[_Union[_round_pb2.Round, _Mapping]] = ...) -> None: ...

class SessionSpec(_message.Message):
    __slots__ = ("prompt", "negative_prompt", "model", "model_revision", "warp_space", "seed", "steps", "guidance", "slate_size", "rounds", "images", "anchor", "control_share", "probe_share", "labels", "casting_rounds")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_PROMPT_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    MODEL_REVISION_FIELD_NUMBER: _ClassVar[int]
    WARP_SPACE_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    GUIDANCE_FIELD_NUMBER: _ClassVar[int]
    SLATE_SIZE_FIELD_NUMBER: _ClassVar[int]
    ROUNDS_FIELD_NUMBER: _ClassVar[int]
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    ANCHOR_FIELD_NUMBER: _ClassVar[int]
    CONTROL_SHARE_FIELD_NUMBER: _ClassVar[int]
    PROBE_SHARE_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    CASTING_ROUNDS_FIELD_NUMBER: _ClassVar[int]
    prompt: str
    negative_prompt: str
    model: str
    model_revision: str
    warp_space: str
    seed: int
    steps: int
    guidance: float
    slate_size: int
    rounds: int
    images: int
    anchor: bool
    control_share: float
    probe_share: float
    labels: _containers.ScalarMap[str, str]
    casting_rounds: int
    def __init__(self, prompt: _Optional[str] = ..., negative_prompt: _Optional[str] = ..., model: _Optional[str] = ..., model_revision: _Optional[str] = ..., warp_space: _Optional[str] = ..., seed: _Optional[int] = ..., steps: _Optional[int] = ..., guidance: _Optional[float] = ..., slate_size: _Optional[int] = ..., rounds: _Optional[int] = ..., images: _Optional[int] = ..., anchor: bool = ..., control_share: _Optional[float] = ..., probe_share: _Optional[float] = ..., labels: _Optional[_Mapping[str, str]] = ..., casting_rounds: _Optional[int] = ...) -> None: ...
