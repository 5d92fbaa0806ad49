"""Random low-rank deltas: what a trained one looks like, without the training."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from multibo.render.low_rank import write_delta

LAYERS = (
    "mid_block.attentions.0.transformer_blocks.0.attn2.to_k",
    "mid_block.resnets.0.conv1",
)
RANK = 2


def random_factors(
    model: nn.Module, scale: float = 0.1
) -> dict[str, tuple[Tensor, Tensor]]:
    """Return a delta of one linear layer and one convolution."""
    generator = torch.Generator().manual_seed(0)
    factors = {}
    for layer in LAYERS:
        n_outputs, n_inputs = model.get_submodule(layer).weight.shape[:2]
        factors[layer] = (
            torch.randn(n_outputs, RANK, generator=generator) * scale,
            torch.randn(RANK, n_inputs, generator=generator) * scale,
        )
    return factors


def save_random_delta(path: Path, model: nn.Module) -> Path:
    write_delta(path, random_factors(model))
    return path
