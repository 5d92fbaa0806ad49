"""Stable Diffusion 1 and 2 and their kin: a UNet and one CLIP text encoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from multibo.jobs.spec import RenderSpec
from multibo.render.architectures import clip
from multibo.render.architectures.port import Inputs
from multibo.render.embeddings import TextEmbedding
from multibo.warp.transform import WarpPlan


class SdUnet:
    """Adapter of `StableDiffusionPipeline`."""

    name = "sd-unet"

    def __init__(self, parts: Any, device: torch.device) -> None:
        self.denoiser: nn.Module = parts.unet
        self.vae = parts.vae
        self.scheduler = parts.scheduler
        self.dtype: torch.dtype = parts.unet.dtype
        self.device = device
        self.scale_px = int(parts.vae_scale_factor)
        self.max_tokens = int(parts.tokenizer.model_max_length)
        self._config = parts.unet.config
        self._tokenizer = parts.tokenizer
        self._text_encoder = parts.text_encoder

    def encode(self, text: str) -> TextEmbedding:
        """Return the states of a text; see `Architecture.encode`."""
        padded, n_tokens = clip.tokenized(self._tokenizer, text, self.max_tokens)
        states = clip.last_states(self._text_encoder, padded.input_ids)
        return TextEmbedding({"states": states}, n_tokens, self.max_tokens)

    def noise_shape(self, height_px: int, width_px: int) -> tuple[int, int, int]:
        """Return the latents' shape; see `Architecture.noise_shape`."""
        return (
            int(self._config.in_channels),
            height_px // self.scale_px,
            width_px // self.scale_px,
        )

    def grids(self, height: int, width: int) -> list[tuple[int, int]]:
        """Return the token grids of a UNet that halves its picture at every level."""
        grids = [(height, width)]
        for _ in range(len(self._config.down_block_types) - 1):
            height, width = (height + 1) // 2, (width + 1) // 2
            grids.append((height, width))
        return grids

    def start_scheduler(self, n_steps: int, grid: tuple[int, int]) -> Any:  # noqa: ARG002
        """Return a scheduler for one batch; see `Architecture.start_scheduler`."""
        scheduler = type(self.scheduler).from_config(self.scheduler.config)
        scheduler.set_timesteps(n_steps, device=self.device)
        return scheduler

    def is_guided(self, spec: RenderSpec) -> bool:
        """Return whether a row needs its negative prompt, too."""
        return spec.guidance > 1

    def extras(self, specs: Sequence[RenderSpec]) -> dict[str, Tensor]:  # noqa: ARG002
        """Return nothing: this UNet reads only states."""
        return {}

    def predict(
        self, latents: Tensor, timestep: Tensor, inputs: Inputs, warp: WarpPlan | None
    ) -> Tensor:
        """Return the UNet's prediction; see `Architecture.predict`."""
        prediction: Tensor = self.denoiser(
            latents,
            timestep,
            encoder_hidden_states=inputs["states"],
            cross_attention_kwargs={"warp": warp},
            return_dict=False,
        )[0]
        return prediction

    def decode(self, latents: Tensor) -> Tensor:
        """Return the decoder's output; see `Architecture.decode`."""
        scaled = latents / self.vae.config.scaling_factor
        decoded: Tensor = self.vae.decode(scaled, return_dict=False)[0]
        return decoded
