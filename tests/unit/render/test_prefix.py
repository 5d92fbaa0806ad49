from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from multibo.jobs.catalog import ModelSpec
from multibo.jobs.spec import RenderSpec
from multibo.render.lookups import count_lookups
from multibo.render.pipelines import Pipeline, load_pipeline
from multibo.render.prefix import PrefixCache
from multibo.telemetry.metrics import Meter
from tests.support.tiny_architectures import model_of
from tests.support.tiny_model import SPACE, a_row, random_warps

# Schedulers of diffusers hand tensors to numpy in a way that numpy is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:diffusers.*")


def with_late_window(model: ModelSpec) -> ModelSpec:
    late = replace(model.warp_spaces[SPACE], window=(0.5, 0.8))
    return replace(model, warp_spaces={SPACE: late})


@pytest.fixture(
    scope="module", params=["avatars", "SD 1.5", "SDXL", "SDXL Turbo", "SD 3", "PixArt"]
)
def late(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Pipeline:
    """A model whose warps act from the middle of the steps on, of each scheduler."""
    model = model_of(request.param, tmp_path_factory.mktemp("late"))
    return load_pipeline(with_late_window(model))


@pytest.fixture
def fresh(late: Pipeline) -> Pipeline:
    late.prefixes = PrefixCache()
    return late


@contextmanager
def counted(pipeline: Pipeline) -> Iterator[list[int]]:
    """Record the rows of every prediction."""
    rows: list[int] = []
    denoiser: Any = pipeline.architecture.denoiser
    original = denoiser.forward

    def recorded(*arguments: Any, **keywords: Any) -> Any:
        rows.append(1)
        return original(*arguments, **keywords)

    denoiser.forward = recorded
    yield rows
    denoiser.forward = original


def a_slate(seed: int = 3, n_rows: int = 4) -> list[RenderSpec]:
    row = a_row(prompt="comic portrait", negative_prompt="hat", base_seed=3, steps=6)
    return [replace(row, warp=warp) for warp in random_warps(n_rows, seed)]


def pixels(pipeline: Pipeline, rows: list[RenderSpec]) -> Tensor:
    pictures = pipeline.render_pixels(rows)
    return torch.stack([picture for picture in pictures if picture is not None])


def test_a_later_slate_begins_at_the_window_and_has_the_same_bits(
    fresh: Pipeline,
) -> None:
    with counted(fresh) as whole:
        expected = pixels(fresh, a_slate(1))
    pixels(fresh, a_slate(0))

    with counted(fresh) as rest:
        again = pixels(fresh, a_slate(1))

    assert torch.equal(again, expected)
    # PNDM predicts once more than it steps.
    assert len(whole) - len(rest) == (4 if len(whole) == 7 else 3)
    assert (fresh.prefixes.n_hits, fresh.prefixes.n_misses) == (2, 1)


def test_a_batch_of_another_size_begins_anew(fresh: Pipeline) -> None:
    pixels(fresh, a_slate())

    pixels(fresh, a_slate(n_rows=2))

    assert fresh.prefixes.n_hits == 0


def test_one_unknown_row_makes_the_batch_begin_anew(fresh: Pipeline) -> None:
    rows = [*a_slate()[:3], replace(a_slate()[3], base_seed=9)]
    alone = pixels(fresh, rows)
    fresh.prefixes = PrefixCache()
    pixels(fresh, a_slate())

    together = pixels(fresh, rows)

    assert fresh.prefixes.n_hits == 0
    assert torch.equal(together, alone)


class Dropping:
    def step(self, step: int, n_steps: int) -> frozenset[int]:
        return frozenset({0}) if step == 2 else frozenset()


def test_a_batch_that_lost_a_row_leaves_the_others_as_they_were(
    fresh: Pipeline,
) -> None:
    expected = pixels(fresh, a_slate())
    fresh.prefixes = PrefixCache()

    fresh.render_pixels(a_slate(), Dropping())

    assert torch.equal(pixels(fresh, a_slate()), expected)


def test_what_was_used_longest_ago_is_forgotten(fresh: Pipeline) -> None:
    fresh.prefixes = PrefixCache(capacity=1)
    slate = a_slate(n_rows=1)
    pixels(fresh, slate)
    pixels(fresh, [replace(slate[0], base_seed=8)])

    pixels(fresh, slate)

    assert fresh.prefixes.n_hits == 0


def test_a_window_from_the_first_step_leaves_nothing_to_keep(
    pipeline: Pipeline,
) -> None:
    pipeline.render_pixels([a_row()])

    assert (pipeline.prefixes.n_hits, pipeline.prefixes.n_misses) == (0, 0)


def test_lookups_become_metrics(pipeline: Pipeline) -> None:
    meter = Meter()
    pipeline.embeddings.n_hits, pipeline.embeddings.n_misses = 5, 2

    count_lookups(meter, pipeline)
    count_lookups(meter, pipeline)

    text = meter.exposition().decode()
    labels = 'cache="prompt",model="tiny",result='
    assert f'multibo_cache_lookups_total{{{labels}"hit"}} 5.0' in text
    assert f'multibo_cache_lookups_total{{{labels}"miss"}} 2.0' in text
