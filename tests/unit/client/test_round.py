"""Waiting for a round, its images, the answer to it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from multibo.client import AsyncSession, errors, types
from multibo.v1 import (
    event_pb2,
    image_pb2,
    image_service_pb2,
    round_pb2,
    round_service_pb2,
)
from tests.support.scripted_optimizer import (
    HANG,
    ROUND,
    SESSION,
    ScriptedOptimizer,
    a_candidate,
    a_round,
    a_session,
    proposes,
    told,
)

READY = round_pb2.CANDIDATE_STATE_READY
FAILED = round_pb2.CANDIDATE_STATE_FAILED
RENDERING = round_pb2.CANDIDATE_STATE_RENDERING
OPEN = round_pb2.ROUND_STATE_OPEN


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
    assert optimizer.requests["GetImage"][0].size == image_pb2.IMAGE_SIZE_FULL


async def test_a_thumbnail_is_the_bytes_of_the_small_rendition(
    session: AsyncSession, optimizer: ScriptedOptimizer
) -> None:
    proposes(optimizer, a_round(OPEN, READY, READY))
    optimizer.on("GetImage", image_service_pb2.GetImageResponse(data=b"small"))
    round = await session.propose()

    assert await round.candidates[1].thumbnail() == b"small"
    assert optimizer.requests["GetImage"][0].size == image_pb2.IMAGE_SIZE_THUMBNAIL


@pytest.mark.parametrize(
    ("thumbnail", "size"),
    [
        (False, image_pb2.IMAGE_SIZE_FULL),
        (True, image_pb2.IMAGE_SIZE_THUMBNAIL),
    ],
)
async def test_a_url_comes_with_its_end_and_its_image(
    session: AsyncSession,
    optimizer: ScriptedOptimizer,
    thumbnail: bool,
    size: image_pb2.ImageSize,
) -> None:
    proposes(optimizer, a_round(OPEN, READY, READY))
    reply = image_service_pb2.GetImageUrlResponse(url="https://images.example/1")
    reply.expire_time.FromSeconds(1_800_000_000)
    reply.image.size_bytes = 7
    optimizer.on("GetImageUrl", reply)
    round = await session.propose()

    link = await round.candidates[1].image_url(thumbnail=thumbnail)

    assert link.url == "https://images.example/1"
    assert link.expire_time == datetime.fromtimestamp(1_800_000_000, tz=UTC)
    assert link.image.size_bytes == 7
    assert optimizer.requests["GetImageUrl"][0].name == f"{ROUND}/candidates/1"
    assert optimizer.requests["GetImageUrl"][0].size == size
