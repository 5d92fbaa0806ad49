"""The whole loop through the public client, against the real stack."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import aclosing

import pytest
from PIL import Image

from multibo.client import Project, connect_async, errors, events
from multibo.client.types import (
    CandidateRole,
    CandidateState,
    ModelReadiness,
    RoundState,
    SessionState,
)
from multibo.local.supervisor import Stack

pytestmark = pytest.mark.redis

PROMPT = "comic portrait, brown long hair, light skin, blue background"


def test_three_rounds_lead_to_a_recommendation(multibo: Project) -> None:
    session = multibo.create_session(PROMPT, rounds=3, k=4, seed=7)
    chosen: list[str] = []

    for number in range(3):
        round = session.propose()
        images = [candidate.image() for candidate in round.candidates]
        after = round.choose(number)
        chosen.append(round.candidates[number].name)

        assert round.number == number
        assert len({*images}) == 4
        assert {_size(image) for image in images} == {(128, 128)}
        assert sum(c.role is CandidateRole.ANCHOR for c in round.candidates) == 1
        assert after.n_feedbacks == number + 1

    best = session.recommendation()
    session.finish(best.candidate)

    shown = [c.name for n in range(3) for c in session.round(n).candidates]
    assert best.candidate.name in shown
    assert _size(best.image()) == (128, 128)
    assert session.refresh().state is SessionState.FINISHED
    assert session.info.accepted_candidate == best.candidate.name


def test_before_the_first_answer_the_anchor_is_the_plain_image(
    multibo: Project,
) -> None:
    session = multibo.create_session(PROMPT, rounds=1, k=2, seed=7)

    round = session.propose()

    anchor = next(c for c in round.candidates if c.role is CandidateRole.ANCHOR)
    assert set(anchor.info.warp) == {0.0}
    with pytest.raises(errors.NoFeedbackYetError):
        session.recommendation()


def test_equal_sessions_with_equal_answers_see_equal_images(multibo: Project) -> None:
    def play() -> list[bytes]:
        session = multibo.create_session(PROMPT, rounds=2, k=2, seed=11)
        first = session.propose()
        first.choose(1)
        second = session.propose()
        return [c.image() for c in (*first.candidates, *second.candidates)]

    assert play() == play()


def test_a_spent_budget_is_refused_and_the_recommendation_stays(
    multibo: Project,
) -> None:
    session = multibo.create_session(PROMPT, rounds=1, k=2, seed=1)
    session.propose().choose(0)

    with pytest.raises(errors.BudgetSpentError):
        session.propose()

    assert session.refresh().state is SessionState.EXHAUSTED
    assert session.recommendation().image()


def test_proposing_twice_returns_the_same_round(multibo: Project) -> None:
    session = multibo.create_session(PROMPT, rounds=2, k=2, seed=2)

    first = session.propose(wait=False)
    second = session.propose()

    assert second.name == first.name
    assert second.state is RoundState.OPEN


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"prompt": ""}, errors.FieldInvalidError),
        ({"prompt": " \n"}, errors.FieldInvalidError),
        ({"prompt": "x" * 10_000}, errors.FieldInvalidError),
        ({"k": 1}, errors.FieldInvalidError),
        ({"k": 9}, errors.FieldInvalidError),
        ({"rounds": 201}, errors.FieldInvalidError),
        ({"guidance": float("nan")}, errors.FieldInvalidError),
        ({"model": "no-such-model"}, errors.ModelNotFoundError),
    ],
)
def test_bad_input_is_refused_and_stores_nothing(
    multibo: Project, wrong: dict[str, object], error: type[Exception]
) -> None:
    before = [info.name for info in multibo.sessions()]
    create: Callable[..., object] = multibo.create_session

    with pytest.raises(error):
        create(**{"prompt": PROMPT, **wrong})

    assert [info.name for info in multibo.sessions()] == before


def test_feedback_that_does_not_fit_is_refused_and_changes_nothing(
    multibo: Project,
) -> None:
    session = multibo.create_session(PROMPT, rounds=2, k=3, seed=3)
    round = session.propose()

    with pytest.raises(errors.FeedbackInvalidError):
        round.choose(2, shown=[0, 1])
    with pytest.raises(errors.FeedbackInvalidError):
        round.choose(0, shown=[0, 7])

    assert round.refresh().state is RoundState.OPEN
    round.choose(0)
    with pytest.raises(errors.RoundNotOpenError) as closed:
        round.choose(1, shown=[0, 1])
    assert closed.value.state == "JUDGED"


def test_unknown_names_are_not_found(multibo: Project) -> None:
    session = multibo.create_session(PROMPT, rounds=1, k=2)

    with pytest.raises(errors.SessionNotFoundError):
        multibo.session("no-such-session")
    with pytest.raises(errors.RoundNotFoundError):
        session.round(5)


def test_sessions_are_listed_shown_and_deleted(multibo: Project) -> None:
    session = multibo.create_session(PROMPT, session_id="listed-one", rounds=1)

    assert session.name in [info.name for info in multibo.sessions()]
    assert multibo.session("listed-one").info.spec.prompt == PROMPT
    session.delete()
    session.delete()

    assert session.name not in [info.name for info in multibo.sessions()]
    with pytest.raises(errors.SessionNotFoundError):
        multibo.session("listed-one")


def test_the_catalog_is_ready(multibo: Project) -> None:
    (model, *_) = multibo.models()
    space = multibo.warp_space(model.default_warp_space)

    assert model.readiness is ModelReadiness.READY
    assert space.dimension == model.warp_dimension == len(space.axes)
    assert set(space.identity) == {0.0}


async def test_a_watch_tells_the_story_of_a_round(stack: Stack) -> None:
    async with connect_async(stack.endpoints.grpc) as multibo:
        session = await multibo.create_session(PROMPT, rounds=1, k=2, seed=5)
        ready: set[int] = set()
        steps: list[int] = []
        async with aclosing(session.watch(include_progress=True)) as stream:
            assert isinstance(await anext(stream), events.Snapshot)
            await session.propose(wait=False)
            async for event in stream:
                if isinstance(event, events.Progress):
                    steps.append(event.step)
                if isinstance(event, events.CandidateChanged) and (
                    event.candidate.state is CandidateState.READY
                ):
                    ready.add(event.candidate.slot)
                if ready == {0, 1}:
                    break

    assert steps == [] or max(steps) <= 10


def _size(png: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(png)) as image:
        return image.size
