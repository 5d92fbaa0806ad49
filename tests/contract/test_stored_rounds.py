"""What a change does to rounds that were there, in every session store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multibo.jobs.job import JobState
from multibo.optimizer.app.errors import RoundNotFoundError
from multibo.optimizer.app.ports import SessionStore
from multibo.optimizer.app.values import Change, Committed, Content
from multibo.optimizer.session import machine
from multibo.optimizer.session.history import FEEDBACK
from multibo.optimizer.session.model import LogEntry, RoundEnd, RoundState, Session
from tests.support.builders import (
    NAME,
    a_receipt,
    a_session,
    a_slate,
    chosen,
    jobs_of,
    judged,
    proposed,
)


def ended(session: Session, *ends: tuple[int, RoundEnd | None]) -> Change:
    return Change(replace(session, rev=session.rev + 1), ends=ends)


async def test_a_round_that_opens_again_queues_what_was_canceled(
    store: SessionStore,
) -> None:
    session = a_session()
    await store.create(session, None)
    slate = a_slate()
    rows = list(jobs_of(slate))
    rows[1] = jobs_of(slate, JobState.READY)[1]
    await store.commit(
        Change(machine.open_round(session, slate), slate=slate, jobs=tuple(rows))
    )
    session = await store.read(NAME)
    await store.commit(ended(session, (0, RoundEnd(RoundState.CANCELLED, 3_000))))
    canceled = await store.read_round(NAME, 0)

    outcome = await store.commit(ended(await store.read(NAME), (0, None)))

    opened = await store.read_round(NAME, 0)
    queued, ready = JobState.QUEUED, JobState.READY
    assert outcome is Committed.DONE
    assert canceled.state is RoundState.CANCELLED
    assert all(job.ended_ms for job in canceled.jobs if job.slot != 1)
    assert opened.end is None
    assert [job.state for job in opened.jobs] == [queued, ready, queued, queued]
    assert all(job.due_ms == job.enqueued_ms > 0 for job in opened.jobs[2:])
    assert all(job.ended_ms == job.started_ms == 0 for job in opened.jobs[2:])
    assert [job.spec for job in opened.jobs] == [job.spec for job in rows]


async def test_one_change_closes_some_rounds_and_opens_another(
    store: SessionStore,
) -> None:
    session = a_session()
    await store.create(session, None)
    for number in range(3):
        await store.commit(proposed(await store.read(NAME), number))
    await store.commit(judged(await store.read(NAME)))
    gone = RoundEnd(RoundState.OBSOLETE, 4_000)

    await store.commit(ended(await store.read(NAME), (1, gone), (2, gone), (0, None)))

    states = [round.state for round in await store.read_rounds(NAME, after=-1, limit=9)]
    assert states == [RoundState.RENDERING, RoundState.OBSOLETE, RoundState.OBSOLETE]


async def test_a_failed_row_is_queued_again_with_its_attempts_reset(
    store: SessionStore,
) -> None:
    session = a_session()
    await store.create(session, None)
    slate = a_slate()
    failed = tuple(
        replace(job, attempt=3, failures=3, lapses=1, failure="poison", ended_ms=9)
        for job in jobs_of(slate, JobState.FAILED)
    )
    await store.commit(
        Change(machine.open_round(session, slate), slate=slate, jobs=failed)
    )
    session = await store.read(NAME)

    await store.commit(Change(replace(session, rev=session.rev + 1), requeue=("0/2",)))

    jobs = (await store.read_round(NAME, 0)).jobs
    again = jobs[2]
    assert [job.state for job in jobs].count(JobState.FAILED) == 3
    assert again.state is JobState.QUEUED
    # The attempt is the fence: it never falls back.
    assert (again.attempt, again.failures, again.lapses) == (3, 0, 0)
    assert (again.failure, again.ended_ms) == ("", 0)


async def test_a_row_that_did_not_fail_is_not_queued_again(store: SessionStore) -> None:
    session = a_session()
    await store.create(session, None)
    slate = a_slate()
    ready = jobs_of(slate, JobState.READY)
    await store.commit(
        Change(machine.open_round(session, slate), slate=slate, jobs=ready)
    )
    session = await store.read(NAME)

    await store.commit(Change(replace(session, rev=session.rev + 1), requeue=("0/2",)))

    assert (await store.read_round(NAME, 0)).jobs[2].state is JobState.READY


async def test_a_session_may_start_with_rounds(store: SessionStore) -> None:
    end = RoundEnd(RoundState.JUDGED, 3_000, chosen(1))
    entry = LogEntry(FEEDBACK, 3_000, 4, chosen(1))
    slates = (a_slate(1), a_slate(4))
    session = a_session(next_round=5, effective=(4,))

    holder = await store.create(
        session,
        a_receipt(),
        Content(
            slates=slates,
            ends=((4, end),),
            jobs=(*jobs_of(slates[0]), *jobs_of(slates[1], JobState.READY)),
            log=(entry,),
        ),
    )

    first, second = await store.read_rounds(NAME, after=-1, limit=9)
    assert holder is None
    assert (first.slate, second.slate) == slates
    assert (first.end, second.end) == (None, end)
    assert second.ready == {0, 1, 2, 3}
    assert await store.read_log(NAME) == ((entry,), {1: slates[0], 4: slates[1]})
    assert await store.read_rounds(NAME, after=1, limit=1) == (second,)
    with pytest.raises(RoundNotFoundError):
        await store.read_round(NAME, 2)


async def test_a_taken_name_takes_no_rounds(store: SessionStore) -> None:
    await store.create(a_session(), a_receipt("one"))
    content = Content(slates=(a_slate(),), jobs=jobs_of(a_slate()))

    holder = await store.create(a_session(rev=1), a_receipt("two"), content)

    assert holder == a_session()
    assert await store.read_rounds(NAME, after=-1, limit=9) == ()
