from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from diffusers import StableDiffusionPipeline
from torch import Tensor

from multibo.jobs.catalog import GuidanceDelta, ModelSpec
from multibo.render.errors import BatchRefusedError, DeltaUnusableError
from multibo.render.low_rank import add_delta, read_delta
from multibo.render.noise import seed_noise
from multibo.render.pipelines import Pipeline, load_pipeline
from multibo.render.precision import Precision
from tests.support.deltas import save_random_delta
from tests.support.tiny_model import a_row, random_warps, tiny_unet

GUIDANCE = 2.5


@pytest.fixture(scope="module")
def distilled_model(
    tiny: ModelSpec, tmp_path_factory: pytest.TempPathFactory
) -> ModelSpec:
    folder = tmp_path_factory.mktemp("distilled")
    path = save_random_delta(folder / "guidance.safetensors", tiny_unet())
    return replace(tiny, guidance_delta=GuidanceDelta(path, GUIDANCE))


@pytest.fixture(scope="module")
def distilled(distilled_model: ModelSpec) -> Pipeline:
    return load_pipeline(distilled_model)


def pixels(pipeline: Pipeline, *rows: object) -> Tensor:
    pictures = pipeline.render_pixels(rows)  # type: ignore[arg-type]
    return torch.stack([picture for picture in pictures if picture is not None])


def test_the_identity_warp_is_the_stock_pipeline_with_the_changed_weights(
    distilled: Pipeline, distilled_model: ModelSpec
) -> None:
    row = a_row()
    stock = StableDiffusionPipeline.from_pretrained(distilled_model.path)
    stock.set_progress_bar_config(disable=True)
    assert distilled_model.guidance_delta is not None
    add_delta(stock.unet, read_delta(distilled_model.guidance_delta.path))
    # Copied, because sums also depend on where in memory weights begin.
    stock.unet = copy.deepcopy(stock.unet).to(memory_format=torch.channels_last)

    expected = stock(
        prompt=row.prompt,
        latents=seed_noise(row.base_seed, (4, 8, 8)).unsqueeze(0),
        num_inference_steps=row.steps,
        guidance_scale=1.0,
        output_type="pt",
    ).images

    assert torch.equal(pixels(distilled, row), expected)


@pytest.mark.parametrize(
    "changes", [{"guidance": 3.0}, {"guidance": 1.0}, {"negative_prompt": "hat"}]
)
def test_rows_the_delta_does_not_stand_for_keep_the_stock_bits(
    changes: dict[str, object], distilled: Pipeline, pipeline: Pipeline
) -> None:
    row = a_row(**changes)

    assert torch.equal(pixels(distilled, row), pixels(pipeline, row))


def test_a_batch_never_mixes_both_weights(distilled: Pipeline) -> None:
    with pytest.raises(BatchRefusedError, match="compat"):
        distilled.render_pixels([a_row(), a_row(guidance=3.0)])


def test_a_guided_row_asks_the_model_once_per_step(distilled: Pipeline) -> None:
    assert distilled.distilled is not None
    n_rows: list[int] = []
    hook = distilled.distilled.denoiser.register_forward_pre_hook(
        lambda _, arguments: n_rows.append(len(arguments[0]))
    )

    pixels(distilled, a_row())

    hook.remove()
    assert n_rows == [1] * a_row().steps


def test_warps_act_on_the_changed_weights_and_rows_stay_independent(
    distilled: Pipeline,
) -> None:
    rows = [a_row(warp=warp) for warp in random_warps(4)]

    slate = pixels(distilled, *rows)

    others = pixels(distilled, a_row(base_seed=1), *rows[1:])
    assert torch.equal(slate[1:], others[1:])
    assert not torch.equal(slate[0], pixels(distilled, a_row())[0])


def test_the_numerics_tag_tells_the_delta(
    distilled: Pipeline, distilled_model: ModelSpec, pipeline: Pipeline
) -> None:
    assert distilled_model.guidance_delta is not None
    digest = read_delta(distilled_model.guidance_delta.path).digest

    assert distilled.numerics == f"{pipeline.numerics}/guidance-{digest[:12]}"


def test_a_model_whose_delta_is_missing_is_not_loaded(
    distilled_model: ModelSpec, tmp_path: Path
) -> None:
    missing = GuidanceDelta(tmp_path / "missing.safetensors", GUIDANCE)

    with pytest.raises(DeltaUnusableError):
        load_pipeline(replace(distilled_model, guidance_delta=missing))


def test_rows_stay_independent_in_half_the_digits(distilled_model: ModelSpec) -> None:
    halved = load_pipeline(distilled_model, precision=Precision(torch.bfloat16))
    rows = [a_row(base_seed=seed) for seed in range(4)]

    slate = pixels(halved, *rows)

    others = pixels(halved, a_row(base_seed=9), rows[2], rows[1], rows[0])
    assert torch.equal(others[1:], slate[[2, 1, 0]])
    assert slate.dtype == torch.float32
