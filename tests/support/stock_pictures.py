"""What the stock pipelines of diffusers make of our specs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from multibo.jobs.catalog import ModelSpec
from multibo.jobs.spec import RenderSpec
from multibo.render.loading import stock_of
from multibo.render.noise import seed_noise


def stock_pipeline(model: ModelSpec, dtype: torch.dtype = torch.float32) -> Any:
    """The pipeline as diffusers loads it, made for inference."""
    stock = stock_of(model.path).from_pretrained(
        model.path, dtype=dtype, local_files_only=True, low_cpu_mem_usage=False
    )
    stock.set_progress_bar_config(disable=True)
    for part in stock.components.values():
        if isinstance(part, torch.nn.Module):
            # In half precision the convolutions of the two modes differ.
            part.requires_grad_(requires_grad=False)
    transformer = getattr(stock, "transformer", None)
    if transformer is not None and transformer.dtype != dtype:
        transformer.to(dtype)
    return stock


def stock_pictures(
    stock: Any, model: ModelSpec, rows: Sequence[RenderSpec]
) -> list[Tensor]:
    """One `__call__` for rows that differ in nothing but the seed."""
    spec = rows[0]
    more: dict[str, Any] = {}
    if model.architecture != "flux":
        more["negative_prompt"] = spec.negative_prompt or None
    if model.architecture in ("sd3", "flux", "pixart"):
        more["max_sequence_length"] = model.max_tokens
    if model.architecture == "pixart":
        more["use_resolution_binning"] = False
        more["negative_prompt"] = spec.negative_prompt
    latents, generators = _start(stock, model, rows)
    pictures: Tensor = stock(
        prompt=spec.prompt,
        num_images_per_prompt=len(rows),
        latents=latents,
        generator=generators,
        height=spec.height_px,
        width=spec.width_px,
        num_inference_steps=spec.steps,
        guidance_scale=spec.guidance,
        output_type="pt",
        **more,
    ).images
    return list(pictures.float())


def _start(
    stock: Any, model: ModelSpec, rows: Sequence[RenderSpec]
) -> tuple[Tensor, list[torch.Generator]]:
    denoiser = stock.transformer if hasattr(stock, "transformer") else stock.unet
    channels = int(denoiser.config.in_channels)
    factor = stock.vae_scale_factor
    height, width = rows[0].height_px // factor, rows[0].width_px // factor
    if model.architecture == "flux":
        channels //= 4
    shape = (channels, height, width)
    latents = torch.stack([seed_noise(row.base_seed, shape) for row in rows])
    latents = latents.to(denoiser.dtype)
    generators = [torch.Generator().manual_seed(row.base_seed) for row in rows]
    for generator in generators:
        # As it would be, had the pipeline drawn the start noise itself.
        torch.randn((1, *shape), generator=generator)
    if model.architecture == "flux":
        latents = stock._pack_latents(latents, len(rows), *shape)
    return latents, generators
