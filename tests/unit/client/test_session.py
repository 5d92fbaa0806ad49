"""Sessions, rounds and candidates through the asynchronous core."""

from __future__ import annotations

import grpc
import pytest

from multibo.client import AsyncProject, AsyncSession, errors, types
from multibo.v1 import (
    event_pb2,
    image_service_pb2,
    insight_pb2,
    insight_service_pb2,
    model_pb2,
    model_service_pb2,
    round_pb2,
    round_service_pb2,
    session_pb2,
    session_service_pb2,
)
from tests.support.scripted_optimizer import (
    HANG,
    ROUND,
    SESSION,
    Refusal,
    ScriptedOptimizer,
    a_candidate,
    a_round,
    a_session,
    told,
)

READY = round_pb2.CANDIDATE_STATE_READY
FAILED = round_pb2.CANDIDATE_STATE_FAILED
RENDERING = round_pb2.CANDIDATE_STATE_RENDERING
OPEN = round_pb2.ROUND_STATE_OPEN


@pytest.fixture
async def session(project: AsyncProject, optimizer: ScriptedOptimizer) -> AsyncSession:
    optimizer.on(
        "CreateSession", session_service_pb2.CreateSessionResponse(session=a_session())
    )
    return await project.create_session("comic portrait")


def proposes(optimizer: ScriptedOptimizer, round: round_pb2.Round) -> None:
    optimizer.on("ProposeRound", round_service_pb2.ProposeRoundResponse(round=round))


def watching(*rounds: round_pb2.Round) -> list[object]:
    """A stream: a snapshot with the first round, then changes to the others."""
    first, *rest = rounds
    session = a_session(latest_round=first)
    return [
        told("1", snapshot=event_pb2.SnapshotEvent(session=session)),
        *(
            told(str(number), round_changed=event_pb2.RoundChangedEvent(round=round))
            for number, round in enumerate(rest, 2)
        ),
        HANG,
    ]


async def test_a_session_is_created_with_what_was_asked_for(
    project: AsyncProject, optimizer: ScriptedOptimizer
) -> None:
    optimizer.on(
        "CreateSession", session_service_pb2.CreateSessionResponse(session=a_session())
    )

    session = await project.create_session(
        "comic portrait",
        model="avatars",
        rounds=10,
        k=3,
        seed=0,
        labels={"who": "me"},
        session_id="faces",
    )

    (request,) = optimizer.requests["CreateSession"]
    assert request.parent == "projects/local"
    assert request.session_id == "faces"
    assert request.spec == session_pb2.SessionSpec(
        prompt="comic portrait",
        model="models/avatars",
        rounds=10,
        slate_size=3,
        seed=0,
        labels={"who": "me"},
    )
    assert session.name == SESSION
    assert session.info.spec.k == 2
    assert session.info.state is types.SessionState.ACTIVE


async def test_what_was_not_asked_for_is_left_to_the_server(
    session: AsyncSession, optimizer: ScriptedOptimizer
) -> None:
    (request,) = optimizer.requests["CreateSession"]

    assert request.spec == session_pb2.SessionSpec(prompt="comic portrait")
    assert not request.spec.HasField("seed")


@pytest.mark.parametrize("name", ["faces", SESSION])
async def test_a_session_is_found_by_its_name_or_the_last_part(
    project: AsyncProject, optimizer: ScriptedOptimizer, name: str
) -> None:
    optimizer.on(
        "GetSession",
        session_service_pb2.GetSessionResponse(
            session=a_session(latest_round=a_round(OPEN))
        ),
    )

    session = await project.session(name)

    assert optimizer.requests["GetSession"][0].name == SESSION
    assert session.info.latest_round is not None
    assert session.info.latest_round.state is types.RoundState.OPEN


