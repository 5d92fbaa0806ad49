from multibo.v1 import insight_pb2 as _insight_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FigureKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FIGURE_KIND_UNSPECIFIED: _ClassVar[FigureKind]
    FIGURE_KIND_MAP: _ClassVar[FigureKind]
    FIGURE_KIND_TRACE: _ClassVar[FigureKind]
    FIGURE_KIND_SLATE: _ClassVar[FigureKind]

class FigureFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FIGURE_FORMAT_UNSPECIFIED: _ClassVar[FigureFormat]
    FIGURE_FORMAT_PNG: _ClassVar[FigureFormat]
    FIGURE_FORMAT_SVG: _ClassVar[FigureFormat]
FIGURE_KIND_UNSPECIFIED: FigureKind
FIGURE_KIND_MAP: FigureKind
FIGURE_KIND_TRACE: FigureKind
FIGURE_KIND_SLATE: FigureKind
FIGURE_FORMAT_UNSPECIFIED: FigureFormat
FIGURE_FORMAT_PNG: FigureFormat
FIGURE_FORMAT_SVG: FigureFormat

class GetRecommendationRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetRecommendationResponse(_message.Message):
    __slots__ = ("recommendation",)
    RECOMMENDATION_FIELD_NUMBER: _ClassVar[int]
    recommendation: _insight_pb2.Recommendation
    def __init__(self, recommendation: _Optional[_Union[_insight_pb2.Recommendation, _Mapping]] = ...) -> None: ...

class GetStoppingAdviceRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetStoppingAdviceResponse(_message.Message):
    __slots__ = ("advice",)
    ADVICE_FIELD_NUMBER: _ClassVar[int]
    advice: _insight_pb2.StoppingAdvice
    def __init__(self, advice: _Optional[_Union[_insight_pb2.StoppingAdvice, _Mapping]] = ...) -> None: ...

class PredictChoiceRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class PredictChoiceResponse(_message.Message):
    __slots__ = ("prediction",)
    PREDICTION_FIELD_NUMBER: _ClassVar[int]
    prediction: _insight_pb2.ChoicePrediction
    def __init__(self, prediction: _Optional[_Union[_insight_pb2.ChoicePrediction, _Mapping]] = ...) -> None: ...

class GetPreferenceMapRequest(_message.Message):
    __slots__ = ("name", "x_axis", "y_axis")
    NAME_FIELD_NUMBER: _ClassVar[int]
    X_AXIS_FIELD_NUMBER: _ClassVar[int]
    Y_AXIS_FIELD_NUMBER: _ClassVar[int]
    name: str
    x_axis: str
    y_axis: str
    def __init__(self, name: _Optional[str] = ..., x_axis: _Optional[str] = ..., y_axis: _Optional[str] = ...) -> None: ...

class GetPreferenceMapResponse(_message.Message):
    __slots__ = ("map",)
    MAP_FIELD_NUMBER: _ClassVar[int]
    map: _insight_pb2.PreferenceMap
    def __init__(self, map: _Optional[_Union[_insight_pb2.PreferenceMap, _Mapping]] = ...) -> None: ...

class RenderFigureRequest(_message.Message):
    __slots__ = ("name", "kind", "format")
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    name: str
    kind: FigureKind
    format: FigureFormat
    def __init__(self, name: _Optional[str] = ..., kind: _Optional[_Union[FigureKind, str]] = ..., format: _Optional[_Union[FigureFormat, str]] = ...) -> None: ...

class RenderFigureResponse(_message.Message):
    __slots__ = ("data", "media_type", "engine_version")
    DATA_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    ENGINE_VERSION_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    media_type: str
    engine_version: str
    def __init__(self, data: _Optional[bytes] = ..., media_type: _Optional[str] = ..., engine_version: _Optional[str] = ...) -> None: ...
