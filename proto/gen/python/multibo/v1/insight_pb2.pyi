from multibo.v1 import round_pb2 as _round_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class UtilityEstimate(_message.Message):
    __slots__ = ("mean", "sd", "win_probability")
    MEAN_FIELD_NUMBER: _ClassVar[int]
    SD_FIELD_NUMBER: _ClassVar[int]
    WIN_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    mean: float
    sd: float
    win_probability: float
    def __init__(self, mean: _Optional[float] = ..., sd: _Optional[float] = ..., win_probability: _Optional[float] = ...) -> None: ...

class Recommendation(_message.Message):
    __slots__ = ("shown", "predicted", "engine_version", "feedback_count", "degraded")
    SHOWN_FIELD_NUMBER: _ClassVar[int]
    PREDICTED_FIELD_NUMBER: _ClassVar[int]
    ENGINE_VERSION_FIELD_NUMBER: _ClassVar[int]
    FEEDBACK_COUNT_FIELD_NUMBER: _ClassVar[int]
    DEGRADED_FIELD_NUMBER: _ClassVar[int]
    shown: ShownRecommendation
    predicted: PredictedRecommendation
    engine_version: str
    feedback_count: int
    degraded: str
    def __init__(self, shown: _Optional[_Union[ShownRecommendation, _Mapping]] = ..., predicted: _Optional[_Union[PredictedRecommendation, _Mapping]] = ..., engine_version: _Optional[str] = ..., feedback_count: _Optional[int] = ..., degraded: _Optional[str] = ...) -> None: ...

class ShownRecommendation(_message.Message):
    __slots__ = ("candidate", "estimate")
    CANDIDATE_FIELD_NUMBER: _ClassVar[int]
    ESTIMATE_FIELD_NUMBER: _ClassVar[int]
    candidate: _round_pb2.Candidate
    estimate: UtilityEstimate
    def __init__(self, candidate: _Optional[_Union[_round_pb2.Candidate, _Mapping]] = ..., estimate: _Optional[_Union[UtilityEstimate, _Mapping]] = ...) -> None: ...

class PredictedRecommendation(_message.Message):
    __slots__ = ("warp", "base_seed", "estimate")
    WARP_FIELD_NUMBER: _ClassVar[int]
    BASE_SEED_FIELD_NUMBER: _ClassVar[int]
    ESTIMATE_FIELD_NUMBER: _ClassVar[int]
    warp: _containers.RepeatedScalarFieldContainer[float]
    base_seed: int
    estimate: UtilityEstimate
    def __init__(self, warp: _Optional[_Iterable[float]] = ..., base_seed: _Optional[int] = ..., estimate: _Optional[_Union[UtilityEstimate, _Mapping]] = ...) -> None: ...

class StoppingAdvice(_message.Message):
    __slots__ = ("stop", "reason", "improvement_probability", "consistency", "engine_version", "degraded")
    STOP_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    IMPROVEMENT_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    CONSISTENCY_FIELD_NUMBER: _ClassVar[int]
    ENGINE_VERSION_FIELD_NUMBER: _ClassVar[int]
    DEGRADED_FIELD_NUMBER: _ClassVar[int]
    stop: bool
    reason: str
    improvement_probability: float
    consistency: float
    engine_version: str
    degraded: str
    def __init__(self, stop: bool = ..., reason: _Optional[str] = ..., improvement_probability: _Optional[float] = ..., consistency: _Optional[float] = ..., engine_version: _Optional[str] = ..., degraded: _Optional[str] = ...) -> None: ...

class ChoicePrediction(_message.Message):
    __slots__ = ("round", "probabilities", "log_loss", "uniform_log_loss", "temperature", "lapse", "engine_version", "degraded")
    ROUND_FIELD_NUMBER: _ClassVar[int]
    PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    LOG_LOSS_FIELD_NUMBER: _ClassVar[int]
    UNIFORM_LOG_LOSS_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    LAPSE_FIELD_NUMBER: _ClassVar[int]
    ENGINE_VERSION_FIELD_NUMBER: _ClassVar[int]
    DEGRADED_FIELD_NUMBER: _ClassVar[int]
    round: str
    probabilities: _round_pb2.ChoiceProbabilities
    log_loss: float
    uniform_log_loss: float
    temperature: float
    lapse: float
    engine_version: str
    degraded: str
    def __init__(self, round: _Optional[str] = ..., probabilities: _Optional[_Union[_round_pb2.ChoiceProbabilities, _Mapping]] = ..., log_loss: _Optional[float] = ..., uniform_log_loss: _Optional[float] = ..., temperature: _Optional[float] = ..., lapse: _Optional[float] = ..., engine_version: _Optional[str] = ..., degraded: _Optional[str] = ...) -> None: ...

