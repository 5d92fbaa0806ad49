"""Protocol messages -> values; `requests` goes the other way."""

from __future__ import annotations

from multibo.client import events, fields, types
from multibo.v1 import (
    image_pb2,
    insight_pb2,
    model_pb2,
    round_pb2,
    session_pb2,
    session_service_pb2,
)


def session_info(session: session_pb2.Session) -> types.SessionInfo:
    """Return the session.

    Args:
        session: as on the wire.
    """
    latest = session.HasField("latest_round")
    return types.SessionInfo(
        name=session.name,
        spec=_spec(session.spec),
        state=fields.member(
            types.SessionState, session_pb2.SessionState, "SESSION_STATE", session.state
        ),
        etag=session.etag,
        open_round=session.open_round,
        n_feedbacks=session.feedback_count,
        n_images=session.images_used,
        accepted_candidate=session.accepted_candidate,
        create_time=fields.time(session, "create_time"),
        update_time=fields.time(session, "update_time"),
        expire_time=fields.time(session, "expire_time"),
        latest_round=round_info(session.latest_round) if latest else None,
        can_undo=session.can_undo,
        can_redo=session.can_redo,
        forked_from=session.forked_from,
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
        images=spec.images,
        # A server says what it is; one that is silent means the default.
        anchor=spec.anchor if spec.HasField("anchor") else True,
        control_share=spec.control_share,
        probe_share=spec.probe_share,
        casting_rounds=spec.casting_rounds,
    )


def round_info(round: round_pb2.Round) -> types.RoundInfo:
    """Return the round.

    Args:
        round: as on the wire.
    """
    answered = feedback_info(round.feedback) if round.HasField("feedback") else None
    chosen = answered is not None and answered.kind is types.FeedbackKind.CHOSEN
    predicted = round.HasField("predicted")
    return types.RoundInfo(
        name=round.name,
        number=round.number,
        ordinal=round.ordinal,
        state=fields.member(
            types.RoundState, round_pb2.RoundState, "ROUND_STATE", round.state
        ),
        candidates=tuple(candidate_info(candidate) for candidate in round.candidates),
        choice=types.Choice(round.feedback.chosen, tuple(round.feedback.shown))
        if chosen
        else None,
        degraded=round.degraded,
        create_time=fields.time(round, "create_time"),
        judge_time=fields.time(round, "judge_time"),
        propose_duration_s=fields.seconds(round, "propose_duration"),
        engine_version=round.engine_version,
        feedback=answered,
        predicted=probabilities(round.predicted) if predicted else None,
    )


def feedback_info(feedback: round_pb2.Feedback) -> types.FeedbackInfo:
    """Return what the person said.

    Args:
        feedback: as on the wire.
    """
    kind = (feedback.WhichOneof("judgment") or "unknown").upper()
    slots: tuple[int, ...] = ()
    match kind:
        case "CHOSEN":
            slots = (feedback.chosen,)
        case "RANKING":
            slots = tuple(feedback.ranking.slots)
        case "TIE":
            slots = tuple(feedback.tie.slots)
    return types.FeedbackInfo(
        kind=types.FeedbackKind(kind),
        slots=slots,
        shown=tuple(feedback.shown),
        skip_reason=_skip_reason(feedback.skip.reason),
        response_time_s=fields.seconds(feedback, "response_time"),
    )


def _skip_reason(number: int) -> types.SkipReason:
    if number not in round_pb2.SkipReason.values():
        return types.SkipReason.OTHER
    name = round_pb2.SkipReason.Name(number)
    return types.SkipReason(name.removeprefix("SKIP_REASON_"))


def probabilities(
    message: round_pb2.ChoiceProbabilities,
) -> types.ChoiceProbabilities:
    """Return what the preference model expects.

    Args:
        message: as on the wire.
    """
    return types.ChoiceProbabilities(tuple(message.slots), message.none_of_these)


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
        role=fields.member(
            types.CandidateRole,
            round_pb2.CandidateRole,
            "CANDIDATE_ROLE",
            candidate.role,
        ),
        state=fields.member(
            types.CandidateState,
            round_pb2.CandidateState,
            "CANDIDATE_STATE",
            candidate.state,
        ),
        utility_mean=fields.number(candidate, "utility_mean"),
        utility_sd=fields.number(candidate, "utility_sd"),
        win_probability=fields.number(candidate, "win_probability"),
        image=image_info(candidate.image) if candidate.HasField("image") else None,
        failure=_failure(candidate),
        estimated_wait_s=fields.seconds(candidate, "estimated_wait"),
        enqueue_time=fields.time(candidate, "enqueue_time"),
        start_time=fields.time(candidate, "start_time"),
        end_time=fields.time(candidate, "end_time"),
    )


def image_info(image: image_pb2.ImageInfo) -> types.ImageInfo:
    """Return what is known about an image.

    Args:
        image: from the wire.
    """
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
        estimate=estimate(recommendation.shown.estimate),
        predicted_warp=tuple(predicted.warp),
        predicted_base_seed=predicted.base_seed,
        predicted_estimate=estimate(predicted.estimate),
        engine_version=recommendation.engine_version,
        n_feedbacks=recommendation.feedback_count,
        degraded=recommendation.degraded,
    )


def estimate(message: insight_pb2.UtilityEstimate) -> types.UtilityEstimate:
    """Return what the preference model believes.

    Args:
        message: as on the wire.
    """
    return types.UtilityEstimate(message.mean, message.sd, message.win_probability)


def model(message: model_pb2.Model) -> types.Model:
    """Return the model.

    Args:
        message: as on the wire.
    """
    return types.Model(
        name=message.name,
        title=message.title,
        revision=message.revision,
        readiness=fields.member(
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
        warp_spaces=tuple(message.warp_spaces),
        casting_rounds=message.default_casting_rounds,
        estimated_wait_s=fields.seconds(message, "estimated_wait"),
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
        case "preview":
            seen = message.preview
            return events.Preview(seen.candidate, seen.slot, seen.data, seen.media_type)
    return None
