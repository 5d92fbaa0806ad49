"""Stable Diffusion XL and its kin: a UNet, two CLIP text encoders, sizes as input."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from multibo.jobs.spec import RenderSpec
from multibo.render.architectures import texts
from multibo.render.architectures.port import Inputs
from multibo.render.architectures.sd_unet import SdUnet
from multibo.render.embeddings import TextEmbedding


class SdxlUnet(SdUnet):
    """Adapter of `StableDiffusionXLPipeline`."""

    name = "sdxl"

    def encode(self, text: str) -> TextEmbedding:
        """Return states and pooled vector of a text; see `Architecture.encode`.

        The empty text is all zeros where the model was trained so.
        """
        parts = self.parts
        first, n_tokens = texts.tokenized(parts.tokenizer, text, self.max_tokens)
        second, _ = texts.tokenized(parts.tokenizer_2, text, self.max_tokens)
        states, _ = texts.clip_inner(parts.text_encoder, first)
        states_2, pooled = texts.clip_inner(parts.text_encoder_2, second)
        tensors = {"states": torch.cat([states, states_2], dim=-1), "pooled": pooled}
        if not text and parts.config.force_zeros_for_empty_prompt:
            tensors = {name: torch.zeros_like(each) for name, each in tensors.items()}
        return TextEmbedding(tensors, n_tokens, self.max_tokens)

    def extras(self, specs: Sequence[RenderSpec]) -> dict[str, Tensor]:
        """Return the sizes that the model is told: not cropped, of full resolution."""
        sizes = [
            (spec.height_px, spec.width_px, 0, 0, spec.height_px, spec.width_px)
            for spec in specs
        ]
        told = torch.tensor(sizes, dtype=self.dtype, device=self.device)
        return {"sizes": told, **super().extras(specs)}

    def decode(self, latents: Tensor) -> Tensor:
        """Return the decoder's output; see `Architecture.decode`."""
        config = self.vae.config
        mean = getattr(config, "latents_mean", None)
        deviation = getattr(config, "latents_std", None)
        if mean is None or deviation is None:
            return super().decode(latents)
        latents = latents.to(self.vae.dtype)
        center, spread = (
            torch.tensor(values).view(1, -1, 1, 1).to(latents.device, latents.dtype)
            for values in (mean, deviation)
        )
        scaled = latents * spread / config.scaling_factor + center
        decoded: Tensor = self.vae.decode(scaled, return_dict=False)[0]
        return decoded

    def _added(self, inputs: Inputs) -> dict[str, Tensor]:
        return {"text_embeds": inputs["pooled"], "time_ids": inputs["sizes"]}
