"""InsightService over a real channel and the real preference engine."""

from __future__ import annotations

from multibo.v1 import insight_service_pb2, round_pb2, round_service_pb2
from tests.support.wire import Wire, new_id, refused

GetRecommendation = insight_service_pb2.GetRecommendationRequest


async def answer_round(wire: Wire, session: str, slot: int) -> round_pb2.Round:
    """Propose a round and choose one of its slots."""
    propose = round_service_pb2.ProposeRoundRequest(parent=session)
    round = (await wire.rounds.ProposeRound(propose)).round
    reply = await wire.rounds.SubmitFeedback(
        round_service_pb2.SubmitFeedbackRequest(
            name=round.name,
            feedback=round_pb2.Feedback(chosen=slot, shown=[0, 1, 2, 3]),
            request_id=new_id(),
        )
    )
    judged: round_pb2.Round = reply.round
    return judged


async def test_the_recommendation_is_what_was_chosen(wire: Wire) -> None:
    session = await wire.create()
    round = await answer_round(wire, session.name, 2)

    reply = await wire.insight.GetRecommendation(GetRecommendation(name=session.name))

    recommendation = reply.recommendation
    chosen = round.candidates[2]
    assert recommendation.shown.candidate.name == chosen.name
    assert recommendation.shown.candidate.warp == chosen.warp
    assert recommendation.shown.candidate.HasField("image")
    assert recommendation.predicted.base_seed == chosen.base_seed
    assert len(recommendation.predicted.warp) == 16
    assert recommendation.feedback_count == 1
    assert recommendation.engine_version
    assert not recommendation.degraded


async def test_the_two_recommendations_share_the_chances(wire: Wire) -> None:
    session = await wire.create()
    await answer_round(wire, session.name, 2)

    reply = await wire.insight.GetRecommendation(GetRecommendation(name=session.name))

    shown, predicted = reply.recommendation.shown, reply.recommendation.predicted
    chances = shown.estimate.win_probability + predicted.estimate.win_probability
    assert abs(chances - 1.0) < 1e-6
    assert predicted.estimate.mean >= shown.estimate.mean


async def test_nothing_is_recommended_before_the_first_answer(wire: Wire) -> None:
    session = await wire.create()

    answer = await refused(
        wire.insight.GetRecommendation(GetRecommendation(name=session.name))
    )

    assert answer.reason == "NO_FEEDBACK_YET"
