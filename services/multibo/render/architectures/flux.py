"""FLUX.1: a transformer over text and image tokens with rotary positions.

Guidance is an input of the model, not a second prediction: one row costs one line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from multibo.jobs.spec import RenderSpec
from multibo.render.architectures import flow, texts
from multibo.render.architectures.parts import StockParts
from multibo.render.architectures.port import Inputs
from multibo.render.embeddings import TextEmbedding
from multibo.warp.processors_flux import FluxPlan, displaced_places
from multibo.warp.transform import WarpPlan

_LARGEST_SHIFT = 1.15


class Flux(StockParts):
    """Adapter of `FluxPipeline`."""

    name = "flux"

    def __init__(self, parts: Any, device: torch.device, max_tokens: int) -> None:
        flow.assert_flow(parts.scheduler)
        super().__init__(
            parts,
            parts.transformer,
            device=device,
            max_tokens=max_tokens,
            scale_px=2 * int(parts.vae_scale_factor),
        )

    def encode(self, text: str) -> TextEmbedding:
        """Return states and pooled vector of a text; see `Architecture.encode`."""
        parts = self.parts
        n_clip = int(parts.tokenizer.model_max_length)
        short, _ = texts.tokenized(parts.tokenizer, text, n_clip)
        long, n_tokens = texts.tokenized(parts.tokenizer_2, text, self.max_tokens)
        tensors = {
            "states": texts.t5_states(parts.text_encoder_2, long),
            "pooled": texts.clip_pooled(parts.text_encoder, short),
        }
        return TextEmbedding(tensors, n_tokens, self.max_tokens)

    def noise_shape(self, height_px: int, width_px: int) -> tuple[int, int, int]:
        """Return the latents' shape; see `Architecture.noise_shape`."""
        channels, height, width = super().noise_shape(height_px, width_px)
        return channels // 4, height, width

    def grids(self, height: int, width: int) -> list[tuple[int, int]]:
        """Return the one grid of tokens, of two by two latents each."""
        return [(height // 2, width // 2)]

    def start_scheduler(self, n_steps: int, grid: tuple[int, int]) -> Any:
        """Return a scheduler for one batch; see `Architecture.start_scheduler`."""
        scheduler = self.fresh_scheduler()
        [(height, width)] = self.grids(*grid)
        shift = flow.size_shift(
            scheduler.config, height * width, largest=_LARGEST_SHIFT
        )
        even = np.linspace(1.0, 1 / n_steps, n_steps)
        if scheduler.config.get("use_flow_sigmas"):
            scheduler.set_timesteps(n_steps, device=self.device, mu=shift)
        else:
            scheduler.set_timesteps(sigmas=even, device=self.device, mu=shift)
        scheduler.set_begin_index(0)
        return scheduler

    def is_guided(self, spec: RenderSpec) -> bool:  # noqa: ARG002
        """Return False: there is no negative prompt."""
        return False

    def extras(self, specs: Sequence[RenderSpec]) -> dict[str, Tensor]:
        """Return the guidance, for a model that reads it."""
        if not self.config.guidance_embeds:
            return {}
        values = [spec.guidance for spec in specs]
        return {"guidance": torch.tensor(values, device=self.device)}

    def predict(
        self, latents: Tensor, timestep: Tensor, inputs: Inputs, warp: WarpPlan | None
    ) -> Tensor:
        """Return the transformer's prediction; see `Architecture.predict`."""
        n_rows, _, height, width = latents.shape
        [grid] = self.grids(height, width)
        states = inputs["states"]
        text_places = torch.zeros(states.shape[1], 3).to(states)
        places = _places(grid).to(latents)
        plan = None if warp is None else self._plan(warp, text_places, places, n_rows)
        prediction: Tensor = self.denoiser(
            hidden_states=_packed(latents),
            timestep=timestep.expand(n_rows).to(latents.dtype) / 1000,
            guidance=inputs.get("guidance"),
            pooled_projections=inputs["pooled"],
            encoder_hidden_states=states,
            txt_ids=text_places,
            img_ids=places,
            joint_attention_kwargs={"warp": plan},
            return_dict=False,
        )[0]
        return _unpacked(prediction, grid)

    def _plan(
        self, warp: WarpPlan, text_places: Tensor, places: Tensor, n_rows: int
    ) -> FluxPlan:
        n_tokens = len(places)
        grid = warp.grids[n_tokens]
        if not warp.of_positions:
            return FluxPlan(n_tokens, grid=grid)
        width = int(places[-1, 2]) + 1
        moved = displaced_places(grid, n_rows, width)
        first = places[None, :, :1].float().expand(n_rows, -1, -1)
        text = text_places.float().expand(n_rows, -1, -1)
        everything = torch.cat([text, torch.cat([first, moved], dim=-1)], dim=1)
        rotary: nn.Module = self.denoiser.get_submodule("pos_embed")
        cosine, sine = rotary(everything.flatten(0, 1))
        shape = (*everything.shape[:2], -1)
        return FluxPlan(n_tokens, rotation=(cosine.view(shape), sine.view(shape)))


def _places(grid: tuple[int, int]) -> Tensor:
    """Return `n x 3` positions of the image tokens: 0, line, column."""
    height, width = grid
    places = torch.zeros(height, width, 3)
    places[..., 1] = torch.arange(height)[:, None]
    places[..., 2] = torch.arange(width)[None, :]
    return places.view(height * width, 3)


def _packed(latents: Tensor) -> Tensor:
    """Return `b x n x 4c` tokens of `b x c x 2h x 2w` latents."""
    n_rows, channels, height, width = latents.shape
    cells = latents.view(n_rows, channels, height // 2, 2, width // 2, 2)
    return cells.permute(0, 2, 4, 1, 3, 5).reshape(n_rows, -1, channels * 4)


def _unpacked(tokens: Tensor, grid: tuple[int, int]) -> Tensor:
    """Return `b x c x 2h x 2w` latents of `b x n x 4c` tokens."""
    height, width = grid
    n_rows, _, size = tokens.shape
    cells = tokens.view(n_rows, height, width, size // 4, 2, 2)
    whole = cells.permute(0, 3, 1, 4, 2, 5)
    return whole.reshape(n_rows, size // 4, 2 * height, 2 * width)
