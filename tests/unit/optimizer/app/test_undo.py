"""Going back and forth: exact, exactly once, and nothing is rendered for nobody."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from multibo.jobs.job import JobState
from multibo.optimizer.app import read, undo
from multibo.optimizer.app.errors import RequestIdConflictError
from multibo.optimizer.session.errors import (
    EtagMismatchError,
    NothingToRedoError,
    NothingToUndoError,
)
from multibo.optimizer.session.model import RoundState
from tests.support.builders import chosen
from tests.support.digest_engine import DigestEngine
from tests.support.driver import ACTIONS, ANSWERS, NAME, Driver, encoded
from tests.support.fakes import FakeFleet, an_app


def a_driver(*, renders: bool = True) -> Driver:
    return Driver(an_app(engine=DigestEngine(), renders=renders))


COMPOSITE = "search-8-6@1"
SPECS: tuple[dict[str, object], ...] = (
    {},
    {"casting_rounds": 2, "warp_space": COMPOSITE},
    {"casting_rounds": 9, "control_share": 0.4, "anchor": False},
    {"control_share": 0.6, "warp_space": COMPOSITE},
    {"probe_share": 0.5},
)
"""A plain search, one that casts, one without anchors, one with many controls,
one that asks twice."""


async def played(actions: list[str], spec: dict[str, object] | None = None) -> Driver:
    driver = a_driver()
    await driver.create(**(spec or {}))
    for action in actions:
        await driver.do(action)
    return driver


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.sampled_from(ACTIONS), max_size=14),
    st.integers(1, 6),
    st.sampled_from(SPECS),
)
def test_undo_and_redo_as_often_leave_no_trace(
    actions: list[str], n: int, spec: dict[str, object]
) -> None:
    async def check() -> None:
        driver = await played(actions, spec)
        before = await driver.snapshot()
        n_back = min(n, len((await driver.session()).effective))
        for _ in range(n_back):
            await driver.undo()
        for _ in range(n_back):
            await driver.redo()

        assert await driver.snapshot() == before
        slate = (await driver.propose()).slate
        other = await played(actions, spec)
        assert slate.candidates == (await other.propose()).slate.candidates

    asyncio.run(check())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(ACTIONS), max_size=14))
def test_a_session_agrees_with_its_log(actions: list[str]) -> None:
    async def check() -> None:
        driver = await played(actions)
        session, rounds, _ = await driver.snapshot()
        log, slates = await driver.app.store.read_log(NAME)
        history = undo.history.fold(log, slates)
        judged = [RoundState.JUDGED, RoundState.SKIPPED]

        assert session.effective == tuple(  # type: ignore[attr-defined]
            one.slate.number for one in history.answered
        )
        closed = [slate.number for slate, state, *_ in rounds if state in judged]  # type: ignore[attr-defined]
        assert closed == [slate.number for slate in history.slates]

    asyncio.run(check())


async def test_undo_reopens_the_round_and_later_ones_become_obsolete() -> None:
    driver = await played(["choose", "rank", "variety"])

    reply = await driver.undo()

    states = [(await driver.round(number)).state for number in range(4)]
    assert states == ["judged", "open", "obsolete", "obsolete"]
    assert reply == f"{NAME} {(await driver.session()).etag} 1 open".encode()
    assert (await driver.propose()).slate.number == 1


async def test_obsolete_rounds_come_back_on_redo() -> None:
    driver = await played(["choose", "rank", "variety", "undo", "undo"])

    await driver.redo()
    reply = await driver.redo()

    states = [(await driver.round(number)).state for number in range(4)]
    assert states == ["judged", "judged", "skipped", "open"]
    assert reply.endswith(b" 3 open")


async def test_what_was_canceled_by_the_answer_is_queued_again() -> None:
    driver = a_driver(renders=False)
    await driver.create()
    round = await driver.propose()
    fleet = driver.app.fleet
    assert isinstance(fleet, FakeFleet)
    fleet.renders = True
    await fleet.wake(NAME, round.jobs[:2])
    fleet.renders = False
    await driver.answer(chosen(1, shown=(0, 1)))
    canceled = [job.state for job in (await driver.round(0)).jobs]
    fleet.woken.clear()

    await driver.undo()

    reopened = await driver.round(0)
    assert canceled == ["ready", "ready", "cancelled", "cancelled"]
    assert reopened.state is RoundState.RENDERING
    assert [job.slot for job in fleet.woken] == [2, 3]
    queued = [job for job in reopened.jobs if job.state is JobState.QUEUED]
    assert [job.slot for job in queued] == [2, 3]
    await driver.redo()
    assert (await driver.round(0)).state is RoundState.JUDGED
    assert [job.state for job in (await driver.round(0)).jobs] == canceled


async def test_a_new_answer_forgets_what_was_undone() -> None:
    driver = await played(["choose", "tie", "propose", "undo"])

    await driver.answer(ANSWERS["none"])

    assert not (await driver.session()).can_redo
    with pytest.raises(NothingToRedoError):
        await driver.redo()
    assert (await driver.round(2)).state is RoundState.OBSOLETE


async def test_variety_after_an_undo_can_still_be_redone() -> None:
    driver = await played(["choose", "propose"])
    before = await driver.snapshot()
    await driver.undo()
    await driver.do("variety")

    await driver.redo()

    rounds = await read.list_rounds(
        driver.app, NAME, after=-1, limit=9, include_obsolete=False
    )
    assert [round.slate.number for round in rounds] == [0, 1]
    assert (await driver.round(2)).state is RoundState.OBSOLETE
    _, shown, question = await driver.snapshot()
    assert question == before[2]
    assert shown[:2] == before[1]  # type: ignore[index]


async def test_going_back_and_forth_is_refused_where_there_is_nothing() -> None:
    driver = a_driver()
    await driver.create()

    with pytest.raises(NothingToUndoError):
        await driver.undo()
    with pytest.raises(NothingToRedoError):
        await driver.redo()


async def test_an_undo_counts_once_however_often_it_is_sent() -> None:
    driver = await played(["choose", "rank"])
    etag, key = (await driver.session()).etag, driver.key()

    async def send() -> bytes:
        return await undo.undo_feedback(driver.app, NAME, key, encoded, etag=etag)

    replies = {await send(), *await asyncio.gather(*[send() for _ in range(8)])}

    assert len(replies) == 1
    assert (await driver.session()).effective == (0,)
    with pytest.raises(EtagMismatchError):
        await undo.undo_feedback(driver.app, NAME, driver.key(), encoded, etag=etag)
    with pytest.raises(RequestIdConflictError):
        await undo.undo_feedback(
            driver.app, NAME, replace(key, digest="other"), encoded, etag=etag
        )


async def test_the_full_view_after_a_redo_is_the_one_the_reply_showed() -> None:
    driver = await played(["choose", "rank", "cancel", "undo"])

    reply = await driver.redo()

    view = await read.get_session(driver.app, NAME, full=True)
    assert reply == encoded(view)
    assert reply.endswith(b" 2 cancelled")
    await driver.undo()
    await driver.undo()
    reply = await driver.redo()
    assert reply == encoded(await read.get_session(driver.app, NAME, full=True))


async def test_the_newest_answer_is_shown_again_after_a_redo() -> None:
    driver = await played(["choose", "rank", "undo"])

    reply = await driver.redo()

    assert reply.endswith(b" 1 judged")
