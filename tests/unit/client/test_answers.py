"""Answering, leaving and repairing a round through the asynchronous core."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable

import grpc
import pytest

from multibo.client import AsyncProject, AsyncRound, errors, types
from multibo.v1 import (
    event_pb2,
    insight_pb2,
    insight_service_pb2,
    round_pb2,
    round_service_pb2,
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
QUEUED = round_pb2.CANDIDATE_STATE_QUEUED
RENDERING = round_pb2.ROUND_STATE_RENDERING
OPEN = round_pb2.ROUND_STATE_OPEN
NEXT = f"{SESSION}/rounds/1"


async def a_known_round(
    project: AsyncProject, optimizer: ScriptedOptimizer, round: round_pb2.Round
) -> AsyncRound:
    optimizer.on(
        "GetSession", session_service_pb2.GetSessionResponse(session=a_session())
    )
    optimizer.on("GetRound", round_service_pb2.GetRoundResponse(round=round))
    return await (await project.session("faces")).round(0)


@pytest.fixture
async def opened(project: AsyncProject, optimizer: ScriptedOptimizer) -> AsyncRound:
    round = a_round(OPEN, READY, READY, FAILED, READY)
    return await a_known_round(project, optimizer, round)


def watching(round: round_pb2.Round) -> list[object]:
    snapshot = event_pb2.SnapshotEvent(session=a_session(latest_round=round))
    return [told("1", snapshot=snapshot), HANG]


Answer = Callable[[AsyncRound], Awaitable[types.SessionInfo]]
ANSWERS: list[tuple[Answer, round_pb2.Feedback, types.FeedbackInfo]] = [
    (
        lambda shown: shown.rank([3, 0]),
        round_pb2.Feedback(ranking=round_pb2.Ranking(slots=[3, 0]), shown=[0, 1, 3]),
        types.FeedbackInfo(types.FeedbackKind.RANKING, (3, 0), (0, 1, 3)),
    ),
    (
        lambda shown: shown.tie([0, 3], shown=[3, 0]),
        round_pb2.Feedback(tie=round_pb2.Tie(slots=[0, 3]), shown=[3, 0]),
        types.FeedbackInfo(types.FeedbackKind.TIE, (0, 3), (3, 0)),
    ),
    (
        lambda shown: shown.none_of_these(),
        round_pb2.Feedback(none_of_these=round_pb2.NoneOfThese(), shown=[0, 1, 3]),
        types.FeedbackInfo(types.FeedbackKind.NONE_OF_THESE, (), (0, 1, 3)),
    ),
    (
        lambda shown: shown.skip(types.SkipReason.BAD_IMAGE, shown=[]),
        round_pb2.Feedback(skip=round_pb2.Skip(reason=round_pb2.SKIP_REASON_BAD_IMAGE)),
        types.FeedbackInfo(types.FeedbackKind.SKIP, (), (), types.SkipReason.BAD_IMAGE),
    ),
]


@pytest.mark.parametrize(("answer", "sent", "known"), ANSWERS)
async def test_an_answer_is_sent_and_read_back_as_it_was_given(
    opened: AsyncRound,
    optimizer: ScriptedOptimizer,
    answer: Answer,
    sent: round_pb2.Feedback,
    known: types.FeedbackInfo,
) -> None:
    judged = a_round(round_pb2.ROUND_STATE_JUDGED, READY, READY, feedback=sent)
    optimizer.on(
        "SubmitFeedback",
        round_service_pb2.SubmitFeedbackResponse(
            round=judged, session=a_session(feedback_count=1)
        ),
    )

    after = await answer(opened)

    (request,) = optimizer.requests["SubmitFeedback"]
    assert request.feedback == sent
    assert uuid.UUID(request.request_id)
    assert after.n_feedbacks == 1
    assert opened.info.feedback == known
    assert opened.info.choice is None


async def test_an_answer_keeps_its_id_through_all_attempts(
    opened: AsyncRound, optimizer: ScriptedOptimizer
) -> None:
    lost = Refusal(grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE")
    busy = Refusal(grpc.StatusCode.ABORTED, "COMMIT_CONTENDED", retry_s=0.01)
    done = round_service_pb2.SubmitFeedbackResponse(
        round=a_round(), session=a_session()
    )
    optimizer.on("SubmitFeedback", busy, lost, done)

    await opened.rank([0, 1])

    sent = [request.request_id for request in optimizer.requests["SubmitFeedback"]]
    assert len(sent) == 3
    assert len(set(sent)) == 1


async def test_variety_gives_the_next_round_once_it_is_open(
    opened: AsyncRound, optimizer: ScriptedOptimizer
) -> None:
    optimizer.on(
        "RequestVariety",
        round_service_pb2.RequestVarietyResponse(round=a_round(name=NEXT)),
    )
    optimizer.on("WatchSession", watching(a_round(OPEN, READY, READY, name=NEXT)))

    other = await opened.variety()

    assert (other.number, other.state) == (1, types.RoundState.OPEN)
    assert opened.state is types.RoundState.SKIPPED
    assert optimizer.requests["RequestVariety"][0].name == ROUND


async def test_a_canceled_round_says_so(
    opened: AsyncRound, optimizer: ScriptedOptimizer
) -> None:
    canceled = a_round(round_pb2.ROUND_STATE_CANCELLED)
    optimizer.on("CancelRound", round_service_pb2.CancelRoundResponse(round=canceled))

    info = await opened.cancel()

    assert info.state is opened.state is types.RoundState.CANCELLED


async def test_a_failed_round_can_be_awaited_again_after_a_retry(
    project: AsyncProject, optimizer: ScriptedOptimizer
) -> None:
    failed = a_round(round_pb2.ROUND_STATE_FAILED, READY, FAILED)
    round = await a_known_round(project, optimizer, failed)
    optimizer.on(
        "RetryCandidate",
        round_service_pb2.RetryCandidateResponse(candidate=a_candidate(1, QUEUED)),
    )
    optimizer.on("WatchSession", watching(a_round(OPEN, READY, READY)))

    with pytest.raises(errors.RoundFailedError):
        await round.wait_until_open()
    candidate = round.candidates[1]
    await candidate.retry()

    assert candidate.state is types.CandidateState.QUEUED
    assert round.state is types.RoundState.RENDERING
    await round.wait_until_open()
    assert round.candidates[1].state is types.CandidateState.READY


async def test_what_the_person_is_expected_to_choose_can_be_asked(
    opened: AsyncRound, optimizer: ScriptedOptimizer
) -> None:
    expected = round_pb2.ChoiceProbabilities(slots=[0.5, 0.25], none_of_these=0.25)
    optimizer.on(
        "PredictChoice",
        insight_service_pb2.PredictChoiceResponse(
            prediction=insight_pb2.ChoicePrediction(
                round=ROUND, probabilities=expected, uniform_log_loss=1.5, lapse=0.02
            )
        ),
    )

    prediction = await opened.prediction()

    assert prediction.probabilities == types.ChoiceProbabilities((0.5, 0.25), 0.25)
    assert prediction.log_loss is None
    assert prediction.uniform_log_loss == 1.5
