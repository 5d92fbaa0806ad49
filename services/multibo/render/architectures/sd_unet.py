"""Stable Diffusion 1 and 2 and their kin: a UNet and one CLIP text encoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from multibo.jobs.spec import RenderSpec
from multibo.render.architectures import texts
from multibo.render.architectures.parts import StockParts
from multibo.render.architectures.port import Inputs
from multibo.render.embeddings import TextEmbedding
from multibo.warp.transform import WarpPlan


class SdUnet(StockParts):
    """Adapter of `StableDiffusionPipeline`."""

    name = "sd-unet"

    def __init__(
        self,
        parts: Any,
        device: torch.device,
        max_tokens: int,  # noqa: ARG002 - CLIP's own
    ) -> None:
        super().__init__(
            parts,
            parts.unet,
            device=device,
            max_tokens=int(parts.tokenizer.model_max_length),
            scale_px=int(parts.vae_scale_factor),
        )

    def encode(self, text: str) -> TextEmbedding:
        """Return the states of a text; see `Architecture.encode`."""
        tokens, n_tokens = texts.tokenized(self.parts.tokenizer, text, self.max_tokens)
        states = texts.clip_states(self.parts.text_encoder, tokens)
        return TextEmbedding({"states": states}, n_tokens, self.max_tokens)

    def grids(self, height: int, width: int) -> list[tuple[int, int]]:
        """Return the token grids of a UNet that halves its picture at every level."""
        levels = self.config.down_block_types
        grids = []
        for level, kind in enumerate(levels):
            # The block in the middle works at the last level.
            if "Attn" in kind or level == len(levels) - 1:
                grids.append((height, width))
            height, width = (height + 1) // 2, (width + 1) // 2
        return grids

    def is_guided(self, spec: RenderSpec) -> bool:
        """Return whether a row needs its negative prompt, too."""
        return spec.guidance > 1 and self.config.time_cond_proj_dim is None

    def extras(self, specs: Sequence[RenderSpec]) -> dict[str, Tensor]:
        """Return the guidance, embedded, of a model that learned to read it."""
        size = self.config.time_cond_proj_dim
        if size is None:
            return {}
        guidance = torch.tensor([spec.guidance - 1 for spec in specs])
        embedded = self.parts.get_guidance_scale_embedding(guidance, embedding_dim=size)
        return {"guidance": embedded.to(self.device, self.dtype)}

    def predict(
        self, latents: Tensor, timestep: Tensor, inputs: Inputs, warp: WarpPlan | None
    ) -> Tensor:
        """Return the UNet's prediction; see `Architecture.predict`."""
        prediction: Tensor = self.denoiser(
            latents,
            timestep,
            encoder_hidden_states=inputs["states"],
            timestep_cond=inputs.get("guidance"),
            cross_attention_kwargs={"warp": warp},
            added_cond_kwargs=self._added(inputs),
            return_dict=False,
        )[0]
        return prediction

    def _added(self, inputs: Inputs) -> dict[str, Tensor] | None:  # noqa: ARG002
        return None
