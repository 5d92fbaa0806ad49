"""A fork continues a session and leaves it as it was."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multibo.optimizer.app import create, fork
from multibo.optimizer.app.create import CreateSession
from multibo.optimizer.app.errors import (
    RequestIdConflictError,
    RoundNotFoundError,
    SessionExistsError,
    SessionNotFoundError,
)
from multibo.optimizer.app.fork import ForkSession
from multibo.optimizer.session.errors import FieldInvalidError
from multibo.optimizer.session.ids import SessionName
from multibo.optimizer.session.model import RoundState, SessionState
from tests.support.digest_engine import DigestEngine
from tests.support.driver import NAME, Driver, encoded
from tests.support.fakes import an_app

OTHER = SessionName("local", "the-fork")
FORK = ForkSession(NAME, OTHER.session, through_round=None, warm_start=False)


async def a_driver(*actions: str, rounds: int = 50) -> Driver:
    driver = Driver(an_app(engine=DigestEngine()))
    await driver.create(rounds=rounds, base_seed=7)
    for action in actions:
        await driver.do(action)
    return driver


async def forked(driver: Driver, **changes: object) -> Driver:
    command = replace(FORK, **changes)  # type: ignore[arg-type]
    await fork.fork_session(driver.app, command, driver.key(), encoded)
    return replace(driver, name=OTHER)


async def test_a_fork_goes_on_as_its_source_would() -> None:
    source = await a_driver("choose", "variety", "rank", "skip", "none", "variety")
    before = await source.snapshot()

    copy = await forked(source)

    session = await copy.session()
    assert await source.snapshot() == before
    assert await copy.next_plan() == before[2]
    assert (session.forked_from, session.rev) == (NAME, 1)
    assert (session.effective, session.n_skipped) == ((0, 2, 3, 4), 1)
    assert (await copy.propose()).slate.number == 6


async def test_what_the_fork_does_its_source_never_sees() -> None:
    source = await a_driver("choose", "rank", "propose")
    before = await source.snapshot()
    copy = await forked(source)

    for action in ("undo", "none", "choose", "undo", "undo", "redo"):
        await copy.do(action)

    assert await source.snapshot() == before


async def test_a_fork_can_be_undone_as_far_as_its_source() -> None:
    source = await a_driver("choose", "variety", "rank", "tie")
    copy = await forked(source)

    for driver in (source, copy):
        await driver.undo()
        await driver.undo()

    assert await copy.next_question() == await source.next_question()
    assert (await copy.round(2)).state is RoundState.OPEN


async def test_a_fork_may_stop_at_an_earlier_round() -> None:
    source = await a_driver("choose", "rank", "tie", "variety")
    early = await a_driver("choose", "rank")

    copy = await forked(source, through_round=1)

    assert (await copy.session()).effective == (0, 1)
    assert await copy.next_question() == await early.next_question()
    with pytest.raises(RoundNotFoundError):
        await forked(source, through_round=99)


async def test_numbers_a_fork_left_out_do_not_stop_the_listing() -> None:
    source = await a_driver("choose", "cancel", "cancel", "rank")
    copy = await forked(source)

    rounds = await copy.app.store.read_rounds(OTHER, after=-1, limit=9)

    assert [round.slate.number for round in rounds] == [0, 3]
    assert all(len(round.ready) == 4 for round in rounds)


async def test_a_fork_of_a_spent_session_is_spent() -> None:
    source = await a_driver("choose", rounds=1)

    copy = await forked(source)

    assert (await copy.session()).state is SessionState.EXHAUSTED
    await copy.undo()
    assert (await copy.session()).state is SessionState.ACTIVE


async def test_a_warm_start_takes_only_what_was_learned_of_the_person() -> None:
    source = await a_driver("choose", "rank")
    spec = CreateSession("local", OTHER.session, "voxel portrait", k=6)

    copy = await forked(source, warm_start=True, spec=spec)

    session = await copy.session()
    assert (session.spec.prompt, session.spec.k) == ("voxel portrait", 6)
    assert (session.next_round, session.effective) == (0, ())
    assert len(session.prior) == session.spec.dimension + 1
    assert (await copy.next_question()).prior == session.prior


async def test_a_continued_history_keeps_its_spec() -> None:
    source = await a_driver("choose")
    spec = CreateSession("local", OTHER.session, "voxel portrait")

    with pytest.raises(FieldInvalidError, match="keeps the source's spec"):
        await forked(source, spec=spec)


async def test_a_fork_is_made_once_however_often_it_is_asked_for() -> None:
    driver = await a_driver("choose")
    key = driver.key()

    first = await fork.fork_session(driver.app, FORK, key, encoded)
    again = await fork.fork_session(driver.app, FORK, key, encoded)

    assert first == again
    with pytest.raises(RequestIdConflictError):
        await fork.fork_session(driver.app, FORK, replace(key, digest="x"), encoded)
    with pytest.raises(SessionExistsError):
        await forked(driver)
    with pytest.raises(SessionNotFoundError):
        await forked(driver, source=SessionName("local", "nobody"))


async def test_a_fork_has_spent_the_images_it_shows() -> None:
    source = await a_driver("choose", "choose", "propose")

    copy = await forked(source)

    spec = (await copy.session()).spec
    assert (await copy.session()).images_used == 2 * spec.k - 1
    assert create.default_seed(OTHER) != spec.base_seed == 7
