"""The stage `unet`: the text encoder and the denoiser, trained together.

Velocity prediction (Salimans and Ho, 2022) on a schedule that ends in pure noise
(Lin et al., 2024), so that ten steps from noise suffice.
"""

import random
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from torch import Tensor
from torch.nn import functional
from transformers import CLIPTextConfig, CLIPTextModel

from multibo.pretrained.avatars.train_data import END_TOKEN, tokenized_prompts
from multibo.pretrained.avatars.train_loop import Averaged, compiled, device, train
from multibo.pretrained.avatars.train_plan import (
    LATENT_CHANNELS,
    LATENT_SIDE,
    SEQUENCE_TOKENS,
    VOCABULARY_TOKENS,
    Plan,
)

_TEXT_WIDTH = 256
_N_TIMES = 1000


def train_unet(work: Path, plan: Plan) -> None:
    """Train text encoder and denoiser; leave both, averaged.

    Args:
        work: holds captions, `vae/` and `latents.pt`; gets `unet/`, `text_encoder/`.
        plan: widths and recipe.
    """
    scale = AutoencoderKL.load_config(work / "vae")["scaling_factor"]
    latents = torch.load(work / "latents.pt", weights_only=True).float() * scale
    latents = latents.to(device())
    prompts = tokenized_prompts(work, unconditional=0.1, n_copies=3, seed=2)
    prompts = prompts.to(device())
    source = random.Random(2)
    unet = _make_unet(plan).to(device()).to(memory_format=torch.channels_last)
    text_encoder = CLIPTextModel(_text_config()).to(device())
    averages = [
        Averaged.start(model, lambda step: min(0.9998, 1 - 1 / (step + 10)))
        for model in (unet, text_encoder)
    ]

    signal = make_scheduler().alphas_cumprod.to(device())
    loss = compiled(velocity_loss)

    def batch_loss() -> Tensor:
        rows = torch.randint(len(latents), (plan.unet.n_rows,), device=latents.device)
        tokens = prompts[source.randrange(len(prompts)), rows].long()
        times = torch.randint(0, _N_TIMES, (len(rows),), device=latents.device)
        return loss(unet, text_encoder, latents[rows], tokens, signal[times], times)

    train("unet", [unet, text_encoder], batch_loss, plan.unet, averages)
    for averaged, name in zip(averages, ("unet", "text_encoder"), strict=True):
        averaged.average.float().save_pretrained(work / name)


def velocity_loss(
    unet: Any,
    text_encoder: Any,
    latents: Tensor,
    tokens: Tensor,
    signal: Tensor,
    times: Tensor,
) -> Tensor:
    """Return the mean squared error of the predicted velocity.

    Args:
        unet: the denoiser.
        text_encoder: reads the prompts.
        latents: `n x channels x height x width`, of unit scale.
        tokens: `n x tokens`, the prompts.
        signal: `n` shares of the signal's energy in the noisy latents, in [0, 1].
        times: `n` denoising times that belong to these shares.
    """
    noise = torch.randn_like(latents)
    signal_scale = signal.sqrt().view(-1, 1, 1, 1)
    noise_scale = (1 - signal).sqrt().view(-1, 1, 1, 1)
    noisy = signal_scale * latents + noise_scale * noise
    said = text_encoder(input_ids=tokens).last_hidden_state
    velocity = unet(noisy, times, encoder_hidden_states=said, return_dict=False)[0]
    wanted = signal_scale * noise - noise_scale * latents
    return functional.mse_loss(velocity.float(), wanted)


def make_scheduler() -> Any:
    """Return the scheduler the model is trained for and shipped with."""
    return DDIMScheduler(
        num_train_timesteps=_N_TIMES,
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
        clip_sample=False,
        set_alpha_to_one=True,
        steps_offset=1,
    )


def _make_unet(plan: Plan) -> Any:
    return UNet2DConditionModel(
        sample_size=LATENT_SIDE,
        in_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        block_out_channels=plan.unet_channels,
        layers_per_block=2,
        norm_num_groups=plan.unet_groups,
        down_block_types=("CrossAttnDownBlock2D",) * 2,
        up_block_types=("CrossAttnUpBlock2D",) * 2,
        mid_block_type="UNetMidBlock2DCrossAttn",
        cross_attention_dim=_TEXT_WIDTH,
        attention_head_dim=plan.unet_heads,
    )


def _text_config() -> Any:
    return CLIPTextConfig(
        vocab_size=VOCABULARY_TOKENS,
        hidden_size=_TEXT_WIDTH,
        intermediate_size=4 * _TEXT_WIDTH,
        num_hidden_layers=4,
        num_attention_heads=4,
        max_position_embeddings=SEQUENCE_TOKENS,
        bos_token_id=0,
        eos_token_id=END_TOKEN,
        pad_token_id=END_TOKEN,
    )
