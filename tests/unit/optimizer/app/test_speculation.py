"""What is done ahead is what would have been done, only earlier."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import pytest

from multibo.jobs.speculation import SpeculativeRow
from multibo.optimizer.app.ports import Engine
from multibo.optimizer.app.speculation import (
    Ahead,
    Effort,
    Speculation,
    likely_answers,
    speculate,
)
from multibo.optimizer.app.values import Readiness
from multibo.optimizer.preference.slate import Proposal, ProposalRequest
from multibo.optimizer.session.ids import RoundName
from multibo.optimizer.session.model import Session
from tests.support.builders import a_round, chosen
from tests.support.digest_engine import DigestEngine
from tests.support.driver import NAME, Driver
from tests.support.fakes import DirectEngine, FakeFleet, an_app


@dataclass
class FakeLookahead:
    """Remembers what it is told; the session may move on after some rows."""

    proposals: dict[ProposalRequest, Proposal] = field(default_factory=dict)
    asked: list[list[SpeculativeRow]] = field(default_factory=list)
    patience: int = 100

    async def proposal(self, request: ProposalRequest) -> Proposal | None:
        return self.proposals.get(request)

    async def keep_proposal(self, request: ProposalRequest, proposal: Proposal) -> None:
        self.proposals[request] = proposal

    async def push(self, session: Session, rows: Iterable[SpeculativeRow]) -> bool:
        self.asked.append(list(rows))
        return len(self.asked) < self.patience


class DegradedEngine(DigestEngine):
    """Never in time."""

    async def propose(self, request: ProposalRequest, *, timeout_s: float) -> Proposal:
        proposal = await super().propose(request, timeout_s=timeout_s)
        return replace(proposal, degraded="no answer within 1 s")


@dataclass
class CrowdedFleet(FakeFleet):
    """Somebody waits for others already."""

    async def readiness(self, model: str) -> Readiness:
        return Readiness(n_workers=1, wait_ms=5_000)


def an_ahead(
    driver: Driver, engine: Engine | None = None, **effort: object
) -> tuple[Ahead, FakeLookahead]:
    app, lookahead = driver.app, FakeLookahead()
    ahead = Ahead(
        app.store,
        app.fleet,
        engine or app.engine,
        lookahead,
        Effort(**effort),  # type: ignore[arg-type]
    )
    return ahead, lookahead


async def a_driver(
    engine: DirectEngine, *slots: int, **changes: object
) -> tuple[Driver, RoundName]:
    """A session with these answers and an open round."""
    driver = Driver(an_app(engine=engine))
    await driver.create(**changes)
    for slot in slots:
        await driver.answer(chosen(slot))
    return driver, (await driver.propose()).name


@pytest.mark.parametrize("slot", range(4))
async def test_a_slate_made_ahead_is_the_one_proposed_after_the_answer(
    slot: int,
) -> None:
    driver, name = await a_driver(DirectEngine(), 2, 1, 3)
    ahead, lookahead = an_ahead(driver)

    n_known = await speculate(ahead, name)

    assert n_known == 4
    await driver.answer(chosen(slot))
    question = await driver.next_question()
    slate = (await driver.propose()).slate
    told = lookahead.proposals[question]
    made = [(c.warp, c.utility_mean, c.utility_sd) for c in told.candidates]
    assert made == [(c.warp, c.utility_mean, c.utility_sd) for c in slate.candidates]


async def test_every_new_picture_of_the_next_slate_was_asked_for() -> None:
    driver, name = await a_driver(DigestEngine(), 0, 1)
    ahead, lookahead = an_ahead(driver)

    await speculate(ahead, name)
    await driver.answer(chosen(2))
    jobs = (await driver.propose()).jobs

    follows = {row.spec for row in lookahead.asked[-1] if 2 in row.answers}
    assert follows == {job.spec for job in jobs}


async def test_what_casting_shows_next_is_the_same_whatever_the_answer() -> None:
    engine = DigestEngine()
    driver, name = await a_driver(engine, casting_rounds=4)
    ahead, lookahead = an_ahead(driver)

    await speculate(ahead, name)

    rows = lookahead.asked[-1]
    assert [row.answers for row in rows] == [(0, 1, 2, 3)] * 3
    assert [row.probability for row in rows] == pytest.approx([1.0] * 3)
    assert engine.n_proposals == 0
    await driver.answer(chosen(3))
    shown = [job.spec for job in (await driver.propose()).jobs]
    assert {row.spec for row in rows} == set(shown[1:])


async def test_the_likeliest_answers_come_first() -> None:
    round = a_round()
    chances = (0.2, 0.5, 0.1, 0.2)
    candidates = tuple(
        replace(candidate, win_probability=chance)
        for candidate, chance in zip(round.slate.candidates, chances, strict=True)
    )
    round = replace(round, slate=replace(round.slate, candidates=candidates))

    assert [slot for slot, _ in likely_answers(round)] == [1, 0, 3, 2]
    assert sum(chance for _, chance in likely_answers(round)) == pytest.approx(1)


async def test_where_people_wait_no_picture_is_asked_for_ahead() -> None:
    driver, name = await a_driver(DigestEngine(), 0)
    ahead, lookahead = an_ahead(driver)
    crowded = replace(ahead, fleet=CrowdedFleet(driver.app.store))  # type: ignore[arg-type]

    assert await speculate(crowded, name) == 4
    assert len(lookahead.proposals) == 4
    assert lookahead.asked == []


async def test_slates_alone_ask_for_no_pictures() -> None:
    driver, name = await a_driver(DigestEngine(), 0)
    ahead, lookahead = an_ahead(driver, speculation=Speculation.SLATES)

    await speculate(ahead, name)

    assert len(lookahead.proposals) == 4
    assert lookahead.asked == []


async def test_who_has_answered_is_not_worked_for_any_more() -> None:
    driver, name = await a_driver(DigestEngine(), 0)
    ahead, lookahead = an_ahead(driver)
    lookahead.patience = 2

    assert await speculate(ahead, name) == 2

    await driver.answer(chosen(0))
    assert await speculate(ahead, name) == 0
    assert await speculate(ahead, RoundName(NAME, 99)) == 0
    assert len(lookahead.asked) == 2


async def test_nothing_is_done_ahead_of_the_last_answer() -> None:
    engine = DigestEngine()
    driver, name = await a_driver(engine, 1, rounds=2)
    ahead, lookahead = an_ahead(driver)
    n_before = engine.n_proposals

    assert await speculate(ahead, name) == 0

    assert (engine.n_proposals, lookahead.asked) == (n_before, [])


async def test_a_degraded_slate_is_never_kept() -> None:
    driver, name = await a_driver(DigestEngine(), 0)
    ahead, lookahead = an_ahead(driver, DegradedEngine())

    assert await speculate(ahead, name) == 0

    assert (lookahead.proposals, lookahead.asked) == ({}, [])


async def test_the_engine_is_not_asked_twice() -> None:
    driver, name = await a_driver(DigestEngine(), 0)
    engine = DigestEngine()
    ahead, _ = an_ahead(driver, engine)

    await speculate(ahead, name)
    await speculate(ahead, name)

    assert engine.n_proposals == 4
