"""Sessions to `session.proto`, and the request for one to a command."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from multibo.optimizer.api.convert import model
from multibo.optimizer.api.convert.round import round_message
from multibo.optimizer.api.convert.times import timestamp
from multibo.optimizer.app.create import CreateSession
from multibo.optimizer.app.fork import ForkSession
from multibo.optimizer.app.values import SessionView
from multibo.optimizer.session import ids
from multibo.optimizer.session.errors import FieldInvalidError
from multibo.optimizer.session.ids import RoundName
from multibo.optimizer.session.model import Session, SessionSpec, SessionState
from multibo.v1 import session_pb2
from multibo.v1.session_service_pb2 import CreateSessionRequest, ForkSessionRequest

STATES: Final = {
    SessionState.ACTIVE: session_pb2.SESSION_STATE_ACTIVE,
    SessionState.EXHAUSTED: session_pb2.SESSION_STATE_EXHAUSTED,
    SessionState.FINISHED: session_pb2.SESSION_STATE_FINISHED,
}


def session_message(view: SessionView) -> session_pb2.Session:
    """Return a session; with its round where the view has it.

    Args:
        view: BASIC or FULL.
    """
    session = view.session
    return session_pb2.Session(
        name=str(session.name),
        spec=spec_message(session.spec),
        state=STATES[session.state],
        etag=session.etag,
        open_round=_open_round(session),
        feedback_count=len(session.effective),
        can_undo=session.can_undo,
        can_redo=session.can_redo,
        images_used=session.images_used,
        expire_time=timestamp(view.expire_time_ms),
        create_time=timestamp(session.create_time_ms),
        update_time=timestamp(session.update_time_ms),
        accepted_candidate=str(session.accepted) if session.accepted else "",
        forked_from=str(session.forked_from) if session.forked_from else "",
        latest_round=(
            round_message(view.round, wait_ms=view.wait_ms) if view.round else None
        ),
    )


def _open_round(session: Session) -> str:
    if session.current_round is None:
        return ""
    return str(RoundName(session.name, session.current_round))


def spec_message(spec: SessionSpec) -> session_pb2.SessionSpec:
    """Return a spec with every default filled in.

    Args:
        spec: as stored.
    """
    return session_pb2.SessionSpec(
        prompt=spec.prompt,
        negative_prompt=spec.negative_prompt,
        model=model.model_name(spec.model),
        model_revision=spec.revision,
        warp_space=model.warp_space_name(spec.model, spec.warp_space),
        seed=spec.base_seed,
        steps=spec.steps,
        guidance=spec.guidance,
        slate_size=spec.k,
        rounds=spec.rounds,
        images=spec.images,
        anchor=spec.anchor,
        control_share=spec.control_share,
        probe_share=spec.probe_share,
        labels=dict(spec.labels),
        casting_rounds=spec.casting_rounds,
    )


def create_command(request: CreateSessionRequest) -> CreateSession:
    """Return the command of a checked request.

    Args:
        request: with fields in range.

    Raises:
        FieldInvalidError: if a resource name has another form.
    """
    project = ids.parse_project(request.parent)
    command = _wanted(request.spec, project, request.session_id)
    return replace(command, validate_only=request.validate_only)


def fork_command(request: ForkSessionRequest) -> ForkSession:
    """Return the command of a checked request.

    Args:
        request: with fields in range.

    Raises:
        FieldInvalidError: if a resource name has another form.
    """
    source = ids.parse_session(request.name)
    given = request.HasField("spec")
    return ForkSession(
        source,
        request.session_id,
        request.through_round if request.HasField("through_round") else None,
        warm_start=request.mode == session_pb2.FORK_MODE_WARM_START,
        spec=(
            _wanted(request.spec, source.project, request.session_id) if given else None
        ),
    )


def _wanted(
    spec: session_pb2.SessionSpec, project: str, session_id: str
) -> CreateSession:
    named, space = _model_and_space(spec)
    return CreateSession(
        project=project,
        session_id=session_id,
        prompt=spec.prompt,
        negative_prompt=(
            spec.negative_prompt if spec.HasField("negative_prompt") else None
        ),
        model=named,
        warp_space=space,
        base_seed=spec.seed if spec.HasField("seed") else None,
        steps=spec.steps or None,
        guidance=spec.guidance if spec.HasField("guidance") else None,
        k=spec.slate_size or None,
        rounds=spec.rounds or None,
        images=spec.images or None,
        anchor=spec.anchor if spec.HasField("anchor") else True,
        casting_rounds=(
            spec.casting_rounds if spec.HasField("casting_rounds") else None
        ),
        control_share=spec.control_share,
        probe_share=spec.probe_share,
        labels=tuple(sorted(spec.labels.items())),
    )


def _model_and_space(spec: session_pb2.SessionSpec) -> tuple[str, str]:
    named = model.parse_model(spec.model, field="spec.model") if spec.model else ""
    if not spec.warp_space:
        return named, ""
    owner, space = model.parse_warp_space(spec.warp_space, field="spec.warp_space")
    if named and owner != named:
        raise FieldInvalidError("spec.warp_space", "must be of the session's model")
    return owner, space
