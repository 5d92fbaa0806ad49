"""Stable Diffusion 3 and 3.5: image and text tokens in one attention (MMDiT)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from multibo.render.architectures import flow, texts
from multibo.render.architectures.parts import StockParts
from multibo.render.architectures.port import Inputs
from multibo.render.embeddings import TextEmbedding
from multibo.warp.transform import WarpPlan

_LARGEST_SHIFT = 1.16


class Sd3(StockParts):
    """Adapter of `StableDiffusion3Pipeline`."""

    name = "sd3"

    def __init__(self, parts: Any, device: torch.device, max_tokens: int) -> None:
        flow.assert_flow(parts.scheduler)
        self._clip_tokens = int(parts.tokenizer.model_max_length)
        self._patch = int(parts.transformer.config.patch_size)
        super().__init__(
            parts,
            parts.transformer,
            device=device,
            max_tokens=max_tokens,
            scale_px=int(parts.vae_scale_factor) * self._patch,
        )

    def encode(self, text: str) -> TextEmbedding:
        """Return states and pooled vector of a text; see `Architecture.encode`."""
        parts = self.parts
        states, pooled = [], []
        n_tokens = 0
        for tokenizer, encoder in (
            (parts.tokenizer, parts.text_encoder),
            (parts.tokenizer_2, parts.text_encoder_2),
        ):
            tokens, n_tokens = texts.tokenized(tokenizer, text, self._clip_tokens)
            inner, projected = texts.clip_inner(encoder, tokens)
            states.append(inner)
            pooled.append(projected)
        both = torch.cat(states, dim=-1)
        long, n_long = self._long_states(text)
        padded = functional.pad(both, (0, long.shape[-1] - both.shape[-1]))
        tensors = {
            "states": torch.cat([padded, long.to(both)], dim=0),
            "pooled": torch.cat(pooled),
        }
        return TextEmbedding(tensors, n_long or n_tokens, self.max_tokens)

    def _long_states(self, text: str) -> tuple[Tensor, int]:
        """Return T5's states, zeros if the model comes without it, and its tokens."""
        parts = self.parts
        if parts.text_encoder_3 is None:
            return torch.zeros(self.max_tokens, self.config.joint_attention_dim), 0
        tokens, n_tokens = texts.tokenized(parts.tokenizer_3, text, self.max_tokens)
        return texts.t5_states(parts.text_encoder_3, tokens), n_tokens

    def grids(self, height: int, width: int) -> list[tuple[int, int]]:
        """Return the one grid of patches."""
        return [(height // self._patch, width // self._patch)]

    def start_scheduler(self, n_steps: int, grid: tuple[int, int]) -> Any:
        """Return a scheduler for one batch; see `Architecture.start_scheduler`."""
        scheduler = self.fresh_scheduler()
        shift = {}
        if scheduler.config.get("use_dynamic_shifting"):
            [(height, width)] = self.grids(*grid)
            n_tokens = height * width
            shift["mu"] = flow.size_shift(
                scheduler.config, n_tokens, largest=_LARGEST_SHIFT
            )
        scheduler.set_timesteps(n_steps, device=self.device, **shift)
        return scheduler

    def predict(
        self, latents: Tensor, timestep: Tensor, inputs: Inputs, warp: WarpPlan | None
    ) -> Tensor:
        """Return the transformer's prediction; see `Architecture.predict`."""
        prediction: Tensor = self.denoiser(
            hidden_states=latents,
            timestep=timestep.expand(len(latents)),
            encoder_hidden_states=inputs["states"],
            pooled_projections=inputs["pooled"],
            joint_attention_kwargs={"warp": warp},
            return_dict=False,
        )[0]
        return prediction
