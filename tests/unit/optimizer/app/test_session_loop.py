"""The use cases over the memory store and the real engine."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from multibo.jobs.errors import UnknownModelError, UnknownWarpSpaceError
from multibo.optimizer.app import create, feedback, propose, read
from multibo.optimizer.app.errors import (
    RequestIdConflictError,
    SessionExistsError,
    SessionNotFoundError,
)
from multibo.optimizer.session.errors import (
    EtagMismatchError,
    RoundNotOpenError,
)
from multibo.optimizer.session.model import (
    RoundState,
)
from tests.support.builders import chosen
from tests.support.fakes import FakeFleet, an_app
from tests.support.loop import COMMAND, NAME, answer, key, reply_of, started


async def test_a_session_takes_the_models_defaults() -> None:
    app = an_app()

    session = await started(app)

    model = app.catalog.model("avatars")
    assert session.spec.model == "avatars"
    assert session.spec.warp_space == model.default_warp_space
    assert (session.spec.steps, session.spec.guidance) == (model.steps, model.guidance)
    assert (session.spec.k, session.spec.rounds) == (4, 50)
    assert session.spec.images > 50 * 3
    assert session.spec.base_seed == create.default_seed(NAME)


async def test_the_same_creation_again_gives_the_first_reply() -> None:
    app = an_app()
    first = await create.create_session(app, COMMAND, key("one"), reply_of)

    by_request = await create.create_session(app, COMMAND, key("one"), reply_of)
    by_name = await create.create_session(app, COMMAND, key("two"), reply_of)

    assert first == by_request == by_name


async def test_a_taken_name_with_another_spec_is_refused() -> None:
    app = an_app()
    await started(app)
    other = replace(COMMAND, prompt="voxel portrait")

    with pytest.raises(SessionExistsError):
        await create.create_session(app, other, key("two"), reply_of)
    with pytest.raises(RequestIdConflictError):
        await create.create_session(app, other, key("create", "x"), reply_of)


async def test_validate_only_stores_nothing() -> None:
    app = an_app()
    command = replace(COMMAND, validate_only=True)

    await create.create_session(app, command, key(), reply_of)

    with pytest.raises(SessionNotFoundError):
        await app.store.read(NAME)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"model": "huge"}, UnknownModelError),
        ({"warp_space": "flow-99@1"}, UnknownWarpSpaceError),
    ],
)
async def test_what_the_catalog_lacks_is_refused(
    change: dict[str, str], error: type[Exception]
) -> None:
    app = an_app()

    with pytest.raises(error):
        await started(app, **change)


async def test_the_first_round_shows_the_identity_as_anchor() -> None:
    app = an_app()
    await started(app)

    round = await propose.propose_round(app, NAME)

    anchor = round.slate.candidates[0]
    assert anchor.role == "ANCHOR"
    assert set(anchor.warp) == {0}
    assert len({c.warp for c in round.slate.candidates}) == 4


async def test_an_open_round_is_returned_again() -> None:
    app = an_app()
    await started(app)

    first = await propose.propose_round(app, NAME)
    second = await propose.propose_round(app, NAME)

    assert second.slate == first.slate
    assert len(app.fleet.woken) == 4  # type: ignore[attr-defined]


async def test_racing_proposals_make_one_round() -> None:
    app = an_app()
    await started(app)

    rounds = await asyncio.gather(
        *[propose.propose_round(app, NAME) for _ in range(20)]
    )

    assert len({round.name for round in rounds}) == 1
    assert (await app.store.read(NAME)).next_round == 1


async def test_the_choice_becomes_the_next_anchor() -> None:
    app = an_app()
    await started(app)
    first = await propose.propose_round(app, NAME)
    await answer(app, first, 2)

    second = await propose.propose_round(app, NAME)

    assert second.slate.candidates[0].warp == first.slate.candidates[2].warp
    assert second.slate.ordinal == 1


async def test_an_answer_counts_once_however_often_it_is_sent() -> None:
    app = an_app()
    await started(app)
    round = await propose.propose_round(app, NAME)

    replies = [await answer(app, round, 1, "same") for _ in range(3)]
    racing = await asyncio.gather(*[answer(app, round, 1, "same") for _ in range(10)])

    log, _ = await app.store.read_log(NAME)
    assert {*replies, *racing} == {b"judged"}
    assert len(log) == 1
    with pytest.raises(RoundNotOpenError):
        await answer(app, round, 1, "another")


async def test_a_stale_etag_stores_nothing() -> None:
    app = an_app()
    session = await started(app)
    round = await propose.propose_round(app, NAME)

    with pytest.raises(EtagMismatchError):
        await feedback.submit_feedback(
            app, round.name, chosen(1), key(), lambda _: b"", etag=session.etag
        )

    assert (await app.store.read_log(NAME))[0] == ()


async def test_a_failed_round_is_left_behind() -> None:
    app = an_app()
    fleet = app.fleet
    assert isinstance(fleet, FakeFleet)
    fleet.fails = frozenset({1, 2, 3})
    await started(app)
    first = await propose.propose_round(app, NAME)
    fleet.fails = frozenset()

    second = await propose.propose_round(app, NAME)

    assert (await read.get_round(app, first.name)).state is RoundState.FAILED
    assert second.slate.number == 1
