"""The use cases over the memory store and the real engine."""

from __future__ import annotations

import pytest

from multibo.optimizer.app import finish, image, insight, propose, read
from multibo.optimizer.app.errors import (
    CandidateNotFoundError,
    ImageTooLargeError,
    SessionNotFoundError,
)
from multibo.optimizer.app.values import Limits
from multibo.optimizer.session.errors import (
    BudgetSpentError,
    CandidateNotReadyError,
    NoFeedbackYetError,
    RoundNotOpenError,
    SessionFinishedError,
)
from multibo.optimizer.session.ids import CandidateName, RoundName, SessionName
from multibo.optimizer.session.model import (
    Round,
    RoundState,
    SessionState,
)
from tests.support.fakes import FakeFleet, an_app
from tests.support.loop import NAME, answer, started


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
        await image.get_image(app, name)
    with pytest.raises(CandidateNotFoundError):
        await image.get_image(app, CandidateName(round.name, 7))
    fleet = app.fleet
    assert isinstance(fleet, FakeFleet)
    fleet.renders = True
    await fleet.wake(NAME, round.jobs)

    picture = await image.get_image(app, name)

    assert picture.data == picture.image.address.encode()


async def test_a_picture_too_large_for_a_message_is_refused() -> None:
    app = an_app(limits=Limits(image_inline_bytes=100))
    await started(app)
    round = await propose.propose_round(app, NAME)

    with pytest.raises(ImageTooLargeError):
        await image.get_image(app, CandidateName(round.name, 0))


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
    spec = await read.get_warp_space(app, "avatars", "")

    assert (model.name, readiness.n_workers) == ("avatars", 1)
    assert spec.dimension == spec.space.dimension == 16


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
