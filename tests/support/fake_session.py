"""What a fake optimizer keeps of a session, and the refusals it can be told to give."""

import copy
import functools
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf import duration_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from multibo.v1 import (
    event_pb2,
    image_pb2,
    round_pb2,
    session_pb2,
    session_service_pb2,
)
from tests.support.drawn_faces import SIZE_PX, face_png

OPEN_STATES = (round_pb2.ROUND_STATE_OPEN, round_pb2.ROUND_STATE_RENDERING)


@dataclass(frozen=True)
class Refusal:
    """An answer to give instead of, or after, doing the call."""

    code: grpc.StatusCode
    reason: str
    retry_s: int = 0
    field: str = ""
    after_doing: bool = False
    """The call is carried out, and only its reply is lost."""


GONE = Refusal(grpc.StatusCode.NOT_FOUND, "SESSION_NOT_FOUND")
WATCH_LIMIT = Refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, "WATCH_LIMIT")


@dataclass
class FakeSession:
    """One session as the wire shows it."""

    session: session_pb2.Session
    rounds: list[round_pb2.Round] = field(default_factory=list)
    replies: dict[str, Any] = field(default_factory=dict)
    events: list[Any] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)
    """Numbers of the rounds whose answers count, oldest first."""
    undone: list[dict[int, round_pb2.Round]] = field(default_factory=list)
    """The rounds that each undo changed, by number, as they were before."""

    def __post_init__(self) -> None:
        self.touch()

    @property
    def open_round(self) -> round_pb2.Round | None:
        return next((r for r in self.rounds if r.state in OPEN_STATES), None)

    @property
    def live_rounds(self) -> list[round_pb2.Round]:
        obsolete = round_pb2.ROUND_STATE_OBSOLETE
        return [round for round in self.rounds if round.state != obsolete]

    def full(self) -> session_pb2.Session:
        full = copy.deepcopy(self.session)
        latest = self.open_round or next(reversed(self.live_rounds), None)
        if latest is not None:
            full.latest_round.CopyFrom(latest)
        return full

    def touch(self) -> None:
        """Bring the session's own fields in line after a command, and tell it."""
        session, n = self.session, len(self.answered)
        session.etag = f"revision-{int(session.etag.rpartition('-')[2] or 0) + 1}"
        session.update_time.GetCurrentTime()
        session.feedback_count = n
        session.can_undo, session.can_redo = n > 0, bool(self.undone)
        session.open_round = "" if self.open_round is None else self.open_round.name
        if session.state != session_pb2.SESSION_STATE_FINISHED:
            spent = n > 0 and n == session.spec.rounds
            session.state = session_pb2.SESSION_STATE_ACTIVE
            if spent:
                session.state = session_pb2.SESSION_STATE_EXHAUSTED
        self.tell(session_changed=event_pb2.SessionChangedEvent(session=session))

    def begin(self) -> round_pb2.Round:
        """Open a new round."""
        round = self._new_round()
        self.rounds.append(round)
        self.session.images_used += self.session.spec.slate_size
        self.tell_round(round)
        self.touch()
        return round

    def judge(self, number: int, feedback: round_pb2.Feedback) -> None:
        """Close a round with an answer."""
        round = self.rounds[number]
        round.state = round_pb2.ROUND_STATE_JUDGED
        round.feedback.CopyFrom(feedback)
        round.judge_time.GetCurrentTime()
        self.answered.append(number)
        self.undone.clear()
        self.tell_round(round)
        self.touch()

    def undo(self) -> None:
        """Open the round answered last again; what came after it is obsolete."""
        number = self.answered.pop()
        changed = self.rounds[number:]
        before = {r.number: copy.deepcopy(r) for r in changed}
        self.undone.append(before)
        for round in changed[1:]:
            round.state = round_pb2.ROUND_STATE_OBSOLETE
        changed[0].state = round_pb2.ROUND_STATE_OPEN
        changed[0].ClearField("feedback")
        changed[0].ClearField("judge_time")
        self._tell_all(changed)

    def redo(self) -> None:
        """Bring everything back that the last undo changed."""
        before = self.undone.pop()
        self.answered.append(min(before))
        for number, round in before.items():
            self.rounds[number].CopyFrom(round)
        self._tell_all([self.rounds[number] for number in before])

    def _new_round(self) -> round_pb2.Round:
        number = len(self.rounds)
        name = f"{self.session.name}/rounds/{number}"
        ordinal = len(self.answered) + 1
        round = round_pb2.Round(
            name=name, number=number, ordinal=ordinal, state="ROUND_STATE_RENDERING"
        )
        round.create_time.GetCurrentTime()
        for slot in range(self.session.spec.slate_size):
            seed = number * 10 + slot
            candidate = round.candidates.add(
                name=f"{name}/candidates/{slot}", slot=slot, base_seed=seed
            )
            candidate.state = round_pb2.CANDIDATE_STATE_QUEUED
            casting = len(self.answered) < self.session.spec.casting_rounds
            candidate.role = (
                round_pb2.CANDIDATE_ROLE_CAST
                if casting
                else round_pb2.CANDIDATE_ROLE_EXPLORE
            )
        anchor = round.candidates[0]
        anchor.role = round_pb2.CANDIDATE_ROLE_ANCHOR
        if self.answered:
            last = self.rounds[self.answered[-1]]
            anchor.base_seed = last.candidates[last.feedback.chosen].base_seed
        return round

    def _tell_all(self, rounds: list[round_pb2.Round]) -> None:
        for round in rounds:
            self.tell_round(round)
        self.touch()

    def tell(self, **event: Any) -> None:
        """Append one event, given by its field of WatchSessionResponse."""
        cursor = (
            "" if event.keys() & {"progress", "preview"} else str(len(self.events) + 1)
        )
        told = session_service_pb2.WatchSessionResponse(cursor=cursor, **event)
        self.events.append(told)

    def tell_candidate(self, candidate: round_pb2.Candidate) -> None:
        changed = event_pb2.CandidateChangedEvent(candidate=candidate)
        self.tell(candidate_changed=changed)

    def tell_step(self, candidate: round_pb2.Candidate, step: int, steps: int) -> None:
        progress = event_pb2.ProgressEvent(candidate=candidate.name, step=step)
        progress.slot, progress.steps = candidate.slot, steps
        self.tell(progress=progress)

    def tell_preview(self, candidate: round_pb2.Candidate) -> None:
        """Tell how a candidate looks so far: another face than in the end."""
        preview = event_pb2.PreviewEvent(candidate=candidate.name, slot=candidate.slot)
        preview.data = face_png(candidate.base_seed + 1)
        preview.media_type = "image/png"
        self.tell(preview=preview)

    def tell_round(self, round: round_pb2.Round) -> None:
        self.tell(round_changed=event_pb2.RoundChangedEvent(round=round))


