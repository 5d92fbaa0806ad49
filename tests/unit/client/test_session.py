"""One session through the asynchronous core."""

from __future__ import annotations

from multibo.client import AsyncSession, types
from multibo.v1 import (
    image_service_pb2,
    insight_pb2,
    insight_service_pb2,
    round_pb2,
    round_service_pb2,
    session_pb2,
    session_service_pb2,
)
from tests.support.scripted_optimizer import (
    ROUND,
    ScriptedOptimizer,
    a_candidate,
    a_round,
    a_session,
    proposes,
)

READY = round_pb2.CANDIDATE_STATE_READY
FAILED = round_pb2.CANDIDATE_STATE_FAILED
RENDERING = round_pb2.CANDIDATE_STATE_RENDERING
OPEN = round_pb2.ROUND_STATE_OPEN


async def test_a_recommendation_has_an_image_and_what_is_believed_about_it(
    session: AsyncSession, optimizer: ScriptedOptimizer
) -> None:
    estimate = insight_pb2.UtilityEstimate(mean=1.0, sd=0.5, win_probability=0.75)
    optimizer.on(
        "GetRecommendation",
        insight_service_pb2.GetRecommendationResponse(
            recommendation=insight_pb2.Recommendation(
                shown=insight_pb2.ShownRecommendation(
                    candidate=a_candidate(1), estimate=estimate
                ),
                predicted=insight_pb2.PredictedRecommendation(
                    warp=[0.25, -1.0], base_seed=7, estimate=estimate
                ),
                feedback_count=3,
            )
        ),
    )
    optimizer.on("GetImage", image_service_pb2.GetImageResponse(data=b"best"))

    best = await session.recommendation()

    assert await best.image() == b"best"
    assert best.candidate.slot == 1
    assert best.info.estimate == types.UtilityEstimate(1.0, 0.5, 0.75)
    assert best.info.predicted_warp == (0.25, -1.0)
    assert best.info.n_feedbacks == 3


async def test_a_session_is_finished_with_the_accepted_candidate(
    session: AsyncSession, optimizer: ScriptedOptimizer
) -> None:
    proposes(optimizer, a_round(OPEN, READY, READY))
    optimizer.on(
        "FinishSession",
        session_service_pb2.FinishSessionResponse(
            session=a_session(state=session_pb2.SESSION_STATE_FINISHED)
        ),
    )
    round = await session.propose()

    await session.finish(round.candidates[0])

    (request,) = optimizer.requests["FinishSession"]
    assert request.accepted_candidate == f"{ROUND}/candidates/0"
    assert session.info.state is types.SessionState.FINISHED


async def test_deleting_a_session_twice_is_fine(
    session: AsyncSession, optimizer: ScriptedOptimizer
) -> None:
    optimizer.on("DeleteSession", session_service_pb2.DeleteSessionResponse())

    await session.delete()

    assert optimizer.requests["DeleteSession"][0].allow_missing


async def test_a_round_is_fetched_by_its_number(
    session: AsyncSession, optimizer: ScriptedOptimizer
) -> None:
    optimizer.on("GetRound", round_service_pb2.GetRoundResponse(round=a_round()))

    round = await session.round(0)

    assert round.number == 0
    assert optimizer.requests["GetRound"][0].name == ROUND


async def test_refreshing_a_session_brings_its_latest_round(
    session: AsyncSession, optimizer: ScriptedOptimizer
) -> None:
    optimizer.on(
        "GetSession",
        session_service_pb2.GetSessionResponse(
            session=a_session(etag="2", latest_round=a_round())
        ),
    )

    info = await session.refresh()

    assert info.etag == "2"
    assert session.info is info
