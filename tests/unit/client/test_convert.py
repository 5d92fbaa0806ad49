"""Protocol messages as values."""

from __future__ import annotations

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from multibo.client import convert, insight, types
from multibo.v1 import insight_service_pb2, model_pb2, round_pb2, session_pb2
from tests.support.scripted_optimizer import a_candidate, a_round, a_session

KINDS = (
    (types.SessionState, session_pb2.SessionState, "SESSION_STATE_"),
    (types.RoundState, round_pb2.RoundState, "ROUND_STATE_"),
    (types.CandidateState, round_pb2.CandidateState, "CANDIDATE_STATE_"),
    (types.CandidateRole, round_pb2.CandidateRole, "CANDIDATE_ROLE_"),
    (types.SkipReason, round_pb2.SkipReason, "SKIP_REASON_"),
    (types.ForkMode, session_pb2.ForkMode, "FORK_MODE_"),
    (insight.FigureKind, insight_service_pb2.FigureKind, "FIGURE_KIND_"),
    (insight.FigureFormat, insight_service_pb2.FigureFormat, "FIGURE_FORMAT_"),
    (types.ModelReadiness, model_pb2.ModelReadiness, "MODEL_READINESS_"),
)


def test_every_enum_has_the_members_of_the_wire() -> None:
    for kind, wire, prefix in KINDS:
        names = [value.name for value in wire.DESCRIPTOR.values]
        known = {name.removeprefix(prefix) for name in names} - {"UNSPECIFIED"}

        own = {"UNKNOWN", "UNSPECIFIED"}
        assert {member.value for member in kind} - own == known


def test_a_state_of_a_newer_server_is_unknown_and_no_failure() -> None:
    session = session_pb2.Session.FromString(b"\x18\x63")

    assert convert.session_info(session).state is types.SessionState.UNKNOWN


def test_what_is_absent_on_the_wire_is_none() -> None:
    candidate = convert.candidate_info(a_candidate(0))

    assert candidate.utility_mean is None
    assert candidate.image is None
    assert candidate.failure is None
    assert candidate.start_time is None
    assert convert.round_info(a_round()).choice is None


def test_a_zero_that_was_sent_is_zero() -> None:
    candidate = convert.candidate_info(a_candidate(0, utility_mean=0.0))

    assert candidate.utility_mean == 0.0


def test_the_first_slot_can_be_the_choice() -> None:
    round = a_round(feedback=round_pb2.Feedback(chosen=0, shown=[0, 1]))

    assert convert.round_info(round).choice == types.Choice(0, (0, 1))


def test_feedback_of_another_kind_is_no_choice() -> None:
    skip = round_pb2.Feedback(skip=round_pb2.Skip())

    assert convert.round_info(a_round(feedback=skip)).choice is None


def test_times_are_in_utc_and_spans_in_seconds() -> None:
    start = Timestamp()
    start.FromJsonString("2026-01-02T03:04:05.500Z")
    candidate = a_candidate(0, start_time=start)
    candidate.estimated_wait.FromMilliseconds(1250)

    info = convert.candidate_info(candidate)

    assert info.start_time == datetime(2026, 1, 2, 3, 4, 5, 500_000, tzinfo=UTC)
    assert info.estimated_wait_s == 1.25


def test_an_image_and_a_failure_are_taken_over() -> None:
    candidate = a_candidate(0)
    candidate.image.digest = "ab"
    candidate.image.width_px = 128
    candidate.failure.reason = "poison"
    candidate.failure.attempts = 3

    info = convert.candidate_info(candidate)

    assert info.image == types.ImageInfo("ab", "", 128, 0, 0)
    assert info.failure == types.RenderFailure("poison", 3)


def test_a_session_without_a_round_has_none() -> None:
    assert convert.session_info(a_session()).latest_round is None
