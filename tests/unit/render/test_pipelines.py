from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
import torch
from diffusers import StableDiffusionPipeline
from torch import Tensor

from multibo.jobs.catalog import ModelSpec
from multibo.jobs.spec import RenderSpec
from multibo.render import images
from multibo.render.errors import (
    BatchRefusedError,
    ImageNotFiniteError,
)
from multibo.render.noise import seed_noise
from multibo.render.pipelines import Pipeline, load_pipeline
from multibo.warp.errors import WarpVectorError
from tests.support.tiny_model import IDENTITY, SIDE_PX, SPACE, a_row, random_warps


class Dropping:
    """Drops rows after given steps and remembers what it was told."""

    def __init__(self, plan: dict[int, set[int]]) -> None:
        self.plan = plan
        self.heard: list[tuple[int, int]] = []

    def step(self, step: int, n_steps: int) -> frozenset[int]:
        self.heard.append((step, n_steps))
        return frozenset(self.plan.get(step, ()))


@contextmanager
def watched(module: torch.nn.Module, method: str) -> Iterator[list[int]]:
    """Record the batch size of each call of a method of a part of the pipeline."""
    sizes: list[int] = []
    original = getattr(module, method)

    def recorded(picture: Tensor, *rest: object, **keywords: object) -> object:
        sizes.append(len(picture))
        return original(picture, *rest, **keywords)

    setattr(module, method, recorded)
    yield sizes
    delattr(module, method)


def pixels_of(pipeline: Pipeline, rows: list[RenderSpec]) -> list[Tensor]:
    return [picture for picture in pipeline.render_pixels(rows) if picture is not None]


def mixed_rows() -> list[RenderSpec]:
    """Four rows that have nothing in common but their compat key."""
    warps = random_warps(3)
    return [
        a_row(negative_prompt="glasses", warp=warps[0]),
        a_row(negative_prompt="beard", base_seed=9, guidance=4.0),
        a_row(prompt="voxel portrait", negative_prompt="hat", warp=warps[1]),
        a_row(negative_prompt="hat", base_seed=0, warp=warps[2], guidance=1.5),
    ]


@pytest.mark.parametrize("guidance", [1.0, 2.5, 7.3])
def test_the_identity_warp_gives_the_bits_of_the_stock_pipeline(
    pipeline: Pipeline, tiny: ModelSpec, guidance: float
) -> None:
    stock = StableDiffusionPipeline.from_pretrained(tiny.path, local_files_only=True)
    stock.set_progress_bar_config(disable=True)
    seeds = (4, 5, 6, 7)
    noise = [seed_noise(seed, (4, 8, 8)) for seed in seeds]
    expected = stock(
        prompt="comic portrait",
        negative_prompt="hat",
        num_images_per_prompt=4,
        latents=torch.stack(noise),
        num_inference_steps=4,
        guidance_scale=guidance,
        output_type="pt",
    ).images

    row = a_row(prompt="comic portrait", negative_prompt="hat", guidance=guidance)
    pictures = pixels_of(pipeline, [replace(row, base_seed=seed) for seed in seeds])

    assert torch.equal(torch.stack(pictures), expected)


def test_a_render_is_the_same_bytes_every_time(
    pipeline: Pipeline, tiny: ModelSpec
) -> None:
    rows = mixed_rows()

    first = pipeline.render(rows)

    assert pipeline.render(rows) == first
    assert load_pipeline(tiny).render(rows) == first


def test_a_row_has_the_same_bits_whatever_shares_its_batch(pipeline: Pipeline) -> None:
    rows = mixed_rows()
    together = pixels_of(pipeline, rows)

    for place, row in enumerate(rows):
        others = [
            a_row(negative_prompt="hat", base_seed=100 + n, warp=random_warps(9)[n])
            for n in range(3)
        ]
        elsewhere = (place + 1) % 4
        batch = [*others[:elsewhere], row, *others[elsewhere:]]
        assert torch.equal(pixels_of(pipeline, batch)[elsewhere], together[place])


def test_padding_has_no_effect_and_other_sizes_hardly_any(pipeline: Pipeline) -> None:
    rows = mixed_rows()
    four = pixels_of(pipeline, rows)

    three = pixels_of(pipeline, rows[:3])
    one = pixels_of(pipeline, rows[:1])

    assert all(torch.equal(a, b) for a, b in zip(three, four, strict=False))
    assert float((one[0] - four[0]).abs().max()) <= 2 / 255


def test_a_dropped_row_leaves_within_a_step_and_the_others_keep_their_bits(
    pipeline: Pipeline,
) -> None:
    rows = mixed_rows()
    observer = Dropping({2: {1}})

    rest = pipeline.render_pixels(rows, observer)

    whole = pipeline.render_pixels(rows)
    assert rest[1] is None
    for place in (0, 2, 3):
        left, kept = rest[place], whole[place]
        assert left is not None
        assert kept is not None
        assert torch.equal(left, kept)
    assert observer.heard == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_the_batch_shrinks_as_rows_leave(pipeline: Pipeline) -> None:
    rows = mixed_rows()
    whole = pipeline.render_pixels(rows)

    with watched(pipeline.architecture.denoiser, "forward") as unet_rows:
        rest = pipeline.render_pixels(rows, Dropping({1: {0, 2}, 3: {3}}))

    # Twice the padded size: guidance doubles the rows.
    assert unet_rows == [8, 4, 4, 2]
    left, kept = rest[1], whole[1]
    assert left is not None
    assert kept is not None
    assert float((left - kept).abs().max()) <= 2 / 255


