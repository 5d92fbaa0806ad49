"""The displacements of `afftps-24`: an affine motion and a thin-plate spline.

The parameters and ranges are those of the published method (arXiv 2602.02388): rotation
by 30 degrees, shear by 15 degrees, scale by half, translation by a quarter of half a
side, and offsets of a 3 x 3 grid of control points by .4 of half a side, which a
thin-plate spline (Duchon, 1977) spreads over the picture. This is the baseline that
other families are compared with, and it differs in what makes it admissible. Published,
the motion is global: it folds the picture in 2.5 % of the box and reads up to a quarter
of it from outside. Here it is multiplied by the window sin(pi x) sin(pi y), so that the
border stays, and bounded by the contraction of `constraint`, so that no vector folds
and nothing is read from outside; strong vectors are weaker for it. Published, the
motion acts on the conditional half of the guidance alone; here on both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import torch
from torch import Tensor

_N_AFFINE: Final = 6
_CONTROLS: Final = tuple((x, y) for y in (-1.0, 0.0, 1.0) for x in (-1.0, 0.0, 1.0))
"""Control points in `[-1, 1]^2`, line by line."""
_TINY: Final = 1e-12
"""Keeps the logarithm finite at a control point."""


@dataclass(frozen=True, slots=True)
class AffTpsField:
    """A windowed affine motion plus thin-plate spline."""

    weights: Tensor
    """`2 x 12`: per component the weights of the profiles x, y, 1 and of the nine
    control points, in halves of a side."""

    def scaled(self, factor: Tensor) -> AffTpsField:
        """Return the field times a number.

        Args:
            factor: the number.
        """
        return AffTpsField(self.weights * factor)

    def values(self, y: Tensor, x: Tensor) -> Tensor:
        """Return the field on a grid.

        Args:
            y: `h` places down, in units of the height.
            x: `w` places across, in units of the width.

        Returns:
            `h x w x 2` displacements (x, y).
        """
        profile, _, _ = _profiles(y, x)
        window, _, _ = _window(y, x)
        return torch.einsum("cp,yxp->yxc", self.weights, profile * window) / 2

    def gradient(self, n_points: int) -> Tensor:
        """Return the derivatives on a grid that spans the square.

        Args:
            n_points: points per side, the border included.

        Returns:
            `n x n x 2 x 2`: of component i along direction j at `[..., i, j]`.
        """
        flat = self.weights @ _slopes(n_points) / 2
        return flat.view(2, n_points, n_points, 2).permute(1, 2, 0, 3)


@lru_cache(maxsize=4)
def _slopes(n_points: int) -> Tensor:
    """Return the derivatives `12 x (n n 2)` of the windowed profiles."""
    with torch.inference_mode(mode=False):  # or no derivative could use what is kept
        side = torch.linspace(0, 1, n_points, dtype=torch.float64)
        profile, slope_x, slope_y = _profiles(side, side)
        window, window_x, window_y = _window(side, side)
        # The slopes of the profiles are per half a side.
        along_x = slope_x * 2 * window + profile * window_x
        along_y = slope_y * 2 * window + profile * window_y
        table = torch.stack([along_x, along_y], dim=-1)
        return table.permute(2, 0, 1, 3).flatten(1).contiguous()


def afftps_field(vector: Tensor, amplitudes: Sequence[float]) -> AffTpsField:
    """Return what a vector stands for, not yet bounded.

    Args:
        vector: 24 coordinates in `[-1, 1]`, float64.
        amplitudes: ranges: rotation and shear in radians, two scales as parts, two
            translations and eighteen offsets in halves of a side.
    """
    scaled = vector * torch.tensor(amplitudes, dtype=torch.float64)
    turn, shear, wide, tall, right, down = scaled[:_N_AFFINE].unbind()
    cosine, sine, slant = torch.cos(turn), torch.sin(turn), torch.tan(shear)
    # Rotation times (scales and shear), less the identity; at 0 exactly 0.
    across = [cosine * (1 + wide) - 1, cosine * slant - sine * (1 + tall), right]
    along = [sine * (1 + wide), sine * slant + cosine * (1 + tall) - 1, down]
    affine = torch.stack([torch.stack(across), torch.stack(along)])
    offsets = scaled[_N_AFFINE:].reshape(len(_CONTROLS), 2).T
    return AffTpsField(torch.cat([affine, offsets], dim=1))


def _window(y: Tensor, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return sin(pi x) sin(pi y) and its slopes, `h x w x 1` each."""
    down, across = torch.sin(math.pi * y)[:, None], torch.sin(math.pi * x)[None, :]
    slope_down = math.pi * torch.cos(math.pi * y)[:, None]
    slope_across = math.pi * torch.cos(math.pi * x)[None, :]
    parts = (down * across, down * slope_across, slope_down * across)
    window, along_x, along_y = (part.unsqueeze(-1) for part in parts)
    return window, along_x, along_y


def _profiles(y: Tensor, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return values and slopes `h x w x 12` on the square `[-1, 1]^2`.

    These are x, y, 1, then for each control point the spline that is 1 there and 0 at
    the others.
    """
    down, across = torch.meshgrid(2 * y - 1, 2 * x - 1, indexing="ij")
    one, none = torch.ones_like(across), torch.zeros_like(across)
    bases = _radial(across, down)
    linear = ((across, down, one), (one, none, none), (none, one, none))
    out = []
    for radial, (along_x, along_y, constant) in zip(bases, linear, strict=True):
        plane = torch.stack([constant, along_x, along_y], dim=-1)
        spline = torch.cat([radial, plane], dim=-1) @ _SPLINES
        polynomial = torch.stack([along_x, along_y, constant], dim=-1)
        out.append(torch.cat([polynomial, spline], dim=-1))
    values, slope_x, slope_y = out
    return values, slope_x, slope_y


def _radial(across: Tensor, down: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return r^2 log r^2 about each control point and its slopes, `h x w x 9` each."""
    controls = torch.tensor(_CONTROLS, dtype=torch.float64)
    away_x = across[..., None] - controls[:, 0]
    away_y = down[..., None] - controls[:, 1]
    squared = away_x.square() + away_y.square()
    logarithm = torch.log(squared + _TINY)
    steep = 2 * (logarithm + squared / (squared + _TINY))
    return squared * logarithm, away_x * steep, away_y * steep


def _splines() -> Tensor:
    """Return the `12 x 9` weights of radial and linear terms of each spline."""
    controls = torch.tensor(_CONTROLS, dtype=torch.float64)
    radial, _, _ = _radial(controls[:, :1], controls[:, 1:])
    plane = torch.cat([torch.ones(9, 1, dtype=torch.float64), controls], dim=1)
    system = torch.zeros(12, 12, dtype=torch.float64)
    system[:9, :9], system[:9, 9:], system[9:, :9] = radial[:, 0], plane, plane.T
    unit = torch.cat([torch.eye(9), torch.zeros(3, 9)]).double()
    solved: Tensor = torch.linalg.solve(system, unit)
    return solved


_SPLINES: Final = _splines()
