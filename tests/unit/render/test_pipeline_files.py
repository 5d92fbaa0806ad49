from __future__ import annotations

import importlib.util
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from multibo.jobs.catalog import ModelSpec
from multibo.jobs.loading import LoadingSpec
from multibo.render.errors import (
    ModelFilesError,
)
from multibo.render.pipelines import load_pipeline
from multibo.render.precision import Precision


def test_the_number_of_threads_can_be_set(tiny: ModelSpec) -> None:
    before = torch.get_num_threads()

    try:
        assert "threads-1/" in load_pipeline(tiny, threads=1).numerics
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


@pytest.fixture
def copy(tiny: ModelSpec, tmp_path: Path) -> ModelSpec:
    shutil.copytree(tiny.path, tmp_path / "pipe")
    return replace(tiny, path=tmp_path / "pipe")


def test_a_missing_folder_is_reported_by_name(copy: ModelSpec) -> None:
    shutil.rmtree(copy.path)

    with pytest.raises(ModelFilesError, match=r"'tiny'.*model_index\.json"):
        load_pipeline(copy)


@pytest.mark.parametrize(
    "file",
    [
        "unet/diffusion_pytorch_model.safetensors",
        "text_encoder/model.safetensors",
        "vae/config.json",
        "tokenizer/tokenizer.json",
    ],
)
def test_a_damaged_file_is_reported(copy: ModelSpec, file: str) -> None:
    path = copy.path / file
    path.write_bytes(path.read_bytes()[:100])

    with pytest.raises(ModelFilesError, match="tiny"):
        load_pipeline(copy)


@pytest.mark.parametrize(
    "changes",
    [{"width_px": 33}, {"max_tokens": 77}, {"architecture": "sd3"}],
)
def test_files_that_contradict_the_catalog_are_refused(
    tiny: ModelSpec, changes: dict[str, object]
) -> None:
    with pytest.raises(ModelFilesError):
        load_pipeline(replace(tiny, **changes))


def test_missing_weights_of_the_hub_name_the_command_that_fetches_them(
    copy: ModelSpec,
) -> None:
    shutil.rmtree(copy.path)
    source = LoadingSpec(hub="owner/name", hub_revision="v2")

    with pytest.raises(ModelFilesError, match="hf download owner/name --revision v2"):
        load_pipeline(replace(copy, loading=source))


def test_offloading_without_its_library_says_what_to_install(
    tiny: ModelSpec,
) -> None:
    if importlib.util.find_spec("accelerate") is not None:
        return
    waiting = Precision(device=torch.device("cuda"), offload="model")

    with pytest.raises(ModelFilesError, match="pip install accelerate"):
        load_pipeline(tiny, precision=waiting)


@pytest.mark.filterwarnings("ignore::DeprecationWarning:diffusers.*")
def test_a_scheduler_that_mixes_rows_is_refused(copy: ModelSpec) -> None:
    index = copy.path / "model_index.json"
    config = copy.path / "scheduler" / "scheduler_config.json"
    for file in (index, config):
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("DDIMScheduler", "HeunDiscreteScheduler"))

    with pytest.raises(ModelFilesError, match="HeunDiscreteScheduler"):
        load_pipeline(copy)
