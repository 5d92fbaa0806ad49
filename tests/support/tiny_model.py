"""A Stable-Diffusion-shaped pipeline of random weights: a second, not a minute."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from transformers import AutoTokenizer, CLIPTextConfig, CLIPTextModel

from multibo.jobs.catalog import ModelSpec, WarpSpaceSpec
from multibo.jobs.spec import RenderSpec
from multibo.pretrained import catalog_path
from multibo.warp.parametrization import WarpFamily
from multibo.warp.space import warp_space

SIDE_PX = 32
SPACE = "flow-16@1"
IDENTITY = (0,) * 16
AMPLITUDES = (0.12,) * 16


def a_family(**changes: Any) -> WarpFamily:
    family = WarpFamily(
        space=warp_space("flow-16", 1),
        window=(0.0, 0.5),
        blocks=("down", "mid", "up"),
        amplitudes=AMPLITUDES,
    )
    return replace(family, **changes)


def tiny_unet() -> UNet2DConditionModel:
    torch.manual_seed(0)
    return UNet2DConditionModel(
        sample_size=8,
        in_channels=4,
        out_channels=4,
        layers_per_block=1,
        block_out_channels=(16, 32),
        norm_num_groups=8,
        down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
        mid_block_type="UNetMidBlock2DCrossAttn",
        attention_head_dim=2,
        cross_attention_dim=32,
    ).eval()


def tiny_vae() -> AutoencoderKL:
    return AutoencoderKL(
        block_out_channels=(8, 8, 16),
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        layers_per_block=1,
        norm_num_groups=4,
        latent_channels=4,
        sample_size=SIDE_PX,
    )


def save_tiny_pipeline(folder: Path) -> None:
    unet, vae = tiny_unet(), tiny_vae()
    text_encoder = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=1024,
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            max_position_embeddings=64,
            bos_token_id=0,
            eos_token_id=1,
            pad_token_id=1,
        )
    )
    tokenizer = AutoTokenizer.from_pretrained(
        catalog_path().parent / "avatars/pipe/tokenizer"
    )
    StableDiffusionPipeline(
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        unet=unet,
        scheduler=DDIMScheduler(
            prediction_type="v_prediction",
            timestep_spacing="trailing",
            rescale_betas_zero_snr=True,
            clip_sample=False,
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder)


def tiny_model(folder: Path) -> ModelSpec:
    """Make the pipeline in `folder`/pipe and return its catalog entry."""
    save_tiny_pipeline(folder / "pipe")
    space = WarpSpaceSpec(
        name=SPACE,
        family="flow-16",
        revision=1,
        window=(0.0, 0.5),
        blocks=("down", "mid", "up"),
        amplitudes=AMPLITUDES,
    )
    return ModelSpec(
        name="tiny",
        title="Tiny",
        revision="7",
        path=folder / "pipe",
        architecture="sd-unet",
        width_px=SIDE_PX,
        height_px=SIDE_PX,
        steps=4,
        guidance=2.5,
        negative_prompt="",
        max_tokens=64,
        default_warp_space=SPACE,
        warp_spaces={SPACE: space},
        examples=("comic portrait",),
    )


def a_row(**changes: Any) -> RenderSpec:
    spec = RenderSpec(
        model="tiny",
        revision="7",
        prompt="comic portrait, brown long hair",
        negative_prompt="",
        base_seed=2**62 + 1,
        warp_space=SPACE,
        warp=IDENTITY,
        steps=4,
        guidance=2.5,
        width_px=SIDE_PX,
        height_px=SIDE_PX,
    )
    return replace(spec, **changes)


def random_warps(n: int, seed: int = 0) -> list[tuple[int, ...]]:
    generator = torch.Generator().manual_seed(seed)
    stored = torch.randint(-4096, 4097, (n, 16), generator=generator)
    return [tuple(row) for row in stored.tolist()]
