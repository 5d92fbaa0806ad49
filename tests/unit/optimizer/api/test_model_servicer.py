"""ModelService over a real channel."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multibo.jobs.catalog import Catalog
from multibo.optimizer.app.ports import App
from multibo.optimizer.app.values import Readiness
from multibo.v1 import model_pb2, model_service_pb2
from tests.support.fakes import an_app
from tests.support.wire import Wire, a_spec, refused, serving

ListModels = model_service_pb2.ListModelsRequest


class EmptyFleet:
    """No worker anywhere."""

    async def wake(self, name: object, jobs: object) -> None:
        raise AssertionError("nothing is proposed")

    async def readiness(self, model: str) -> Readiness:
        return Readiness()


def with_models(n_models: int) -> App:
    """An app whose catalog lists one model under several names."""
    app = an_app()
    model = app.catalog.default
    names = [f"model-{n}" for n in range(n_models)]
    catalog = Catalog({name: replace(model, name=name) for name in names})
    return replace(app, catalog=catalog)


async def test_a_model_says_what_sessions_start_from(wire: Wire) -> None:
    (model,) = (await wire.models.ListModels(ListModels())).models

    assert model.name == "models/avatars"
    assert model.title
    assert model.readiness == model_pb2.MODEL_READINESS_READY
    assert model.estimated_wait.ToMilliseconds() == 250
    assert (model.width_px, model.height_px) == (128, 128)
    assert model.default_warp_space in model.warp_spaces
    assert model.warp_dimension == 16
    assert (model.min_slate_size, model.max_slate_size) == (2, 8)
    assert (model.default_slate_size, model.default_rounds) == (4, 50)
    assert len(model.examples) >= 3


async def test_a_model_without_a_worker_says_so() -> None:
    async with serving(replace(an_app(), fleet=EmptyFleet())) as wire:
        (model,) = (await wire.models.ListModels(ListModels())).models

    assert model.readiness == model_pb2.MODEL_READINESS_ABSENT
    assert not model.HasField("estimated_wait")


async def test_the_catalog_is_listed_page_by_page_in_its_order() -> None:
    names: list[str] = []
    token = ""
    async with serving(with_models(5)) as wire:
        while True:
            request = ListModels(page_size=2, page_token=token)
            reply = await wire.models.ListModels(request)
            names += [model.name for model in reply.models]
            token = reply.next_page_token
            if not token:
                break

    assert names == [f"models/model-{n}" for n in range(5)]


async def test_a_page_of_models_cannot_be_negative(wire: Wire) -> None:
    answer = await refused(wire.models.ListModels(ListModels(page_size=-1)))

    assert answer.reason == "FIELD_INVALID"


async def test_a_warp_space_says_what_its_axes_do(wire: Wire) -> None:
    name = "models/avatars/warpSpaces/flow-16@1"

    reply = await wire.models.GetWarpSpace(
        model_service_pb2.GetWarpSpaceRequest(name=name)
    )

    space = reply.warp_space
    assert (space.name, space.family, space.revision) == (name, "flow-16", 1)
    assert space.dimension == len(space.axes) == len(space.identity) == 16
    assert set(space.identity) == {0.0}
    assert space.resolution == 1 / 4096
    assert all(axis.low_label and axis.high_label for axis in space.axes)
    assert {(axis.lower, axis.upper) for axis in space.axes} == {(-1.0, 1.0)}


async def test_every_space_that_a_model_lists_is_there_and_can_be_searched(
    wire: Wire,
) -> None:
    (model,) = (await wire.models.ListModels(ListModels())).models
    spaces = [
        (
            await wire.models.GetWarpSpace(
                model_service_pb2.GetWarpSpaceRequest(name=name)
            )
        ).warp_space
        for name in model.warp_spaces
    ]

    sessions = [
        await wire.create(spec=a_spec(warp_space=space.name)) for space in spaces
    ]

    composites = [space for space in spaces if space.family.startswith("search-")]
    assert composites
    assert all(space.axes[-1].name.startswith("noise-") for space in composites)
    assert all(1 <= len(space.axes) == space.dimension <= 32 for space in spaces)
    assert [session.spec.warp_space for session in sessions] == model.warp_spaces
    assert model.default_casting_rounds == 0


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("models/avatars/warpSpaces/flow-16@2", "MODEL_NOT_FOUND"),
        ("models/nobody/warpSpaces/flow-16@1", "MODEL_NOT_FOUND"),
        ("models/avatars/warpSpaces/flow-16", "FIELD_INVALID"),
        ("models/avatars", "FIELD_INVALID"),
        ("", "FIELD_INVALID"),
    ],
)
async def test_a_warp_space_that_is_not_there_is_refused(
    wire: Wire, name: str, reason: str
) -> None:
    request = model_service_pb2.GetWarpSpaceRequest(name=name)

    answer = await refused(wire.models.GetWarpSpace(request))

    assert answer.reason == reason
