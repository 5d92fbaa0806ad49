"""What the preference model knows to `insight.proto`."""

from __future__ import annotations

from multibo.optimizer.api.convert.round import candidate_message, warp_values
from multibo.optimizer.app.insight import RecommendationView
from multibo.optimizer.preference.slate import ProposedCandidate
from multibo.v1 import insight_pb2


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


def _estimate(candidate: ProposedCandidate) -> insight_pb2.UtilityEstimate:
    return insight_pb2.UtilityEstimate(
        mean=candidate.utility_mean,
        sd=candidate.utility_sd,
        win_probability=candidate.win_probability,
    )
