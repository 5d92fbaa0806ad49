"""Protocol messages -> values; the only place that knows how they correspond."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from google.protobuf.duration_pb2 import Duration
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from multibo.client import events, types
from multibo.v1 import (
    insight_pb2,
    model_pb2,
    round_pb2,
    session_pb2,
    session_service_pb2,
)

E = TypeVar("E", bound=StrEnum)


def session_info(session: session_pb2.Session) -> types.SessionInfo:
    """Return the session.

    Args:
        session: as on the wire.
    """
    latest = session.HasField("latest_round")
    return types.SessionInfo(
        name=session.name,
        spec=_spec(session.spec),
        state=_member(
            types.SessionState, session_pb2.SessionState, "SESSION_STATE", session.state
        ),
        etag=session.etag,
        open_round=session.open_round,
        n_feedbacks=session.feedback_count,
        n_images=session.images_used,
        accepted_candidate=session.accepted_candidate,
        create_time=_time(session, "create_time"),
        update_time=_time(session, "update_time"),
        expire_time=_time(session, "expire_time"),
        latest_round=round_info(session.latest_round) if latest else None,
    )


def _spec(spec: session_pb2.SessionSpec) -> types.SessionSpec:
    return types.SessionSpec(
        prompt=spec.prompt,
        negative_prompt=spec.negative_prompt,
        model=spec.model,
        model_revision=spec.model_revision,
        warp_space=spec.warp_space,
        seed=spec.seed,
        steps=spec.steps,
        guidance=spec.guidance,
        k=spec.slate_size,
        rounds=spec.rounds,
        labels=dict(spec.labels),
    )


def round_info(round: round_pb2.Round) -> types.RoundInfo:
    """Return the round.

    Args:
        round: as on the wire.
    """
    chosen = round.feedback.WhichOneof("judgment") == "chosen"
    return types.RoundInfo(
        name=round.name,
        number=round.number,
        ordinal=round.ordinal,
        state=_member(
            types.RoundState, round_pb2.RoundState, "ROUND_STATE", round.state
        ),
        candidates=tuple(candidate_info(candidate) for candidate in round.candidates),
        choice=types.Choice(round.feedback.chosen, tuple(round.feedback.shown))
        if chosen
        else None,
        degraded=round.degraded,
        create_time=_time(round, "create_time"),
        judge_time=_time(round, "judge_time"),
        propose_duration_s=_seconds(round, "propose_duration"),
        engine_version=round.engine_version,
    )


def candidate_info(candidate: round_pb2.Candidate) -> types.CandidateInfo:
    """Return the candidate.

    Args:
        candidate: as on the wire.
    """
    return types.CandidateInfo(
        name=candidate.name,
        slot=candidate.slot,
        base_seed=candidate.base_seed,
        warp=tuple(candidate.warp),
        role=_member(
            types.CandidateRole,
            round_pb2.CandidateRole,
            "CANDIDATE_ROLE",
            candidate.role,
        ),
        state=_member(
            types.CandidateState,
            round_pb2.CandidateState,
            "CANDIDATE_STATE",
            candidate.state,
        ),
        utility_mean=_number(candidate, "utility_mean"),
        utility_sd=_number(candidate, "utility_sd"),
        win_probability=_number(candidate, "win_probability"),
        image=_image(candidate),
        failure=_failure(candidate),
        estimated_wait_s=_seconds(candidate, "estimated_wait"),
        enqueue_time=_time(candidate, "enqueue_time"),
        start_time=_time(candidate, "start_time"),
        end_time=_time(candidate, "end_time"),
    )


def _image(candidate: round_pb2.Candidate) -> types.ImageInfo | None:
    if not candidate.HasField("image"):
        return None
    image = candidate.image
    return types.ImageInfo(
        digest=image.digest,
        media_type=image.media_type,
        width_px=image.width_px,
        height_px=image.height_px,
        size_bytes=image.size_bytes,
    )


def _failure(candidate: round_pb2.Candidate) -> types.RenderFailure | None:
    if not candidate.HasField("failure"):
        return None
    return types.RenderFailure(candidate.failure.reason, candidate.failure.attempts)


def recommendation_info(
    recommendation: insight_pb2.Recommendation,
) -> types.RecommendationInfo:
    """Return the recommendation.

    Args:
        recommendation: as on the wire.
    """
    predicted = recommendation.predicted
    return types.RecommendationInfo(
        candidate=candidate_info(recommendation.shown.candidate),
        estimate=_estimate(recommendation.shown.estimate),
        predicted_warp=tuple(predicted.warp),
        predicted_base_seed=predicted.base_seed,
        predicted_estimate=_estimate(predicted.estimate),
        engine_version=recommendation.engine_version,
        n_feedbacks=recommendation.feedback_count,
    )


def _estimate(estimate: insight_pb2.UtilityEstimate) -> types.UtilityEstimate:
    return types.UtilityEstimate(estimate.mean, estimate.sd, estimate.win_probability)


def model(message: model_pb2.Model) -> types.Model:
    """Return the model.

    Args:
        message: as on the wire.
    """
    return types.Model(
        name=message.name,
        title=message.title,
        revision=message.revision,
        readiness=_member(
            types.ModelReadiness,
            model_pb2.ModelReadiness,
            "MODEL_READINESS",
            message.readiness,
        ),
        width_px=message.width_px,
        height_px=message.height_px,
        steps=message.steps,
        guidance=message.guidance,
        examples=tuple(message.examples),
        default_warp_space=message.default_warp_space,
        warp_dimension=message.warp_dimension,
        estimated_wait_s=_seconds(message, "estimated_wait"),
    )


def warp_space(space: model_pb2.WarpSpace) -> types.WarpSpace:
    """Return the warp space.

    Args:
        space: as on the wire.
    """
    return types.WarpSpace(
        name=space.name,
        dimension=space.dimension,
        axes=tuple(
            types.WarpAxis(axis.name, axis.low_label, axis.high_label)
            for axis in space.axes
        ),
        identity=tuple(space.identity),
        resolution=space.resolution,
    )


def event(message: session_service_pb2.WatchSessionResponse) -> events.Event | None:
    """Return the event, or None for one that is of no use to a caller.

    Args:
        message: one message of the stream.
    """
    match message.WhichOneof("event"):
        case "snapshot":
            return events.Snapshot(session_info(message.snapshot.session))
        case "session_changed":
            return events.SessionChanged(session_info(message.session_changed.session))
        case "round_changed":
            return events.RoundChanged(round_info(message.round_changed.round))
        case "candidate_changed":
            changed = message.candidate_changed.candidate
            return events.CandidateChanged(candidate_info(changed))
        case "progress":
            done = message.progress
            return events.Progress(done.candidate, done.slot, done.step, done.steps)
    return None


def _member(kind: type[E], wire: EnumTypeWrapper, prefix: str, number: int) -> E:
    """Return the member, UNKNOWN for what this client has never heard of."""
    name = wire.Name(number) if number in wire.values() else ""
    bare = name.removeprefix(f"{prefix}_")
    return kind(bare) if bare in kind.__members__ else kind("UNKNOWN")


def _number(message: Message, field: str) -> float | None:
    return float(getattr(message, field)) if message.HasField(field) else None


def _seconds(message: Message, field: str) -> float | None:
    if not message.HasField(field):
        return None
    span: Duration = getattr(message, field)
    return float(span.ToTimedelta().total_seconds())


def _time(message: Message, field: str) -> datetime | None:
    if not message.HasField(field):
        return None
    stamp: Timestamp = getattr(message, field)
    return stamp.ToDatetime(tzinfo=UTC)
