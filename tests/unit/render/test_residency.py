"""Models come and go under a budget; weights are real tensors, models are not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from multibo.jobs.catalog import ModelSpec
from multibo.render.errors import (
    GoldenMismatchError,
    MemorySpentError,
    ModelTooLargeError,
)
from multibo.render.memory import WeightMemory, file_bytes
from multibo.render.pipelines import load_pipeline
from multibo.render.residency import Residency
from multibo.telemetry.metrics import Meter

SIZE = 4_000
"""Bytes of each model's weights."""


class FakePipeline:
    """A model of one layer."""

    def __init__(self, model: ModelSpec) -> None:
        self.model = model
        self.layer = nn.Linear(SIZE // 4, 1, bias=False)

    def weights(self) -> list[nn.Module]:
        return [self.layer]


@dataclass
class Loader:
    """Loads, and remembers what; `kept` holds on to all of it."""

    keeps: bool = False
    refused: str = ""
    loaded: list[str] = field(default_factory=list)
    kept: list[FakePipeline] = field(default_factory=list)

    def __call__(self, model: ModelSpec) -> Any:
        if model.name == self.refused:
            raise GoldenMismatchError(model.name, psnr_db=9.0, required_db=35.0)
        self.loaded.append(model.name)
        pipeline = FakePipeline(model)
        if self.keeps:
            self.kept.append(pipeline)
        return pipeline


@pytest.fixture
def models(tiny: ModelSpec, tmp_path: Path) -> dict[str, ModelSpec]:
    """Three models whose files say nothing of their size."""
    return {
        name: replace(tiny, name=name, path=tmp_path / name)
        for name in ("one", "two", "three")
    }


def a_residency(
    models: dict[str, ModelSpec], loader: Loader, n_models: float = 2, **parts: Any
) -> Residency:
    budget = int(n_models * SIZE)
    return Residency(models, loader, Meter(), budget_bytes=budget, **parts)


def test_without_a_budget_every_model_is_loaded_at_the_start(
    models: dict[str, ModelSpec],
) -> None:
    loader = Loader()
    residency = a_residency(models, loader, n_models=0)

    residency.preload()

    assert loader.loaded == ["one", "two", "three"]


def test_the_model_that_was_not_used_for_longest_makes_room(
    models: dict[str, ModelSpec],
) -> None:
    loader = Loader()
    residency = a_residency(models, loader)
    for name in ("one", "two", "one"):
        residency.get(name)

    residency.get("three")

    assert residency.resident == ("one", "three")
    residency.get("two")
    assert residency.resident == ("three", "two")
    assert loader.loaded == ["one", "two", "three", "two"]


def test_only_what_fits_is_loaded_at_the_start(
    models: dict[str, ModelSpec], tmp_path: Path
) -> None:
    for name in ("two", "three"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "part.safetensors").write_bytes(b"x" * SIZE)
    loader = Loader()
    residency = a_residency(models, loader, n_models=2.5)

    residency.preload()

    assert loader.loaded == ["one", "two"]
    assert "three" in residency
    assert residency.get("three") is not None


def test_the_metrics_tell_what_came_and_went(models: dict[str, ModelSpec]) -> None:
    meter = Meter()
    residency = Residency(models, Loader(), meter, budget_bytes=2 * SIZE)
    for name in models:
        residency.get(name)

    lines = meter.exposition().decode().splitlines()

    assert "multibo_models_resident 2.0" in lines
    assert f"multibo_models_memory_bytes {2 * SIZE:.1f}" in lines
    assert 'multibo_model_evictions_total{model="one"} 1.0' in lines
    loads = "multibo_model_load_duration_seconds_count"
    assert f'{loads}{{model="three"}} 1.0' in lines


def test_a_model_of_another_worker_is_not_to_be_had(
    models: dict[str, ModelSpec],
) -> None:
    residency = a_residency(models, Loader())

    assert residency.get("four") is None
    assert "four" not in residency


def test_a_model_larger_than_the_budget_is_refused_by_name(
    models: dict[str, ModelSpec],
) -> None:
    residency = a_residency(models, Loader(), n_models=0.5)

    with pytest.raises(ModelTooLargeError, match="'one' takes 0 MB"):
        residency.preload()


def test_evicted_weights_that_live_on_are_told(models: dict[str, ModelSpec]) -> None:
    residency = a_residency(models, Loader(keeps=True), n_models=1)
    residency.get("one")

    with pytest.raises(MemorySpentError, match="after eviction"):
        residency.get("two")


def test_a_model_that_draws_other_pictures_is_never_handed_out(
    models: dict[str, ModelSpec],
) -> None:
    residency = a_residency(models, Loader(refused="two"))
    residency.get("one")

    with pytest.raises(GoldenMismatchError):
        residency.get("two")

    assert residency.resident == ("one",)


def test_a_model_is_handed_out_as_it_is_dressed(models: dict[str, ModelSpec]) -> None:
    residency = a_residency(models, Loader(), dress=lambda pipeline: pipeline.model)

    assert residency.get("one") == models["one"]
    assert residency.get("one") == models["one"]


def test_the_weights_of_a_real_model_are_all_counted_and_given_back(
    tiny: ModelSpec,
) -> None:
    memory = WeightMemory()
    pipeline = load_pipeline(tiny)

    n_bytes = memory.add(pipeline.weights())

    # Files and memory are both float32; a header and buffers make the difference.
    assert n_bytes == pytest.approx(file_bytes(tiny.path), rel=0.1)
    assert memory.used_bytes() == n_bytes
    del pipeline
    memory.collect()
    assert memory.used_bytes() == 0


def test_weights_that_two_modules_share_count_once() -> None:
    layer = nn.Linear(10, 10, bias=False)
    twin = nn.Linear(10, 10, bias=False)
    twin.weight = layer.weight

    assert WeightMemory().add([layer, twin]) == 10 * 10 * torch.float32.itemsize