async def test_listing_goes_through_all_pages(
    project: AsyncProject, optimizer: ScriptedOptimizer
) -> None:
    optimizer.on(
        "ListSessions",
        session_service_pb2.ListSessionsResponse(
            sessions=[a_session(etag="1"), a_session(etag="2")], next_page_token="on"
        ),
        session_service_pb2.ListSessionsResponse(sessions=[a_session(etag="3")]),
    )

    found = [
        info.etag
        async for info in project.sessions(
            states=[types.SessionState.ACTIVE], labels={"who": "me"}
        )
    ]

    assert found == ["1", "2", "3"]
    first, second = optimizer.requests["ListSessions"]
    assert first.states == [session_pb2.SESSION_STATE_ACTIVE]
    assert second.page_token == "on"
    assert second.labels == {"who": "me"}


async def test_a_round_is_returned_once_the_stream_says_it_is_open(
    session: AsyncSession, optimizer: ScriptedOptimizer
) -> None:
    proposes(optimizer, a_round())
    opened = a_round(OPEN, READY, READY)
    optimizer.on("WatchSession", watching(a_round(), opened))

    round = await session.propose()

    assert round.state is types.RoundState.OPEN
    assert [c.state for c in round.candidates] == [types.CandidateState.READY] * 2
    assert [c.slot for c in round.candidates] == [0, 1]


async def test_an_open_round_is_returned_without_a_watch(
    session: AsyncSession, optimizer: ScriptedOptimizer
) -> None:
    proposes(optimizer, a_round(OPEN, READY, READY))

    await session.propose()

    assert optimizer.n_calls("WatchSession") == 0


async def test_without_waiting_the_round_is_returned_as_it_is(
    session: AsyncSession, optimizer: ScriptedOptimizer
) -> None:
    proposes(optimizer, a_round())

    round = await session.propose(wait=False)

    assert round.state is types.RoundState.RENDERING


async def test_the_last_candidate_to_end_makes_the_client_look_again(
    session: AsyncSession, optimizer: ScriptedOptimizer
) -> None:
    def ready(cursor: str, slot: int) -> object:
        return told(
            cursor,
            candidate_changed=event_pb2.CandidateChangedEvent(
                candidate=a_candidate(slot)
            ),
        )

    stream = watching(a_round())
    optimizer.on("WatchSession", [stream[0], ready("2", 1), ready("3", 0), HANG])
    proposes(optimizer, a_round())
    opened = a_round(OPEN, READY, READY)
    optimizer.on("GetRound", round_service_pb2.GetRoundResponse(round=opened))

    round = await session.propose()

    assert round.state is types.RoundState.OPEN
    assert optimizer.n_calls("GetRound") == 1


async def test_a_round_that_is_no_longer_the_latest_is_fetched(
    session: AsyncSession, optimizer: ScriptedOptimizer
) -> None:
    proposes(optimizer, a_round())
    optimizer.on("WatchSession", watching(a_round(name=f"{SESSION}/rounds/1")))
    judged = a_round(round_pb2.ROUND_STATE_JUDGED, READY, READY)
    optimizer.on("GetRound", round_service_pb2.GetRoundResponse(round=judged))

    with pytest.raises(errors.RoundClosedError, match="JUDGED"):
        await session.propose()


async def test_a_failed_round_says_why_by_slot(
    session: AsyncSession, optimizer: ScriptedOptimizer
) -> None:
    failed = a_round(round_pb2.ROUND_STATE_FAILED, READY, FAILED)
    failed.candidates[1].failure.reason = "out of memory"
    proposes(optimizer, a_round())
    optimizer.on("WatchSession", watching(a_round(), failed))

    with pytest.raises(errors.RoundFailedError) as failure:
        await session.propose()

    assert failure.value.failures == {1: "out of memory"}


async def test_a_round_that_takes_too_long_goes_on_without_the_caller(
    session: AsyncSession, optimizer: ScriptedOptimizer
) -> None:
    proposes(optimizer, a_round())
    optimizer.on("WatchSession", watching(a_round()))

    with pytest.raises(errors.WaitTimedOutError) as late:
        await session.propose(timeout_s=0.2)

    assert late.value.name == ROUND
    assert late.value.timeout_s == 0.2