Method = Callable[[Any, Any, Any], Awaitable[Any]]


def recorded(method: Method) -> Method:
    """Record the call and give the refusal that was ordered for it."""

    @functools.wraps(method)
    async def call(self: Any, request: Any, context: Any) -> Any:
        name = method.__name__
        self.calls.append((name, request))
        ordered = self.refusals.get(name)
        refusal = ordered.pop(0) if ordered else None
        if refusal is not None and not refusal.after_doing:
            await refuse(context, refusal)
        reply = await method(self, request, context)
        if refusal is not None:
            await refuse(context, refusal)
        return reply

    return call


async def refuse(context: Any, refusal: Refusal) -> None:
    status = status_pb2.Status(
        code=getattr(code_pb2, refusal.code.name), message=refusal.reason.lower()
    )
    info = error_details_pb2.ErrorInfo(reason=refusal.reason, domain="multibo")
    status.details.add().Pack(info)
    if refusal.retry_s:
        delay = duration_pb2.Duration(seconds=refusal.retry_s)
        status.details.add().Pack(error_details_pb2.RetryInfo(retry_delay=delay))
    if refusal.field:
        bad = error_details_pb2.BadRequest()
        bad.field_violations.add(field=refusal.field, description="is not possible")
        status.details.add().Pack(bad)
    await context.abort_with_status(rpc_status.to_status(status))


def image_info(data: bytes) -> image_pb2.ImageInfo:
    return image_pb2.ImageInfo(
        digest=hashlib.sha256(data).hexdigest(),
        media_type="image/png",
        width_px=SIZE_PX,
        height_px=SIZE_PX,
        size_bytes=len(data),
    )
