"""A scheduler as one batch uses it: its time steps, its history, its noise.

Schedulers of diffusers keep what they remember of earlier steps for the whole batch;
rows leave a batch, so everything remembered can be narrowed to the rows that stay.
Noise that a scheduler adds is drawn per row, from the row's own seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor

from multibo.render.errors import SchedulerUnsupportedError

_PLAIN: Final = frozenset(
    {
        "DDIMScheduler",
        "DPMSolverMultistepScheduler",
        "EulerDiscreteScheduler",
        "FlowMatchEulerDiscreteScheduler",
        "PNDMScheduler",
        "UniPCMultistepScheduler",
    }
)
_NOISY: Final = frozenset({"EulerAncestralDiscreteScheduler", "LCMScheduler"})
_FLOW: Final = "FlowMatchEulerDiscreteScheduler"
SUPPORTED: Final = _PLAIN | _NOISY
"""One call of the model per step, and no noise but from generators that we hand in."""
_REMEMBERED: Final = (
    "model_outputs",
    "timestep_list",
    "lower_order_nums",
    "this_order",
    "last_sample",
    "ets",
    "counter",
    "cur_sample",
    "cur_model_output",
)
"""What any supported scheduler carries from step to step, but for the step's index."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What a schedule remembers of one row between two steps."""

    values: Mapping[str, Any]
    """By attribute of the scheduler; tensors are those of the row alone."""
    generator: torch.Tensor | None
    """State of the row's generator."""


class Schedule:
    """The scheduler of one batch."""

    def __init__(
        self,
        scheduler: Any,
        *,
        seeds: Sequence[int],
        noise_shape: Sequence[int],
    ) -> None:
        """Take a scheduler whose time steps are set.

        Args:
            scheduler: of this batch alone.
            seeds: base seed per place.
            noise_shape: channels, height and width of the latent picture.

        Raises:
            SchedulerUnsupportedError: if rows could not leave, or would share noise.
        """
        assert_supported(scheduler)
        self._scheduler = scheduler
        self.timesteps: Tensor = scheduler.timesteps
        self.expected = torch.empty(0)
        """`p x c x h x w`: how the last step expects the latents to end."""
        self._generators: list[torch.Generator] | None = None
        if type(scheduler).__name__ in _NOISY:
            self._generators = [_after_start(seed, noise_shape) for seed in seeds]

    @property
    def start_scale(self) -> float | Tensor:
        """Standard deviation of the noise it starts from."""
        scale: float | Tensor = getattr(self._scheduler, "init_noise_sigma", 1.0)
        return scale

    def scaled(self, latents: Tensor, timestep: Tensor) -> Tensor:
        """Return latents as the model wants them.

        Args:
            latents: `b x c x h x w`.
            timestep: the time step.
        """
        if not hasattr(self._scheduler, "scale_model_input"):
            return latents
        scaled: Tensor = self._scheduler.scale_model_input(latents, timestep)
        return scaled

    def step(self, prediction: Tensor, timestep: Tensor, latents: Tensor) -> Tensor:
        """Return the latents after a step.

        Args:
            prediction: `p x c x h x w`, what the model said, guidance applied.
            timestep: the time step.
            latents: `p x c x h x w`.
        """
        noise = {} if self._generators is None else {"generator": self._generators}
        stepped = self._scheduler.step(prediction, timestep, latents, **noise)
        after: Tensor = stepped.prev_sample
        self.expected = self._expected(stepped, prediction, latents)
        return after

    def _expected(self, stepped: Any, prediction: Tensor, latents: Tensor) -> Tensor:
        """Return what the row looks like in the end, as far as the step tells."""
        for name in ("pred_original_sample", "denoised"):
            found = getattr(stepped, name, None)
            if isinstance(found, Tensor):
                return found
        if type(self._scheduler).__name__ == _FLOW:
            sigma = self._scheduler.sigmas[self._scheduler.step_index - 1]
            ahead: Tensor = latents - sigma * prediction
            return ahead
        outputs = getattr(self._scheduler, "model_outputs", None)
        # A solver of this kind keeps its predictions of the end.
        kept: Tensor | None = outputs[-1] if outputs else None
        after: Tensor = stepped.prev_sample
        return after if kept is None else kept

    def keep(self, places: Sequence[int]) -> None:
        """Narrow what is remembered to some places of the batch.

        Args:
            places: of the batch so far; repeating one makes padding.
        """
        for name in _REMEMBERED:
            if hasattr(self._scheduler, name):
                value = getattr(self._scheduler, name)
                setattr(self._scheduler, name, _narrowed(value, places))
        if self._generators is not None:
            self._generators = [_copy(self._generators[place]) for place in places]

    def memory(self, place: int) -> Memory:
        """Return what is remembered of one row.

        Args:
            place: of the row in the batch.
        """
        values = {
            name: _narrowed(getattr(self._scheduler, name), [place])
            for name in _REMEMBERED
            if hasattr(self._scheduler, name)
        }
        state = None
        if self._generators is not None:
            state = self._generators[place].get_state()
        return Memory(values, state)

    def resume(self, n_done: int, rows: Sequence[Memory]) -> None:
        """Go on as if steps had been done.

        Args:
            n_done: number of these steps.
            rows: what is remembered of each place after them.
        """
        for name in rows[0].values:
            joined = _joined([row.values[name] for row in rows])
            setattr(self._scheduler, name, joined)
        if hasattr(self._scheduler, "_step_index"):
            self._scheduler._step_index = n_done
        if self._generators is not None:
            self._generators = [_restored(row.generator) for row in rows]


def assert_supported(scheduler: Any) -> None:
    """Refuse a scheduler that cannot serve a batch of independent rows.

    Args:
        scheduler: of a loaded pipeline.

    Raises:
        SchedulerUnsupportedError: with the reason.
    """
    name = type(scheduler).__name__
    if name not in SUPPORTED:
        raise SchedulerUnsupportedError(name, supported=tuple(sorted(SUPPORTED)))
    config = scheduler.config
    refused = {
        "stochastic_sampling": config.get("stochastic_sampling"),
        "a stochastic solver": "sde" in str(config.get("algorithm_type", "")),
        "Runge-Kutta steps": name == "PNDMScheduler"
        and not config.get("skip_prk_steps"),
    }
    for reason, found in refused.items():
        if found:
            raise SchedulerUnsupportedError(
                f"{name} with {reason}", supported=tuple(sorted(SUPPORTED))
            )


def _narrowed(value: Any, places: Sequence[int]) -> Any:
    if isinstance(value, Tensor) and value.ndim > 1:
        return value[list(places)]
    if isinstance(value, list):
        return [_narrowed(each, places) for each in value]
    return value


def _joined(values: Sequence[Any]) -> Any:
    """Return what `_narrowed` took apart."""
    if isinstance(values[0], Tensor) and values[0].ndim > 1:
        return torch.cat(list(values))
    if isinstance(values[0], list):
        return [_joined(each) for each in zip(*values, strict=True)]
    return values[0]


def _restored(state: torch.Tensor | None) -> torch.Generator:
    generator = torch.Generator("cpu")
    if state is not None:
        generator.set_state(state)
    return generator


def _after_start(seed: int, shape: Sequence[int]) -> torch.Generator:
    """Return a row's generator as it is once the start noise is drawn."""
    generator = torch.Generator("cpu").manual_seed(seed)
    torch.randn((1, *shape), generator=generator)
    return generator


def _copy(generator: torch.Generator) -> torch.Generator:
    twin = torch.Generator("cpu")
    twin.set_state(generator.get_state())
    return twin
