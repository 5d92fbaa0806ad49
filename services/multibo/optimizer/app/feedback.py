"""Take an answer: one write, exactly once; the model learns later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from multibo.jobs.job import JobState, RenderJob
from multibo.optimizer.app import create
from multibo.optimizer.app.errors import CommitContendedError
from multibo.optimizer.app.ports import App
from multibo.optimizer.app.values import (
    Change,
    Committed,
    Receipt,
    RequestKey,
    SessionView,
)
from multibo.optimizer.session import history, machine
from multibo.optimizer.session.ids import RoundName
from multibo.optimizer.session.model import (
    Feedback,
    LogEntry,
    Round,
    RoundEnd,
    RoundState,
    Session,
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What an answer led to."""

    view: SessionView
    round: Round


async def submit_feedback(
    app: App,
    name: RoundName,
    feedback: Feedback,
    key: RequestKey,
    encode: Callable[[Accepted], bytes],
    *,
    etag: str = "",
) -> bytes:
    """Close a round with what the person said and return the encoded reply.

    Args:
        app: the ports.
        name: the round.
        feedback: the answer.
        key: the answer's id and digest; a repeat gets the first reply.
        encode: makes the reply that is stored with the answer.
        etag: the session's state the person was looking at; "" = any.

    Returns:
        The reply: new, or as given the first time.

    Raises:
        SessionNotFoundError: if the session is gone.
        RoundNotFoundError: if it has no such round.
        RequestIdConflictError: if the id came with another answer.
        EtagMismatchError: if the session moved on.
        SessionFinishedError: if the session is read-only.
        RoundNotOpenError: if the round takes no answer.
        FeedbackInvalidError: if the answer does not fit what was shown.
        CommitContendedError: if other commands kept winning.
    """
    for _ in range(app.limits.commit_tries):
        found = await app.store.read_standing(name, key)
        if found.reply is not None:
            return found.reply
        session, round = found.session, found.round
        machine.check_etag(session, etag)
        now_ms = app.clock.now_ms()
        after = machine.record_feedback(session, round, feedback, now_ms=now_ms)
        change, reply = _change(app, after, round, feedback, key, encode)
        outcome = await app.store.commit(change)
        if outcome is Committed.DONE:
            return reply
    raise CommitContendedError(str(name.session))


def _change(
    app: App,
    after: Session,
    round: Round,
    feedback: Feedback,
    key: RequestKey,
    encode: Callable[[Accepted], bytes],
) -> tuple[Change, bytes]:
    state = RoundState.JUDGED if feedback.trains else RoundState.SKIPPED
    end = RoundEnd(state, after.update_time_ms, feedback)
    closed = replace(round, end=end, jobs=canceled(round))
    reply = encode(Accepted(create.view(app, after), closed))
    number = round.slate.number
    entry = LogEntry(history.FEEDBACK, after.update_time_ms, number, feedback)
    change = Change(
        after, ends=((number, end),), entry=entry, receipt=Receipt(key, reply)
    )
    return change, reply


def canceled(round: Round) -> tuple[RenderJob, ...]:
    """Return the jobs of a closed round: what had not ended is canceled."""
    return tuple(
        job if job.ended else replace(job, state=JobState.CANCELLED)
        for job in round.jobs
    )
