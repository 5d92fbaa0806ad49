from collections.abc import Sequence
from dataclasses import replace

import pytest

from multibo.evaluation.reach.composite import CompositeEvolution, Policy
from multibo.evaluation.reach.credit import Credit
from multibo.evaluation.reach.step_size import StepSize
from multibo.evaluation.targets import TargetKind, Task, start_spec
from multibo.jobs.catalog import Catalog
from multibo.jobs.spec import RenderSpec
from multibo.pretrained import catalog_path

MODEL = Catalog.load(catalog_path()).default
START = start_spec(MODEL, Task.of_seed(3, TargetKind.SEED))
POLICY = Policy(
    casting_at_least=2,
    casting_at_most=2,
    warps_settled=1.0,
    shrinkage=0.8,
)


def evolution(
    space: str = "search-8-2x3@1",
    *,
    cast: Sequence[int | None] = (1, None),
    warps_settled: float = 1.0,
) -> CompositeEvolution:
    policy = replace(POLICY, warps_settled=warps_settled)
    search = CompositeEvolution(START, MODEL.search_space(space).space, policy)
    for kept in cast:
        search.learn(kept)
    return search


def angles_of(spec: RenderSpec) -> tuple[int, ...]:
    return spec.turns[-1].angles if spec.turns else ()


def test_the_seed_kept_in_casting_is_the_base_of_what_follows() -> None:
    search = CompositeEvolution(
        START, MODEL.search_space("search-8-2x3@1").space, POLICY
    )
    cast = search.propose()
    search.learn(1)
    search.learn(None)

    assert {spec.base_seed for spec in search.propose()} == {cast[1].base_seed}


def test_the_first_candidate_turns_the_whole_noise() -> None:
    first = evolution().propose()[0]

    assert first.turns[-1].parts == (1, 1)
    assert angles_of(first) == (round(0.7 * 4096),)


def test_steps_shrink_with_failure_as_the_policy_says() -> None:
    search = evolution()

    search.learn(None)

    assert angles_of(search.propose()[0]) == (round(0.7 * 0.8 * 4096),)


def test_every_kind_of_step_is_tried_somewhere() -> None:
    search = evolution()
    shown = []
    for _ in range(12):
        shown += search.propose()
        search.learn(None)

    in_parts = [spec for spec in shown if spec.turns and spec.turns[-1].parts == (2, 3)]
    assert any(any(spec.warp) for spec in shown)
    assert in_parts
    for spec in in_parts:
        assert sum(angle != 0 for angle in angles_of(spec)) == 1


def test_warps_have_the_credit_of_the_policy_where_casting_settled() -> None:
    settled = evolution(cast=(None, None), warps_settled=1e6)
    unsettled = evolution(cast=(1, None), warps_settled=1e6)

    warped = [any(spec.warp) for spec in settled.propose()]
    assert warped == [False, True, True]
    assert not all(any(spec.warp) for spec in unsettled.propose()[1:])


def test_casting_is_over_as_soon_as_it_has_settled() -> None:
    early = replace(POLICY, casting_at_most=5)
    search = CompositeEvolution(
        START, MODEL.search_space("search-8-2x3@1").space, early
    )

    for kept in (None, None):
        search.learn(kept)

    assert {spec.base_seed for spec in search.propose()} == {START.base_seed}


def test_without_warps_every_candidate_steps_in_noise() -> None:
    search = evolution("search-0-2x3@1")
    for _ in range(6):
        for spec in search.propose():
            assert spec.warp == ()
            assert any(angles_of(spec))
        search.learn(None)


def test_what_was_kept_is_the_base_of_what_follows() -> None:
    search = evolution()
    kept = search.propose()[0]

    search.learn(0)

    for spec in search.propose():
        assert spec.turns[: len(kept.turns)] == kept.turns
    assert search.propose()[0].turns[-1].seeds != kept.turns[-1].seeds


def test_what_succeeds_is_tried_more_often() -> None:
    credit = Credit.of(["one", "warp"])

    for _ in range(5):
        credit = credit.after(["all", "one", "warp"], "warp")

    assert sum(credit.shares) == pytest.approx(1)
    assert credit.shares[1] > 0.7


def test_steps_grow_with_success_up_to_their_largest() -> None:
    step = StepSize(1.0, largest=1.1)

    assert step.after(success=True).value == 1.1
    assert step.after(success=False).value < 1
