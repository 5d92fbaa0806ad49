import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ModelReadiness(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MODEL_READINESS_UNSPECIFIED: _ClassVar[ModelReadiness]
    MODEL_READINESS_READY: _ClassVar[ModelReadiness]
    MODEL_READINESS_STARTING: _ClassVar[ModelReadiness]
    MODEL_READINESS_ABSENT: _ClassVar[ModelReadiness]
MODEL_READINESS_UNSPECIFIED: ModelReadiness
MODEL_READINESS_READY: ModelReadiness
MODEL_READINESS_STARTING: ModelReadiness
MODEL_READINESS_ABSENT: ModelReadiness

class Model(_message.Message):
    __slots__ = ("name", "title", "revision", "readiness", "estimated_wait", "examples", "width_px", "height_px", "steps", "guidance", "negative_prompt", "max_prompt_tokens", "default_warp_space", "warp_dimension", "warp_spaces", "min_slate_size", "max_slate_size", "default_slate_size", "max_rounds", "default_rounds", "default_casting_rounds")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    READINESS_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_WAIT_FIELD_NUMBER: _ClassVar[int]
    EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    WIDTH_PX_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_PX_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    GUIDANCE_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_PROMPT_FIELD_NUMBER: _ClassVar[int]
    MAX_PROMPT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_WARP_SPACE_FIELD_NUMBER: _ClassVar[int]
    WARP_DIMENSION_FIELD_NUMBER: _ClassVar[int]
    WARP_SPACES_FIELD_NUMBER: _ClassVar[int]
    MIN_SLATE_SIZE_FIELD_NUMBER: _ClassVar[int]
    MAX_SLATE_SIZE_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_SLATE_SIZE_FIELD_NUMBER: _ClassVar[int]
    MAX_ROUNDS_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_ROUNDS_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_CASTING_ROUNDS_FIELD_NUMBER: _ClassVar[int]
    name: str
    title: str
    revision: str
    readiness: ModelReadiness
    estimated_wait: _duration_pb2.Duration
    examples: _containers.RepeatedScalarFieldContainer[str]
    width_px: int
    height_px: int
    steps: int
    guidance: float
    negative_prompt: str
    max_prompt_tokens: int
    default_warp_space: str
    warp_dimension: int
    warp_spaces: _containers.RepeatedScalarFieldContainer[str]
    min_slate_size: int
    max_slate_size: int
    default_slate_size: int
    max_rounds: int
    default_rounds: int
    default_casting_rounds: int
    def __init__(self, name: _Optional[str] = ..., title: _Optional[str] = ..., revision: _Optional[str] = ..., readiness: _Optional[_Union[ModelReadiness, str]] = ..., estimated_wait: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., examples: _Optional[_Iterable[str]] = ..., width_px: _Optional[int] = ..., height_px: _Optional[int] = ..., steps: _Optional[int] = ..., guidance: _Optional[float] = ..., negative_prompt: _Optional[str] = ..., max_prompt_tokens: _Optional[int] = ..., default_warp_space: _Optional[str] = ..., warp_dimension: _Optional[int] = ..., warp_spaces: _Optional[_Iterable[str]] = ..., min_slate_size: _Optional[int] = ..., max_slate_size: _Optional[int] = ..., default_slate_size: _Optional[int] = ..., max_rounds: _Optional[int] = ..., default_rounds: _Optional[int] = ..., default_casting_rounds: _Optional[int] = ...) -> None: ...

class WarpSpace(_message.Message):
    __slots__ = ("name", "family", "revision", "dimension", "axes", "identity", "resolution")
    NAME_FIELD_NUMBER: _ClassVar[int]
    FAMILY_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    DIMENSION_FIELD_NUMBER: _ClassVar[int]
    AXES_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    RESOLUTION_FIELD_NUMBER: _ClassVar[int]
    name: str
    family: str
    revision: int
    dimension: int
    axes: _containers.RepeatedCompositeFieldContainer[WarpAxis]
    identity: _containers.RepeatedScalarFieldContainer[float]
    resolution: float
    def __init__(self, name: _Optional[str] = ..., family: _Optional[str] = ..., revision: _Optional[int] = ..., dimension: _Optional[int] = ..., axes: _Optional[_Iterable[_Union[WarpAxis, _Mapping]]] = ..., identity: _Optional[_Iterable[float]] = ..., resolution: _Optional[float] = ...) -> None: ...

class WarpAxis(_message.Message):
    __slots__ = ("name", "low_label", "high_label", "lower", "upper")
    NAME_FIELD_NUMBER: _ClassVar[int]
    LOW_LABEL_FIELD_NUMBER: _ClassVar[int]
    HIGH_LABEL_FIELD_NUMBER: _ClassVar[int]
    LOWER_FIELD_NUMBER: _ClassVar[int]
    UPPER_FIELD_NUMBER: _ClassVar[int]
    name: str
    low_label: str
    high_label: str
    lower: float
    upper: float
    def __init__(self, name: _Optional[str] = ..., low_label: _Optional[str] = ..., high_label: _Optional[str] = ..., lower: _Optional[float] = ..., upper: _Optional[float] = ...) -> None: ...
