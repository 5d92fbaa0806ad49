"""The use cases over the memory store and the real engine."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from multibo.jobs.errors import UnknownModelError, UnknownWarpSpaceError
from multibo.optimizer.app import create, feedback, finish, insight, propose, read
from multibo.optimizer.app.create import CreateSession
from multibo.optimizer.app.errors import (
    CandidateNotFoundError,
    ImageTooLargeError,
    RequestIdConflictError,
    SessionExistsError,
    SessionNotFoundError,
)
from multibo.optimizer.app.ports import App
from multibo.optimizer.app.values import Limits, RequestKey, SessionView
from multibo.optimizer.session.errors import (
    BudgetSpentError,
    CandidateNotReadyError,
    EtagMismatchError,
    NoFeedbackYetError,
    RoundNotOpenError,
    SessionFinishedError,
)
from multibo.optimizer.session.ids import CandidateName, RoundName, SessionName
from multibo.optimizer.session.model import (
    Round,
    RoundState,
    Session,
    SessionState,
)
from tests.support.builders import chosen
from tests.support.fakes import FakeFleet, an_app

NAME = SessionName("local", "kind-face")
COMMAND = CreateSession("local", "kind-face", "comic portrait, brown long hair")


def key(request_id: str = "k", digest: str = "d") -> RequestKey:
    return RequestKey(request_id, digest)


def reply_of(view: SessionView) -> bytes:
    return f"{view.session.name} {view.session.etag}".encode()


async def started(app: App, **changes: object) -> Session:
    command = replace(COMMAND, **changes)  # type: ignore[arg-type]
    await create.create_session(app, command, key("create"), reply_of)
    return await app.store.read(NAME)


async def answer(app: App, round: Round, slot: int, request_id: str = "") -> bytes:
    return await feedback.submit_feedback(
        app,
        round.name,
        chosen(slot),
        key(request_id or f"answer-{round.slate.number}"),
        lambda accepted: str(accepted.round.state).encode(),
    )


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


async def test_the_budget_ends_the_session_but_not_the_reading() -> None:
    app = an_app()
    await started(app, rounds=2)
    for _ in range(2):
        await answer(app, await propose.propose_round(app, NAME), 1)

    with pytest.raises(BudgetSpentError):
        await propose.propose_round(app, NAME)

    view = await read.get_session(app, NAME, full=True)
    assert view.session.state is SessionState.EXHAUSTED
    assert view.round is not None
    assert len(await read.list_rounds(app, NAME, after=-1, limit=10)) == 2


async def test_the_recommendation_names_a_candidate_that_was_shown() -> None:
    app = an_app()
    await started(app)
    with pytest.raises(NoFeedbackYetError):
        await insight.get_recommendation(app, NAME)
    first = await propose.propose_round(app, NAME)
    await answer(app, first, 3)

    view = await insight.get_recommendation(app, NAME)

    assert (view.round.name, view.slot, view.n_feedbacks) == (first.name, 3, 1)
    assert view.recommendation.shown.warp == first.slate.candidates[3].warp


async def test_a_finished_session_is_read_only_and_finishing_repeats() -> None:
    app = an_app(renders=False)
    await started(app)
    round = await propose.propose_round(app, NAME)

    ended = await finish.finish_session(app, NAME)
    again = await finish.finish_session(app, NAME)

    assert ended == again
    assert (await read.get_round(app, round.name)).state is RoundState.CANCELLED
    with pytest.raises(SessionFinishedError):
        await propose.propose_round(app, NAME)


async def test_only_a_shown_picture_can_be_accepted() -> None:
    app = an_app()
    await started(app)
    round = await propose.propose_round(app, NAME)
    stranger = RoundName(SessionName("local", "someone"), 0)

    for name in (CandidateName(stranger, 0), CandidateName(round.name, 7)):
        with pytest.raises(CandidateNotFoundError):
            await finish.finish_session(app, NAME, accepted=name)
    ended = await finish.finish_session(
        app, NAME, accepted=CandidateName(round.name, 2)
    )

    assert ended.session.accepted == CandidateName(round.name, 2)


async def test_pictures_are_there_once_rendered() -> None:
    app = an_app(renders=False)
    await started(app)
    round = await propose.propose_round(app, NAME)
    name = CandidateName(round.name, 1)
    with pytest.raises(CandidateNotReadyError):
        await read.get_image(app, name)
    with pytest.raises(CandidateNotFoundError):
        await read.get_image(app, CandidateName(round.name, 7))
    fleet = app.fleet
    assert isinstance(fleet, FakeFleet)
    fleet.renders = True
    await fleet.wake(NAME, round.jobs)

    picture = await read.get_image(app, name)

    assert picture.data == picture.image.address.encode()


async def test_a_picture_too_large_for_a_message_is_refused() -> None:
    app = an_app(limits=Limits(image_inline_bytes=100))
    await started(app)
    round = await propose.propose_round(app, NAME)

    with pytest.raises(ImageTooLargeError):
        await read.get_image(app, CandidateName(round.name, 0))


async def test_a_deleted_session_is_gone() -> None:
    app = an_app()
    await started(app)

    await finish.delete_session(app, NAME, allow_missing=False)
    await finish.delete_session(app, NAME, allow_missing=True)

    with pytest.raises(SessionNotFoundError):
        await finish.delete_session(app, NAME, allow_missing=False)


async def test_models_and_warp_spaces_are_listed() -> None:
    app = an_app()

    [(model, readiness)] = await read.list_models(app)
    spec, space = await read.get_warp_space(app, "avatars", "")

    assert (model.name, readiness.n_workers) == ("avatars", 1)
    assert spec.dimension == space.dimension == 16


async def test_equal_histories_get_equal_slates() -> None:
    slates = []
    for _ in range(2):
        app = an_app()
        await started(app)
        for slot in (1, 0, 3):
            await answer(app, await propose.propose_round(app, NAME), slot)
        slates.append((await propose.propose_round(app, NAME)).slate.candidates)

    assert slates[0] == slates[1]


async def test_a_twin_that_commits_between_two_reads_is_replayed() -> None:
    app = an_app()
    await started(app)
    round = await propose.propose_round(app, NAME)

    class Overtaken(type(app.store)):  # type: ignore[misc]
        twin = True

        async def read_round(self, name: SessionName, number: int) -> Round:
            if self.twin:
                self.twin = False
                await answer(app, round, 1, "same")
            return await super().read_round(name, number)

    app.store.__class__ = Overtaken

    assert await answer(app, round, 1, "same") == b"judged"
    assert len((await app.store.read_log(NAME))[0]) == 1
    with pytest.raises(RoundNotOpenError):
        await answer(app, round, 2, "another")
