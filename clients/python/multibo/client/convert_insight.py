"""Messages of the preference model -> values."""

from __future__ import annotations

from collections.abc import Sequence

from multibo.client import convert, insight
from multibo.v1 import insight_pb2, insight_service_pb2


def advice(message: insight_pb2.StoppingAdvice) -> insight.StoppingAdvice:
    """Return the advice.

    Args:
        message: as on the wire.
    """
    return insight.StoppingAdvice(
        stop=message.stop,
        reason=message.reason,
        improvement_probability=message.improvement_probability,
        consistency=message.consistency,
        engine_version=message.engine_version,
        degraded=message.degraded,
    )


def prediction(message: insight_pb2.ChoicePrediction) -> insight.ChoicePrediction:
    """Return the prediction.

    Args:
        message: as on the wire.
    """
    return insight.ChoicePrediction(
        round=message.round,
        probabilities=convert.probabilities(message.probabilities),
        log_loss=message.log_loss if message.HasField("log_loss") else None,
        uniform_log_loss=message.uniform_log_loss,
        temperature=message.temperature,
        lapse=message.lapse,
        engine_version=message.engine_version,
        degraded=message.degraded,
    )


def preference_map(message: insight_pb2.PreferenceMap) -> insight.PreferenceMap:
    """Return the map.

    Args:
        message: as on the wire.
    """
    return insight.PreferenceMap(
        axes=tuple(_effect(effect) for effect in message.axes),
        slice=_slice(message.slice),
        trace=tuple(
            insight.TracePoint(
                point.round, point.candidate, convert.estimate(point.estimate)
            )
            for point in message.trace
        ),
        engine_version=message.engine_version,
        degraded=message.degraded,
    )


def _effect(effect: insight_pb2.AxisEffect) -> insight.AxisEffect:
    return insight.AxisEffect(
        axis=effect.axis,
        positions=tuple(effect.positions),
        mean=tuple(effect.mean),
        lower=tuple(effect.lower),
        upper=tuple(effect.upper),
        importance=effect.importance,
    )


def _slice(message: insight_pb2.UtilitySlice) -> insight.UtilitySlice:
    width = len(message.x)
    return insight.UtilitySlice(
        x_axis=message.x_axis,
        y_axis=message.y_axis,
        x=tuple(message.x),
        y=tuple(message.y),
        mean=_rows(message.mean, width),
        sd=_rows(message.sd, width),
    )


def _rows(flat: Sequence[float], width: int) -> tuple[tuple[float, ...], ...]:
    return tuple(
        tuple(flat[start : start + width])
        for start in range(0, len(flat), max(width, 1))
    )


def figure(reply: insight_service_pb2.RenderFigureResponse) -> insight.Figure:
    """Return the figure.

    Args:
        reply: as on the wire.
    """
    return insight.Figure(reply.data, reply.media_type, reply.engine_version)
