"""The whole training at toy size: what it writes is loaded, and guides."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import pytest
import torch

pytest.importorskip("dicebear", reason="needs the extra `train`")

from multibo.jobs.catalog import GuidanceDelta, ModelSpec
from multibo.render.low_rank import LowRankDelta, add_delta, read_delta
from multibo.render.pipelines import Pipeline, load_pipeline
from multibo.render.training import __main__ as command
from multibo.render.training.guidance import Recipe, distill
from tests.support.tiny_model import SPACE, a_row

RECIPE = Recipe(
    guidance=2.5, denoising_steps=4, side_px=32, n_rows=3, rank=2, n_steps=3
)


def test_the_command_writes_a_delta_that_the_renderer_loads(
    tiny: ModelSpec, tmp_path: Path
) -> None:
    path = tmp_path / "guidance.safetensors"

    command.train(tiny, path, RECIPE, n_prompts=4)

    model = replace(tiny, guidance_delta=GuidanceDelta(path, 2.5))
    [image] = load_pipeline(model).render([a_row()])
    assert image is not None
    assert {len(down) for _, down in read_delta(path).factors.values()} == {2}


def test_the_student_comes_closer_to_the_teacher(pipeline: Pipeline) -> None:
    teacher = pipeline.architecture
    states = pipeline.embeddings.encode("comic portrait").tensors["states"][None]
    empty = pipeline.embeddings.encode("").tensors["states"][None]
    recipe = replace(
        RECIPE, guidance=20.0, n_steps=40, learning_rate=3e-3, warm_up_steps=3
    )
    latents = torch.randn(4, 4, 8, 8, generator=torch.Generator().manual_seed(9))

    def said(unet: torch.nn.Module, text: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            output: torch.Tensor = unet(
                latents, torch.tensor(999), text.expand(4, -1, -1)
            ).sample
        return output

    factors = distill(teacher, pipeline.family(SPACE), [states[0]], recipe, seed=1)

    negative, positive = (said(teacher.denoiser, text) for text in (empty, states))
    wanted = negative + recipe.guidance * (positive - negative)
    student = copy.deepcopy(teacher.denoiser)
    add_delta(student, LowRankDelta(factors, digest=""))
    errors = [float((one - wanted).norm()) for one in (said(student, states), positive)]
    assert errors[0] < 0.8 * errors[1]


def test_the_teacher_is_left_as_it_was(pipeline: Pipeline) -> None:
    before = pipeline.render_pixels([a_row()])[0]
    prompt = pipeline.embeddings.encode("comic portrait").tensors["states"]

    distill(pipeline.architecture, pipeline.family(SPACE), [prompt], RECIPE, seed=1)

    after = pipeline.render_pixels([a_row()])[0]
    assert before is not None
    assert after is not None
    assert torch.equal(before, after)
