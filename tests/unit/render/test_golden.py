from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from multibo.jobs.catalog import ModelSpec
from multibo.jobs.loading import LoadingSpec
from multibo.render import golden
from multibo.render.errors import GoldenMismatchError, GoldenMissingError
from multibo.render.pipelines import Pipeline, load_pipeline


@pytest.fixture
def proven(pipeline: Pipeline, tiny: ModelSpec, tmp_path: Path) -> ModelSpec:
    """A copy of the tiny model with the golden picture of the original."""
    shutil.copytree(tiny.path, tmp_path / "pipe")
    golden.write_golden(pipeline, prompt="comic portrait", seed=5)
    shutil.move(golden.golden_folder(tiny), tmp_path / "golden")
    return replace(tiny, path=tmp_path / "pipe")


def test_the_model_that_drew_the_reference_draws_it_again(proven: ModelSpec) -> None:
    assert golden.check_golden(load_pipeline(proven)) > 60


def test_another_recipe_is_refused_with_the_measured_distance(
    proven: ModelSpec,
) -> None:
    recipe = golden.golden_folder(proven) / "golden.toml"
    recipe.write_text('prompt = "comic portrait"\nseed = 6\n')

    with pytest.raises(GoldenMismatchError, match="dB of the reference") as refusal:
        golden.check_golden(load_pipeline(proven))

    assert 0 < refusal.value.psnr_db < refusal.value.required_db == 35


def test_a_damaged_weight_is_noticed(proven: ModelSpec) -> None:
    damaged = load_pipeline(proven)
    with torch.no_grad():
        damaged.architecture.denoiser.conv_out.weight.mul_(1.5)

    with pytest.raises(GoldenMismatchError):
        golden.check_golden(damaged)


@pytest.mark.parametrize("file", ["golden.toml", "reference.png"])
def test_a_model_without_a_golden_picture_is_not_proven(
    proven: ModelSpec, file: str
) -> None:
    (golden.golden_folder(proven) / file).unlink()

    with pytest.raises(GoldenMissingError, match="tiny"):
        golden.load_golden(proven)


def test_a_broken_reference_picture_counts_as_missing(proven: ModelSpec) -> None:
    (golden.golden_folder(proven) / "reference.png").write_bytes(b"no picture")

    with pytest.raises(GoldenMissingError):
        golden.load_golden(proven)


def test_psnr_is_that_of_the_mean_squared_error() -> None:
    black = torch.zeros(3, 4, 4)

    assert golden.peak_signal_to_noise_db(black, black + 0.1) == pytest.approx(20)
    assert golden.peak_signal_to_noise_db(black, black) == 99
    assert golden.peak_signal_to_noise_db(black, torch.zeros(3, 4, 8)) == 0
    assert not golden.peak_signal_to_noise_db(black, black * torch.nan) >= 35


@pytest.fixture
def unproven(tiny: ModelSpec) -> ModelSpec:
    """A model that comes without a golden picture."""
    return replace(tiny, loading=LoadingSpec(has_golden=False))


def test_a_model_without_a_reference_has_to_draw_something(
    unproven: ModelSpec,
) -> None:
    assert golden.prove(load_pipeline(unproven)) == 0


def test_a_model_that_draws_nothing_is_not_proven(unproven: ModelSpec) -> None:
    blank = load_pipeline(unproven)
    with torch.no_grad():
        blank.architecture.vae.decoder.conv_out.weight.zero_()
        blank.architecture.vae.decoder.conv_out.bias.fill_(0.5)

    with pytest.raises(GoldenMismatchError):
        golden.prove(blank)
