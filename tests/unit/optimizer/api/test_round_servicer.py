"""RoundService over a real channel and a store in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from multibo.optimizer.app.ports import App
from multibo.v1 import round_pb2, round_service_pb2, session_service_pb2
from tests.support.fakes import FakeFleet, an_app
from tests.support.round_calls import an_answer, get, propose
from tests.support.wire import Wire, a_spec, new_id, refused, serving


@pytest.fixture
async def idle_wire() -> AsyncIterator[Wire]:
    """A server whose fleet never renders anything."""
    async with serving(an_app(renders=False)) as wire:
        yield wire


async def test_a_round_shows_what_is_known_of_its_candidates(wire: Wire) -> None:
    session = await wire.create(spec=a_spec(seed=2**63 - 1))
    proposed = await propose(wire, session.name)

    round = await get(wire, proposed.name)

    assert (round.number, round.ordinal) == (0, 1)
    assert round.state == round_pb2.ROUND_STATE_OPEN
    assert round.engine_version
    assert round.HasField("propose_duration")
    anchor, other = round.candidates[0], round.candidates[1]
    assert anchor.role == round_pb2.CANDIDATE_ROLE_ANCHOR
    assert list(anchor.warp) == [0.0] * 16
    assert other.role == round_pb2.CANDIDATE_ROLE_INITIAL
    assert other.base_seed == 2**63 - 1
    assert other.state == round_pb2.CANDIDATE_STATE_READY
    assert len(other.image.digest) == 64
    assert other.win_probability == 0.25


async def test_coordinates_are_exact_multiples_of_the_resolution(wire: Wire) -> None:
    session = await wire.create()

    round = await propose(wire, session.name)

    values = [value * 4096 for one in round.candidates for value in one.warp]
    assert all(value == int(value) and abs(value) <= 4096 for value in values)


async def test_an_open_round_is_proposed_again(idle_wire: Wire) -> None:
    session = await idle_wire.create()

    first = await propose(idle_wire, session.name)
    second = await propose(idle_wire, session.name)

    assert first.state == round_pb2.ROUND_STATE_RENDERING
    assert second.name == first.name


async def test_an_answer_closes_its_round(wire: Wire) -> None:
    session = await wire.create()
    round = await propose(wire, session.name)
    feedback = round_pb2.Feedback(
        chosen=1, shown=[3, 1], response_time=Duration(seconds=4, nanos=500_000_000)
    )

    request = an_answer(round, feedback=feedback, etag="")
    reply = await wire.rounds.SubmitFeedback(request)

    feedback.request_id = request.request_id
    assert reply.round.state == round_pb2.ROUND_STATE_JUDGED
    assert reply.round.feedback == feedback
    assert reply.round.HasField("judge_time")
    assert reply.session.feedback_count == 1
    assert reply.session.open_round == ""
    assert (await get(wire, round.name)).feedback == feedback


async def test_the_same_answer_counts_once(wire: Wire) -> None:
    session = await wire.create()
    round = await propose(wire, session.name)
    request = an_answer(round)

    first = await wire.rounds.SubmitFeedback(request)
    second = await wire.rounds.SubmitFeedback(request)

    assert second == first


@pytest.mark.parametrize(
    ("changes", "code", "reason"),
    [
        ({"request_id": "1"}, "INVALID_ARGUMENT", "FIELD_INVALID"),
        ({"name": "rounds/0"}, "INVALID_ARGUMENT", "FIELD_INVALID"),
        ({"feedback": round_pb2.Feedback()}, "INVALID_ARGUMENT", "FIELD_INVALID"),
        (
            {"feedback": round_pb2.Feedback(chosen=3, shown=[0, 1])},
            "INVALID_ARGUMENT",
            "FEEDBACK_INVALID",
        ),
        (
            {"feedback": round_pb2.Feedback(chosen=0, shown=[0])},
            "INVALID_ARGUMENT",
            "FEEDBACK_INVALID",
        ),
        (
            {"feedback": round_pb2.Feedback(chosen=0, shown=[0, 0])},
            "INVALID_ARGUMENT",
            "FEEDBACK_INVALID",
        ),
        (
            {"feedback": round_pb2.Feedback(chosen=0, shown=[0, 7])},
            "INVALID_ARGUMENT",
            "FEEDBACK_INVALID",
        ),
        (
            {"feedback": round_pb2.Feedback(none_of_these=round_pb2.NoneOfThese())},
            "INVALID_ARGUMENT",
            "FEEDBACK_INVALID",
        ),
        (
            {
                "feedback": round_pb2.Feedback(
                    ranking=round_pb2.Ranking(slots=[1]), shown=[0, 1]
                )
            },
            "INVALID_ARGUMENT",
            "FEEDBACK_INVALID",
        ),
        ({"etag": "r0"}, "ABORTED", "ETAG_MISMATCH"),
    ],
    ids=str,
)
async def test_a_refused_answer_changes_nothing(
    wire: Wire, changes: dict[str, Any], code: str, reason: str
) -> None:
    session = await wire.create()
    round = await propose(wire, session.name)
    before = await get(wire, round.name)

    answer = await refused(wire.rounds.SubmitFeedback(an_answer(round, **changes)))

    assert (answer.code.name, answer.reason) == (code, reason)
    assert await get(wire, round.name) == before


async def test_a_slot_without_a_picture_was_not_shown(idle_wire: Wire) -> None:
    session = await idle_wire.create()
    round = await propose(idle_wire, session.name)

    answer = await refused(idle_wire.rounds.SubmitFeedback(an_answer(round)))

    assert answer.reason == "FEEDBACK_INVALID"
    assert list(answer.violations) == ["feedback.shown"]


@pytest.mark.parametrize(
    ("judgment", "state"),
    [
        ({"ranking": round_pb2.Ranking(slots=[2, 0])}, "JUDGED"),
        ({"tie": round_pb2.Tie(slots=[3, 1, 0])}, "JUDGED"),
        ({"none_of_these": round_pb2.NoneOfThese()}, "JUDGED"),
        ({"skip": round_pb2.Skip(reason=2)}, "SKIPPED"),
        ({"skip": round_pb2.Skip()}, "SKIPPED"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else value,
)
async def test_every_kind_of_answer_is_kept_as_given(
    wire: Wire, judgment: dict[str, Any], state: str
) -> None:
    session = await wire.create()
    round = await propose(wire, session.name)
    feedback = round_pb2.Feedback(shown=[3, 0, 1, 2], **judgment)
    request = an_answer(round, feedback=feedback)

    reply = await wire.rounds.SubmitFeedback(request)

    feedback.request_id = request.request_id
    stored = await get(wire, round.name)
    assert stored.feedback == reply.round.feedback == feedback
    assert stored.state == round_pb2.RoundState.Value(f"ROUND_STATE_{state}")
    assert reply.session.feedback_count == 1
    assert (await propose(wire, session.name)).number == 1


async def test_variety_leaves_a_round_and_trains_nothing(wire: Wire) -> None:
    session = await wire.create()
    left = await propose(wire, session.name)
    request = round_service_pb2.RequestVarietyRequest(
        name=left.name, request_id=new_id()
    )

    round = (await wire.rounds.RequestVariety(request)).round
    again = (await wire.rounds.RequestVariety(request)).round

    shown = {tuple(one.warp) for one in left.candidates[1:]}
    assert round == again
    assert (round.number, round.ordinal) == (1, 1)
    assert shown.isdisjoint(tuple(one.warp) for one in round.candidates)
    assert (await get(wire, left.name)).state == round_pb2.ROUND_STATE_SKIPPED
    found = await wire.sessions.GetSession(
        session_service_pb2.GetSessionRequest(name=session.name)
    )
    assert (found.session.feedback_count, found.session.images_used) == (0, 7)


async def test_canceling_a_round_repeats(idle_wire: Wire) -> None:
    session = await idle_wire.create()
    round = await propose(idle_wire, session.name)
    request = round_service_pb2.CancelRoundRequest(name=round.name)

    canceled = (await idle_wire.rounds.CancelRound(request)).round
    again = (await idle_wire.rounds.CancelRound(request)).round

    assert canceled.state == again.state == round_pb2.ROUND_STATE_CANCELLED
    assert {one.state for one in again.candidates} == {
        round_pb2.CANDIDATE_STATE_CANCELLED
    }
    assert (await propose(idle_wire, session.name)).number == 1


async def test_a_failed_candidate_is_rendered_again() -> None:
    app = an_app()
    fleet = app.fleet
    assert isinstance(fleet, FakeFleet)
    fleet.fails = frozenset({1, 2, 3})
    async with serving(app) as wire:
        session = await wire.create()
        failed = await get(wire, (await propose(wire, session.name)).name)
        fleet.fails = frozenset()
        request = round_service_pb2.RetryCandidateRequest(
            name=failed.candidates[2].name, request_id=new_id()
        )

        candidate = (await wire.rounds.RetryCandidate(request)).candidate
        again = (await wire.rounds.RetryCandidate(request)).candidate

        assert failed.state == round_pb2.ROUND_STATE_FAILED
        assert candidate == again
        assert candidate.state == round_pb2.CANDIDATE_STATE_QUEUED
        repaired = await get(wire, failed.name)
        assert repaired.state == round_pb2.ROUND_STATE_OPEN
        assert len(fleet.woken) == 5


async def test_a_candidate_that_is_ready_stays_as_it_is(wire: Wire, app: App) -> None:
    session = await wire.create()
    round = await propose(wire, session.name)
    request = round_service_pb2.RetryCandidateRequest(
        name=round.candidates[2].name, request_id=new_id()
    )

    candidate = (await wire.rounds.RetryCandidate(request)).candidate

    assert candidate.state == round_pb2.CANDIDATE_STATE_READY
    assert len(app.fleet.woken) == 4  # type: ignore[attr-defined]


async def test_a_closed_round_takes_no_other_answer(wire: Wire) -> None:
    session = await wire.create()
    round = await propose(wire, session.name)
    await wire.rounds.SubmitFeedback(an_answer(round))

    answer = await refused(wire.rounds.SubmitFeedback(an_answer(round, slot=2)))

    assert (answer.code, answer.reason) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "ROUND_NOT_OPEN",
    )
    assert answer.metadata["state"] == "JUDGED"
    assert answer.metadata["open_round"] == ""
