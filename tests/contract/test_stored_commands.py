"""What commands find in a session store: one moment, and a log that only grows."""

from __future__ import annotations

import pytest

from multibo.optimizer.app.errors import (
    RequestIdConflictError,
    RoundNotFoundError,
    SessionNotFoundError,
)
from multibo.optimizer.app.ports import SessionStore
from multibo.optimizer.app.values import RequestKey
from multibo.optimizer.session.ids import RoundName, SessionName
from tests.support.builders import NAME, a_receipt, a_session, judged, proposed


async def test_a_command_finds_session_round_and_reply_at_once(
    store: SessionStore,
) -> None:
    session = a_session()
    await store.create(session, None)
    opened = proposed(session)
    await store.commit(opened)
    name, key = RoundName(NAME, 0), a_receipt("id-1").key
    before = await store.read_standing(name, key)
    closed = judged(opened.after)

    await store.commit(closed)

    after = await store.read_standing(name, key)
    assert (before.session, before.round.end, before.reply) == (
        opened.after,
        None,
        None,
    )
    assert (after.session, after.reply) == (closed.after, b"\x00reply\xff")
    assert after.round == await store.read_round(NAME, 0)
    with pytest.raises(RequestIdConflictError):
        await store.read_standing(name, RequestKey("id-1", "another digest"))
    with pytest.raises(RoundNotFoundError):
        await store.read_standing(RoundName(NAME, 7), key)
    with pytest.raises(SessionNotFoundError):
        await store.read_standing(RoundName(SessionName("p", "gone"), 0), key)


async def test_a_log_read_again_has_what_was_added(store: SessionStore) -> None:
    session = a_session()
    await store.create(session, None)
    opened = proposed(session)
    await store.commit(opened)
    assert (await store.read_log(NAME))[0] == ()
    closed = judged(opened.after)
    await store.commit(closed)
    first, _ = await store.read_log(NAME)

    later = proposed(closed.after, 1)
    await store.commit(later)
    await store.commit(judged(later.after, request_id="id-2", number=1))

    log, slates = await store.read_log(NAME)
    assert log[:1] == first
    assert [entry.round for entry in log] == [0, 1]
    assert slates == {0: opened.slate, 1: later.slate}


async def test_a_log_is_not_taken_for_that_of_an_earlier_session(
    store: SessionStore,
) -> None:
    for time_ms in (1, 2):
        session = a_session(create_time_ms=time_ms)
        await store.create(session, None)
        opened = proposed(session)
        await store.commit(opened)
        if time_ms == 1:
            await store.commit(judged(opened.after))
            assert len((await store.read_log(NAME))[0]) == 1
            await store.delete(NAME)
            assert await store.read_log(NAME) == ((), {})

    assert await store.read_log(NAME) == ((), {0: opened.slate})
