from collections.abc import Sequence

import pytest

from multibo.evaluation.reach.casting import Casting
from multibo.evaluation.reach.rivals import LOTTERY, STRATEGIES
from multibo.evaluation.reach.strategy import N_NEW, Strategy
from multibo.evaluation.targets import TargetKind, Task, start_spec
from multibo.jobs.catalog import Catalog
from multibo.jobs.spec import RenderSpec
from multibo.pretrained import catalog_path

MODEL = Catalog.load(catalog_path()).default
START = start_spec(MODEL, Task.of_seed(3, TargetKind.SEED))


@pytest.fixture(params=STRATEGIES)
def strategy(request: pytest.FixtureRequest) -> Strategy:
    """Every strategy passes every test that takes one."""
    return STRATEGIES[request.param](MODEL, START)


def shown_by(strategy: Strategy, answers: Sequence[int | None]) -> list[RenderSpec]:
    shown: list[RenderSpec] = []
    for kept in answers:
        shown += strategy.propose()
        strategy.learn(kept)
    return shown


def test_every_round_shows_three_images_that_nobody_has_seen(
    strategy: Strategy,
) -> None:
    shown = shown_by(strategy, [1, None, None, 0, None, 2] * 5)

    assert len(shown) == 30 * N_NEW
    assert len(set(shown)) == len(shown)
    assert START not in shown


def test_a_strategy_repeats_itself_until_it_learns_something(
    strategy: Strategy,
) -> None:
    assert strategy.propose() == strategy.propose()


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_strategy_is_a_function_of_the_answers(name: str) -> None:
    answers = [0, None, None, 2, 1, None] * 3

    first = shown_by(STRATEGIES[name](MODEL, START), answers)
    second = shown_by(STRATEGIES[name](MODEL, START), answers)

    assert first == second


def test_every_proposal_is_a_point_the_model_can_render(strategy: Strategy) -> None:
    for spec in shown_by(strategy, [0, None, None] * 8):
        assert len(spec.warp) == MODEL.warp_spaces[spec.warp_space].dimension
        assert all(len(turn.seeds) == len(turn.angles) for turn in spec.turns)


def test_casting_shows_what_the_lottery_shows() -> None:
    casting = Casting(START, at_least=4, at_most=4)

    cast = shown_by(casting, [None, 1, None, 0])

    assert cast == shown_by(STRATEGIES[LOTTERY](MODEL, START), [0] * 4)
    assert casting.over
    assert casting.anchor == cast[3 * N_NEW]


def test_casting_ends_when_the_anchor_is_kept_twice_running() -> None:
    casting = Casting(START, at_least=0, at_most=10)

    shown_by(casting, [None, 2, None, None])

    assert casting.over
    assert casting.anchor == casting_seed(5)


def test_casting_settles_on_nothing_in_its_first_rounds() -> None:
    casting = Casting(START, at_least=5, at_most=10)

    shown_by(casting, [None] * 4)
    early = casting.over
    shown_by(casting, [None])

    assert (early, casting.over) == (False, True)


def casting_seed(place: int) -> RenderSpec:
    fresh = Casting(START, at_least=9, at_most=9)
    return shown_by(fresh, [None] * 9)[place]
