"""Start a session from what was learned in another, which stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from multibo.jobs.job import JobState, RenderJob
from multibo.optimizer.app import create, propose, slates
from multibo.optimizer.app.create import CreateSession
from multibo.optimizer.app.errors import RoundNotFoundError, SessionExistsError
from multibo.optimizer.app.ports import App
from multibo.optimizer.app.values import Content, Receipt, RequestKey, SessionView
from multibo.optimizer.session import history as logs
from multibo.optimizer.session import ids, machine
from multibo.optimizer.session.casting import stage_of
from multibo.optimizer.session.errors import FieldInvalidError
from multibo.optimizer.session.history import History, Judged
from multibo.optimizer.session.ids import RoundName, SessionName
from multibo.optimizer.session.model import (
    LogEntry,
    RoundEnd,
    RoundState,
    Session,
    SessionSpec,
    SessionState,
    Slate,
)

Encode = Callable[[SessionView], bytes]


@dataclass(frozen=True, slots=True)
class ForkSession:
    """What a caller asks for."""

    source: SessionName
    session_id: str
    through_round: int | None
    """The last round taken over; None means all."""
    warm_start: bool
    """Take over only what the answers say about the person."""
    spec: CreateSession | None = None
    """Of the new session; None means the source's."""


async def fork_session(
    app: App, command: ForkSession, key: RequestKey, encode: Encode
) -> bytes:
    """Store a new session that continues another and return the encoded reply.

    Args:
        app: the ports.
        command: validated fields.
        key: the command's id and digest.
        encode: makes the reply that is stored with the command.

    Raises:
        SessionNotFoundError: if the source is not there.
        RoundNotFoundError: if `through_round` is not a round of it.
        FieldInvalidError: if a spec is given where the source's has to hold, or
            its warp space has other axes.
        RequestIdConflictError: if the id came with other content.
        SessionExistsError: if the name is taken.
    """
    project = command.source.project
    replayed = await app.store.replay_create(project, key)
    if replayed is not None:
        return replayed
    source = await app.store.read(command.source)
    past = await _past(app, source, command.through_round)
    name = SessionName(project, ids.checked_session_id(command.session_id))
    if command.warm_start:
        session = await _warm(app, source, past, command.spec, name)
        return await store_new(app, session, Content(), key, encode)
    if command.spec is not None:
        raise FieldInvalidError("spec", "mode HISTORY keeps the source's spec")
    content = content_of(past, await _jobs(app, command.source, past))
    session = session_of(
        app, name, source.spec, past, prior=source.prior, forked_from=source.name
    )
    return await store_new(app, session, content, key, encode)


async def _past(app: App, source: Session, through: int | None) -> History:
    past = await propose.read_history(app, source.name)
    if through is None:
        return past
    if through >= source.next_round:
        raise RoundNotFoundError(str(RoundName(source.name, through)))
    kept = [one for one in past.answered if one.slate.number <= through]
    passed = [one for one in past.passed_over if one.number <= through]
    return History(
        tuple(kept), tuple(passed) if len(kept) == len(past.answered) else ()
    )


async def _warm(
    app: App,
    source: Session,
    past: History,
    spec: CreateSession | None,
    name: SessionName,
) -> Session:
    wanted = (
        source.spec if spec is None else create.session_spec(app.catalog, spec, name)
    )
    if wanted.warp_space != source.spec.warp_space:
        raise FieldInvalidError(
            "spec.warp_space", "a warm start keeps the source's warp space"
        )
    prior = await app.engine.prior_of(
        source.spec.dimension,
        slates.answers(stage_of(source.spec, past)),
        source.prior,
        timeout_s=app.limits.propose_timeout_s,
    )
    return session_of(
        app, name, wanted, History(()), prior=prior, forked_from=source.name
    )


async def _jobs(app: App, source: SessionName, past: History) -> list[RenderJob]:
    numbers = {slate.number for slate in past.slates}
    rounds = await app.store.read_rounds(
        source, after=-1, limit=max(numbers, default=-1) + 1
    )
    return [
        job for round in rounds if round.slate.number in numbers for job in round.jobs
    ]


def content_of(past: History, jobs: list[RenderJob]) -> Content:
    """Return the rounds of a history as a new session stores them.

    Args:
        past: effective answers, and slates passed over after them.
        jobs: of those rounds; what is not READY counts as canceled.
    """
    lines: list[tuple[LogEntry, RoundEnd]] = []
    for one in past.answered:
        lines += [_left(slate) for slate in one.passed_over]
        lines.append(_answered(one))
    lines += [_left(slate) for slate in past.passed_over]
    slates = past.slates
    return Content(
        slates=slates,
        ends=tuple(
            (slate.number, end) for slate, (_, end) in zip(slates, lines, strict=True)
        ),
        jobs=tuple(_ended(job) for job in jobs),
        log=tuple(entry for entry, _ in lines),
    )


def _answered(one: Judged) -> tuple[LogEntry, RoundEnd]:
    state = RoundState.JUDGED if one.feedback.trains else RoundState.SKIPPED
    return (
        LogEntry(logs.FEEDBACK, one.time_ms, one.slate.number, one.feedback),
        RoundEnd(state, one.time_ms, one.feedback),
    )


def _left(slate: Slate) -> tuple[LogEntry, RoundEnd]:
    time_ms = slate.create_time_ms
    return (
        LogEntry(logs.VARIETY, time_ms, slate.number),
        RoundEnd(RoundState.SKIPPED, time_ms),
    )


def _ended(job: RenderJob) -> RenderJob:
    return job if job.ended else replace(job, state=JobState.CANCELLED)


def session_of(
    app: App,
    name: SessionName,
    spec: SessionSpec,
    past: History,
    *,
    prior: tuple[float, ...],
    forked_from: SessionName | None = None,
) -> Session:
    """Return a new session that has lived through a history.

    Args:
        app: the ports.
        name: of the new session.
        spec: of the new session.
        past: effective answers, and slates passed over after them.
        prior: what an earlier session taught about the person.
        forked_from: the session it continues, if it is here.
    """
    now_ms = app.clock.now_ms()
    numbers = [slate.number for slate in past.slates]
    skipped = sum(not one.feedback.trains for one in past.answered)
    spent = len(past.answered) - skipped >= spec.rounds
    return Session(
        name=name,
        spec=spec,
        state=SessionState.EXHAUSTED if spent else SessionState.ACTIVE,
        rev=1,
        create_time_ms=now_ms,
        update_time_ms=now_ms,
        next_round=max(numbers, default=-1) + 1,
        effective=tuple(one.slate.number for one in past.answered),
        n_skipped=skipped,
        images_used=machine.images_of(spec, len(numbers)),
        prior=prior,
        forked_from=forked_from,
    )


async def store_new(
    app: App, session: Session, content: Content, key: RequestKey, encode: Encode
) -> bytes:
    """Store a session with its rounds and return the encoded reply.

    Args:
        app: the ports.
        session: with rev 1.
        content: its rounds.
        key: the command's id and digest.
        encode: makes the reply that is stored with the command.

    Raises:
        RequestIdConflictError: if the id came with other content.
        SessionExistsError: if the name is taken.
    """
    reply = encode(create.view(app, session))
    holder = await app.store.create(session, Receipt(key, reply), content)
    if holder is None:
        return reply
    replayed = await app.store.replay_create(session.name.project, key)
    if replayed is not None:
        return replayed
    raise SessionExistsError(str(session.name))
