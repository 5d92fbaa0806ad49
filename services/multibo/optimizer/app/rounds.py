"""Leave a round without judging it: cancel, ask for variety, retry a candidate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from multibo.jobs.job import JobState, RenderJob
from multibo.optimizer.app import feedback, propose
from multibo.optimizer.app.errors import CandidateNotFoundError, CommitContendedError
from multibo.optimizer.app.ports import App
from multibo.optimizer.app.values import Change, Committed, Receipt, RequestKey
from multibo.optimizer.session import history, machine
from multibo.optimizer.session.ids import CandidateName, RoundName
from multibo.optimizer.session.model import (
    LogEntry,
    Round,
    RoundEnd,
    RoundState,
    Session,
)


async def cancel_round(app: App, name: RoundName) -> Round:
    """Close the open round without an answer; running rows stop within a step.

    Args:
        app: the ports.
        name: the round; canceling it again returns it.

    Raises:
        SessionNotFoundError: if the session is gone.
        RoundNotFoundError: if it has no such round.
        RoundNotOpenError: if the round was judged, skipped or is obsolete.
        SessionFinishedError: if the session is read-only.
        CommitContendedError: if other commands kept winning.
    """
    for _ in range(app.limits.commit_tries):
        session = await app.store.read(name.session)
        round = await app.store.read_round(name.session, name.number)
        if round.state is RoundState.CANCELLED:
            return round
        now_ms = app.clock.now_ms()
        after = machine.close_round(session, round, now_ms=now_ms)
        end = RoundEnd(RoundState.CANCELLED, now_ms)
        change = Change(after, ends=((name.number, end),))
        if await app.store.commit(change) is Committed.DONE:
            return replace(round, end=end, jobs=feedback.canceled(round))
    raise CommitContendedError(str(name.session))


async def request_variety(
    app: App, name: RoundName, key: RequestKey, encode: Callable[[Round], bytes]
) -> bytes:
    """Leave the open round for one farther from what was shown; trains nothing.

    Spends images, not rounds.

    Args:
        app: the ports.
        name: the open round.
        key: the command's id and digest.
        encode: makes the reply from the new round.

    Raises:
        SessionNotFoundError: if the session is gone.
        RoundNotFoundError: if it has no such round.
        RequestIdConflictError: if the id came with other content.
        RoundNotOpenError: if the round is not open.
        BudgetSpentError: if too few images are left.
        SessionFinishedError: if the session is read-only.
        CommitContendedError: if other commands kept winning.
    """
    for _ in range(app.limits.commit_tries):
        found = await app.store.read_standing(name, key)
        if found.reply is not None:
            return found.reply
        change, round = await _varied(app, found.session, found.round)
        reply = encode(round)
        change = replace(change, receipt=Receipt(key, reply))
        if await app.store.commit(change) is Committed.DONE:
            await app.fleet.wake(name.session, change.jobs)
            return reply
    raise CommitContendedError(str(name.session))


async def _varied(app: App, session: Session, left: Round) -> tuple[Change, Round]:
    now_ms = app.clock.now_ms()
    closed = machine.close_round(session, left, now_ms=now_ms)
    machine.check_images(session)
    # One command, one revision: closing and opening are one change.
    draft = await propose.draft(
        app, replace(closed, rev=session.rev), passed_over=(left.slate,)
    )
    end = RoundEnd(RoundState.SKIPPED, now_ms)
    number = left.slate.number
    entry = LogEntry(history.VARIETY, now_ms, number)
    change = replace(draft.change, ends=((number, end),), entry=entry)
    return change, draft.round


async def retry_candidate(
    app: App, name: CandidateName, key: RequestKey, encode: Callable[[Round], bytes]
) -> bytes:
    """Queue a FAILED candidate again, its attempts reset.

    One that is READY, RENDERING or QUEUED is left as it is.

    Args:
        app: the ports.
        name: the candidate, of the newest round.
        key: the command's id and digest.
        encode: makes the reply from the round.

    Raises:
        SessionNotFoundError: if the session is gone.
        RoundNotFoundError: if it has no such round.
        CandidateNotFoundError: if the round has no such slot.
        RequestIdConflictError: if the id came with other content.
        RoundNotOpenError: if the round is not the newest, or has ended.
        SessionFinishedError: if the session is read-only.
        CommitContendedError: if other commands kept winning.
    """
    for _ in range(app.limits.commit_tries):
        found = await app.store.read_standing(name.round, key)
        session, round = found.session, found.round
        job = _job(round, name)
        if found.reply is not None:
            return found.reply
        machine.check_retryable(session, round)
        after = _again(app, round, job)
        reply = encode(after)
        if job.state is not JobState.FAILED:
            return reply
        change = Change(
            replace(session, rev=session.rev + 1, update_time_ms=app.clock.now_ms()),
            requeue=(job.field,),
            receipt=Receipt(key, reply),
        )
        if await app.store.commit(change) is Committed.DONE:
            await app.fleet.wake(session.name, [_job(after, name)])
            return reply
    raise CommitContendedError(str(name.round.session))


def _job(round: Round, name: CandidateName) -> RenderJob:
    for job in round.jobs:
        if job.slot == name.slot:
            return job
    raise CandidateNotFoundError(str(name))


def _again(app: App, round: Round, failed: RenderJob) -> Round:
    if failed.state is not JobState.FAILED:
        return round
    now_ms = app.clock.now_ms()
    jobs = tuple(
        job.queued_again(now_ms=now_ms) if job is failed else job for job in round.jobs
    )
    return replace(round, jobs=jobs)
