"""Rows in flight: pictures being denoised, each at a step of its own.

Training asks for the guided prediction wherever sampling comes by, so the batch is a
handful of renders under way, started one after the other. Some are driven by the
teacher's prediction and some by the student's: it then also learns to correct itself
(Ross et al., 2011).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from multibo.render.architectures.port import Architecture

_WINDOW_ENDS = (0.2, 0.4, 0.4, 0.6, 1.0)
"""Where a row's warp ends, in parts of the steps: no family's window is learned."""
_EARLY_END = 0.35
"""Chance to end a row at each of its late steps, where guidance does little."""


@dataclass(slots=True)
class RowInFlight:
    """One picture under way."""

    latents: Tensor
    """`c x h x w`."""
    prompt: Tensor
    """`t x c` states."""
    vector: tuple[float, ...]
    """Its warp."""
    window_end: float
    is_own: bool
    """Driven by the student's prediction."""
    step: int = 0


@dataclass(frozen=True, slots=True)
class Course:
    """The noise levels of a sampler for velocity prediction without added noise."""

    timesteps: Tensor
    """`n` time steps."""
    angle: Tensor
    """`n + 1` angles whose cosine is the scale of the signal; the last belongs to the
    finished picture."""

    @property
    def weights(self) -> Tensor:
        """How much an error of the prediction moves the latents, per step; mean 1."""
        moved = (self.angle[:-1] - self.angle[1:]).sin().square()
        moved = moved.clamp(max=2 * float(moved.median()))
        return moved / moved.mean()

    def advanced(self, latents: Tensor, velocity: Tensor, step: int) -> Tensor:
        """Return latents one step later.

        Args:
            latents: at the step.
            velocity: the prediction there.
            step: index of the step.
        """
        turn = self.angle[step] - self.angle[step + 1]
        return turn.cos() * latents - turn.sin() * velocity


def course_of(model: Architecture, n_steps: int) -> Course:
    """Return the noise levels that a model is sampled at.

    Args:
        model: of a DDIM scheduler and velocity prediction.
        n_steps: denoising steps.

    Raises:
        ValueError: if the model is sampled otherwise.
    """
    scheduler = model.start_scheduler(n_steps, (1, 1))
    kind = type(scheduler).__name__, scheduler.config.prediction_type
    if kind != ("DDIMScheduler", "v_prediction"):
        raise ValueError(f"no recipe for {kind[0]} with {kind[1]}")
    signal = scheduler.alphas_cumprod[scheduler.timesteps]
    signal = torch.cat([signal, scheduler.final_alpha_cumprod.reshape(1)])
    return Course(scheduler.timesteps, signal.clamp(0, 1).sqrt().acos())


class Departures:
    """Starts rows: other prompts, noise and warps each."""

    def __init__(
        self,
        prompts: Sequence[Tensor],
        noise_shape: tuple[int, int, int],
        dimension: int,
        source: random.Random,
    ) -> None:
        """Take what rows are made of.

        Args:
            prompts: `t x c` states each.
            noise_shape: of the latents.
            dimension: of the warp family.
            source: decides everything.
        """
        self._prompts = prompts
        self._noise_shape = noise_shape
        self._dimension = dimension
        self._source = source

    def start(self, own_share: float) -> RowInFlight:
        """Return a new row; every second one is warped.

        Args:
            own_share: chance that the student drives it.
        """
        source = self._source
        generator = torch.Generator().manual_seed(source.getrandbits(62))
        warped = source.random() < 0.5
        return RowInFlight(
            latents=torch.randn(self._noise_shape, generator=generator),
            prompt=source.choice(self._prompts),
            vector=tuple(
                source.uniform(-1, 1) if warped else 0.0 for _ in range(self._dimension)
            ),
            window_end=source.choice(_WINDOW_ENDS),
            is_own=source.random() < own_share,
        )

    def has_ended(self, row: RowInFlight, n_steps: int) -> bool:
        """Return whether a row makes room for another.

        Args:
            row: after a step.
            n_steps: of a whole render.
        """
        is_late = row.step >= 0.6 * n_steps
        return row.step >= n_steps or (is_late and self._source.random() < _EARLY_END)
