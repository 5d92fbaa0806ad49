"""Drives the use cases of one session the way a person would."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from multibo.optimizer.app import create, feedback, propose, rounds, undo
from multibo.optimizer.app.create import CreateSession
from multibo.optimizer.app.ports import App
from multibo.optimizer.app.slates import Plan, plan_of
from multibo.optimizer.app.values import RequestKey, SessionView
from multibo.optimizer.preference.slate import ProposalRequest
from multibo.optimizer.session.ids import RoundName, SessionName
from multibo.optimizer.session.model import (
    Feedback,
    FeedbackKind,
    Round,
    RoundState,
    Session,
)
from tests.support.builders import said

NAME = SessionName("local", "kind-face")
_SHOWN = (2, 0, 3, 1)
ANSWERS = {
    "choose": said(FeedbackKind.CHOSEN, 3, shown=_SHOWN),
    "rank": said(FeedbackKind.RANKING, 0, 2, shown=_SHOWN),
    "tie": said(FeedbackKind.TIE, 1, 2, shown=_SHOWN),
    "none": said(FeedbackKind.NONE_OF_THESE, shown=_SHOWN),
    "skip": said(FeedbackKind.SKIP, shown=_SHOWN),
}
ACTIONS = (*ANSWERS, "variety", "cancel", "undo", "redo", "propose")


@dataclass
class Driver:
    """One session and the next command on it."""

    app: App
    name: SessionName = NAME
    ids: Iterator[int] = field(default_factory=itertools.count)

    async def create(self, **changes: object) -> Session:
        command = CreateSession(
            self.name.project, self.name.session, "comic portrait, brown long hair"
        )
        await create.create_session(
            self.app,
            replace(command, **changes),  # type: ignore[arg-type]
            self.key(),
            encoded,
        )
        return await self.session()

    async def session(self) -> Session:
        return await self.app.store.read(self.name)

    def key(self) -> RequestKey:
        number = f"{self.name}/{next(self.ids)}"
        return RequestKey(str(uuid.uuid5(uuid.NAMESPACE_URL, number)), "digest")

    async def propose(self) -> Round:
        return await propose.propose_round(self.app, self.name)

    async def answer(self, given: Feedback) -> None:
        round = await self.propose()
        await feedback.submit_feedback(
            self.app, round.name, given, self.key(), lambda _: b""
        )

    async def undo(self) -> bytes:
        etag = (await self.session()).etag
        return await undo.undo_feedback(
            self.app, self.name, self.key(), encoded, etag=etag
        )

    async def redo(self) -> bytes:
        etag = (await self.session()).etag
        return await undo.redo_feedback(
            self.app, self.name, self.key(), encoded, etag=etag
        )

    async def do(self, action: str) -> None:
        """Do what is possible of `ACTIONS`; nothing where it is not."""
        session = await self.session()
        if action in ANSWERS:
            await self.answer(ANSWERS[action])
        elif action == "variety":
            round = await self.propose()
            await rounds.request_variety(
                self.app, round.name, self.key(), lambda _: b""
            )
        elif action == "cancel":
            await rounds.cancel_round(self.app, (await self.propose()).name)
        elif action == "propose":
            await self.propose()
        elif action == "undo" and session.can_undo:
            await self.undo()
        elif action == "redo" and session.can_redo:
            await self.redo()

    async def next_question(self) -> ProposalRequest:
        """What the engine would be asked for the round after this one."""
        request = (await self.next_plan()).request
        assert request is not None
        return request

    async def next_plan(self) -> Plan:
        """What the round after this one would be made of."""
        history = await propose.read_history(self.app, self.name)
        session = await self.session()
        return plan_of(session.spec, history, session.prior)

    async def snapshot(self) -> tuple[object, ...]:
        """Everything of a session but its revision and the time."""
        session = await self.session()
        rounds = await self.app.store.read_rounds(self.name, after=-1, limit=10_000)
        body = replace(session, rev=0, update_time_ms=0)
        return body, [_plain(round) for round in rounds], await self.next_plan()

    async def round(self, number: int) -> Round:
        return await self.app.store.read_round(self.name, number)

    def name_of(self, number: int) -> RoundName:
        return RoundName(self.name, number)


def encoded(view: SessionView) -> bytes:
    """A reply that shows what a caller would see."""
    round = view.round
    shown = f"{round.slate.number} {round.state}" if round else "-"
    return f"{view.session.name} {view.session.etag} {shown}".encode()


def _plain(round: Round) -> tuple[object, ...]:
    jobs = [(job.slot, job.state) for job in round.jobs]
    # How long a round has been obsolete is nobody's business.
    end = None if round.state is RoundState.OBSOLETE else round.end
    return round.slate, round.state, end, jobs
