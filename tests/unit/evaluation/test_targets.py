from dataclasses import replace

import pytest

from multibo.evaluation.errors import ProtocolError
from multibo.evaluation.held_out import drawing_of, drawing_png
from multibo.evaluation.prompts import PROMPTS, prompt_for
from multibo.evaluation.targets import TargetKind, Task, start_spec, target_spec
from multibo.jobs.catalog import Catalog
from multibo.jobs.spec import SEED_LIMIT
from multibo.pretrained import catalog_path

MODEL = Catalog.load(catalog_path()).default


@pytest.fixture(params=[kind for kind in TargetKind if kind != TargetKind.DRAWING])
def kind(request: pytest.FixtureRequest) -> TargetKind:
    """Every kind that the model renders passes every test that takes one."""
    return TargetKind(request.param)


def test_the_start_is_the_unwarped_model_at_the_sessions_seed() -> None:
    spec = start_spec(MODEL, Task.of_seed(1003, TargetKind.WARP))

    assert spec.base_seed == 1003
    assert set(spec.warp) == {0}
    assert (spec.steps, spec.guidance) == (MODEL.steps, MODEL.guidance)


def test_a_warp_target_differs_from_the_start_by_its_warp_alone() -> None:
    task = Task.of_seed(1003, TargetKind.WARP)

    start, target = start_spec(MODEL, task), target_spec(MODEL, task)

    assert target.warp != start.warp
    assert max(map(abs, target.warp)) <= 4096
    assert replace(target, warp=start.warp) == start


def test_a_seed_target_differs_from_the_start_by_its_noise_alone() -> None:
    task = Task.of_seed(1003, TargetKind.SEED)

    start, target = start_spec(MODEL, task), target_spec(MODEL, task)

    assert target.base_seed != start.base_seed
    assert 0 <= target.base_seed < SEED_LIMIT
    assert replace(target, base_seed=start.base_seed) == start


@pytest.mark.parametrize("seed", range(1000, 1010))
def test_an_attribute_target_differs_from_the_start_by_a_word_or_two(
    seed: int,
) -> None:
    task = Task.of_seed(seed, TargetKind.ATTRIBUTE)

    start, target = start_spec(MODEL, task), target_spec(MODEL, task)

    assert replace(target, prompt=start.prompt) == start
    before, after = start.prompt.split(", "), target.prompt.split(", ")
    changed = [old != new for old, new in zip(before, after, strict=True)]
    assert not changed[0]
    assert 1 <= sum(changed) <= 2


def test_a_prompt_without_attributes_gets_one_to_differ_in() -> None:
    task = Task.of_seed(3, TargetKind.ATTRIBUTE, "voxel portrait")

    target = target_spec(MODEL, task)

    assert target.prompt.startswith("voxel portrait, ")


def test_a_drawing_target_is_a_drawing_of_which_the_prompt_says_half() -> None:
    task = Task.of_seed(1003, TargetKind.DRAWING)

    said, known = task.prompt.split(", "), drawing_of(1003).caption.split(", ")

    assert said[0] == known[0]
    assert set(said) < set(known)
    assert len(said) - 1 == (len(known) - 1) // 2
    assert drawing_png(1003) == drawing_png(1003) != drawing_png(1004)
    with pytest.raises(ProtocolError, match="drawing"):
        target_spec(MODEL, task)


def test_a_seed_decides_its_target(kind: TargetKind) -> None:
    specs = [target_spec(MODEL, Task.of_seed(seed, kind)) for seed in (1, 1, 2)]

    assert specs[0] == specs[1]
    assert specs[0] != specs[2]


def test_neighboring_seeds_search_for_different_prompts() -> None:
    prompts = {prompt_for(seed) for seed in range(1000, 1010)}

    assert prompts == set(PROMPTS)


def test_a_given_prompt_replaces_the_one_of_the_seed(kind: TargetKind) -> None:
    assert Task.of_seed(3, kind, "voxel portrait").prompt == "voxel portrait"
    assert Task.of_seed(3, kind).prompt == prompt_for(3)


@pytest.mark.parametrize("seed", [-1, SEED_LIMIT])
def test_a_seed_out_of_range_is_refused(seed: int) -> None:
    with pytest.raises(ProtocolError, match="seed"):
        Task.of_seed(seed, TargetKind.WARP)
