"""Every warp family, as strong as any calibration could make it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from multibo.warp.modulation import MAX_AMPLITUDES
from multibo.warp.parametrization import WarpFamily
from multibo.warp.space import warp_space

PAPER_RANGES = (math.pi / 6, math.pi / 12, 0.5, 0.5, 0.25, 0.25, *(0.4,) * 18)
STRONGEST = {
    "flow-8": (1.0,) * 8,
    "flow-12": (1.0,) * 12,
    "flow-16": (1.0,) * 16,
    "afftps-24": PAPER_RANGES,
    "mw-26": (*(1.0,) * 16, *MAX_AMPLITUDES),
}


def the_family(
    name: str, amplitudes: Sequence[float] = (), **changes: Any
) -> WarpFamily:
    return WarpFamily(
        space=warp_space(name, 1),
        amplitudes=tuple(amplitudes) or STRONGEST[name],
        **{"window": (0.0, 0.5), "blocks": ("down", "mid", "up"), **changes},
    )


def uniform(n: int, dimension: int, seed: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return 2 * torch.rand(n, dimension, generator=generator, dtype=torch.float64) - 1


def places(displaced: Tensor) -> Tensor:
    """The reading places of a square grid, in units of its side."""
    n = displaced.shape[-2]
    centers = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    y, x = torch.meshgrid(centers, centers, indexing="ij")
    return torch.stack([x, y], dim=-1) + displaced
