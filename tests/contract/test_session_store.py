"""One suite for every session store."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from multibo.jobs.job import JobState
from multibo.optimizer.app.errors import (
    CursorInvalidError,
    RequestIdConflictError,
    RoundNotFoundError,
    SessionNotFoundError,
)
from multibo.optimizer.app.ports import SessionStore
from multibo.optimizer.app.values import Change, Committed, RequestKey
from multibo.optimizer.session import machine
from multibo.optimizer.session.history import FEEDBACK
from multibo.optimizer.session.ids import SessionName
from multibo.optimizer.session.model import (
    LogEntry,
    RoundState,
    SessionState,
)
from tests.support.builders import (
    NAME,
    a_receipt,
    a_session,
    chosen,
    judged,
    proposed,
)


async def test_a_stored_session_reads_back_equal(store: SessionStore) -> None:
    session = a_session()

    holder = await store.create(session, a_receipt())

    assert holder is None
    assert await store.read(NAME) == session


async def test_a_taken_name_returns_its_holder(store: SessionStore) -> None:
    session = a_session()
    await store.create(session, a_receipt("one"))

    other = replace(session, create_time_ms=9)
    holder = await store.create(other, a_receipt("two"))

    assert holder == session
    assert await store.replay_create("local", a_receipt("two").key) is None


async def test_a_creating_request_replays_its_reply(store: SessionStore) -> None:
    receipt = a_receipt("one", b"first")
    await store.create(a_session(), receipt)

    assert await store.replay_create("local", receipt.key) == b"first"
    assert await store.replay_create("other", receipt.key) is None


async def test_a_used_request_id_stores_no_second_session(store: SessionStore) -> None:
    await store.create(a_session(), a_receipt("one"))
    other = SessionName("local", "another-one")

    holder = await store.create(replace(a_session(), name=other), a_receipt("one"))

    assert holder is not None
    with pytest.raises(SessionNotFoundError):
        await store.read(other)


async def test_a_request_id_with_other_content_conflicts(store: SessionStore) -> None:
    await store.create(a_session(), a_receipt("one"))

    with pytest.raises(RequestIdConflictError):
        await store.replay_create("local", RequestKey("one", "another digest"))


async def test_an_unknown_session_is_not_found(store: SessionStore) -> None:
    with pytest.raises(SessionNotFoundError):
        await store.read(NAME)
    with pytest.raises(SessionNotFoundError):
        await store.read_round(NAME, 0)
    with pytest.raises(SessionNotFoundError):
        await store.commit(proposed(a_session()))


async def test_a_round_reads_back_with_its_jobs(store: SessionStore) -> None:
    session = a_session()
    await store.create(session, None)
    change = proposed(session)

    assert await store.commit(change) is Committed.DONE

    round = await store.read_round(NAME, 0)
    assert await store.read(NAME) == change.after
    assert round.slate == change.slate
    assert round.end is None
    assert round.state is RoundState.RENDERING
    assert [job.spec for job in round.jobs] == [job.spec for job in change.jobs]
    assert all(job.enqueued_ms > 0 for job in round.jobs)


async def test_an_unknown_round_is_not_found(store: SessionStore) -> None:
    await store.create(a_session(), None)

    with pytest.raises(RoundNotFoundError):
        await store.read_round(NAME, 0)


async def test_of_two_changes_from_one_rev_one_is_contended(
    store: SessionStore,
) -> None:
    session = a_session()
    await store.create(session, None)

    outcomes = await asyncio.gather(
        store.commit(proposed(session)), store.commit(proposed(session))
    )

    assert sorted(outcomes) == [Committed.CONTENDED, Committed.DONE]
    assert (await store.read(NAME)).rev == 2


async def test_feedback_closes_the_round_and_cancels_what_renders(
    store: SessionStore,
) -> None:
    session = a_session()
    await store.create(session, None)
    opened = proposed(session)
    await store.commit(opened)

    await store.commit(judged(opened.after))

    round = await store.read_round(NAME, 0)
    log, slates = await store.read_log(NAME)
    assert round.state is RoundState.JUDGED
    assert round.end is not None
    assert round.end.feedback == chosen(1)
    assert {job.state for job in round.jobs} == {JobState.CANCELLED}
    assert log == (LogEntry(FEEDBACK, 3_000, 0, chosen(1)),)
    assert slates == {0: opened.slate}


async def test_a_known_request_id_is_replayed_and_writes_nothing(
    store: SessionStore,
) -> None:
    session = a_session()
    await store.create(session, None)
    opened = proposed(session)
    await store.commit(opened)
    first = judged(opened.after)
    await store.commit(first)

    outcome = await store.commit(judged(first.after))

    assert outcome is Committed.REPLAYED
    assert (await store.read(NAME)) == first.after
    assert len((await store.read_log(NAME))[0]) == 1
    assert await store.replay(NAME, a_receipt("id-1").key) == b"\x00reply\xff"
    with pytest.raises(RequestIdConflictError):
        await store.replay(NAME, RequestKey("id-1", "another digest"))
    assert await store.replay(NAME, RequestKey("id-2", "d")) is None


async def test_rounds_are_read_in_order_after_a_number(store: SessionStore) -> None:
    session = a_session()
    await store.create(session, None)
    for number in range(3):
        change = proposed(session, number)
        await store.commit(change)
        session = change.after

    rounds = await store.read_rounds(NAME, after=0, limit=5)
    first = await store.read_rounds(NAME, after=-1, limit=1)

    assert [round.slate.number for round in rounds] == [1, 2]
    assert [round.slate.number for round in first] == [0]


async def test_a_deleted_session_is_gone_with_everything(store: SessionStore) -> None:
    session = a_session()
    await store.create(session, None)
    await store.commit(proposed(session))

    assert await store.delete(NAME)

    assert not await store.delete(NAME)
    with pytest.raises(SessionNotFoundError):
        await store.read(NAME)
    assert (await store.list_sessions("local", limit=5, cursor="")).sessions == ()


async def test_a_late_repeat_of_its_creation_does_not_bring_a_deleted_session_back(
    store: SessionStore,
) -> None:
    receipt = a_receipt("one")
    await store.create(a_session(), receipt)
    await store.delete(NAME)

    with pytest.raises(SessionNotFoundError):
        await store.replay_create("local", receipt.key)

    await store.create(a_session(), receipt)
    with pytest.raises(SessionNotFoundError):
        await store.read(NAME)


async def test_pages_give_every_session_once_newest_first(
    store: SessionStore,
) -> None:
    for number in range(23):
        name = SessionName("local", f"session-{number:02d}")
        # Several sessions share a creation time: the cursor must not skip them.
        await store.create(a_session(name=name, create_time_ms=number // 5), None)
    await store.create(a_session(name=SessionName("other", "session-xx")), None)

    seen: list[str] = []
    cursor = ""
    while True:
        page = await store.list_sessions("local", limit=7, cursor=cursor)
        seen += [session.name.session for session in page.sessions]
        cursor = page.next_cursor
        if not cursor:
            break

    assert seen == [f"session-{number:02d}" for number in reversed(range(23))]


async def test_a_foreign_cursor_is_refused(store: SessionStore) -> None:
    with pytest.raises(CursorInvalidError):
        await store.list_sessions("local", limit=5, cursor="nonsense")


async def test_a_finished_session_reads_back_with_its_accepted_candidate(
    store: SessionStore,
) -> None:
    session = a_session()
    await store.create(session, None)
    finished = machine.finish(session, None, now_ms=5_000)

    await store.commit(Change(finished, entry=LogEntry("finish", 5_000)))

    assert (await store.read(NAME)).state is SessionState.FINISHED


async def test_the_secret_is_shared_and_long(store: SessionStore) -> None:
    assert await store.secret() == await store.secret()
    assert len(await store.secret()) == 32
    await store.ping()
