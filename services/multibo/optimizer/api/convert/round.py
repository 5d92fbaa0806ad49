"""Rounds, candidates and feedback to and from `round.proto`."""

from __future__ import annotations

from typing import Final

from multibo.jobs.job import JobState, RenderJob
from multibo.optimizer.api.convert.image import image_info
from multibo.optimizer.api.convert.times import duration, milliseconds, timestamp
from multibo.optimizer.session.distinctness import (
    ALIKE,
    distance_to_anchor,
    distinctness,
)
from multibo.optimizer.session.ids import CandidateName
from multibo.optimizer.session.model import (
    Candidate,
    Feedback,
    FeedbackKind,
    Round,
    RoundState,
    SkipReason,
    Slate,
)
from multibo.v1 import round_pb2
from multibo.warp.space import QUANTUM

_ROUND_STATES: Final = {
    RoundState.RENDERING: round_pb2.ROUND_STATE_RENDERING,
    RoundState.OPEN: round_pb2.ROUND_STATE_OPEN,
    RoundState.FAILED: round_pb2.ROUND_STATE_FAILED,
    RoundState.JUDGED: round_pb2.ROUND_STATE_JUDGED,
    RoundState.SKIPPED: round_pb2.ROUND_STATE_SKIPPED,
    RoundState.CANCELLED: round_pb2.ROUND_STATE_CANCELLED,
    RoundState.OBSOLETE: round_pb2.ROUND_STATE_OBSOLETE,
}
_SKIP_REASONS: Final = {
    SkipReason.UNSPECIFIED: round_pb2.SKIP_REASON_UNSPECIFIED,
    SkipReason.INTERRUPTED: round_pb2.SKIP_REASON_INTERRUPTED,
    SkipReason.UNSURE: round_pb2.SKIP_REASON_UNSURE,
    SkipReason.BAD_IMAGE: round_pb2.SKIP_REASON_BAD_IMAGE,
    SkipReason.OTHER: round_pb2.SKIP_REASON_OTHER,
}
_CANDIDATE_STATES: Final = {
    JobState.QUEUED: round_pb2.CANDIDATE_STATE_QUEUED,
    JobState.RENDERING: round_pb2.CANDIDATE_STATE_RENDERING,
    JobState.READY: round_pb2.CANDIDATE_STATE_READY,
    JobState.FAILED: round_pb2.CANDIDATE_STATE_FAILED,
    JobState.CANCELLED: round_pb2.CANDIDATE_STATE_CANCELLED,
}


def round_message(round: Round, *, wait_ms: int = 0) -> round_pb2.Round:
    """Return a round with its candidates as they are now.

    Args:
        round: as read.
        wait_ms: until its queued pictures are expected; 0 if unknown.
    """
    slate, end = round.slate, round.end
    feedback = end.feedback if end else None
    message = round_pb2.Round(
        name=str(round.name),
        number=slate.number,
        ordinal=0 if round.state is RoundState.OBSOLETE else slate.ordinal + 1,
        state=_ROUND_STATES[round.state],
        candidates=[candidate_message(round, c.slot) for c in slate.candidates],
        feedback=feedback_message(feedback) if feedback else None,
        degraded=slate.degraded,
        distinctness=_distinctness(round),
        predicted=_predicted(slate),
        create_time=timestamp(slate.create_time_ms),
        judge_time=timestamp(end.time_ms) if end and feedback else None,
        propose_duration=duration(slate.propose_ms),
        engine_version=slate.engine_version,
    )
    for candidate in message.candidates if wait_ms else ():
        if candidate.state == round_pb2.CANDIDATE_STATE_QUEUED:
            candidate.estimated_wait.CopyFrom(duration(wait_ms))
    return message


def _distinctness(round: Round) -> round_pb2.Distinctness | None:
    found = distinctness(round)
    if found is None:
        return None
    return round_pb2.Distinctness(
        min_distance=found.min_distance, threshold=ALIKE, note=found.note
    )


