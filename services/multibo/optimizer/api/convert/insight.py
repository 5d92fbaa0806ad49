"""What the preference model knows to `insight.proto`."""

from __future__ import annotations

from typing import Final

from multibo.optimizer.api.convert.round import candidate_message, warp_values
from multibo.optimizer.app.drawings import FigureFormat, FigureKind
from multibo.optimizer.app.insight import (
    MapView,
    PredictionView,
    RecommendationView,
)
from multibo.optimizer.preference.advice import Advice
from multibo.optimizer.preference.preference_map import AxisEffect
from multibo.optimizer.preference.replay import TracePoint
from multibo.optimizer.preference.slate import ProposedCandidate
from multibo.optimizer.session.ids import CandidateName
from multibo.v1 import insight_pb2, insight_service_pb2, round_pb2

KINDS: Final = {
    insight_service_pb2.FIGURE_KIND_UNSPECIFIED: FigureKind.MAP,
    insight_service_pb2.FIGURE_KIND_MAP: FigureKind.MAP,
    insight_service_pb2.FIGURE_KIND_TRACE: FigureKind.TRACE,
    insight_service_pb2.FIGURE_KIND_SLATE: FigureKind.SLATE,
}
FORMATS: Final = {
    insight_service_pb2.FIGURE_FORMAT_UNSPECIFIED: FigureFormat.PNG,
    insight_service_pb2.FIGURE_FORMAT_PNG: FigureFormat.PNG,
    insight_service_pb2.FIGURE_FORMAT_SVG: FigureFormat.SVG,
}


def recommendation_message(view: RecommendationView) -> insight_pb2.Recommendation:
    """Return the recommendation with the candidate that shows the incumbent.

    Args:
        view: what the preference model answered.
    """
    answer, shown, slot = view.recommendation, view.round, view.slot
    return insight_pb2.Recommendation(
        shown=insight_pb2.ShownRecommendation(
            candidate=candidate_message(shown, slot),
            estimate=_estimate(answer.shown),
        ),
        predicted=insight_pb2.PredictedRecommendation(
            warp=warp_values(answer.predicted.warp),
            base_seed=shown.slate.candidates[slot].base_seed,
            estimate=_estimate(answer.predicted),
        ),
        engine_version=answer.engine_version,
        feedback_count=view.n_feedbacks,
        degraded=answer.degraded,
    )


def advice_message(advice: Advice) -> insight_pb2.StoppingAdvice:
    """Return whether it is worth going on.

    Args:
        advice: what the preference model answered.
    """
    return insight_pb2.StoppingAdvice(
        stop=advice.stop,
        reason=advice.reason,
        improvement_probability=advice.improvement_probability,
        consistency=advice.consistency,
        engine_version=advice.engine_version,
        degraded=advice.degraded,
    )


def prediction_message(view: PredictionView) -> insight_pb2.ChoicePrediction:
    """Return what the person will answer to a round.

    Args:
        view: what the preference model answered.
    """
    answer = view.prediction
    return insight_pb2.ChoicePrediction(
        round=str(view.round),
        probabilities=round_pb2.ChoiceProbabilities(
            slots=answer.slots, none_of_these=answer.none_of_these
        ),
        log_loss=answer.log_loss,
        uniform_log_loss=answer.uniform_log_loss,
        temperature=answer.temperature,
        lapse=answer.lapse,
        engine_version=answer.engine_version,
        degraded=answer.degraded,
    )


def map_message(view: MapView) -> insight_pb2.PreferenceMap:
    """Return what was learned, as plain values to draw.

    Args:
        view: what the preference model answered, with names.
    """
    learned, names = view.map, view.axis_names
    return insight_pb2.PreferenceMap(
        axes=[
            _axis_effect(effect, name)
            for effect, name in zip(learned.axes, names, strict=True)
        ],
        slice=insight_pb2.UtilitySlice(
            x_axis=names[learned.slice.x_axis],
            y_axis=names[learned.slice.y_axis],
            x=learned.slice.x,
            y=learned.slice.y,
            mean=learned.slice.mean,
            sd=learned.slice.sd,
        ),
        trace=[
            _trace_point(point, candidate, number)
            for point, candidate, number in zip(
                learned.trace, view.candidates, view.rounds, strict=True
            )
        ],
        engine_version=learned.engine_version,
        degraded=learned.degraded,
    )


def _axis_effect(effect: AxisEffect, name: str) -> insight_pb2.AxisEffect:
    return insight_pb2.AxisEffect(
        axis=name,
        positions=effect.positions,
        mean=effect.mean,
        lower=effect.lower,
        upper=effect.upper,
        importance=effect.importance,
    )


def _trace_point(
    point: TracePoint, candidate: CandidateName, number: int
) -> insight_pb2.TracePoint:
    return insight_pb2.TracePoint(
        round=number,
        candidate=str(candidate),
        estimate=insight_pb2.UtilityEstimate(
            mean=point.utility_mean,
            sd=point.utility_sd,
            win_probability=point.win_probability,
        ),
    )


def _estimate(candidate: ProposedCandidate) -> insight_pb2.UtilityEstimate:
    return insight_pb2.UtilityEstimate(
        mean=candidate.utility_mean,
        sd=candidate.utility_sd,
        win_probability=candidate.win_probability,
    )
