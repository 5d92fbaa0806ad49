"""Leaving a round without judging it."""

from __future__ import annotations

import asyncio

import pytest

from multibo.jobs.job import JobState
from multibo.optimizer.app import finish, propose, read, rounds
from multibo.optimizer.app.errors import CandidateNotFoundError, RequestIdConflictError
from multibo.optimizer.app.values import RequestKey
from multibo.optimizer.session.errors import (
    BudgetSpentError,
    RoundNotOpenError,
    SessionFinishedError,
)
from multibo.optimizer.session.ids import CandidateName
from multibo.optimizer.session.model import Round, RoundState
from tests.support.digest_engine import DigestEngine
from tests.support.driver import NAME, Driver
from tests.support.fakes import FakeFleet, an_app


async def a_driver(*actions: str, renders: bool = True, **spec: object) -> Driver:
    driver = Driver(an_app(engine=DigestEngine(), renders=renders))
    await driver.create(**spec)
    for action in actions:
        await driver.do(action)
    return driver


def number_of(round: Round) -> bytes:
    return str(round.slate.number).encode()


async def vary(driver: Driver, round: Round, key: RequestKey | None = None) -> bytes:
    return await rounds.request_variety(
        driver.app, round.name, key or driver.key(), number_of
    )


async def retry(driver: Driver, name: CandidateName) -> bytes:
    return await rounds.retry_candidate(
        driver.app,
        name,
        driver.key(),
        lambda after: str([str(job.state) for job in after.jobs]).encode(),
    )


async def test_variety_keeps_away_from_what_was_shown_and_teaches_nothing() -> None:
    driver = await a_driver("choose")
    left = await driver.propose()
    question = await driver.next_question()

    await vary(driver, left)

    varied = await driver.next_question()
    assert varied.history == question.history
    assert varied.avoid == tuple(one.warp for one in left.slate.candidates)
    session = await driver.session()
    assert (session.n_judged, session.images_used) == (1, 4 + 3 + 3)
    assert (await driver.round(1)).state is RoundState.SKIPPED
    assert (await driver.propose()).slate.number == 2


async def test_the_next_answer_ends_the_keeping_away() -> None:
    driver = await a_driver("choose", "variety", "variety", "tie")

    assert (await driver.next_question()).avoid == ()


async def test_variety_is_given_once_however_often_it_is_asked_for() -> None:
    driver = await a_driver()
    left, key = await driver.propose(), driver.key()

    replies = await asyncio.gather(*[vary(driver, left, key) for _ in range(8)])

    assert set(replies) == {b"1"}
    assert (await driver.session()).next_round == 2
    with pytest.raises(RoundNotOpenError):
        await vary(driver, left)
    with pytest.raises(RequestIdConflictError):
        await vary(driver, left, RequestKey(key.request_id, "other"))


async def test_variety_needs_images() -> None:
    driver = await a_driver(images=6)
    left = await driver.propose()

    with pytest.raises(BudgetSpentError, match="images"):
        await vary(driver, left)

    assert (await driver.propose()).name == left.name


async def test_canceling_stops_what_was_rendered_for_the_round() -> None:
    driver = await a_driver(renders=False)
    round = await driver.propose()

    canceled = await rounds.cancel_round(driver.app, round.name)
    again = await rounds.cancel_round(driver.app, round.name)

    stored = await driver.round(0)
    assert canceled.state is again.state is stored.state is RoundState.CANCELLED
    assert {job.state for job in stored.jobs} == {JobState.CANCELLED}
    assert (await driver.session()).current_round is None


async def test_only_the_current_round_is_canceled() -> None:
    driver = await a_driver("choose", "propose")

    with pytest.raises(RoundNotOpenError, match="judged"):
        await rounds.cancel_round(driver.app, driver.name_of(0))

    await driver.undo()
    with pytest.raises(RoundNotOpenError, match="obsolete"):
        await rounds.cancel_round(driver.app, driver.name_of(1))


async def test_a_failed_candidate_is_queued_with_all_its_attempts() -> None:
    driver = await a_driver()
    fleet = driver.app.fleet
    assert isinstance(fleet, FakeFleet)
    fleet.fails, fleet.renders = frozenset({1, 2, 3}), True
    round = await driver.propose()
    fleet.renders = False

    reply = await retry(driver, CandidateName(round.name, 2))

    job = (await driver.round(0)).jobs[2]
    assert reply == b"['ready', 'failed', 'queued', 'failed']"
    assert (job.state, job.failures, job.failure) == (JobState.QUEUED, 0, "")
    assert (await driver.round(0)).state is RoundState.RENDERING
    assert fleet.woken[-1].slot == 2
    assert (await driver.session()).images_used == 4


async def test_a_candidate_of_a_round_that_was_left_is_not_tried_again() -> None:
    driver = await a_driver("choose", "propose")
    first = CandidateName(driver.name_of(0), 1)

    with pytest.raises(RoundNotOpenError):
        await retry(driver, first)
    with pytest.raises(CandidateNotFoundError):
        await retry(driver, CandidateName(driver.name_of(1), 7))


async def test_a_finished_session_leaves_its_rounds_alone() -> None:
    driver = await a_driver("choose", "propose")
    await finish.finish_session(driver.app, NAME)

    for name in (driver.name_of(0), driver.name_of(1)):
        with pytest.raises(SessionFinishedError):
            await rounds.request_variety(driver.app, name, driver.key(), number_of)
        with pytest.raises(SessionFinishedError):
            await retry(driver, CandidateName(name, 0))
    with pytest.raises(SessionFinishedError):
        await rounds.cancel_round(driver.app, driver.name_of(0))


async def test_obsolete_rounds_are_listed_on_request() -> None:
    driver = await a_driver("choose", "choose", "choose", "undo", "undo", "choose")

    async def listed(*, include_obsolete: bool) -> list[int]:
        found = await read.list_rounds(
            driver.app, NAME, after=-1, limit=2, include_obsolete=include_obsolete
        )
        return [round.slate.number for round in found]

    await propose.propose_round(driver.app, NAME)
    assert await listed(include_obsolete=True) == [0, 1]
    assert await listed(include_obsolete=False) == [0, 1]
    await driver.undo()
    assert await listed(include_obsolete=False) == [0, 1]
    await driver.undo()
    assert await listed(include_obsolete=False) == [0]
