"""A search without the service shows what the service would."""

from dataclasses import replace

import pytest

from multibo.evaluation.inprocess import InProcessSearch
from multibo.evaluation.targets import TargetKind, Task
from multibo.jobs.catalog import Catalog
from multibo.optimizer.session.ids import SessionName
from multibo.pretrained import catalog_path
from multibo.render.pipelines import Pipeline, load_pipeline
from tests.support.builders import chosen
from tests.support.driver import Driver
from tests.support.fakes import DirectEngine, an_app

TASK = Task.of_seed(5, TargetKind.SEED)
SPEC = {"warp_space": "search-8-6@1", "casting_rounds": 1, "control_share": 0.25}


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    """The embedded model, hurried."""
    model = Catalog.load(catalog_path()).default
    return load_pipeline(replace(model, steps=2))


async def test_its_slates_are_those_of_the_service(pipeline: Pipeline) -> None:
    search = InProcessSearch(pipeline, TASK, k=3, **SPEC)  # type: ignore[arg-type]
    driver = Driver(an_app(engine=DirectEngine()), SessionName("in-process", "seed-5"))
    await driver.create(
        **{**SPEC, "base_seed": 5, "k": 3, "steps": 2, "prompt": TASK.prompt}
    )

    for slot in (1, 2, 0, 2):
        shown = search.propose()
        theirs = (await driver.propose()).slate.candidates
        assert search.slate == theirs
        assert [candidate.role for candidate in shown.candidates] == [
            candidate.role for candidate in theirs
        ]
        search.choose(slot)
        await driver.answer(chosen(slot, shown=(0, 1, 2)))


@pytest.mark.parametrize("space", ["search-8-6@1", "search-0-2x3@1"])
def test_a_start_is_picked_and_then_searched_from(
    pipeline: Pipeline, space: str
) -> None:
    search = InProcessSearch(pipeline, TASK, k=3, warp_space=space, casting_rounds=1)

    first = search.propose()
    search.choose(2)
    while_casting = search.recommend()
    second = search.propose()

    assert [candidate.role for candidate in first.candidates] == [
        *("ANCHOR", "CAST", "CAST")
    ]
    assert second.candidates[0].png == first.candidates[2].png == while_casting
    assert len({candidate.png for candidate in second.candidates}) == 3