def test_nothing_is_decoded_when_nobody_wants_a_row(pipeline: Pipeline) -> None:
    with (
        watched(pipeline.architecture.denoiser, "forward") as unet_rows,
        watched(pipeline.architecture.vae, "decode") as vae_rows,
    ):
        rest = pipeline.render(mixed_rows(), Dropping({2: {0, 1, 2, 3}}))

    assert rest == [None] * 4
    assert len(unet_rows) == 2
    assert vae_rows == []


def test_a_row_dropped_after_the_last_step_has_no_image(pipeline: Pipeline) -> None:
    rest = pipeline.render(mixed_rows(), Dropping({4: {2}}))

    assert [image is None for image in rest] == [False, False, True, False]


def test_warps_of_one_seed_are_different_pictures(pipeline: Pipeline) -> None:
    rows = [a_row(warp=warp) for warp in (IDENTITY, *random_warps(3))]

    pictures = pixels_of(pipeline, rows)

    for first in range(4):
        for second in range(first):
            difference = (pictures[first] - pictures[second]).abs().max()
            assert float(difference) > 1e-3


def test_an_image_carries_size_features_and_origin(pipeline: Pipeline) -> None:
    (image,) = pipeline.render([a_row()])

    assert image is not None
    assert (image.file.width_px, image.file.height_px) == (SIDE_PX, SIDE_PX)
    assert image.features == images.features(images.decode(image.file.data))
    assert image.note == ""


def test_a_prompt_that_is_too_long_is_reported_with_the_image(
    pipeline: Pipeline,
) -> None:
    row = a_row(prompt="hair, " * 100, negative_prompt="hat, " * 100)

    (image,) = pipeline.render([row])

    assert image is not None
    assert "the prompt has" in image.note
    assert "the negative prompt has" in image.note
    assert "first 64 have an effect" in image.note
    assert image.note == pipeline.note(row)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], "0 rows"),
        ([a_row()] * 9, "9 rows"),
        ([a_row(), a_row(steps=5)], "several compat keys"),
        ([a_row(), a_row(guidance=1.0)], "several compat keys"),
        ([a_row(model="other")], "other@7"),
        ([a_row(revision="8")], "tiny@8"),
        ([a_row(warp_space="flow-99@1")], "flow-99@1"),
        ([a_row(width_px=33)], "multiples of 4 px"),
    ],
)
def test_rows_that_make_no_batch_of_the_model_are_refused(
    pipeline: Pipeline, rows: list[RenderSpec], reason: str
) -> None:
    with pytest.raises(BatchRefusedError, match=reason):
        pipeline.render(rows)


def test_a_warp_outside_its_space_is_refused(pipeline: Pipeline) -> None:
    with pytest.raises(WarpVectorError):
        pipeline.render([a_row(warp=(5000, *IDENTITY[1:]))])


def test_another_picture_shape_renders(pipeline: Pipeline) -> None:
    row = a_row(width_px=48, height_px=36, warp=random_warps(1)[0])

    (picture,) = pixels_of(pipeline, [row])

    assert picture.shape == (3, 36, 48)


def test_a_picture_that_is_not_finite_is_no_picture(tiny: ModelSpec) -> None:
    broken = load_pipeline(tiny)
    with torch.no_grad():
        broken.architecture.vae.decoder.conv_out.bias.fill_(torch.nan)

    with pytest.raises(ImageNotFiniteError, match="rows 0, 1") as refusal:
        broken.render([a_row(), a_row(base_seed=3)])

    assert refusal.value.rows == (0, 1)


def test_the_numerics_tag_names_what_decides_the_bits(pipeline: Pipeline) -> None:
    tag = pipeline.numerics

    assert torch.__version__ in tag
    for part in ("cpu", "threads", "float32", "sdpa", "eager"):
        assert part in tag


def test_a_family_may_warp_the_prediction_for_the_prompt_alone(
    pipeline: Pipeline, tiny: ModelSpec
) -> None:
    spaces = {SPACE: replace(tiny.warp_spaces[SPACE], halves="prompt")}
    alone = load_pipeline(replace(tiny, warp_spaces=spaces))
    rows = [a_row(negative_prompt="hat"), a_row(warp=random_warps(1)[0])]

    for row in rows:
        row = replace(row, guidance=4.0)
        [both], [half] = pixels_of(pipeline, [row]), pixels_of(alone, [row])
        assert torch.equal(both, half) == (row.warp == IDENTITY)
    unguided = replace(rows[1], guidance=1.0)
    [both], [half] = pixels_of(pipeline, [unguided]), pixels_of(alone, [unguided])
    assert torch.equal(both, half)