class PreferenceMap(_message.Message):
    __slots__ = ("axes", "slice", "trace", "engine_version", "degraded")
    AXES_FIELD_NUMBER: _ClassVar[int]
    SLICE_FIELD_NUMBER: _ClassVar[int]
    TRACE_FIELD_NUMBER: _ClassVar[int]
    ENGINE_VERSION_FIELD_NUMBER: _ClassVar[int]
    DEGRADED_FIELD_NUMBER: _ClassVar[int]
    axes: _containers.RepeatedCompositeFieldContainer[AxisEffect]
    slice: UtilitySlice
    trace: _containers.RepeatedCompositeFieldContainer[TracePoint]
    engine_version: str
    degraded: str
    def __init__(self, axes: _Optional[_Iterable[_Union[AxisEffect, _Mapping]]] = ..., slice: _Optional[_Union[UtilitySlice, _Mapping]] = ..., trace: _Optional[_Iterable[_Union[TracePoint, _Mapping]]] = ..., engine_version: _Optional[str] = ..., degraded: _Optional[str] = ...) -> None: ...

class AxisEffect(_message.Message):
    __slots__ = ("axis", "positions", "mean", "lower", "upper", "importance")
    AXIS_FIELD_NUMBER: _ClassVar[int]
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    MEAN_FIELD_NUMBER: _ClassVar[int]
    LOWER_FIELD_NUMBER: _ClassVar[int]
    UPPER_FIELD_NUMBER: _ClassVar[int]
    IMPORTANCE_FIELD_NUMBER: _ClassVar[int]
    axis: str
    positions: _containers.RepeatedScalarFieldContainer[float]
    mean: _containers.RepeatedScalarFieldContainer[float]
    lower: _containers.RepeatedScalarFieldContainer[float]
    upper: _containers.RepeatedScalarFieldContainer[float]
    importance: float
    def __init__(self, axis: _Optional[str] = ..., positions: _Optional[_Iterable[float]] = ..., mean: _Optional[_Iterable[float]] = ..., lower: _Optional[_Iterable[float]] = ..., upper: _Optional[_Iterable[float]] = ..., importance: _Optional[float] = ...) -> None: ...

class UtilitySlice(_message.Message):
    __slots__ = ("x_axis", "y_axis", "x", "y", "mean", "sd")
    X_AXIS_FIELD_NUMBER: _ClassVar[int]
    Y_AXIS_FIELD_NUMBER: _ClassVar[int]
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    MEAN_FIELD_NUMBER: _ClassVar[int]
    SD_FIELD_NUMBER: _ClassVar[int]
    x_axis: str
    y_axis: str
    x: _containers.RepeatedScalarFieldContainer[float]
    y: _containers.RepeatedScalarFieldContainer[float]
    mean: _containers.RepeatedScalarFieldContainer[float]
    sd: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, x_axis: _Optional[str] = ..., y_axis: _Optional[str] = ..., x: _Optional[_Iterable[float]] = ..., y: _Optional[_Iterable[float]] = ..., mean: _Optional[_Iterable[float]] = ..., sd: _Optional[_Iterable[float]] = ...) -> None: ...

class TracePoint(_message.Message):
    __slots__ = ("round", "candidate", "estimate")
    ROUND_FIELD_NUMBER: _ClassVar[int]
    CANDIDATE_FIELD_NUMBER: _ClassVar[int]
    ESTIMATE_FIELD_NUMBER: _ClassVar[int]
    round: int
    candidate: str
    estimate: UtilityEstimate
    def __init__(self, round: _Optional[int] = ..., candidate: _Optional[str] = ..., estimate: _Optional[_Union[UtilityEstimate, _Mapping]] = ...) -> None: ...
