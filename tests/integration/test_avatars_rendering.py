"""The embedded model, at the settings its sessions use."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
import torch
from diffusers import StableDiffusionPipeline
from torch import Tensor

from multibo.jobs.catalog import Catalog, ModelSpec
from multibo.jobs.spec import RenderSpec
from multibo.pretrained import catalog_path
from multibo.render import golden, images
from multibo.render.noise import seed_noise
from multibo.render.pipelines import Pipeline, load_pipeline

SEEDS = (0, 1, 2**40, 2**63 - 1)
VISIBLE = 0.2
"""Distance of features. Of 140 pairs of pictures the closest, which differ by a lock of
hair or a shoulder, were .31 apart; the median is 1.2."""


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Tests share their machine; threads that wait for each other would be slow."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def model() -> ModelSpec:
    return Catalog.load(catalog_path()).model("avatars")


@pytest.fixture(scope="module")
def pipeline(model: ModelSpec) -> Pipeline:
    return load_pipeline(model, threads=1)


def plain_rows(model: ModelSpec) -> list[RenderSpec]:
    return [golden.golden_spec(model, prompt=model.examples[0], seed=s) for s in SEEDS]


@pytest.fixture(scope="module")
def plain(pipeline: Pipeline, model: ModelSpec) -> list[Tensor]:
    """Four seeds under the identity warp."""
    pictures = pipeline.render_pixels(plain_rows(model))
    return [picture for picture in pictures if picture is not None]


def pairs(
    some: list[Tensor], others: Sequence[Tensor | None]
) -> list[tuple[Tensor, Tensor]]:
    found = [other for other in others if other is not None]
    return list(zip(some, found, strict=True))


def sobol_slate(seed: int) -> list[tuple[int, ...]]:
    """The identity and three spread warps: what a first round shows."""
    draws = torch.quasirandom.SobolEngine(16, scramble=True, seed=seed).draw(3)
    stored = ((draws * 2 - 1) * 4096).round().int().tolist()
    return [(0,) * 16, *(tuple(row) for row in stored)]


def test_the_identity_warp_is_the_stock_pipeline_bit_for_bit(
    pipeline: Pipeline, model: ModelSpec
) -> None:
    # A guidance that is not in the weights.
    guidance = model.guidance + 0.5
    rows = [replace(row, guidance=guidance) for row in plain_rows(model)]
    stock = StableDiffusionPipeline.from_pretrained(model.path, local_files_only=True)
    stock.to(torch.float32).set_progress_bar_config(disable=True)
    noise = torch.stack([seed_noise(seed, (8, 16, 16)) for seed in SEEDS])

    expected = stock(
        prompt=model.examples[0],
        num_images_per_prompt=4,
        latents=noise,
        num_inference_steps=model.steps,
        guidance_scale=guidance,
        output_type="pt",
    ).images

    found = [picture for picture in pipeline.render_pixels(rows) if picture is not None]
    assert torch.equal(torch.stack(found), expected)


def test_the_guidance_in_the_weights_draws_nearly_what_guidance_draws(
    pipeline: Pipeline, model: ModelSpec, plain: list[Tensor]
) -> None:
    stock = load_pipeline(replace(model, guidance_delta=None), threads=1)
    other_seeds = [plain[1], plain[2], plain[3], plain[0]]

    guided = stock.render_pixels(plain_rows(model))

    off = [float((one - two).square().mean()) for one, two in pairs(plain, guided)]
    lot = [
        float((one - two).square().mean()) for one, two in pairs(other_seeds, guided)
    ]
    assert max(off) < 0.25 * min(lot)


def test_a_slate_is_visibly_different_and_its_anchor_is_the_plain_picture(
    pipeline: Pipeline, model: ModelSpec, plain: list[Tensor]
) -> None:
    row = plain_rows(model)[1]
    rows = [
        replace(row, warp_space="flow-16@1", warp=warp) for warp in sobol_slate(seed=1)
    ]

    slate = [image for image in pipeline.render(rows) if image is not None]

    # The plain picture at another place of a batch of other warps: the same bits.
    anchor = images.decode(slate[0].file.data)
    assert torch.equal((anchor * 255).round(), (plain[1] * 255).round())
    for first, second in itertools.combinations(slate, 2):
        assert math.dist(first.features, second.features) > VISIBLE
    assert all(image.note == "" for image in slate)


def test_two_sessions_in_one_batch_get_what_each_gets_alone(
    pipeline: Pipeline, model: ModelSpec
) -> None:
    warps = sobol_slate(seed=3)
    mine, other = [
        replace(row, prompt=prompt, steps=4, warp_space="flow-16@1")
        for row, prompt in zip(plain_rows(model)[1:3], model.examples[:2], strict=True)
    ]
    three = [replace(mine, warp=warp) for warp in warps[:3]]
    one = replace(other, warp=warps[3])

    *my_pictures, its_picture = pipeline.render_pixels([*three, one])

    *same_size, _ = pipeline.render_pixels([*three, three[0]])
    for first, second in pairs(same_size, my_pictures):
        assert torch.equal(first, second)
    # Batches of other sizes: not the same bits.
    alone = [*pictures_of(pipeline, three), *pictures_of(pipeline, [one])]
    for first, second in pairs(alone, [*my_pictures, its_picture]):
        assert (first - second).abs().max() <= 2 / 255


def pictures_of(pipeline: Pipeline, rows: list[RenderSpec]) -> list[Tensor]:
    found = pipeline.render_pixels(rows)
    return [picture for picture in found if picture is not None]


def test_the_golden_picture_comes_out_as_committed(pipeline: Pipeline) -> None:
    assert golden.check_golden(pipeline) >= 50


def test_no_example_of_the_catalog_is_too_long(
    pipeline: Pipeline, model: ModelSpec
) -> None:
    row = plain_rows(model)[0]

    for prompt in model.examples:
        assert pipeline.note(replace(row, prompt=prompt)) == ""
