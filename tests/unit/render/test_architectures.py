"""Every kind of model, from prompt to picture: the lines of the compatibility table."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from multibo.jobs.catalog import ModelSpec
from multibo.jobs.spec import RenderSpec
from multibo.render.pipelines import Pipeline, load_pipeline
from multibo.render.precision import Precision
from tests.support.stock_pictures import stock_pictures, stock_pipeline
from tests.support.tiny_architectures import KINDS, model_of
from tests.support.tiny_model import a_row, random_warps

# Schedulers of diffusers hand tensors to numpy in a way that numpy is about to drop.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:diffusers.*"),
]
HALF = {"bfloat16": torch.bfloat16, "float16": torch.float16}


@pytest.fixture(scope="module", params=list(KINDS))
def model(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> ModelSpec:
    """A model of random weights of each kind, on disk."""
    return model_of(request.param, tmp_path_factory.mktemp("kind"))


@pytest.fixture(scope="module")
def loaded(model: ModelSpec) -> Pipeline:
    """The same model, loaded."""
    return load_pipeline(model)


class Dropping:
    """Drops row 1 after the second step."""

    def step(self, step: int, n_steps: int) -> frozenset[int]:
        return frozenset({1}) if step == 2 else frozenset()


def row(**changes: object) -> RenderSpec:
    return a_row(**{"prompt": "comic portrait", "negative_prompt": "hat", **changes})


def mixed() -> list[RenderSpec]:
    """Four rows that share no more than their compat key."""
    first, second, third = random_warps(3)
    return [
        row(warp=first),
        row(base_seed=9, guidance=4.0),
        row(prompt="voxel hair", negative_prompt="beard", warp=second),
        row(base_seed=0, warp=third, guidance=1.5),
    ]


def pixels_of(pipeline: Pipeline, rows: list[RenderSpec]) -> list[Tensor]:
    return [picture for picture in pipeline.render_pixels(rows) if picture is not None]


@pytest.mark.parametrize("negative", ["hat", ""])
def test_the_identity_warp_gives_the_bits_of_the_stock_pipeline(
    model: ModelSpec, loaded: Pipeline, negative: str
) -> None:
    rows = [row(base_seed=seed, negative_prompt=negative) for seed in (4, 5)]

    pictures = pixels_of(loaded, rows)

    expected = stock_pictures(stock_pipeline(model), model, rows)
    assert all(torch.equal(a, b) for a, b in zip(pictures, expected, strict=True))


@pytest.mark.parametrize("dtype", list(HALF))
def test_so_it_does_in_half_precision(model: ModelSpec, dtype: str) -> None:
    rows = [row(base_seed=seed) for seed in (4, 5)]
    low = load_pipeline(model, precision=Precision(HALF[dtype]))

    pictures = pixels_of(low, rows)

    expected = stock_pictures(stock_pipeline(model, HALF[dtype]), model, rows)
    assert all(torch.equal(a, b) for a, b in zip(pictures, expected, strict=True))
    warped = pixels_of(low, [replace(rows[0], warp=random_warps(1)[0])])
    assert float((warped[0] - pictures[0]).abs().max()) > 1e-3


def test_a_row_has_the_same_bits_whatever_shares_its_batch(loaded: Pipeline) -> None:
    rows = mixed()
    together = pixels_of(loaded, rows)

    for place in range(4):
        others = [row(base_seed=100 + n, warp=random_warps(9)[n]) for n in range(3)]
        elsewhere = (place + 1) % 4
        batch = [*others[:elsewhere], rows[place], *others[elsewhere:]]
        assert torch.equal(pixels_of(loaded, batch)[elsewhere], together[place])


def test_a_row_alone_hardly_differs_from_the_row_in_a_batch(loaded: Pipeline) -> None:
    rows = mixed()
    together = pixels_of(loaded, rows)

    for place, spec in enumerate(rows):
        [alone] = pixels_of(loaded, [spec])
        assert float((alone - together[place]).abs().max()) <= 2 / 255


def test_a_dropped_row_leaves_the_others_their_bits(loaded: Pipeline) -> None:
    rows = mixed()

    rest = loaded.render_pixels(rows, Dropping())

    assert rest[1] is None
    whole = pixels_of(loaded, rows)
    for place in (0, 2, 3):
        left = rest[place]
        assert left is not None
        assert torch.equal(left, whole[place])


def test_the_batch_goes_on_in_a_smaller_size(loaded: Pipeline) -> None:
    rows = mixed()[:2]

    kept, dropped = loaded.render_pixels(rows, Dropping())

    assert dropped is None
    assert kept is not None
    assert float((kept - pixels_of(loaded, rows)[0]).abs().max()) <= 2 / 255


def test_a_warp_changes_the_picture_of_its_row_alone(loaded: Pipeline) -> None:
    plain = [row(base_seed=seed) for seed in (1, 2)]

    pictures = pixels_of(loaded, [plain[0], replace(plain[1], warp=random_warps(1)[0])])

    unwarped = pixels_of(loaded, plain)
    assert torch.equal(pictures[0], unwarped[0])
    assert float((pictures[1] - unwarped[1]).abs().max()) > 1e-3


def test_another_picture_shape_renders(loaded: Pipeline) -> None:
    side = 2 * loaded.architecture.scale_px

    [picture] = pixels_of(loaded, [row(height_px=side, width_px=3 * side)])

    assert picture.shape == (3, side, 3 * side)
