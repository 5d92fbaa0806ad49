"""The stage `vae`: pictures of 128 x 128 to latents of 16 x 16 x 8 and back."""

from pathlib import Path
from typing import Any, Final

import torch
from diffusers import AutoencoderKL
from torch import Tensor
from torch.amp.autocast_mode import autocast
from torch.nn import functional

from multibo.pretrained.avatars.dataset import SIZE_PX
from multibo.pretrained.avatars.train_data import load_pixels, model_input
from multibo.pretrained.avatars.train_loop import Averaged, compiled, device, train
from multibo.pretrained.avatars.train_plan import LATENT_CHANNELS, LATENT_SIDE, Plan

_KL_WEIGHT: Final = 2e-3
_EDGE_WEIGHT: Final = 0.5
_EDGE_SCALES: Final = (1, 2, 4)
_ENCODED_ROWS: Final = 512


def train_vae(work: Path, plan: Plan) -> None:
    """Train the autoencoder and leave it with the latents of all drawings.

    Args:
        work: holds the drawings; gets `vae/` and `latents.pt`.
        plan: widths and recipe.
    """
    pixels = load_pixels(work).to(device())
    model = _make_vae(plan).to(device()).to(memory_format=torch.channels_last)
    # A short memory first: the early weights are worth forgetting.
    averaged = Averaged.start(model, lambda step: 0.999 if step > 2000 else 0.99)
    loss = compiled(reconstruction_loss)

    def batch_loss() -> Tensor:
        rows = torch.randint(len(pixels), (plan.vae.n_rows,), device=pixels.device)
        return loss(model, model_input(pixels[rows]))

    train("vae", [model], batch_loss, plan.vae, [averaged])
    latents = _encode(averaged.average, pixels)
    averaged.average.register_to_config(scaling_factor=1 / latents.std().item())
    torch.save(latents.half().cpu(), work / "latents.pt")
    averaged.average.float().save_pretrained(work / "vae")


def reconstruction_loss(vae: Any, pictures: Tensor) -> Tensor:
    """Return how badly pictures survive the bottleneck, plus its price.

    Absolute error of the pixels and, at three scales, of the differences between
    neighbors (thin lines vanish without them); Kullback-Leibler term per latent value.

    Args:
        vae: an `AutoencoderKL`.
        pictures: `n x 3 x height x width` in [-1, 1].
    """
    posterior = vae.encode(pictures).latent_dist
    error = vae.decode(posterior.sample()).sample - pictures
    loss = error.abs().mean()
    for scale in _EDGE_SCALES:
        pooled = functional.avg_pool2d(error, scale) if scale > 1 else error
        edges = pooled.diff(dim=-1).abs().mean() + pooled.diff(dim=-2).abs().mean()
        loss = loss + _EDGE_WEIGHT * edges
    n_values = LATENT_CHANNELS * LATENT_SIDE**2
    total: Tensor = loss + _KL_WEIGHT * posterior.kl().mean() / n_values
    return total


def _make_vae(plan: Plan) -> Any:
    return AutoencoderKL(
        in_channels=3,
        out_channels=3,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=plan.vae_channels,
        layers_per_block=1,
        latent_channels=LATENT_CHANNELS,
        norm_num_groups=16,
        sample_size=SIZE_PX,
    )


def _encode(vae: Any, pixels: Tensor) -> Tensor:
    with torch.no_grad(), autocast(device().type, dtype=torch.bfloat16):
        parts = [
            vae.encode(model_input(rows)).latent_dist.mean.float()
            for rows in torch.split(pixels, _ENCODED_ROWS)
        ]
    return torch.cat(parts)
