"""The displacements of the flow families.

`flow-16` has the six lowest sine modes of the unit square along x and along y, and four
affine motions (rotation, scale, two stretches) under the window sin(pi x) sin(pi y);
`flow-12` and `flow-8` have a part of these. Every component is a sum of products
f(x) g(y) of the profiles below, hence zero on the border.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from multibo.warp.axes import AXES


@dataclass(frozen=True, slots=True)
class FlowField:
    """A sum of products f_i(x) g_j(y)."""

    mixture: Tensor
    """`2 x p x p` weights of the products in each component."""

    def scaled(self, factor: Tensor) -> FlowField:
        """Return the field times a number.

        Args:
            factor: the number.
        """
        return FlowField(self.mixture * factor)

    def values(self, y: Tensor, x: Tensor) -> Tensor:
        """Return the field on a grid.

        Args:
            y: `h` places down, in units of the height.
            x: `w` places across, in units of the width.

        Returns:
            `h x w x 2` displacements (x, y).
        """
        across, down = _profiles(x)[0], _profiles(y)[0]
        return torch.einsum("cij,ix,jy->yxc", self.mixture, across, down)

    def gradient(self, n_points: int) -> Tensor:
        """Return the derivatives on a grid that spans the square.

        Args:
            n_points: points per side, the border included.

        Returns:
            `n x n x 2 x 2`: of component i along direction j at `[..., i, j]`.
        """
        values, slopes = _profiles(torch.linspace(0, 1, n_points, dtype=torch.float64))
        along_x = torch.einsum("cij,ix,jy->yxc", self.mixture, slopes, values)
        along_y = torch.einsum("cij,ix,jy->yxc", self.mixture, values, slopes)
        return torch.stack([along_x, along_y], dim=-1)


def flow_field(axes: str, vector: Tensor, amplitudes: Sequence[float]) -> FlowField:
    """Return what a vector stands for, not yet bounded.

    Args:
        axes: which flow family, `family@revision`.
        vector: `d` coordinates in `[-1, 1]`, float64.
        amplitudes: the largest displacement of each coordinate at 1, in image widths.
    """
    scaled = vector * torch.tensor(amplitudes, dtype=torch.float64)
    return FlowField((scaled[:, None, None, None] * _TABLES[axes]).sum(dim=0))


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
        if name.startswith(("flow-", "plain-"))
    }


_TABLES: Final = _tables()
