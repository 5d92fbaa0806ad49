"""What the adapters of all architectures have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from multibo.jobs.spec import RenderSpec


class StockParts:
    """The parts of a stock pipeline, behind one face; see `port.Architecture`."""

    name = ""

    def __init__(
        self,
        parts: Any,
        denoiser: Any,
        *,
        device: torch.device,
        max_tokens: int,
        scale_px: int,
    ) -> None:
        """Take the parts.

        Args:
            parts: a pipeline of diffusers, only its parts are used.
            denoiser: its UNet or transformer.
            device: where it computes.
            max_tokens: tokens that its longest-reading text encoder takes.
            scale_px: sides of a picture are multiples of this.
        """
        self.parts = parts
        self.denoiser: nn.Module = denoiser
        self.vae = parts.vae
        self.scheduler = parts.scheduler
        self.dtype: torch.dtype = denoiser.dtype
        self.device = device
        self.max_tokens = max_tokens
        self.scale_px = scale_px
        self.config = denoiser.config

    def weights(self) -> list[nn.Module]:
        """Return every module that takes memory; see `Architecture.weights`."""
        found = self.parts.components.values()
        return [part for part in found if isinstance(part, nn.Module)]

    def noise_shape(self, height_px: int, width_px: int) -> tuple[int, int, int]:
        """Return the latents' shape; see `Architecture.noise_shape`."""
        factor = int(self.parts.vae_scale_factor)
        return int(self.config.in_channels), height_px // factor, width_px // factor

    def start_scheduler(self, n_steps: int, grid: tuple[int, int]) -> Any:  # noqa: ARG002
        """Return a scheduler for one batch; see `Architecture.start_scheduler`."""
        scheduler = self.fresh_scheduler()
        scheduler.set_timesteps(n_steps, device=self.device)
        return scheduler

    def fresh_scheduler(self) -> Any:
        """Return a scheduler that remembers nothing, its time steps not set."""
        return type(self.scheduler).from_config(self.scheduler.config)

    def is_guided(self, spec: RenderSpec) -> bool:
        """Return whether a row needs its negative prompt, too."""
        return spec.guidance > 1

    def extras(self, specs: Sequence[RenderSpec]) -> dict[str, Tensor]:  # noqa: ARG002
        """Return nothing: most models read only texts."""
        return {}

    def decode(self, latents: Tensor) -> Tensor:
        """Return the decoder's output; see `Architecture.decode`."""
        config = self.vae.config
        scaled = latents.to(self.vae.dtype) / config.scaling_factor
        if getattr(config, "shift_factor", None) is not None:
            scaled = scaled + config.shift_factor
        decoded: Tensor = self.vae.decode(scaled, return_dict=False)[0]
        return decoded
