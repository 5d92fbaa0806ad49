"""Sessions that choose a start noise first, and those with controls."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from multibo.optimizer.app import document, fork, insight, transfer
from multibo.optimizer.app.drawings import FigureFormat, FigureKind
from multibo.optimizer.app.errors import DocumentInvalidError
from multibo.optimizer.app.fork import ForkSession
from multibo.optimizer.app.transfer import ImportSession
from multibo.optimizer.preference.slate import ENGINE_VERSION
from multibo.optimizer.session.errors import NoFeedbackYetError
from multibo.optimizer.session.ids import RoundName, SessionName
from multibo.optimizer.session.model import FeedbackKind
from tests.support.builders import chosen, said
from tests.support.digest_engine import DigestEngine
from tests.support.driver import NAME, Driver, encoded
from tests.support.fakes import DirectEngine, an_app

SPACE = "search-8-6@1"
OTHER = SessionName("local", "the-other")


async def a_driver(engine: DirectEngine, *slots: int, **changes: object) -> Driver:
    driver = Driver(an_app(engine=engine))
    spec = {"casting_rounds": 2, "warp_space": SPACE, "base_seed": 7}
    await driver.create(**{**spec, **changes})
    for slot in slots:
        await driver.answer(chosen(slot))
    return driver


async def test_casting_needs_no_engine_and_shows_start_noises() -> None:
    engine = DigestEngine()
    driver = await a_driver(engine, 2)

    slate = (await driver.propose()).slate

    assert engine.n_proposals == 0
    assert [c.role for c in slate.candidates] == ["ANCHOR", *["CAST"] * 3]
    assert slate.engine_version == ENGINE_VERSION
    assert all(not any(c.warp) for c in slate.candidates)


async def test_the_search_begins_with_the_picture_that_was_kept() -> None:
    driver = await a_driver(DirectEngine(), 2, 3)
    kept = (await driver.round(1)).jobs[3].spec

    round = await driver.propose()

    anchor, *others = round.slate.candidates
    assert (anchor.role, anchor.base_seed) == ("ANCHOR", kept.base_seed)
    assert round.jobs[0].spec == kept
    assert kept.warp_space == "flow-8@1"
    assert {c.directions for c in others} == {anchor.directions}
    first, second = [await driver.round(n) for n in range(2)]
    liked, lost = first.slate.candidates[2], second.slate.candidates[1]
    assert anchor.directions[0] == liked.base_seed
    assert lost.base_seed in anchor.directions
    for job, candidate in zip(round.jobs[1:], others, strict=True):
        (turn,) = job.spec.turns
        assert turn.seeds == candidate.directions
        assert job.spec.base_seed == kept.base_seed


async def test_only_answers_about_the_base_teach_the_preference_model() -> None:
    driver = await a_driver(DigestEngine(), 2, 3, 1, 0)

    question = await driver.next_question()

    slates = [(await driver.round(n)).slate for n in (2, 3)]
    assert [answer.shown for answer in question.history] == [
        tuple(candidate.warp for candidate in slate.candidates) for slate in slates
    ]


async def test_while_casting_the_recommendation_is_what_was_kept() -> None:
    driver = await a_driver(DirectEngine())
    with pytest.raises(NoFeedbackYetError):
        await insight.get_recommendation(driver.app, NAME)
    await driver.answer(said(FeedbackKind.NONE_OF_THESE))
    before = await insight.get_recommendation(driver.app, NAME)
    await driver.answer(chosen(2))

    after = await insight.get_recommendation(driver.app, NAME)

    assert (before.round.slate.number, before.slot) == (0, 0)
    assert (after.round.slate.number, after.slot) == (1, 2)
    assert after.n_feedbacks == 2


async def test_while_casting_insight_says_so_and_knows_nothing_yet() -> None:
    driver = await a_driver(DirectEngine(), 1)
    round = await driver.propose()

    advice = await insight.get_stopping_advice(driver.app, NAME)
    predicted = await insight.predict_choice(driver.app, round.name)
    learned = await insight.get_preference_map(driver.app, NAME)

    assert not advice.stop
    assert "start from" in advice.reason
    assert predicted.prediction.slots == (0.25,) * 4
    assert predicted.prediction.none_of_these == 0
    assert learned.axis_names[-1] == "noise-6"
    assert len(learned.axis_names) == 14
    assert learned.candidates == learned.rounds == ()
    for kind in FigureKind:
        figure = await insight.render_figure(driver.app, NAME, kind, FigureFormat.SVG)
        assert figure.data


async def test_once_searching_insight_speaks_of_the_base() -> None:
    driver = await a_driver(DirectEngine(), 2, 3, 1, 0, 2)
    round = await driver.propose()

    best = await insight.get_recommendation(driver.app, NAME)
    learned = await insight.get_preference_map(driver.app, NAME)
    predicted = await insight.predict_choice(driver.app, round.name)

    kept = (await driver.round(1)).slate.candidates[3].base_seed
    assert best.round.slate.candidates[best.slot].base_seed == kept
    assert learned.rounds == (2, 3, 4)
    assert {name.round.number for name in learned.candidates} <= {2, 3, 4}
    assert sum(predicted.prediction.slots) == pytest.approx(1)


async def test_right_after_casting_the_recommendation_is_the_kept_picture() -> None:
    driver = await a_driver(DirectEngine(), 2, 3)

    best = await insight.get_recommendation(driver.app, NAME)

    assert (best.round.slate.number, best.slot) == (1, 3)


async def test_controls_are_fresh_seeds_the_engine_has_no_say_in() -> None:
    driver = await a_driver(DirectEngine(), 0, casting_rounds=0, control_share=0.5)

    round = await driver.propose()

    roles = [candidate.role for candidate in round.slate.candidates]
    assert roles == ["ANCHOR", "INITIAL", "CONTROL", "CONTROL"]
    assert len({candidate.base_seed for candidate in round.slate.candidates}) == 3
    chances = [candidate.win_probability for candidate in round.slate.candidates]
    assert sum(chances) == pytest.approx(1)
    predicted = await insight.predict_choice(driver.app, round.name)
    assert predicted.prediction.slots[2:] == (0.25, 0.25)
    assert sum(predicted.prediction.slots) == pytest.approx(1)


async def test_a_control_that_is_chosen_is_what_the_search_goes_on_from() -> None:
    driver = await a_driver(DirectEngine(), 1, 3, casting_rounds=0, control_share=0.25)

    slate = (await driver.propose()).slate

    control = (await driver.round(1)).slate.candidates[3]
    assert control.role == "CONTROL"
    assert slate.candidates[0].base_seed == control.base_seed
    assert slate.candidates[0].directions[0] == 7
    assert not any(slate.candidates[0].warp)
    best = await insight.get_recommendation(driver.app, NAME)
    assert (best.round.slate.number, best.slot) == (1, 3)


@pytest.mark.parametrize("n", [0, 1, 2, 4])
@pytest.mark.parametrize("control_share", [0.0, 0.5])
async def test_forks_and_imports_go_on_alike(n: int, control_share: float) -> None:
    slots = (2, 3, 1, 3)[:n]
    driver = await a_driver(DigestEngine(), *slots, control_share=control_share)
    plan = await driver.next_plan()
    out = await transfer.export_session(driver.app, NAME)

    forking = ForkSession(NAME, OTHER.session, through_round=None, warm_start=False)
    await fork.fork_session(driver.app, forking, driver.key(), encoded)
    importing = ImportSession("elsewhere", "the-import", out.data, out.digest)
    await transfer.import_session(driver.app, importing, driver.key(), encoded)

    for name in (OTHER, SessionName("elsewhere", "the-import")):
        copy = replace(driver, name=name)
        assert await copy.next_plan() == plan
        theirs = (await copy.propose()).slate.candidates
        assert theirs == (await driver.propose()).slate.candidates


async def test_a_warm_start_from_casting_alone_says_nothing() -> None:
    driver = await a_driver(DirectEngine(), 2)
    command = ForkSession(NAME, OTHER.session, through_round=None, warm_start=True)

    await fork.fork_session(driver.app, command, driver.key(), encoded)

    assert (await driver.app.store.read(OTHER)).prior == ()


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("base_seed", -1),
        ("base_seed", 2**63),
        ("directions", 5),
        ("warp", [1] * 14),
        ("turns", [{"seeds": [1], "angles": [1]}]),
    ],
)
async def test_a_document_with_an_impossible_start_noise_is_refused(
    place: str, value: object
) -> None:
    driver = await a_driver(DigestEngine(), 2, 3)
    content = json.loads((await transfer.export_session(driver.app, NAME)).data)
    content["slates"][0]["candidates"][1][place] = value
    data = json.dumps(content).encode()

    with pytest.raises(DocumentInvalidError):
        document.parsed(data, hashlib.sha256(data).hexdigest())


async def test_a_document_that_never_shows_its_own_seed_recommends_nothing() -> None:
    driver = await a_driver(DigestEngine(), casting_rounds=2)
    await driver.answer(said(FeedbackKind.NONE_OF_THESE))
    content = json.loads((await transfer.export_session(driver.app, NAME)).data)
    content["slates"][0]["candidates"][0]["base_seed"] = 8
    command = ImportSession(
        OTHER.project, OTHER.session, json.dumps(content).encode(), ""
    )
    await transfer.import_session(driver.app, command, driver.key(), encoded)

    with pytest.raises(NoFeedbackYetError):
        await insight.get_recommendation(driver.app, OTHER)


async def test_a_repeated_round_name_is_the_same_prediction() -> None:
    driver = await a_driver(DirectEngine(), 2, 3, 1)
    name = RoundName(NAME, 1)

    first = await insight.predict_choice(driver.app, name)
    await driver.answer(chosen(0))

    assert await insight.predict_choice(driver.app, name) == first


async def test_a_question_asked_again_says_how_consistent_the_answers_are() -> None:
    engine = DirectEngine()
    driver = await a_driver(engine, 2, casting_rounds=0, probe_share=0.5)

    again = (await driver.propose()).slate
    await driver.answer(chosen(2))

    first = (await driver.round(0)).slate
    assert engine.n_proposals == 1
    assert {candidate.role for candidate in again.candidates} == {"PROBE"}
    assert [c.warp for c in again.candidates] == [c.warp for c in first.candidates]
    assert len((await driver.next_question()).history) == 2
    advice = await insight.get_stopping_advice(driver.app, NAME)
    assert advice.consistency == 1