def _predicted(slate: Slate) -> round_pb2.ChoiceProbabilities | None:
    if not slate.ordinal:
        return None
    slots = [candidate.win_probability for candidate in slate.candidates]
    # What the slots leave is the outside option's; rounding may leave less than 0.
    return round_pb2.ChoiceProbabilities(
        slots=slots, none_of_these=max(0.0, 1.0 - sum(slots))
    )


def candidate_message(round: Round, slot: int) -> round_pb2.Candidate:
    """Return a candidate of a round with the state of its job.

    Args:
        round: as read.
        slot: which candidate.
    """
    candidate = round.slate.candidates[slot]
    message = _proposed(candidate, name=str(CandidateName(round.name, slot)))
    job = next((job for job in round.jobs if job.slot == slot), None)
    if job is not None:
        _add_job(message, job)
    distance = distance_to_anchor(round, slot)
    if distance is not None:
        message.distance_to_anchor = distance
    return message


def _proposed(candidate: Candidate, *, name: str) -> round_pb2.Candidate:
    return round_pb2.Candidate(
        name=name,
        slot=candidate.slot,
        base_seed=candidate.base_seed,
        warp=warp_values(candidate.warp),
        # A role is named alike in the engine and in the contract.
        role=f"CANDIDATE_ROLE_{candidate.role.upper()}",
        utility_mean=candidate.utility_mean,
        utility_sd=candidate.utility_sd,
        win_probability=candidate.win_probability,
    )


def _add_job(message: round_pb2.Candidate, job: RenderJob) -> None:
    message.state = _CANDIDATE_STATES[job.state]
    message.note = job.note
    if job.image is not None:
        message.image.CopyFrom(image_info(job.image))
    if job.state is JobState.FAILED:
        message.failure.reason = job.failure
        message.failure.attempts = job.attempt
    for field, time_ms in (
        (message.enqueue_time, job.enqueued_ms),
        (message.start_time, job.started_ms),
        (message.end_time, job.ended_ms),
    ):
        time = timestamp(time_ms)
        if time is not None:
            field.CopyFrom(time)


def warp_values(warp: tuple[int, ...]) -> list[float]:
    """Return a stored warp vector as coordinates; exact, as 1/4096 is a dyadic.

    Args:
        warp: quantized.
    """
    return [stored / QUANTUM for stored in warp]


def feedback_message(feedback: Feedback) -> round_pb2.Feedback:
    """Return what the person said.

    Args:
        feedback: as stored.
    """
    span_ms = feedback.response_time_ms
    message = round_pb2.Feedback(
        shown=feedback.shown,
        request_id=feedback.request_id,
        response_time=None if span_ms is None else duration(span_ms),
    )
    match feedback.kind:
        case FeedbackKind.CHOSEN:
            message.chosen = feedback.slots[0]
        case FeedbackKind.RANKING:
            message.ranking.slots.extend(feedback.slots)
        case FeedbackKind.TIE:
            message.tie.slots.extend(feedback.slots)
        case FeedbackKind.NONE_OF_THESE:
            message.none_of_these.SetInParent()
        case FeedbackKind.SKIP:
            reason = _SKIP_REASONS[feedback.skip_reason]
            message.skip.CopyFrom(round_pb2.Skip(reason=reason))
    return message


def feedback_value(message: round_pb2.Feedback, request_id: str) -> Feedback:
    """Return a checked answer.

    Args:
        message: with a judgment.
        request_id: of the command, in lower case.
    """
    timed = message.HasField("response_time")
    # A kind is named alike in the session and in the contract.
    kind = FeedbackKind(message.WhichOneof("judgment"))
    reasons = {number: reason for reason, number in _SKIP_REASONS.items()}
    return Feedback(
        kind=kind,
        slots=_judged_slots(message, kind),
        shown=tuple(message.shown),
        request_id=request_id,
        response_time_ms=milliseconds(message.response_time) if timed else None,
        skip_reason=reasons[message.skip.reason],
    )


def _judged_slots(message: round_pb2.Feedback, kind: FeedbackKind) -> tuple[int, ...]:
    if kind is FeedbackKind.CHOSEN:
        return (message.chosen,)
    # The message of another kind is empty.
    return (*message.ranking.slots, *message.tie.slots)
