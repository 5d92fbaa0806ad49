from __future__ import annotations

import random

import pytest
import torch
from diffusers import EulerDiscreteScheduler

from multibo.render.pipelines import Pipeline
from multibo.render.training.flight import Departures, course_of


@pytest.fixture
def departures() -> Departures:
    prompts = [torch.full((2, 3), float(n)) for n in range(5)]
    return Departures(prompts, (4, 8, 8), 16, random.Random(3))


def test_a_course_takes_the_steps_of_the_stock_scheduler(pipeline: Pipeline) -> None:
    course = course_of(pipeline.architecture, 4)
    scheduler = pipeline.architecture.start_scheduler(4, (8, 8))
    latents, velocity = torch.randn(2, 1, 4, 8, 8)

    for step, timestep in enumerate(scheduler.timesteps):
        expected = scheduler.step(velocity, timestep, latents, return_dict=False)[0]

        found = course.advanced(latents, velocity, step)

        assert torch.allclose(found, expected, atol=1e-4)


def test_errors_count_by_how_far_they_move_the_latents(pipeline: Pipeline) -> None:
    course = course_of(pipeline.architecture, 10)

    weights = course.weights

    assert float(weights.mean()) == pytest.approx(1)
    assert weights[0] < weights[3] < weights[6]


def test_other_samplers_have_no_recipe(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = EulerDiscreteScheduler(prediction_type="v_prediction")
    monkeypatch.setattr(pipeline.architecture, "start_scheduler", lambda *_: other)

    with pytest.raises(ValueError, match="EulerDiscreteScheduler"):
        course_of(pipeline.architecture, 4)


def test_rows_differ_and_about_half_of_them_are_warped(departures: Departures) -> None:
    rows = [departures.start(own_share=0.5) for _ in range(60)]

    assert 15 < sum(any(row.vector) for row in rows) < 45
    assert 15 < sum(row.is_own for row in rows) < 45
    assert len({float(row.latents[0, 0, 0]) for row in rows}) == 60
    assert all(-1 <= value <= 1 for row in rows for value in row.vector)


def test_a_row_ends_at_the_last_step_at_the_latest(departures: Departures) -> None:
    row = departures.start(own_share=0.0)

    row.step = 5
    assert not any(departures.has_ended(row, 10) for _ in range(20))
    row.step = 7
    assert {departures.has_ended(row, 10) for _ in range(40)} == {True, False}
    row.step = 10
    assert all(departures.has_ended(row, 10) for _ in range(20))
