"""PixArt-Alpha and -Sigma: a diffusion transformer and a T5 text encoder."""

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

_TOLD_SIZE_SIDE = 128
"""PixArt-Alpha at this latent side was trained to read the size of the picture."""


class PixArt(StockParts):
    """Adapter of `PixArtAlphaPipeline` and `PixArtSigmaPipeline`."""

    name = "pixart"

    def __init__(self, parts: Any, device: torch.device, max_tokens: int) -> None:
        config = parts.transformer.config
        self._patch = int(config.patch_size)
        self._reads_size = (
            type(parts).__name__ == "PixArtAlphaPipeline"
            and config.sample_size == _TOLD_SIZE_SIDE
        )
        super().__init__(
            parts,
            parts.transformer,
            device=device,
            max_tokens=max_tokens,
            scale_px=int(parts.vae_scale_factor) * self._patch,
        )

    def encode(self, text: str) -> TextEmbedding:
        """Return states and mask of a text; see `Architecture.encode`."""
        plain = text.lower().strip()
        tokens, n_tokens = texts.tokenized(self.parts.tokenizer, plain, self.max_tokens)
        states = texts.t5_states(self.parts.text_encoder, tokens, masked=True)
        tensors = {"states": states, "mask": tokens.attention_mask[0]}
        return TextEmbedding(tensors, n_tokens, self.max_tokens)

    def grids(self, height: int, width: int) -> list[tuple[int, int]]:
        """Return the one grid of patches."""
        return [(height // self._patch, width // self._patch)]

    def extras(self, specs: Sequence[RenderSpec]) -> dict[str, Tensor]:
        """Return the size of the pictures, for a model that reads it."""
        if not self._reads_size:
            return {}
        sizes = [(spec.height_px, spec.width_px) for spec in specs]
        ratios = [(height / width,) for height, width in sizes]
        return {
            "resolution": torch.tensor(sizes).to(self.device, self.dtype),
            "aspect_ratio": torch.tensor(ratios).to(self.device, self.dtype),
        }

    def predict(
        self, latents: Tensor, timestep: Tensor, inputs: Inputs, warp: WarpPlan | None
    ) -> Tensor:
        """Return the transformer's prediction; see `Architecture.predict`."""
        sizes = {name: inputs.get(name) for name in ("resolution", "aspect_ratio")}
        prediction: Tensor = self.denoiser(
            latents,
            encoder_hidden_states=inputs["states"],
            encoder_attention_mask=inputs["mask"],
            timestep=timestep[None].expand(len(latents)),
            cross_attention_kwargs={"warp": warp},
            added_cond_kwargs=sizes,
            return_dict=False,
        )[0]
        if self.config.out_channels // 2 == self.config.in_channels:
            # The other half is the variance, which no scheduler here reads.
            prediction = prediction.chunk(2, dim=1)[0]
        return prediction
