from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    HeunDiscreteScheduler,
    PNDMScheduler,
    UniPCMultistepScheduler,
)
from torch import Tensor

from multibo.render.architectures import flow
from multibo.render.errors import SchedulerUnsupportedError
from multibo.render.schedule import Schedule, assert_supported

# Schedulers of diffusers hand tensors to numpy in a way that numpy is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:diffusers.*")
SHAPE = (4, 6, 6)
KINDS = {
    "history": DPMSolverMultistepScheduler,
    "noise": EulerAncestralDiscreteScheduler,
    "pndm": lambda: PNDMScheduler(skip_prk_steps=True),
    "unipc": UniPCMultistepScheduler,
    "plain": DDIMScheduler,
}


def a_schedule(kind: str, seeds: list[int]) -> Schedule:
    scheduler = KINDS[kind]()
    scheduler.set_timesteps(6)
    return Schedule(scheduler, seeds=seeds, noise_shape=SHAPE)


def latents_of(seeds: list[int]) -> Tensor:
    rows = [
        torch.randn(SHAPE, generator=torch.Generator().manual_seed(seed))
        for seed in seeds
    ]
    return torch.stack(rows)


def steps(schedule: Schedule, latents: Tensor, places: range) -> Tensor:
    """Some steps of a model that says what is there, halved."""
    for timestep in schedule.timesteps[places.start : places.stop]:
        scaled = schedule.scaled(latents, timestep)
        latents = schedule.step(0.5 * scaled, timestep, latents)
    return latents


@pytest.mark.parametrize("kind", list(KINDS))
def test_rows_that_stay_go_on_as_if_the_others_had_never_been(kind: str) -> None:
    seeds = [3, 5, 7, 9]
    whole = a_schedule(kind, seeds)
    expected = steps(whole, latents_of(seeds), range(6))

    schedule = a_schedule(kind, seeds)
    latents = steps(schedule, latents_of(seeds), range(3))
    schedule.keep([1, 3])
    rest = steps(schedule, latents[[1, 3]], range(3, 6))

    assert torch.equal(rest, expected[[1, 3]])


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_schedule_resumes_from_what_it_remembers_of_its_rows(kind: str) -> None:
    seeds = [3, 5]
    schedule = a_schedule(kind, seeds)
    middle = steps(schedule, latents_of(seeds), range(3))
    memories = [schedule.memory(place) for place in (1, 0)]
    expected = steps(schedule, middle, range(3, 6))

    resumed = a_schedule(kind, [5, 3])
    resumed.resume(3, memories)
    rest = steps(resumed, middle[[1, 0]], range(3, 6))

    assert torch.equal(rest, expected[[1, 0]])


def test_padding_has_noise_of_its_own() -> None:
    seeds = [3, 5]
    expected = steps(a_schedule("noise", seeds), latents_of(seeds), range(6))

    padded = a_schedule("noise", seeds)
    latents = steps(padded, latents_of(seeds), range(2))
    padded.keep([0, 1, 1, 1])
    rest = steps(padded, latents[[0, 1, 1, 1]], range(2, 6))

    assert torch.equal(rest[:2], expected)
    assert torch.equal(rest[2], expected[1])


@pytest.mark.parametrize(
    ("scheduler", "reason"),
    [
        (lambda: HeunDiscreteScheduler(), "HeunDiscreteScheduler"),
        (lambda: PNDMScheduler(), "Runge-Kutta"),
        (
            lambda: DPMSolverMultistepScheduler(algorithm_type="sde-dpmsolver++"),
            "stochastic",
        ),
        (
            lambda: FlowMatchEulerDiscreteScheduler(stochastic_sampling=True),
            "stochastic",
        ),
    ],
)
def test_a_scheduler_whose_rows_are_not_independent_is_refused(
    scheduler: Callable[[], object], reason: str
) -> None:
    with pytest.raises(SchedulerUnsupportedError, match=reason):
        assert_supported(scheduler())


def test_flow_models_take_no_other_scheduler() -> None:
    with pytest.raises(SchedulerUnsupportedError, match="DDIMScheduler"):
        flow.assert_flow(DDIMScheduler())


def test_the_shift_of_a_flow_is_linear_in_the_number_of_tokens() -> None:
    config = FlowMatchEulerDiscreteScheduler(base_shift=0.5, max_shift=1.15).config

    assert flow.size_shift(config, 256, largest=9.0) == pytest.approx(0.5)
    assert flow.size_shift(config, 4096, largest=9.0) == pytest.approx(1.15)
