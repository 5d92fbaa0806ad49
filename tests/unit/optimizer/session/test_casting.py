"""Which start noise a session works with follows from its answers alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from multibo.jobs.spec import SEED_LIMIT
from multibo.optimizer.session.casting import (
    Base,
    Casting,
    Searching,
    Way,
    cast_slate,
    directions_of,
    n_controls,
    stage_of,
)
from multibo.optimizer.session.history import History, Judged
from multibo.optimizer.session.model import (
    Candidate,
    Feedback,
    FeedbackKind,
    SessionSpec,
    Slate,
)
from tests.support.builders import a_spec, chosen, said

OWN = a_spec().base_seed
ALL = (0, 1, 2, 3)


def a_caster(**changes: Any) -> SessionSpec:
    composite = {
        "warp_space": "search-8-6@1",
        "warp_family": "flow-8@1",
        "dimension": 14,
        "n_noise": 6,
        "noise_angle": 0.9,
    }
    return a_spec(**{"casting_rounds": 4, **composite, **changes})


def a_candidate(slot: int, seed: int, *directions: int, at: int = 0) -> Candidate:
    warp = (at, *(0,) * 13)
    return Candidate(slot, seed, warp, "EXPLORE", 0.0, 1.0, 0.25, (), directions)


def answered(number: int, feedback: Feedback, *candidates: Candidate) -> Judged:
    return Judged(Slate(number, number, candidates, "e", "", 1, 1), feedback)


def played(spec: SessionSpec, *given: Feedback) -> History:
    """The history of a session that gets these answers while it casts."""
    history = History(())
    for number, feedback in enumerate(given):
        stage = stage_of(spec, history)
        assert isinstance(stage, Casting)
        slate = cast_slate(spec, stage, history, f"digest {number}")
        history = History((*history.answered, answered(number, feedback, *slate)))
    return history


def seeds_of(history: History, number: int) -> list[int]:
    return [c.base_seed for c in history.slates[number].candidates]


def test_the_first_slate_shows_the_sessions_own_seed_and_fresh_ones() -> None:
    spec, empty = a_caster(), History(())

    stage = stage_of(spec, empty)
    assert isinstance(stage, Casting)
    slate = cast_slate(spec, stage, empty, "digest")

    assert [c.role for c in slate] == ["ANCHOR", "CAST", "CAST", "CAST"]
    assert slate[0].base_seed == OWN
    assert len({c.base_seed for c in slate}) == 4
    assert all(0 <= c.base_seed < SEED_LIMIT and not any(c.warp) for c in slate)


def test_what_is_preferred_is_kept_in_the_next_slate() -> None:
    spec = a_caster()
    history = played(spec, chosen(2))

    stage = stage_of(spec, history)

    assert stage == Casting(Base(seeds_of(history, 0)[2]))


@pytest.mark.parametrize(
    ("feedback", "slot"),
    [
        (said(FeedbackKind.RANKING, 3, 0, 1), 3),
        (said(FeedbackKind.TIE, 2, 3), 2),
        (said(FeedbackKind.TIE, 3, 0), 0),
        (said(FeedbackKind.NONE_OF_THESE), 0),
        (said(FeedbackKind.SKIP), 0),
    ],
)
def test_every_kind_of_answer_says_what_is_kept(feedback: Feedback, slot: int) -> None:
    spec = a_caster()
    history = played(spec, feedback)

    stage = stage_of(spec, history)

    assert stage == Casting(Base(seeds_of(history, 0)[slot]))


def test_casting_ends_after_its_rounds() -> None:
    spec = a_caster(casting_rounds=2)

    stage = stage_of(spec, played(spec, chosen(1), chosen(3)))

    assert isinstance(stage, Searching)
    assert stage.answers == ()


def test_casting_ends_when_the_same_seed_is_kept_twice_in_a_row() -> None:
    spec = a_caster(casting_rounds=9)

    stage = stage_of(spec, played(spec, chosen(1), chosen(0), chosen(0)))

    assert isinstance(stage, Searching)


@pytest.mark.parametrize("between", [FeedbackKind.NONE_OF_THESE, FeedbackKind.CHOSEN])
def test_another_answer_between_two_that_keep_goes_on_casting(
    between: FeedbackKind,
) -> None:
    spec = a_caster(casting_rounds=9)
    other = said(between, *([3] if between is FeedbackKind.CHOSEN else []))

    stage = stage_of(spec, played(spec, chosen(0), other, chosen(0)))

    assert isinstance(stage, Casting)


def test_a_skip_is_no_casting_round_and_brings_other_seeds() -> None:
    spec = a_caster(casting_rounds=1)
    skip = said(FeedbackKind.SKIP)

    history = played(spec, skip, skip)

    assert isinstance(stage_of(spec, history), Casting)
    first, second = seeds_of(history, 0), seeds_of(history, 1)
    assert first[0] == second[0] == OWN
    assert not {*first[1:]} & {*second[1:]}


def test_without_anchors_the_own_seed_is_shown_once() -> None:
    spec = a_caster(anchor=False)

    history = played(spec, chosen(2), chosen(1))

    assert seeds_of(history, 0)[0] == OWN
    assert {c.role for slate in history.slates for c in slate.candidates} == {"CAST"}
    assert not {*seeds_of(history, 0)} & {*seeds_of(history, 1)}


def test_directions_are_what_was_preferred_then_what_lost_then_fresh_seeds() -> None:
    way = Way(1).after(2, (1, 2, 3)).after(4, (2, 4, 5))

    directions = directions_of(way, 6)

    assert way == Way(4, (2, 1), (5, 3))
    assert directions[:4] == (2, 1, 5, 3)
    assert len({*directions, 4}) == 7
    assert directions_of(way, 3) == (2, 1, 5)


def test_a_seed_that_comes_back_is_no_direction_of_its_own() -> None:
    way = Way(1).after(2, (1, 2)).after(1, (2, 1))

    assert way == Way(1, (2,), ())


def test_a_session_without_casting_searches_from_its_own_seed() -> None:
    spec = a_spec()

    stage = stage_of(spec, History(()))

    assert stage == Searching(Base(OWN), (), 0)


SEARCH = a_caster(casting_rounds=0)
BASE = Base(OWN, (), directions_of(Way(OWN), 6))


def a_mixed_slate() -> list[Candidate]:
    mine = [a_candidate(n, OWN, *BASE.directions, at=n) for n in range(3)]
    return [*mine, a_candidate(3, 7)]


@pytest.mark.parametrize(
    ("feedback", "kind", "shown", "judged"),
    [
        (chosen(1), "chosen", (0, 1, 2), (1,)),
        (chosen(1, shown=(3, 2, 1)), "chosen", (2, 1), (1,)),
        (said(FeedbackKind.RANKING, 2, 3, 0), "ranking", (0, 1, 2), (2, 0)),
        (said(FeedbackKind.RANKING, 2, 3), "chosen", (0, 1, 2), (2,)),
        (said(FeedbackKind.TIE, 3, 0, 1), "tie", (0, 1, 2), (0, 1)),
        (said(FeedbackKind.TIE, 3, 0), "chosen", (0, 1, 2), (0,)),
        (
            said(FeedbackKind.NONE_OF_THESE, shown=(3, 0)),
            "none_of_these",
            (0,),
            (),
        ),
    ],
)
def test_an_answer_counts_as_far_as_it_is_about_the_base(
    feedback: Feedback, kind: str, shown: tuple[int, ...], judged: tuple[int, ...]
) -> None:
    history = History((answered(0, feedback, *a_mixed_slate()),))

    stage = stage_of(SEARCH, history)

    assert isinstance(stage, Searching)
    assert stage.base == BASE
    (counted,) = stage.answers
    assert (counted.kind, counted.judged) == (kind, judged)
    assert tuple(candidate.slot for candidate in counted.shown) == shown


@pytest.mark.parametrize(
    "feedback",
    [
        chosen(0, shown=(3, 0)),
        said(FeedbackKind.TIE, 3, 0, shown=(3, 0)),
        said(FeedbackKind.NONE_OF_THESE, shown=(3,)),
    ],
)
def test_an_answer_that_says_nothing_about_the_base_is_left_out(
    feedback: Feedback,
) -> None:
    history = History((answered(0, feedback, *a_mixed_slate()),))

    stage = stage_of(SEARCH, history)

    assert stage == Searching(BASE, (), 1)


@pytest.mark.parametrize(
    "feedback", [chosen(3), said(FeedbackKind.RANKING, 3, 1, 0, 2)]
)
def test_a_control_that_is_preferred_becomes_the_base(feedback: Feedback) -> None:
    before = answered(0, chosen(1), *a_mixed_slate())

    stage = stage_of(SEARCH, History((before, answered(1, feedback, *a_mixed_slate()))))

    assert isinstance(stage, Searching)
    assert stage.base.seed == 7
    assert stage.base.directions[0] == OWN
    assert stage.answers == ()


@given(st.floats(0, 1), st.integers(2, 8), st.integers(1, 40))
def test_controls_keep_their_share_and_leave_a_slot(
    share: float, k: int, n: int
) -> None:
    spec = a_caster(control_share=share, k=k)

    counts = [n_controls(spec, Searching(BASE, (), number)) for number in range(n)]

    assert all(0 <= count < k for count in counts)
    assert sum(counts) <= share * k * n
    if share <= (k - 1) / k:
        assert sum(counts) > share * k * n - 1


@given(st.lists(st.sampled_from((*ALL, None)), max_size=6))
def test_a_stage_is_a_function_of_the_answers(slots: list[int | None]) -> None:
    spec, history = a_caster(casting_rounds=6), History(())

    for number, slot in enumerate(slots):
        stage = stage_of(spec, history)
        assert stage == stage_of(spec, history)
        if isinstance(stage, Searching):
            assert len({*stage.base.directions, stage.base.seed}) == 7
            return
        slate = cast_slate(spec, stage, history, "d")
        assert slate == cast_slate(spec, stage, history, "d")
        given = said(FeedbackKind.SKIP) if slot is None else chosen(slot)
        history = History((*history.answered, answered(number, given, *slate)))
