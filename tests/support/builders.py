"""Values of the domain with everything a test does not care about filled in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from multibo.jobs.job import ImageRef, JobState, RenderJob
from multibo.jobs.spec import RenderSpec
from multibo.optimizer.app.values import Change, Receipt, RequestKey
from multibo.optimizer.session import machine
from multibo.optimizer.session.history import FEEDBACK
from multibo.optimizer.session.ids import RoundName, SessionName
from multibo.optimizer.session.model import (
    Candidate,
    Feedback,
    FeedbackKind,
    LogEntry,
    Round,
    RoundEnd,
    RoundState,
    Session,
    SessionSpec,
    SessionState,
    Slate,
)

NAME = SessionName("local", "walk-in-the-park")
DIMENSION = 16


def a_spec(**changes: Any) -> SessionSpec:
    spec = SessionSpec(
        prompt="comic portrait, brown long hair",
        negative_prompt="",
        model="avatars",
        revision="1",
        warp_space="flow-16@1",
        dimension=DIMENSION,
        base_seed=2**62 + 12345,
        steps=10,
        guidance=2.5,
        width_px=128,
        height_px=128,
        k=4,
        rounds=50,
        images=240,
        labels=(("team", "a"),),
    )
    return replace(spec, **changes)


def a_session(**changes: Any) -> Session:
    session = Session(
        name=NAME,
        spec=a_spec(),
        state=SessionState.ACTIVE,
        rev=1,
        create_time_ms=1_000,
        update_time_ms=1_000,
    )
    return replace(session, **changes)


def a_warp(slot: int) -> tuple[int, ...]:
    return (0,) * DIMENSION if slot == 0 else (slot * 100, -4096, *(0,) * 14)


def a_slate(number: int = 0, k: int = 4) -> Slate:
    return Slate(
        number=number,
        ordinal=number,
        candidates=tuple(
            Candidate(slot, 7, a_warp(slot), "INITIAL", 0.0, 1.0, 1 / k)
            for slot in range(k)
        ),
        engine_version="test@1",
        degraded="",
        propose_ms=12,
        create_time_ms=2_000,
    )


def a_render_spec(**changes: Any) -> RenderSpec:
    shown = replace(a_slate().candidates[1], base_seed=a_spec().base_seed)
    return replace(a_spec().render_spec(shown), **changes)


def jobs_of(slate: Slate, state: JobState = JobState.QUEUED) -> tuple[RenderJob, ...]:
    spec = a_spec()
    return tuple(
        RenderJob(
            slate.number,
            candidate.slot,
            spec.render_spec(candidate),
            state=state,
            image=an_image(candidate.slot) if state is JobState.READY else None,
        )
        for candidate in slate.candidates
    )


def an_image(slot: int = 0) -> ImageRef:
    return ImageRef(f"{slot:064x}", f"{slot + 9:064x}", "image/png", 128, 128, 4321)


def a_round(state: JobState = JobState.READY, number: int = 0) -> Round:
    slate = a_slate(number)
    return Round(RoundName(NAME, number), slate, None, jobs_of(slate, state))


def said(
    kind: FeedbackKind,
    *slots: int,
    shown: tuple[int, ...] = (0, 1, 2, 3),
    **changes: Any,
) -> Feedback:
    feedback = Feedback(kind, slots, shown, request_id="r", response_time_ms=1500)
    return replace(feedback, **changes)


def chosen(slot: int, shown: tuple[int, ...] = (0, 1, 2, 3)) -> Feedback:
    return said(FeedbackKind.CHOSEN, slot, shown=shown)


def a_receipt(request_id: str = "id-1", reply: bytes = b"\x00reply\xff") -> Receipt:
    return Receipt(RequestKey(request_id, f"digest of {request_id}"), reply)


def proposed(session: Session, number: int = 0) -> Change:
    slate = a_slate(number)
    return Change(machine.open_round(session, slate), slate=slate, jobs=jobs_of(slate))


def judged(session: Session, *, request_id: str = "id-1", number: int = 0) -> Change:
    feedback = chosen(1)
    end = RoundEnd(RoundState.JUDGED, 3_000, feedback)
    return Change(
        replace(session, rev=session.rev + 1, current_round=None, effective=(number,)),
        ends=((number, end),),
        entry=LogEntry(FEEDBACK, 3_000, number, feedback),
        receipt=a_receipt(request_id),
    )
