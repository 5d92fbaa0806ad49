"""Rounds on the wire, in the states a running server shows rarely."""

from __future__ import annotations

from dataclasses import replace

import pytest
from google.protobuf.duration_pb2 import Duration

from multibo.jobs.job import JobState
from multibo.optimizer.api.convert.round import (
    candidate_message,
    feedback_message,
    feedback_value,
    round_message,
)
from multibo.optimizer.api.convert.times import duration, milliseconds, timestamp
from multibo.optimizer.preference.slate import Role
from multibo.optimizer.session.model import (
    Feedback,
    FeedbackKind,
    Round,
    RoundEnd,
    RoundState,
    SkipReason,
)
from multibo.v1 import round_pb2
from tests.support.builders import a_round, chosen, said


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

    assert (value.slots, value.shown, value.request_id) == ((2,), (3, 2, 0), "r")
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


def with_features(*values: float) -> Round:
    round = a_round()
    for slot, value in enumerate(values):
        round = with_job(round, slot, features=(value, 0.0))
    return round


def test_a_round_says_how_different_its_images_are() -> None:
    alike = round_message(with_features(0.0, 1.0, 1.125, 3.0)).distinctness
    distinct = round_message(with_features(0.0, 1.0, 2.0, 3.0)).distinctness

    assert alike.min_distance == 0.125
    assert alike.note == "the images of slots 1 and 2 look alike"
    assert (distinct.min_distance, distinct.note) == (1.0, "")
    assert distinct.threshold == alike.threshold > 0.125


def test_a_round_that_renders_says_nothing_of_its_images() -> None:
    rendering = with_job(with_features(0.0, 1.0), 3, state=JobState.RENDERING)
    blank = a_round()

    assert not round_message(rendering).HasField("distinctness")
    assert not round_message(blank).HasField("distinctness")


def test_a_candidate_says_how_far_it_is_from_the_anchor() -> None:
    round = with_features(0.0, 1.5)
    anchor, *others = round.slate.candidates
    candidates = (replace(anchor, role="ANCHOR"), *others)
    anchored = replace(round, slate=replace(round.slate, candidates=candidates))

    assert candidate_message(anchored, 1).distance_to_anchor == 1.5
    assert candidate_message(anchored, 0).distance_to_anchor == 0.0
    assert not candidate_message(anchored, 2).HasField("distance_to_anchor")
    assert not candidate_message(round, 1).HasField("distance_to_anchor")


def test_the_prediction_is_there_once_somebody_answered() -> None:
    first, second = a_round(), a_round(number=1)
    expected = [one.win_probability for one in second.slate.candidates]

    predicted = round_message(second).predicted

    assert not round_message(first).HasField("predicted")
    assert list(predicted.slots) == expected
    assert sum(predicted.slots) + predicted.none_of_these == pytest.approx(1)


def test_an_obsolete_round_has_no_ordinal() -> None:
    obsolete = replace(a_round(number=3), end=RoundEnd(RoundState.OBSOLETE, 9_000))

    message = round_message(obsolete)

    assert message.state == round_pb2.ROUND_STATE_OBSOLETE
    assert (message.number, message.ordinal) == (3, 0)


@pytest.mark.parametrize(
    "feedback",
    [
        chosen(2),
        said(FeedbackKind.RANKING, 2, 0),
        said(FeedbackKind.TIE, 3, 1),
        said(FeedbackKind.NONE_OF_THESE, shown=(1,)),
        said(FeedbackKind.SKIP, shown=()),
        *[said(FeedbackKind.SKIP, skip_reason=reason) for reason in SkipReason],
    ],
)
def test_an_answer_travels_there_and_back(feedback: Feedback) -> None:
    assert feedback_value(feedback_message(feedback), "r") == feedback
