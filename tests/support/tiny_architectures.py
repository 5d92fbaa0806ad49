"""Pipelines of random weights, one of each architecture: a second each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    FluxPipeline,
    FluxTransformer2DModel,
    PixArtSigmaPipeline,
    PixArtTransformer2DModel,
    PNDMScheduler,
    SD3Transformer2DModel,
    StableDiffusion3Pipeline,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from transformers import CLIPTextModelWithProjection

from multibo.jobs.catalog import ModelSpec, WarpSpaceSpec
from tests.support.tiny_model import AMPLITUDES, SIDE_PX, tiny_unet
from tests.support.tiny_texts import (
    N_LONG_TOKENS,
    clip,
    clip_tokenizer,
    t5,
    t5_tokenizer,
)


def vae(**changes: Any) -> AutoencoderKL:
    settings = {
        "block_out_channels": (8, 8, 16),
        "down_block_types": ("DownEncoderBlock2D",) * 3,
        "up_block_types": ("UpDecoderBlock2D",) * 3,
        "layers_per_block": 1,
        "norm_num_groups": 4,
        "latent_channels": 4,
        "sample_size": SIDE_PX,
    }
    return AutoencoderKL(**{**settings, **changes})


def sd15() -> Any:
    """As released: PNDM, epsilon prediction."""
    return StableDiffusionPipeline(
        vae=vae(),
        text_encoder=clip(),
        tokenizer=clip_tokenizer(),
        unet=tiny_unet(),
        scheduler=PNDMScheduler(skip_prk_steps=True, steps_offset=1),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def sdxl(scheduler: Any = None) -> Any:
    unet = UNet2DConditionModel(
        sample_size=8,
        block_out_channels=(16, 32),
        layers_per_block=1,
        norm_num_groups=8,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        mid_block_type="UNetMidBlock2DCrossAttn",
        attention_head_dim=(2, 4),
        transformer_layers_per_block=(1, 2),
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=6 * 8 + 16,
        cross_attention_dim=64,
    )
    return StableDiffusionXLPipeline(
        vae=vae(force_upcast=True),
        text_encoder=clip(),
        text_encoder_2=clip(CLIPTextModelWithProjection),
        tokenizer=clip_tokenizer(),
        tokenizer_2=clip_tokenizer(),
        unet=unet,
        scheduler=scheduler or EulerDiscreteScheduler(timestep_spacing="leading"),
    )


def sdxl_turbo() -> Any:
    """Ancestral noise at every step, and no guidance."""
    return sdxl(EulerAncestralDiscreteScheduler(timestep_spacing="trailing"))


def sd3(**changes: Any) -> Any:
    transformer = SD3Transformer2DModel(
        sample_size=8,
        patch_size=1,
        in_channels=4,
        out_channels=4,
        num_layers=3,
        attention_head_dim=8,
        num_attention_heads=4,
        joint_attention_dim=64,
        caption_projection_dim=32,
        pooled_projection_dim=32,
        pos_embed_max_size=16,
        **changes,
    )
    return StableDiffusion3Pipeline(
        transformer=transformer,
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=vae(shift_factor=0.06, scaling_factor=1.5),
        text_encoder=clip(CLIPTextModelWithProjection),
        text_encoder_2=clip(CLIPTextModelWithProjection),
        tokenizer=clip_tokenizer(),
        tokenizer_2=clip_tokenizer(),
        text_encoder_3=t5(d_model=64),
        tokenizer_3=t5_tokenizer(),
    )


def sd35() -> Any:
    """With a second attention of the image alone, and normed queries and keys."""
    return sd3(dual_attention_layers=(0, 1), qk_norm="rms_norm")


def flux(*, guidance_embeds: bool = True) -> Any:
    transformer = FluxTransformer2DModel(
        patch_size=1,
        in_channels=16,
        num_layers=2,
        num_single_layers=3,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=32,
        pooled_projection_dim=32,
        guidance_embeds=guidance_embeds,
        axes_dims_rope=(4, 6, 6),
    )
    return FluxPipeline(
        transformer=transformer,
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        vae=vae(shift_factor=0.06, scaling_factor=1.5),
        text_encoder=clip(),
        tokenizer=clip_tokenizer(),
        text_encoder_2=t5(),
        tokenizer_2=t5_tokenizer(),
    )


def flux_schnell() -> Any:
    """Reads no guidance."""
    return flux(guidance_embeds=False)


def pixart() -> Any:
    transformer = PixArtTransformer2DModel(
        sample_size=8,
        patch_size=1,
        in_channels=4,
        out_channels=8,
        num_layers=3,
        attention_head_dim=8,
        num_attention_heads=4,
        cross_attention_dim=32,
        caption_channels=32,
        num_embeds_ada_norm=1000,
    )
    return PixArtSigmaPipeline(
        transformer=transformer,
        scheduler=DPMSolverMultistepScheduler(),
        vae=vae(),
        text_encoder=t5(),
        tokenizer=t5_tokenizer(),
    )


def avatars() -> Any:
    """As the embedded model: DDIM, v-prediction, zero terminal SNR."""
    pipeline = sd15()
    pipeline.scheduler = DDIMScheduler(
        prediction_type="v_prediction",
        timestep_spacing="trailing",
        rescale_betas_zero_snr=True,
        clip_sample=False,
    )
    return pipeline


@dataclass(frozen=True, slots=True)
class Kind:
    """One line of the compatibility table."""

    make: Callable[[], Any]
    stock: str
    """Class of the pipeline that `make` returns."""
    architecture: str
    max_tokens: int = 64


KINDS: Final = {
    "avatars": Kind(avatars, "StableDiffusionPipeline", "sd-unet"),
    "SD 1.5": Kind(sd15, "StableDiffusionPipeline", "sd-unet"),
    "SDXL": Kind(sdxl, "StableDiffusionXLPipeline", "sdxl"),
    "SDXL Turbo": Kind(sdxl_turbo, "StableDiffusionXLPipeline", "sdxl"),
    "SD 3": Kind(sd3, "StableDiffusion3Pipeline", "sd3", N_LONG_TOKENS),
    "SD 3.5": Kind(sd35, "StableDiffusion3Pipeline", "sd3", N_LONG_TOKENS),
    "FLUX.1 dev": Kind(flux, "FluxPipeline", "flux", N_LONG_TOKENS),
    "FLUX.1 schnell": Kind(flux_schnell, "FluxPipeline", "flux", N_LONG_TOKENS),
    "PixArt": Kind(pixart, "PixArtSigmaPipeline", "pixart", N_LONG_TOKENS),
}


def spread(module: torch.nn.Module) -> None:
    """Make random weights of ours as lively as trained ones: noise in every layer."""
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for weight in module.parameters():
            if weight.ndim > 1:
                scale = weight[0].numel() ** -0.5
                weight.copy_(torch.randn(weight.shape, generator=generator) * scale)


def model_of(name: str, folder: Path, **changes: Any) -> ModelSpec:
    """Make the pipeline in `folder`/pipe and return its catalog entry."""
    kind = KINDS[name]
    torch.manual_seed(0)
    pipeline = kind.make()
    assert type(pipeline).__name__ == kind.stock
    denoiser = getattr(pipeline, "unet", None) or pipeline.transformer
    spread(denoiser)
    pipeline.save_pretrained(folder / "pipe")
    spaces = {
        f"{family}@1": WarpSpaceSpec(
            name=f"{family}@1",
            family=family,
            revision=1,
            window=(0.0, 0.5),
            blocks=("down", "mid", "up"),
            amplitudes=AMPLITUDES,
        )
        for family in ("flow-16", "rope-16")
    }
    entry = {
        "name": "tiny",
        "title": name,
        "revision": "7",
        "path": folder / "pipe",
        "architecture": kind.architecture,
        "width_px": SIDE_PX,
        "height_px": SIDE_PX,
        "steps": 4,
        "guidance": 2.5,
        "negative_prompt": "",
        "max_tokens": kind.max_tokens,
        "default_warp_space": "flow-16@1",
        "warp_spaces": spaces,
        "examples": ("comic portrait",),
    }
    return ModelSpec(**{**entry, **changes})