async def test_a_choice_shows_the_ready_candidates_by_default(
    session: AsyncSession, optimizer: ScriptedOptimizer
) -> None:
    proposes(optimizer, a_round(OPEN, READY, FAILED, READY))
    judged = a_round(
        round_pb2.ROUND_STATE_JUDGED,
        READY,
        FAILED,
        READY,
        feedback=round_pb2.Feedback(chosen=2, shown=[0, 2]),
    )
    optimizer.on(
        "SubmitFeedback",
        round_service_pb2.SubmitFeedbackResponse(
            round=judged, session=a_session(feedback_count=1)
        ),
    )
    round = await session.propose()

    after = await round.choose(2)

    (request,) = optimizer.requests["SubmitFeedback"]
    assert request.name == ROUND
    assert request.feedback == round_pb2.Feedback(chosen=2, shown=[0, 2])
    assert after.n_feedbacks == 1
    assert round.state is types.RoundState.JUDGED
    assert round.info.choice == types.Choice(slot=2, shown=(0, 2))


async def test_a_choice_says_what_was_shown_and_how_long_it_took(
    session: AsyncSession, optimizer: ScriptedOptimizer
) -> None:
    proposes(optimizer, a_round(OPEN, READY, READY))
    optimizer.on(
        "SubmitFeedback",
        round_service_pb2.SubmitFeedbackResponse(round=a_round(), session=a_session()),
    )
    round = await session.propose()

    await round.choose(0, shown=[1, 0], response_time_s=2.5)

    (request,) = optimizer.requests["SubmitFeedback"]
    assert list(request.feedback.shown) == [1, 0]
    assert request.feedback.response_time.ToMilliseconds() == 2500


async def test_two_answers_have_two_request_ids(
    session: AsyncSession, optimizer: ScriptedOptimizer
) -> None:
    proposes(optimizer, a_round(OPEN, READY, READY))
    optimizer.on(
        "SubmitFeedback",
        round_service_pb2.SubmitFeedbackResponse(round=a_round(), session=a_session()),
    )

    for _ in range(2):
        await (await session.propose()).choose(0, shown=[0, 1])

    first, second = optimizer.requests["SubmitFeedback"]
    assert first.request_id != second.request_id


async def test_an_image_is_its_bytes(
    session: AsyncSession, optimizer: ScriptedOptimizer
) -> None:
    proposes(optimizer, a_round(OPEN, READY, READY))
    optimizer.on("GetImage", image_service_pb2.GetImageResponse(data=b"png"))
    round = await session.propose()

    assert await round.candidates[1].image() == b"png"
    assert optimizer.requests["GetImage"][0].name == f"{ROUND}/candidates/1"


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


async def test_a_session_can_be_deleted_by_name(
    project: AsyncProject, optimizer: ScriptedOptimizer
) -> None:
    optimizer.on(
        "DeleteSession", Refusal(grpc.StatusCode.NOT_FOUND, "SESSION_NOT_FOUND")
    )

    with pytest.raises(errors.SessionNotFoundError):
        await project.delete_session("faces")

    assert optimizer.requests["DeleteSession"][0].name == SESSION


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


async def test_models_and_warp_spaces_are_plain_values(
    project: AsyncProject, optimizer: ScriptedOptimizer
) -> None:
    optimizer.on(
        "ListModels",
        model_service_pb2.ListModelsResponse(
            models=[
                model_pb2.Model(
                    name="models/avatars",
                    readiness=model_pb2.MODEL_READINESS_READY,
                    examples=["comic portrait"],
                )
            ],
            next_page_token="on",
        ),
        model_service_pb2.ListModelsResponse(),
    )
    optimizer.on(
        "GetWarpSpace",
        model_service_pb2.GetWarpSpaceResponse(
            warp_space=model_pb2.WarpSpace(
                name="models/avatars/warpSpaces/flow-16@1",
                dimension=1,
                axes=[
                    model_pb2.WarpAxis(name="x", low_label="left", high_label="right")
                ],
                identity=[0.0],
                resolution=2.0**-12,
            )
        ),
    )

    (model,) = await project.models()
    space = await project.warp_space("models/avatars/warpSpaces/flow-16@1")

    assert model.readiness is types.ModelReadiness.READY
    assert model.examples == ("comic portrait",)
    assert space.axes == (types.WarpAxis("x", "left", "right"),)
    assert space.identity == (0.0,)
