"""Is a metric fit to judge? On a path to the target, its distance has to fall.

The path is the great circle between two noises, from the start's to the target's: each
point on it is as likely a noise as its ends, so that every picture is a clean one, and
the pictures turn from the start's into the target's.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch
from diffusers import StableDiffusionPipeline
from torch import Tensor

from multibo.evaluation.metrics import Metric, gain
from multibo.evaluation.prompts import prompt_for
from multibo.jobs.catalog import ModelSpec

N_POINTS: Final = 11


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well one metric follows one path."""

    spearman: float
    """Rank correlation of nearness and the way covered; 1 = falls all the way."""
    half_way_gain: float
    """Gain over the start at the middle of the path."""


def agreement(metric: Metric, path: Tensor) -> Agreement:
    """Return how well a metric's distance falls along a path.

    Args:
        metric: the candidate judge.
        path: `n x 3 x height x width`, from the start to the target.
    """
    distances = metric.distances(path, path[-1]).double()
    way = torch.arange(len(path), dtype=torch.float64)
    return Agreement(
        spearman=_spearman(-distances, way),
        half_way_gain=gain(distances[len(path) // 2].item(), distances[0].item()),
    )


def great_circle(first: Tensor, second: Tensor, n_points: int) -> Tensor:
    """Return noises on the arc between two, of equal norm when theirs is equal.

    Args:
        first: where the arc begins.
        second: where it ends, of the same shape; nearly orthogonal, as noises are.
        n_points: >= 2, both ends included.

    Returns:
        `n_points x` the shape of one noise.
    """
    angles = torch.linspace(0, math.pi / 2, n_points).view(-1, *[1] * first.ndim)
    return angles.cos() * first + angles.sin() * second


def rendered_paths(model: ModelSpec, seeds: Sequence[int]) -> Iterator[Tensor]:
    """Yield one path of pictures per seed, through the stock pipeline.

    Args:
        model: an entry of the catalog whose pipeline takes noise as `latents`.
        seeds: each gives a prompt, a start and a target.
    """
    pipeline = StableDiffusionPipeline.from_pretrained(
        model.path,
        dtype=torch.float32,
        safety_checker=None,
        low_cpu_mem_usage=False,
    )
    pipeline.set_progress_bar_config(disable=True)
    for seed in seeds:
        start, target = _two_noises(pipeline, seed)
        noises = great_circle(start, target, N_POINTS)
        yield _render(pipeline, model, prompt_for(seed), noises)


def _two_noises(pipeline: Any, seed: int) -> tuple[Tensor, Tensor]:
    unet = pipeline.unet.config
    generator = torch.Generator("cpu").manual_seed(seed)
    shape = (unet.in_channels, unet.sample_size, unet.sample_size)
    start = torch.randn(shape, generator=generator)
    return start, torch.randn(shape, generator=generator)


def _render(
    pipeline: Any,
    model: ModelSpec,
    prompt: str,
    noises: Tensor,
) -> Tensor:
    output = pipeline(
        [prompt] * len(noises),
        latents=noises,
        num_inference_steps=model.steps,
        guidance_scale=model.guidance,
        width=model.width_px,
        height=model.height_px,
        output_type="pt",
    )
    pictures: Tensor = output.images
    return pictures


def _spearman(first: Tensor, second: Tensor) -> float:
    ranks = torch.stack([_ranks(first), _ranks(second)])
    return float(torch.corrcoef(ranks)[0, 1])


def _ranks(values: Tensor) -> Tensor:
    """Return ranks from 0; equal values share the mean of theirs."""
    below = (values.unsqueeze(0) < values.unsqueeze(1)).sum(dim=1)
    equal = (values.unsqueeze(0) == values.unsqueeze(1)).sum(dim=1)
    return below + (equal - 1) / 2
