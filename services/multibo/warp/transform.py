"""The transformation itself: tokens of a grid, read at displaced places.

Everything here is a pure tensor function. Places are kept in pixel units as a whole
number plus a fraction, so that a displacement of zero reads every token with the
weights (1, 0, 0, 0) and returns it bit for bit; `grid_sample`, which works in
normalized coordinates, does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from torch import Tensor

from multibo.warp.modulation import Modulation


@dataclass(frozen=True, slots=True)
class GridPlan:
    """Which four tokens each token of a batch is read from, and how much of each."""

    index: Tensor
    """`(b n) x 4` positions in the flattened batch."""
    weight: Tensor
    """`(b n) x 4` weights, each >= 0, of sum 1."""


@dataclass(frozen=True, slots=True)
class WarpPlan:
    """What is done to one batch."""

    grids: Mapping[int, GridPlan]
    """Reading plans by the number of tokens of a grid; none outside their window."""
    modulation: Modulation | None = None
    """None where the family has none, and outside its window."""
    of_positions: bool = False
    """Whether it is the positions of the keys that move, not what is read."""


def plan_grid(displacement: Tensor) -> GridPlan:
    """Return the bilinear reading plan of a displaced grid.

    Args:
        displacement: `b x h x w x 2` displacements (x, y) of the reading place of
            each pixel center, in units of the grid's width and height.

    Returns:
        The plan; places within half a pixel of the border read the border pixels.
    """
    n_rows, height, width, _ = displacement.shape
    column, fraction_x = _split(displacement[..., 0], width, dim=2)
    line, fraction_y = _split(displacement[..., 1], height, dim=1)
    next_column = (column + 1).clamp(max=width - 1)
    next_line = (line + 1).clamp(max=height - 1)
    index = torch.stack(
        [
            line * width + column,
            line * width + next_column,
            next_line * width + column,
            next_line * width + next_column,
        ],
        dim=-1,
    )
    weight = torch.stack(
        [
            (1 - fraction_y) * (1 - fraction_x),
            (1 - fraction_y) * fraction_x,
            fraction_y * (1 - fraction_x),
            fraction_y * fraction_x,
        ],
        dim=-1,
    )
    first = torch.arange(n_rows, device=index.device) * (height * width)
    index = index + first[:, None, None, None]
    return GridPlan(index.reshape(-1, 4), weight.reshape(-1, 4))


def resample(tokens: Tensor, plan: GridPlan) -> Tensor:
    """Return the tokens read at the places of `plan`.

    Args:
        tokens: `b x n x c` features, one token per pixel, line by line.
        plan: a plan for exactly `b` rows of `n` tokens.

    Returns:
        `b x n x c` features.

    Raises:
        ValueError: if the plan was made for another batch or grid.
    """
    n_rows, n_tokens, n_channels = tokens.shape
    if plan.index.shape[0] != n_rows * n_tokens:
        raise ValueError(
            f"a plan for {plan.index.shape[0]} tokens met {n_rows} x {n_tokens}"
        )
    # A weighted bag of four rows is one fused kernel: ten times faster than
    # gathering four copies and adding them.
    read = functional.embedding_bag(
        plan.index,
        tokens.reshape(n_rows * n_tokens, n_channels),
        per_sample_weights=plan.weight.to(tokens.dtype),
        mode="sum",
    )
    return read.view(n_rows, n_tokens, n_channels)


def _split(displacement: Tensor, size: int, dim: int) -> tuple[Tensor, Tensor]:
    """Return whole pixel and fraction of the places along one direction."""
    shape = [1, 1, 1]
    shape[dim] = size
    pixel = torch.arange(size, device=displacement.device).view(shape)
    moved = displacement * size
    whole = torch.floor(moved.detach())
    fraction = moved - whole
    place = pixel + whole.to(torch.long)
    # Beyond the outermost pixel centers the picture goes on as its border.
    before, after = place < 0, place >= size - 1
    fraction = fraction.masked_fill(before | after, 0.0)
    return place.clamp(0, size - 1), fraction
