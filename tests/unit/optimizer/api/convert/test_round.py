"""Rounds on the wire, in the states a running server shows rarely."""

from __future__ import annotations

from dataclasses import replace

import pytest
from google.protobuf.duration_pb2 import Duration

from multibo.jobs.job import JobState
from multibo.optimizer.api.convert.round import (
    candidate_message,
    feedback_value,
    round_message,
)
from multibo.optimizer.api.convert.times import duration, milliseconds, timestamp
from multibo.optimizer.preference.slate import Role
from multibo.optimizer.session.model import Round, RoundEnd, RoundState
from multibo.v1 import round_pb2
from tests.support.builders import a_round, chosen


def with_job(round: Round, slot: int, **changes: object) -> Round:
    jobs = [
        replace(job, **changes) if job.slot == slot else job  # type: ignore[arg-type]
        for job in round.jobs
    ]
    return replace(round, jobs=tuple(jobs))


def test_a_failed_candidate_says_why() -> None:
    round = with_job(
        a_round(), 2, state=JobState.FAILED, image=None, failure="poison", attempt=3
    )

    message = candidate_message(round, 2)

    assert message.state == round_pb2.CANDIDATE_STATE_FAILED
    assert message.failure == round_pb2.RenderFailure(reason="poison", attempts=3)
    assert not message.HasField("image")


def test_a_rendered_candidate_has_its_times_and_its_note() -> None:
    round = with_job(
        a_round(),
        1,
        enqueued_ms=1_500,
        started_ms=2_750,
        ended_ms=3_001,
        note="the prompt was cut",
    )

    message = candidate_message(round, 1)

    times = (message.enqueue_time, message.start_time, message.end_time)
    assert [time.ToMilliseconds() for time in times] == [1_500, 2_750, 3_001]
    assert message.note == "the prompt was cut"


def test_what_has_not_happened_has_no_time() -> None:
    message = candidate_message(a_round(JobState.QUEUED), 0)

    assert not message.HasField("start_time")
    assert not message.HasField("end_time")


def test_a_candidate_without_a_job_has_no_state() -> None:
    message = candidate_message(replace(a_round(), jobs=()), 0)

    assert message.state == round_pb2.CANDIDATE_STATE_UNSPECIFIED


@pytest.mark.parametrize("state", RoundState)
def test_every_state_of_a_round_has_a_value(state: RoundState) -> None:
    round = replace(a_round(), end=RoundEnd(state, 9_000))

    message = round_message(round)

    assert message.state == round_pb2.RoundState.Value(f"ROUND_STATE_{state.name}")


@pytest.mark.parametrize("state", JobState)
def test_every_state_of_a_job_has_a_value(state: JobState) -> None:
    message = candidate_message(a_round(state), 0)

    name = f"CANDIDATE_STATE_{state.name}"
    assert message.state == round_pb2.CandidateState.Value(name)


@pytest.mark.parametrize("role", Role)
def test_every_role_of_the_engine_has_a_value(role: Role) -> None:
    round = a_round()
    first, *others = round.slate.candidates
    slate = replace(round.slate, candidates=(replace(first, role=role.value), *others))

    message = candidate_message(replace(round, slate=slate), 0)

    name = f"CANDIDATE_ROLE_{role.name}"
    assert message.role == round_pb2.CandidateRole.Value(name)


def test_a_canceled_round_was_not_judged() -> None:
    canceled = replace(a_round(), end=RoundEnd(RoundState.CANCELLED, 9_000))
    judged = replace(a_round(), end=RoundEnd(RoundState.JUDGED, 9_000, chosen(1)))

    assert not round_message(canceled).HasField("judge_time")
    assert round_message(judged).judge_time.ToMilliseconds() == 9_000


def test_an_answer_keeps_the_order_it_was_shown_in() -> None:
    message = round_pb2.Feedback(chosen=2, shown=[3, 2, 0])

    value = feedback_value(message, "r")

    assert (value.chosen, value.shown, value.request_id) == (2, (3, 2, 0), "r")
    assert value.response_time_ms is None


@pytest.mark.parametrize(
    ("span", "span_ms"),
    [
        (Duration(seconds=3, nanos=999_999_999), 3_999),
        (Duration(nanos=1), 1),
        (Duration(seconds=3600), 3_600_000),
    ],
)
def test_a_response_time_is_kept_in_milliseconds(span: Duration, span_ms: int) -> None:
    message = round_pb2.Feedback(chosen=0, shown=[0, 1], response_time=span)

    assert feedback_value(message, "r").response_time_ms == span_ms


def test_times_are_utc_to_the_millisecond() -> None:
    stamp = timestamp(1_700_000_000_123)

    assert stamp is not None
    assert stamp.ToJsonString() == "2023-11-14T22:13:20.123Z"
    assert timestamp(0) is None
    assert milliseconds(duration(1_234)) == 1_234
