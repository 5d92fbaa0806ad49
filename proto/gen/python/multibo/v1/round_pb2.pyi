import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from multibo.v1 import image_pb2 as _image_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RoundState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROUND_STATE_UNSPECIFIED: _ClassVar[RoundState]
    ROUND_STATE_RENDERING: _ClassVar[RoundState]
    ROUND_STATE_OPEN: _ClassVar[RoundState]
    ROUND_STATE_JUDGED: _ClassVar[RoundState]
    ROUND_STATE_SKIPPED: _ClassVar[RoundState]
    ROUND_STATE_FAILED: _ClassVar[RoundState]
    ROUND_STATE_CANCELLED: _ClassVar[RoundState]
    ROUND_STATE_OBSOLETE: _ClassVar[RoundState]

class CandidateRole(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CANDIDATE_ROLE_UNSPECIFIED: _ClassVar[CandidateRole]
    CANDIDATE_ROLE_CAST: _ClassVar[CandidateRole]
    CANDIDATE_ROLE_INITIAL: _ClassVar[CandidateRole]
    CANDIDATE_ROLE_ANCHOR: _ClassVar[CandidateRole]
    CANDIDATE_ROLE_EXPLOIT: _ClassVar[CandidateRole]
    CANDIDATE_ROLE_EXPLORE: _ClassVar[CandidateRole]
    CANDIDATE_ROLE_DIVERSE: _ClassVar[CandidateRole]
    CANDIDATE_ROLE_CONTROL: _ClassVar[CandidateRole]
    CANDIDATE_ROLE_PROBE: _ClassVar[CandidateRole]

class CandidateState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CANDIDATE_STATE_UNSPECIFIED: _ClassVar[CandidateState]
    CANDIDATE_STATE_QUEUED: _ClassVar[CandidateState]
    CANDIDATE_STATE_RENDERING: _ClassVar[CandidateState]
    CANDIDATE_STATE_READY: _ClassVar[CandidateState]
    CANDIDATE_STATE_FAILED: _ClassVar[CandidateState]
    CANDIDATE_STATE_CANCELLED: _ClassVar[CandidateState]

class SkipReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SKIP_REASON_UNSPECIFIED: _ClassVar[SkipReason]
    SKIP_REASON_INTERRUPTED: _ClassVar[SkipReason]
    SKIP_REASON_UNSURE: _ClassVar[SkipReason]
    SKIP_REASON_BAD_IMAGE: _ClassVar[SkipReason]
    SKIP_REASON_OTHER: _ClassVar[SkipReason]
ROUND_STATE_UNSPECIFIED: RoundState
ROUND_STATE_RENDERING: RoundState
ROUND_STATE_OPEN: RoundState
ROUND_STATE_JUDGED: RoundState
ROUND_STATE_SKIPPED: RoundState
ROUND_STATE_FAILED: RoundState
ROUND_STATE_CANCELLED: RoundState
ROUND_STATE_OBSOLETE: RoundState
CANDIDATE_ROLE_UNSPECIFIED: CandidateRole
CANDIDATE_ROLE_CAST: CandidateRole
CANDIDATE_ROLE_INITIAL: CandidateRole
CANDIDATE_ROLE_ANCHOR: CandidateRole
CANDIDATE_ROLE_EXPLOIT: CandidateRole
CANDIDATE_ROLE_EXPLORE: CandidateRole
CANDIDATE_ROLE_DIVERSE: CandidateRole
CANDIDATE_ROLE_CONTROL: CandidateRole
CANDIDATE_ROLE_PROBE: CandidateRole
CANDIDATE_STATE_UNSPECIFIED: CandidateState
CANDIDATE_STATE_QUEUED: CandidateState
CANDIDATE_STATE_RENDERING: CandidateState
CANDIDATE_STATE_READY: CandidateState
CANDIDATE_STATE_FAILED: CandidateState
CANDIDATE_STATE_CANCELLED: CandidateState
SKIP_REASON_UNSPECIFIED: SkipReason
SKIP_REASON_INTERRUPTED: SkipReason
SKIP_REASON_UNSURE: SkipReason
SKIP_REASON_BAD_IMAGE: SkipReason
SKIP_REASON_OTHER: SkipReason

class Round(_message.Message):
    __slots__ = ("name", "number", "ordinal", "state", "candidates", "feedback", "degraded", "distinctness", "predicted", "create_time", "judge_time", "propose_duration", "engine_version")
    NAME_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    ORDINAL_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    FEEDBACK_FIELD_NUMBER: _ClassVar[int]
    DEGRADED_FIELD_NUMBER: _ClassVar[int]
    DISTINCTNESS_FIELD_NUMBER: _ClassVar[int]
    PREDICTED_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    JUDGE_TIME_FIELD_NUMBER: _ClassVar[int]
    PROPOSE_DURATION_FIELD_NUMBER: _ClassVar[int]
    ENGINE_VERSION_FIELD_NUMBER: _ClassVar[int]
    name: str
    number: int
    ordinal: int
    state: RoundState
    candidates: _containers.RepeatedCompositeFieldContainer[Candidate]
    feedback: Feedback
    degraded: str
    distinctness: Distinctness
    predicted: ChoiceProbabilities
    create_time: _timestamp_pb2.Timestamp
    judge_time: _timestamp_pb2.Timestamp
    propose_duration: _duration_pb2.Duration
    engine_version: str
    def __init__(self, name: _Optional[str] = ..., number: _Optional[int] = ..., ordinal: _Optional[int] = ..., state: _Optional[_Union[RoundState, str]] = ..., candidates: _Optional[_Iterable[_Union[Candidate, _Mapping]]] = ..., feedback: _Optional[_Union[Feedback, _Mapping]] = ..., degraded: _Optional[str] = ..., distinctness: _Optional[_Union[Distinctness, _Mapping]] = ..., predicted: _Optional[_Union[ChoiceProbabilities, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., judge_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., propose_duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., engine_version: _Optional[str] = ...) -> None: ...

class Candidate(_message.Message):
    __slots__ = ("name", "slot", "base_seed", "warp", "role", "state", "utility_mean", "utility_sd", "win_probability", "information_gain", "distance_to_anchor", "image", "failure", "estimated_wait", "enqueue_time", "start_time", "end_time", "note")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SLOT_FIELD_NUMBER: _ClassVar[int]
    BASE_SEED_FIELD_NUMBER: _ClassVar[int]
    WARP_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    UTILITY_MEAN_FIELD_NUMBER: _ClassVar[int]
    UTILITY_SD_FIELD_NUMBER: _ClassVar[int]
    WIN_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    INFORMATION_GAIN_FIELD_NUMBER: _ClassVar[int]
    DISTANCE_TO_ANCHOR_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_WAIT_FIELD_NUMBER: _ClassVar[int]
    ENQUEUE_TIME_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    name: str
    slot: int
    base_seed: int
    warp: _containers.RepeatedScalarFieldContainer[float]
    role: CandidateRole
    state: CandidateState
    utility_mean: float
    utility_sd: float
    win_probability: float
    information_gain: float
    distance_to_anchor: float
    image: _image_pb2.ImageInfo
    failure: RenderFailure
    estimated_wait: _duration_pb2.Duration
    enqueue_time: _timestamp_pb2.Timestamp
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    note: str
    def __init__(self, name: _Optional[str] = ..., slot: _Optional[int] = ..., base_seed: _Optional[int] = ..., warp: _Optional[_Iterable[float]] = ..., role: _Optional[_Union[CandidateRole, str]] = ..., state: _Optional[_Union[CandidateState, str]] = ..., utility_mean: _Optional[float] = ..., utility_sd: _Optional[float] = ..., win_probability: _Optional[float] = ..., information_gain: _Optional[float] = ..., distance_to_anchor: _Optional[float] = ..., image: _Optional[_Union[_image_pb2.ImageInfo, _Mapping]] = ..., failure: _Optional[_Union[RenderFailure, _Mapping]] = ..., estimated_wait: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., enqueue_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., note: _Optional[str] = ...) -> None: ...

class RenderFailure(_message.Message):
    __slots__ = ("reason", "attempts")
    REASON_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    reason: str
    attempts: int
    def __init__(self, reason: _Optional[str] = ..., attempts: _Optional[int] = ...) -> None: ...

class Distinctness(_message.Message):
    __slots__ = ("min_distance", "threshold", "note")
    MIN_DISTANCE_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    min_distance: float
    threshold: float
    note: str
    def __init__(self, min_distance: _Optional[float] = ..., threshold: _Optional[float] = ..., note: _Optional[str] = ...) -> None: ...

class ChoiceProbabilities(_message.Message):
    __slots__ = ("slots", "none_of_these")
    SLOTS_FIELD_NUMBER: _ClassVar[int]
    NONE_OF_THESE_FIELD_NUMBER: _ClassVar[int]
    slots: _containers.RepeatedScalarFieldContainer[float]
    none_of_these: float
    def __init__(self, slots: _Optional[_Iterable[float]] = ..., none_of_these: _Optional[float] = ...) -> None: ...

class Feedback(_message.Message):
    __slots__ = ("chosen", "ranking", "tie", "none_of_these", "skip", "shown", "response_time", "request_id")
    CHOSEN_FIELD_NUMBER: _ClassVar[int]
    RANKING_FIELD_NUMBER: _ClassVar[int]
    TIE_FIELD_NUMBER: _ClassVar[int]
    NONE_OF_THESE_FIELD_NUMBER: _ClassVar[int]
    SKIP_FIELD_NUMBER: _ClassVar[int]
    SHOWN_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_TIME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    chosen: int
    ranking: Ranking
    tie: Tie
    none_of_these: NoneOfThese
    skip: Skip
    shown: _containers.RepeatedScalarFieldContainer[int]
    response_time: _duration_pb2.Duration
    request_id: str
    def __init__(self, chosen: _Optional[int] = ..., ranking: _Optional[_Union[Ranking, _Mapping]] = ..., tie: _Optional[_Union[Tie, _Mapping]] = ..., none_of_these: _Optional[_Union[NoneOfThese, _Mapping]] = ..., skip: _Optional[_Union[Skip, _Mapping]] = ..., shown: _Optional[_Iterable[int]] = ..., response_time: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class Ranking(_message.Message):
    __slots__ = ("slots",)
    SLOTS_FIELD_NUMBER: _ClassVar[int]
    slots: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, slots: _Optional[_Iterable[int]] = ...) -> None: ...

class Tie(_message.Message):
    __slots__ = ("slots",)
    SLOTS_FIELD_NUMBER: _ClassVar[int]
    slots: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, slots: _Optional[_Iterable[int]] = ...) -> None: ...

class NoneOfThese(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Skip(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: SkipReason
    def __init__(self, reason: _Optional[_Union[SkipReason, str]] = ...) -> None: ...
