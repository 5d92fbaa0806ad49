"""From a warp vector to the displacements it stands for.

The flow families: `flow-16` has the six lowest sine modes of the unit square along x
and along y, and four affine motions (rotation, scale, two stretches) under the window
sin(pi x) sin(pi y); `flow-12` and `flow-8` have a part of these. Every component is a
sum of products f(x) g(y) of the profiles below, hence zero on the border; `constraint`
makes the sum a contraction.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from multibo.warp.axes import AXES
from multibo.warp.constraint import contraction
from multibo.warp.space import WarpSpace
from multibo.warp.transform import WarpPlan, plan_grid

BOUND_GRID: Final = 65
"""Points per side where the gradient is bounded. Between two of them a mode of three
half waves rises by (3 pi / 64)^2 / 8 = .3 %, which rho = .7 leaves room for."""


@dataclass(frozen=True, slots=True)
class WarpFamily:
    """A warp family as calibrated for one model."""

    space: WarpSpace
    window: tuple[float, float]
    """First and last part of the denoising steps it acts in, within `[0, 1]`."""
    blocks: tuple[str, ...]
    """Where it acts: a subset of down, mid, up."""
    amplitudes: tuple[float, ...]
    """One per axis: the largest displacement of a coordinate of 1, in image widths,
    before the contraction."""

    def __post_init__(self) -> None:
        if len(self.amplitudes) != self.space.dimension:
            raise ValueError(
                f"{self.space.name} has {self.space.dimension} axes, "
                f"got {len(self.amplitudes)} amplitudes"
            )

    def acts_at(self, step: int, n_steps: int) -> bool:
        """Return whether the warp acts at a denoising step.

        Args:
            step: index of the step, from 0.
            n_steps: number of steps of the render.
        """
        if not self.space.dimension:
            return False
        return self.window[0] <= step / n_steps < self.window[1]


def displacement(family: WarpFamily, vector: Tensor, height: int, width: int) -> Tensor:
    """Return where each pixel center reads from, relative to itself.

    Contents move against the displacement of the reading place, hence the sign.

    Args:
        family: which warps, and how strong.
        vector: `d` coordinates in `[-1, 1]`, float64.
        height: pixels of the grid.
        width: pixels of the grid.

    Returns:
        `h x w x 2` displacements (x, y) in units of the grid's width and height.
    """
    mixture = _mixture(family, vector)
    bounded = mixture * contraction(_gradient(mixture, BOUND_GRID))
    return -_field(bounded, _centers(height), _centers(width))


def displacement_gradient(family: WarpFamily, vector: Tensor, n_points: int) -> Tensor:
    """Return the gradient of the displacement on a grid that spans the square.

    Args:
        family: which warps, and how strong.
        vector: `d` coordinates in `[-1, 1]`, float64.
        n_points: points per side, the border included.

    Returns:
        `n x n x 2 x 2`: derivative of component i along direction j at `[..., i, j]`.
    """
    mixture = _mixture(family, vector)
    bounded = mixture * contraction(_gradient(mixture, BOUND_GRID))
    return -_gradient(bounded, n_points)


def plan(
    family: WarpFamily,
    vectors: Sequence[Sequence[float]],
    grids: Sequence[tuple[int, int]],
    *,
    n_copies: int = 1,
    device: torch.device | None = None,
) -> WarpPlan:
    """Return the reading plan of a batch.

    Rows are computed one by one, so that no row's bits can depend on its neighbors.

    Args:
        family: which warps, and how strong.
        vectors: `b` warp vectors of `d` coordinates in `[-1, 1]`.
        grids: height and width of each grid of tokens in the model.
        n_copies: how often the batch is repeated: 2 with classifier-free guidance,
            where both halves are warped alike.
        device: where the plan is needed; default the CPU.
    """
    rows = [torch.as_tensor(vector, dtype=torch.float64) for vector in vectors]
    plans = {}
    for height, width in grids:
        fields = torch.stack([displacement(family, row, height, width) for row in rows])
        tiled = fields.repeat(n_copies, 1, 1, 1).to(device, torch.float32)
        plans[height * width] = plan_grid(tiled)
    return WarpPlan(plans)


def _mixture(family: WarpFamily, vector: Tensor) -> Tensor:
    """Return the weights `2 x p x p` of f_i(x) g_j(y) in each component."""
    scaled = vector * torch.tensor(family.amplitudes, dtype=torch.float64)
    table = _TABLES[family.space.name]
    return (scaled[:, None, None, None] * table).sum(dim=0)


def _centers(n_pixels: int) -> Tensor:
    return (torch.arange(n_pixels, dtype=torch.float64) + 0.5) / n_pixels


def _field(mixture: Tensor, y: Tensor, x: Tensor) -> Tensor:
    across, down = _profiles(x)[0], _profiles(y)[0]
    return torch.einsum("cij,ix,jy->yxc", mixture, across, down)


def _gradient(mixture: Tensor, n_points: int) -> Tensor:
    values, slopes = _profiles(torch.linspace(0, 1, n_points, dtype=torch.float64))
    along_x = torch.einsum("cij,ix,jy->yxc", mixture, slopes, values)
    along_y = torch.einsum("cij,ix,jy->yxc", mixture, values, slopes)
    return torch.stack([along_x, along_y], dim=-1)


def _profiles(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return values and slopes `p x n` of the profiles.

    These are sin(k pi x) for k = 1, 2, 3, then (x - 1/2) sin(pi x).
    """
    order = torch.arange(1, 4, dtype=torch.float64)[:, None] * math.pi
    sines, slopes = torch.sin(order * x), order * torch.cos(order * x)
    ramp = (x - 0.5) * sines[0]
    ramp_slope = sines[0] + (x - 0.5) * slopes[0]
    return torch.cat([sines, ramp[None]]), torch.cat([slopes, ramp_slope[None]])


_RAMP: Final = 3
_MODES: Final = ((1, 1), (2, 1), (1, 2), (2, 2), (3, 1), (1, 3))
"""Half waves across and down, in the order of the axes."""
_AFFINE_PEAK: Final = 0.185369
"""Largest value of sin(pi x) sin(pi y) |(x, y) - center| on the unit square, so that
an affine motion of amplitude a moves no point further than a."""


def _flow_16() -> Tensor:
    """Return the weights `d x 2 x p x p` of each axis at amplitude 1."""
    table = torch.zeros(16, 2, 4, 4, dtype=torch.float64)
    for mode, (across, down) in enumerate(_MODES):
        for component in (0, 1):
            table[2 * mode + component, component, across - 1, down - 1] = 1.0
    # (x part, y part) of rotation, scale, and the two stretches that keep the area
    # to first order; the factor of the x part may be read off x or off y.
    table[12, 0, 0, _RAMP], table[12, 1, _RAMP, 0] = -1.0, 1.0
    table[13, 0, _RAMP, 0], table[13, 1, 0, _RAMP] = 1.0, 1.0
    table[14, 0, _RAMP, 0], table[14, 1, 0, _RAMP] = 1.0, -1.0
    table[15, 0, 0, _RAMP], table[15, 1, _RAMP, 0] = 1.0, 1.0
    table[12:] /= _AFFINE_PEAK
    return table


def _tables() -> dict[str, Tensor]:
    """Return the weights of every flow family; the smaller ones are parts of it."""
    whole = _flow_16()
    row = {axis.name: number for number, axis in enumerate(AXES["flow-16@1"])}
    return {
        name: whole[[row[axis.name] for axis in axes]]
        for name, axes in AXES.items()
        if name.startswith("flow-")
    }


_TABLES: Final = _tables()
